"""`sbx diff`: two recorded sessions side by side."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from gateway.cli.progress import bar
from gateway.cli.recordings.replay import readable
from gateway.cli.terminal import Terminal
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalReader
from gateway.printable import json_text, printable
from gateway.session.comparison import Comparison, Parting, differing_fields

EQUAL: Final = 0
DIFFERENT: Final = 1
TABLES: Final = (
    ("commands", "commands"),
    ("events", "events"),
    ("refusals", "refused by"),
    ("traded_lots", "lots traded"),
)
"""What is counted of the rows that differ, and its heading."""


@click.command()
@click.argument("first", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("second", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(first: Path, second: Path, as_json: bool) -> None:
    """Compare the sessions in the journals of FIRST and SECOND: where they part, then what differs, by kind.

    Rows are compared by sequence number: the command, and every event that came of it. At another time the same is the same.
    Of the rows that differ, commands, events, refusals by rule and lots traded are counted on both sides.

    \b
    Exit status:
      0  the same
      1  they differ
      2  usage, or a journal can't be read

    \b
    Examples:
      sbx diff monday tuesday
      sbx diff venue replayed --json
    """
    try:
        readers = [JournalReader(find_journal(directory)) for directory in (first, second)]
        comparison = _run(readers)
    except (JournalError, OSError) as error:
        raise click.UsageError(str(error)) from error
    except msgspec.DecodeError as error:
        raise click.UsageError(f"this version does not know a command or event: {error}") from error
    if as_json:
        click.echo(json_text(summary(readers, comparison)))
    else:
        _show(comparison)
    raise SystemExit(DIFFERENT if comparison.differing_rows else EQUAL)


def _run(readers: list[JournalReader]) -> Comparison:
    """Compare two journals, with a bar on a terminal."""
    comparison = Comparison()
    with bar("comparing", sum(journal_bytes(reader.directory) for reader in readers)) as show:
        for _ in comparison.run(*[reader.rows() for reader in readers]):
            show(sum(reader.bytes_read for reader in readers))
    return comparison


def summary(readers: list[JournalReader], comparison: Comparison) -> dict[str, object]:
    """What was found, for machines."""
    return {
        "equal": not comparison.differing_rows,
        "directories": [str(reader.directory) for reader in readers],
        "commands": comparison.rows,
        "same": comparison.same_rows,
        "different": comparison.differing_rows,
        "other_command": comparison.other_commands,
        "same_command_at_another_time": comparison.other_times,
        "first_differences": [_parting(parting) for parting in comparison.partings],
        "of_different": {
            name: {kind: [counts[0][kind], counts[1][kind]] for kind in sorted({*counts[0], *counts[1]})}
            for name, _ in TABLES
            for counts in [getattr(comparison, name)]
        },
    }


def _parting(parting: Parting) -> dict[str, object]:
    sides = (parting.first, parting.second)
    found = parting.differing_event()
    return {
        "seq": parting.seq,
        "commands": [None if side is None else readable(side[0]) for side in sides],
        "event": None if found is None else found[0],
        "events": None if found is None else [readable(found[1]), readable(found[2])],
    }


def _show(comparison: Comparison) -> None:
    """What was found, for people."""
    console = Terminal(wraps=False)
    if not comparison.differing_rows:
        console.tell(("the same", "green"), f": {comparison.rows[0]:,} commands")
    else:
        console.tell(
            ("different", "red"),
            f": {comparison.differing_rows:,} rows of {max(comparison.rows):,}, {comparison.same_rows:,} are the same",
        )
        console.print(
            f"commands: {comparison.rows[0]:,} and {comparison.rows[1]:,}; of {comparison.other_commands:,} rows the commands differ"
        )
        _show_parting(console, comparison.partings[0])
    if comparison.other_times:
        console.print(f"{comparison.other_times:,} commands are the same at another time")
    for name, heading in TABLES:
        _show_counts(console, heading, *getattr(comparison, name))


def _show_parting(console: Terminal, parting: Parting) -> None:
    """The first row that differs: both commands if they do, else the first event that does."""
    console.tell(f"first difference: sequence number {parting.seq}")
    sides = (parting.first, parting.second)
    if not parting.is_same_command:
        for label, side in zip(("first", "second"), sides, strict=True):
            console.tell(f"  {label:<7} {'has ended' if side is None else repr(side[0])}")
        return
    assert parting.first is not None
    console.tell(f"  command {parting.first[0]!r}")
    found = parting.differing_event()
    assert found is not None
    place, *events = found
    console.tell(f"  event {place}")
    for label, event in zip(("first", "second"), events, strict=True):
        console.tell(f"  {label:<7} {'no such event' if event is None else repr(event)}")
    one, other = events
    if one is not None and type(one) is type(other):
        assert other is not None
        for field, before, after in differing_fields(one, other):
            console.tell(f"    {field}: {before!r} became {after!r}")


def _show_counts(console: Terminal, heading: str, first: Counter[str], second: Counter[str]) -> None:
    """What is not as often in both, of the rows that differ."""
    kinds = [kind for kind in sorted({*first, *second}) if first[kind] != second[kind]]
    if not kinds:
        return
    table = Table(
        heading,
        *[Column(each, justify="right") for each in ("first", "second", "more")],
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for kind in kinds:
        table.add_row(printable(kind), f"{first[kind]:,}", f"{second[kind]:,}", f"{second[kind] - first[kind]:+,}")
    console.print(table)
