"""`sbx audit`: who logged in, who left and why, who was refused."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from gateway.audit.audit import KINDS, SAME
from gateway.audit.files import FOLDER
from gateway.audit.reading import HOUSEKEEPING, AuditReader, Problem, Wanted
from gateway.audit.rows import Row
from gateway.cli.moments import moment_of
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.journal.first import first_header
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_time, utc
from gateway.venue.running import running_url

LOOK_SECONDS: Final = 0.5
"""Between two looks for new rows."""
DAMAGED: Final = 1
NAMED: Final = 10
"""Participants and addresses that a summary names."""
_COLUMNS: Final = ("time_moscow", "kind", "participant", "address", "connection", "what")
_NO_FACTS: Final = ("n", "wall_ns", "time_ns", "kind", "participant", "address", "connection")
_TIMES: Final = ("from_ns", "until_ns")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--kind", "kinds", multiple=True, type=click.Choice([kind for kind in KINDS if kind not in HOUSEKEEPING]), help="Only this kind; repeat.")  # fmt: skip
@click.option(
    "--participant", default="", metavar="NAME", help="Only of this participant, failed logins in its name too."
)
@click.option("--address", default="", metavar="ADDRESS", help="Only from this address.")
@click.option("--since", default="", metavar="MOMENT", help="Only rows then or later, by the machine's clock.")
@click.option("--until", default="", metavar="MOMENT", help="Only rows then or earlier.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="Show so many rows, the latest ones.",
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--summary", is_flag=True, help="Count by kind, participant and address instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --follow one for each row.")
def command(
    directory: Path,
    kinds: tuple[str, ...],
    participant: str,
    address: str,
    since: str,
    until: str,
    limit: int,
    follow: bool,
    summary: bool,
    as_json: bool,
) -> None:
    """Show the audit of the venue in DIRECTORY: logins and how they ended, failed logins, refusals, handshakes that were not let in.

    It is kept beside the journal, in DIRECTORY/audit, and is no part of it. The venue may be running. Rows are chained, and the
    chain is signed with the venue's key every ten minutes and at the end: what was changed or taken out shows. A flood has a few rows,
    and one a minute that sums up the rest (`same`). docs/OPERATE.md says what each kind means and what a crash may lose.

    \b
    Exit status:
      0  shown
      1  a file was changed, or rows are missing
      2  usage

    \b
    Examples:
      sbx audit venue
      sbx audit venue --participant mm-alpha --since 10:00
      sbx audit venue --kind login_failed --kind refused --json
      sbx audit venue --summary
      sbx audit venue --follow
    """
    if follow and summary:
        raise click.UsageError("--follow shows rows as they come, and --summary counts those there are: take one")
    try:
        reader = AuditReader(directory, _public_key(directory))
        if not reader.is_there:
            what = f"{directory} has no folder {FOLDER}: its venue was never run by a release that keeps one"
            raise click.UsageError(what)
        first = next(AuditReader(directory).read(), None)
        begin_ns = int(first["wall_ns"]) if first is not None else time.time_ns()
        wanted = Wanted(kinds, participant, address, _ns("--since", since, begin_ns), _ns("--until", until, begin_ns))
        rows = reader.read(wanted.has)
        if summary:
            _summarise(rows, as_json)
        else:
            _show(directory, reader, rows, limit, is_whole=as_json and not follow, as_json=as_json)
        if follow:
            _follow(reader, wanted, as_json)
        _finish(directory, reader)
    except OSError as error:
        raise click.ClickException(f"the audit can't be read: {error}") from error
    if not as_json:
        _tell_problems(reader)
    raise SystemExit(DAMAGED if any(each.is_damage for each in reader.problems) else 0)


def _show(
    directory: Path, reader: AuditReader, rows: Iterator[Row], limit: int, *, is_whole: bool, as_json: bool
) -> None:
    """Show the latest rows: for people, as one JSON object (`is_whole`), or as one for each."""
    found = deque(rows, limit + 1)
    more = len(found) > limit
    if more:
        found.popleft()
    if is_whole:
        _finish(directory, reader)
        problems = [_problem(each) for each in reader.problems]
        facts = {"rows": list(map(_told, found)), "more": more, "problems": problems, "unsealed": reader.unsealed}
        click.echo(json_text(facts))
    elif as_json:
        for row in found:
            click.echo(json_text(_told(row)))
    else:
        show_small(Terminal(), _COLUMNS, map(_cells, found))


def _public_key(directory: Path) -> bytes | None:
    """The venue's, as its journal names it; None: it has none yet."""
    header = first_header(directory / "journal")
    return None if header is None else header.public_key


