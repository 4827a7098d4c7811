"""`sbx snapshot`: the venue's whole state as a file, from which its next start begins."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.table import Column, Table

from gateway.cli.progress import bar
from gateway.cli.saying import say
from gateway.cli.terminal import Terminal
from gateway.core import new_exchange
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.journal.first import check_key, first_header
from gateway.journal.key import venue_key
from gateway.keys import KeyFileError
from gateway.printable import json_text, printable
from gateway.snapshots.asked import Asking
from gateway.snapshots.checking import Checked, check_all, check_owners
from gateway.snapshots.folder import folder_beside
from gateway.snapshots.making import Made
from gateway.snapshots.replica import NotReplayed


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--list", "is_list", is_flag=True, help="Make none; list those there are, their signatures verified.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, is_list: bool, as_json: bool) -> None:
    """Save a snapshot of the venue in DIRECTORY (or in whose folder journal that is), beside a venue that runs too.

    The next start begins with it and replays only what came after. It is of the newest command of which the journal's head says
    that it is on the disk. It begins with the snapshot before, if there is one, else with the journal's first command, and
    compares every event on the way. It is signed with the venue's key, and goes into DIRECTORY/snapshots. The newest two stay, and a few
    older ones.

    Under durability os the head is brought up at the end of a segment and when the venue stops, and a snapshot goes no further.

    \b
    Exit status:
      0  done, or there was one already; with --list: all are sound
      1  it could not be made; with --list: one is damaged, can't be read, or is another venue's
      2  usage

    \b
    Examples:
      sbx snapshot venue
      sbx snapshot venue --json
      sbx snapshot venue --list
    """
    try:
        journal = find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    try:
        if is_list:
            _list(journal, as_json)
        else:
            _make(journal, as_json)
    except (JournalError, NotReplayed, KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the snapshot can't be made or read: {error}") from error


def _make(journal: Path, as_json: bool) -> None:
    """Make one, with a bar on a terminal, and say what it is."""
    began = time.perf_counter()
    key, file = venue_key(journal.parent, has_journal=True)
    check_key(journal, key, file)
    asking = Asking(journal, key, new_exchange)
    made: Made | None = None
    if asking.is_needed:
        _follow(asking, journal)
        made = asking.save()
    seconds = time.perf_counter() - began
    if as_json:
        click.echo(json_text(_summary(asking, made, seconds)))
        return
    for line in asking.begun.unusable:
        say(f"not used: {printable(line)}", err=True)
    if made is None:
        say(f"there is one already of sequence number {asking.head.seq:,}, up to which the journal is on the disk")
        return
    point = asking.begun.point
    say(
        f"{printable(made.path.name)}: {made.size:,} bytes, after sequence number {made.seq:,}, "
        + (f"from {printable(point.said_by)} on" if point is not None else "from the first command on")
        + f", in {seconds:.1f} s"
    )


def _follow(asking: Asking, journal: Path) -> None:
    with bar("replaying", journal_bytes(journal)) as show:
        for read in asking.follow():
            show(read)


def _summary(asking: Asking, made: Made | None, seconds: float) -> dict[str, object]:
    """What was done, for machines."""
    point = asking.begun.point
    return {
        "made": made is not None,
        "path": None if made is None else str(made.path),
        "seq": asking.head.seq if made is None else made.seq,
        "bytes": None if made is None else made.size,
        "state_bytes": None if made is None else made.state_bytes,
        "began_with": None if point is None else point.seq,
        "unusable_snapshots": asking.begun.unusable,
        "seconds": round(seconds, 3),
    }


def _list(journal: Path, as_json: bool) -> None:
    """Say what snapshots there are."""
    found = check_all(journal)
    header = first_header(journal)
    if header is not None:
        check_owners(found, header)
    if as_json:
        click.echo(
            json_text({"directory": str(folder_beside(journal)), "snapshots": [each.summary() for each in found]})
        )
    else:
        _show(found)
    if not all(each.is_sound for each in found):
        raise SystemExit(1)


def _show(found: list[Checked]) -> None:
    console = Terminal(wraps=False)
    if not found:
        console.print("there are no snapshots: `sbx snapshot` makes one")
        return
    console.print(table_of(found))


def table_of(found: list[Checked]) -> Table:
    """Snapshots for people: `signed`, or what is wrong."""
    table = Table(Column("snapshot", no_wrap=True), Column("bytes", justify="right"), "core", "signature")
    for each in found:
        version = "" if each.header is None else str(each.header.core_version)
        table.add_row(each.name, f"{each.size:,}", version, printable(each.problem) or "signed")
    return table
