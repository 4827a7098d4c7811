"""`sbx history`: how the registry, the rulebook and its parameters came to be what they are."""

from __future__ import annotations

from pathlib import Path

import click

from engine.vocabulary.codes import PROPOSAL_OUTCOMES
from gateway.cli.known import no_such
from gateway.cli.moments import moments_between
from gateway.cli.reading import exit_status, notes_of, open_source, read, status_of, write_tables
from gateway.cli.recordings.verify import damage_summary, torn_summary
from gateway.cli.terminal import Terminal
from gateway.printable import Cell, json_text
from gateway.reporting.steps.source import Source, Step
from gateway.reporting.stories.folding import SetUp, folded
from gateway.reporting.stories.history import PROPOSED, Entry, History
from gateway.reporting.stories.history_tables import history_table
from gateway.reporting.tables.tables import Table
from gateway.reporting.tables.times import moscow_of
from gateway.session.moments import Moment
from gateway.words.chosen import chosen, tr


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name", required=False, default="")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write history.csv and history.json here."
)
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only changes of this kind; may be given again.")
@click.option("--from", "since", metavar="MOMENT", default="", help="Only from this moment on.")
@click.option("--to", "until", metavar="MOMENT", default="", help="Only up to this moment.")
@click.option(
    "--set-up", "is_unfolded", is_flag=True, help="Show each change of the venue file, not how many there were."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    directory: Path,
    name: str,
    out: Path | None,
    kinds: tuple[str, ...],
    since: str,
    until: str,
    is_unfolded: bool,
    as_json: bool,
) -> None:
    """Show every change of the registry, the rulebook and its parameters in the journal of DIRECTORY (or its folder journal).

    With NAME (an investor, intermediary, account, asset, instrument, rule or rulebook) only what is about it, or did
    something to it: a new rulebook that puts an investor in another class, too. Each change with its sequence number, its
    time, who made it and why, when it takes effect, and what came of it: carried out, scheduled, or refused and why.

    They stand by Moscow date. What the venue file set up is one line, which --set-up unfolds; --json and --out have all.
    A KIND is what stands behind the time, as investor, parameter or "kill switch". A MOMENT is a date, a time, or a sequence
    number, as `sbx trades` takes it.

    \b
    Exit status:
      0  complete
      1  the journal is damaged or does not replay
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx history venue
      sbx history venue daria
      sbx history venue RET-1 --json
      sbx history venue --kind parameter --kind rulebook --from 2026-06-01
      sbx history venue --set-up
    """
    source = open_source(directory)
    history, begin_ns = _read(source)
    entries = _chosen(history, kinds, moments_between(since, until, begin_ns))
    table = history_table(entries, name)
    if name and not table.rows and name not in (known := history.names()):
        raise no_such("name", name, known, "the journal")
    found = summary(source, table, name)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_tables(out, [table])
            (out / "history.json").write_text(json_text(found, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"the history can't be written: {error}") from error
    if as_json:
        click.echo(json_text(found))
    else:
        show(source, table, name, [] if is_unfolded or name else entries)
    raise SystemExit(exit_status(source))


def summary(source: Source, table: Table, name: str) -> dict[str, object]:
    """The history for machines."""
    return {
        "status": status_of(source),
        "directory": str(source.reader.directory),
        "venue": source.venue,
        "name": name or None,
        "notes": notes_of(source),
        "damage": damage_summary(source.damage),
        "torn": torn_summary(source.reader),
        "changes": table.objects(),
    }


def _read(source: Source) -> tuple[History, int]:
    """The history of a journal, and the time of its first command."""
    history, times = History(), [0]

    def take(step: Step) -> None:
        times[0] = times[0] or step.time_ns
        history.take(step)

    read(source, "reading", take)
    return history, times[0]


def _chosen(history: History, kinds: tuple[str, ...], ends: tuple[Moment | None, Moment | None]) -> list[Entry]:
    """The entries that were asked for.

    Raises:
        click.UsageError: no change of the journal is of a kind.
    """
    known = dict.fromkeys(entry.what for entry in history.entries)
    for kind in kinds:
        if kind not in known:
            raise no_such("kind of change", kind, list(known), "the journal")
    since, until = ends
    return [
        entry
        for entry in history.entries
        if (not kinds or entry.what in kinds)
        and (since is None or since.is_reached(entry.seq, entry.time_ns))
        and (until is None or _is_by(until, entry))
    ]


def _is_by(moment: Moment, entry: Entry) -> bool:
    return entry.seq <= moment.seq if moment.seq else entry.time_ns <= moment.time_ns


def show(source: Source, table: Table, name: str, entries: list[Entry]) -> None:
    """The history for people, by date: a paragraph a change; `entries`: with the set-up among them folded."""
    console = Terminal(wraps=False)
    console.tell(table.title)
    hidden, place = {}, 0
    for each in folded(entries):
        if isinstance(each, SetUp):
            hidden.update(dict.fromkeys(range(place, place + len(each.entries)), each))
        place += len(each.entries) if isinstance(each, SetUp) else 1
    day = ""
    for place, row in enumerate(table.objects()):
        date = moscow_of(str(row["time_utc"]))[: len("2026-06-01")]
        if date != day:
            day = date
            console.tell((day, "bold"))
        if place not in hidden:
            _show_change(console, row)
        elif hidden[place].entries[0] is entries[place]:
            _show_set_up(console, hidden[place])
    if not table.rows:
        console.tell(f"no change in this journal is about {name}" if name else "no changes")
    for note in notes_of(source):
        console.tell((note, "yellow"))


def _show_set_up(console: Terminal, found: SetUp) -> None:
    first, last = found.entries[0].seq, found.entries[-1].seq
    counted = ", ".join(f"{count} {chosen().story(what)}" for what, count in found.counts.items())
    said = tr("set up by the venue file: {counted}", counted=counted)
    console.tell(tr("{first} to {last}  {said}", first=first, last=last, said=said))
    console.tell(f"    {tr('--set-up shows each')}")


def _show_change(console: Terminal, row: dict[str, Cell]) -> None:
    story = chosen().story
    by = f" {tr('by {name}', name=row['by'])}" if row["by"] else ""
    outcome = story(str(row["outcome"]))
    if row["second"] and row["outcome"] in PROPOSAL_OUTCOMES:
        outcome += f" {tr('by {name}', name=row['second'])}"
    elif row["second"]:
        by += f", {tr('approved by {name}', name=row['second'])}"
    time = moscow_of(str(row["time_utc"]))[len("2026-06-01 ") :]
    head = f"{row['seq']}  {time}  {story(str(row['what']))} {row['subjects']}{by}: {outcome}"
    console.tell(head.replace("  :", ":"))
    if row["time_utc"] != row["effective_utc"]:
        console.tell(f"    {tr('effective {time} (Moscow)', time=moscow_of(str(row['effective_utc'])))}")
    for label, key in (
        ("", "why"),
        (f"{tr('reason')}: ", "reason"),
        (f"{tr('and')}: ", "second_reason"),
        ("", "said"),
        (f"{tr('did')}: ", "effects"),
    ):
        if row[key]:
            text = str(row[key]) if key.endswith("reason") else story(str(row[key]))
            console.tell(f"    {label}{text}")
    if row["orders_cancelled"]:
        console.tell(f"    {tr('cancelled {n} open orders', n=row['orders_cancelled'])}")
    if row["change"] is not None:
        console.tell(f"    {tr('brought by sequence number {seq}', seq=row['change'])}")
    elif row["outcome"] == PROPOSED:
        console.tell(f"    {tr('waits for a second approval')}")