def _ns(option: str, text: str, begin_ns: int) -> int:
    """A moment that somebody typed; 0: none was given."""
    if not text:
        return 0
    moment = moment_of(text, begin_ns, option)
    if moment.seq:
        raise click.UsageError(f"{option}: a row has no sequence number: give a time")
    return moment.time_ns


def _finish(directory: Path, reader: AuditReader) -> None:
    """Nobody writes to the files of a venue that does not run."""
    if running_url(directory) is None:
        reader.finish()


def _follow(reader: AuditReader, wanted: Wanted, as_json: bool) -> None:
    """Show rows as they come."""
    terminal = Terminal(wraps=False)
    while True:
        time.sleep(LOOK_SECONDS)
        for row in reader.read(wanted.has):
            if as_json:
                click.echo(json_text(_told(row)))
            else:
                when, kind, *cells = _cells(row)
                terminal.tell((f"{when}  {kind}", "bold"), "  " + "  ".join(str(each) for each in cells if each))


def _problem(problem: Problem) -> dict[str, object]:
    return {"file": problem.file, "offset": problem.offset, "what": problem.what, "damage": problem.is_damage}


def _told(row: Row) -> Row:
    """A row for machines, with its time as other programs read it."""
    return {**row, "wall_utc": utc(row["wall_ns"])}


def _cells(row: Row) -> tuple[object, ...]:
    """A row for people."""
    facts = {name: value for name, value in row.items() if name not in _NO_FACTS}
    for name in _TIMES:
        if name in facts:
            facts[name] = moscow_time(facts[name], 3)
    what = ", ".join(f"{name.removesuffix('_ns') if name in _TIMES else name} {value}" for name, value in facts.items())
    return (
        moscow_time(row["wall_ns"], 3),
        row["kind"],
        row.get("participant", ""),
        row.get("address", ""),
        row.get("connection", ""),
        what,
    )


def _summarise(rows: Iterator[Row], as_json: bool) -> None:
    """How much of each kind there was, and of whom the most. What was summed up counts with its number."""
    kinds: Counter[str] = Counter()
    participants: Counter[str] = Counter()
    addresses: Counter[str] = Counter()
    for row in rows:
        kind, count = (row["of"], row["count"]) if row["kind"] == SAME else (row["kind"], 1)
        kinds[kind] += count
        if row.get("participant"):
            participants[row["participant"]] += count
        if row.get("address"):
            addresses[row["address"]] += 1
        for each in filter(None, row.get("addresses", "").split(", ")):
            address, _, number = each.rpartition(" ")
            addresses[address] += int(number)
    if as_json:
        click.echo(json_text({"kinds": kinds, "participants": participants, "addresses": addresses}))
        return
    console = Terminal()
    show_small(console, ("kind", "count", "what"), [(kind, count, KINDS[kind]) for kind, count in kinds.most_common()])
    for what, counts in (("participant", participants), ("address", addresses)):
        if counts:
            show_small(console, (what, "count"), counts.most_common(NAMED))


def _tell_problems(reader: AuditReader) -> None:
    terminal = Terminal(stderr=True, wraps=False)
    for each in reader.problems:
        kind = "damage" if each.is_damage else "torn by a crash"
        terminal.tell(f"{kind}: {each.file}, from byte {each.offset} on: {each.what}")
