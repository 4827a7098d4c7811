"""`sbx whatif`: a recorded session under other rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import msgspec

from compliance.worlds.change import ChangeError, parse_setting
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Result
from gateway.cli.moments import moment_of
from gateway.cli.progress import bar
from gateway.cli.reading import show_table, wide_console
from gateway.cli.supervision.whatif_grid import run_grid, show_grid
from gateway.cli.terminal import Terminal
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.printable import json_text
from gateway.venue.error import VenueError
from gateway.venue.rulebooks import load_rulebook_documents
from gateway.whatif.running import Scanned, check_with, run, scan
from gateway.whatif.tables import differing, differs, tables_of
from gateway.whatif.words import DIRECTLY, LIMITS, NOTHING_DIFFERS, change_words

LONG_TABLES: Final = ("events",)
"""For machines."""
_MISSING: Final = (
    "a page needs matplotlib, which is not installed: `pip install 'sandbox-exchange[report]'`, or in the source tree "
    "`pip install -e '.[report]'`; --json needs none"
)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--set", "settings", metavar="NAME.KEY=VALUE", multiple=True, help="Set this otherwise; all of them together."
)
@click.option(
    "--rulebook", metavar="BOOK", default="", help="In place of each rulebook loaded: a name, or a .toml file."
)
@click.option("--from", "since", metavar="MOMENT", default="", help="From when on it holds.  [default: the beginning]")
@click.option("--grid", metavar="NAME.KEY=VALUE", multiple=True, help="Try this value; repeated: all combinations.")
@click.option(
    "--results", type=click.Path(path_type=Path, file_okay=False), help="Where the results of a grid are kept."
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Of a grid, so many at once.  [default: one a processor]")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page with plots and tables.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    directory: Path,
    settings: tuple[str, ...],
    rulebook: str,
    since: str,
    grid: tuple[str, ...],
    results: Path | None,
    jobs: int | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Replay the session in DIRECTORY under other rules, beside itself, and show what differs.

    The same commands go into both worlds at the same times, and orders keep their ids. NAME is a rule and KEY a parameter of it or
    `enabled`; or NAME is an instrument (or * for all) and KEY one of its trading rules or terms, such as static_ppm, taker_fee_ppm. A
    rulebook comes with the settings on top of it. A cancel or amend of an order that is not open in the other world is skipped, and
    counted.

    Nobody reacts: it shows the first effect of the rules on what was sent, not what would have happened. docs/WHATIF.md says what each
    figure means. Nothing is written. A running venue may go on: what is durable is compared.

    With --grid all combinations are tried, each in a process of its own, several at once. Their results are kept in the folder --results,
    each in a file of its own: a grid that was stopped goes on where it was, one that has grown does what is new. Then a table over all of
    them is shown; with --html also how each figure depends on what was varied.

    \b
    Exit status:
      0  compared, whether or not something differs
      1  the journal is damaged, or does not replay as it was recorded
      2  usage: no such rule, parameter or moment, or no such value of it

    \b
    Examples:
      sbx whatif venue --set RET-1.retail_cap_rub=500000
      sbx whatif venue --set ANON-1.enabled=false --set RET-2.highly_liquid_by=criteria
      sbx whatif venue --set BTC/RUB.static_ppm=100000 --from 10:04:07
      sbx whatif venue --rulebook elr-2025 --html elr.html
      sbx whatif venue --rulebook elr-2025 --json | jq .changed
      sbx whatif venue --results caps --grid RET-1.retail_cap_rub=100000 \\
          --grid RET-1.retail_cap_rub=500000 --grid RET-2.highly_liquid_by=list \\
          --grid RET-2.highly_liquid_by=criteria --html caps.html
    """
    _check_options(bool(settings or rulebook or grid), bool(grid), results, jobs)
    if html is not None:
        see_matplotlib()
    journal = _journal_in(directory)
    with failing():
        scanned = _scan(journal)
        change = change_of(settings, rulebook, since, scanned)
        if grid and results is not None:
            show_grid(run_grid(journal, scanned, change, grid, (results, jobs or os.cpu_count() or 1)), html, as_json)
            return
        with bar("replaying", scanned.bytes) as show_read:
            result = run(journal, change, scanned, show_read)
    if html is not None:
        _save_page(html, result)
    if as_json:
        click.echo(json_text(summary(result)))
    else:
        show(result)


def _check_options(is_change: bool, is_grid: bool, results: Path | None, jobs: int | None) -> None:
    """Refuse options that don't go together."""
    if is_grid and results is None:
        raise click.UsageError(
            "--grid needs --results DIR, where its results are kept: so that it can go on if it is stopped"
        )
    if not is_grid and (results is not None or jobs is not None):
        raise click.UsageError("--results and --jobs go with --grid")
    if not is_change:
        raise click.UsageError("say what is otherwise: --set NAME.KEY=VALUE, --grid NAME.KEY=VALUE, or --rulebook BOOK")


def _journal_in(directory: Path) -> Path:
    try:
        return find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def failing() -> Iterator[None]:
    """Say what goes wrong as a command does."""
    try:
        yield
    except (ChangeError, VenueError) as error:
        raise click.UsageError(str(error)) from error
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read, or a result not be kept: {error}") from error


def _scan(journal: Path) -> Scanned:
    """Read a journal, with a bar on a terminal."""
    with bar("reading", journal_bytes(journal)) as show_read:
        return scan(journal, show_read)


def see_matplotlib() -> None:
    """See that a page can be made, before a journal is read for it.

    Raises:
        click.ClickException: matplotlib is not installed.
    """
    try:
        import_module("matplotlib")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        raise click.ClickException(_MISSING) from error


def _save_page(path: Path, result: Result) -> None:
    # It brings matplotlib, which takes a moment to load.
    from gateway.whatif.page import write_page

    try:
        write_page(path, result)
    except OSError as error:
        raise click.ClickException(f"the page can't be written: {error}") from error


def change_of(settings: tuple[str, ...], rulebook: str, since: str, scanned: Scanned) -> Change:
    """The change that options say, checked against what the journal holds.

    Raises:
        ChangeError: it can't be made.
        VenueError: there is no such rulebook.
        click.UsageError: there is no such moment.
    """
    name, documents = load_rulebook_documents(rulebook) if rulebook else ("", {})
    from_seq = from_ns = 0
    if since:
        moment = moment_of(since, scanned.first_ns, "--from")
        from_seq, from_ns = moment.seq, moment.time_ns
    change = Change(tuple(parse_setting(each) for each in settings), name, documents, from_seq, from_ns)
    check_with(change, scanned)
    return change


def summary(result: Result) -> dict[str, object]:
    """All that was found, for machines."""
    found: dict[str, object] = {"limits": list(LIMITS), "differs": differs(result)}
    found.update(msgspec.to_builtins(result))
    return found


def show(result: Result) -> None:
    """What was found, for people: what it can't show first, then the tables, without what is alike."""
    console = wide_console()
    for line in LIMITS:
        console.tell((line, "yellow"))
    tell_change(console, result)
    if not differs(result):
        console.tell((NOTHING_DIFFERS, "green"))
        return
    console.tell(DIRECTLY)
    for table in tables_of(result):
        shown = differing(table)
        if shown.rows and table.name not in LONG_TABLES:
            show_table(console, shown)


def tell_change(console: Terminal, result: Result) -> None:
    """What was compared with what."""
    recording = result.recording
    console.tell(
        f"venue {recording.venue}, commands {recording.first_seq:,} to {recording.last_seq:,}, under: {change_words(result.change)}"
    )
    if result.rules_changed:
        console.tell("rules set otherwise: " + ", ".join(result.rules_changed))
