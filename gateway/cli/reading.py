"""What `sbx report` and `sbx history` share: reading a journal with progress, saying how far it could be read, showing tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from engine.vocabulary.codes import CORE_VERSION
from gateway.cli.progress import bar
from gateway.cli.small_table import show_small
from gateway.cli.terminal import WIDTH, Terminal
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalReader
from gateway.printable import Cell
from gateway.reporting.steps.source import Source, Step, Unreadable
from gateway.reporting.tables import spoken
from gateway.reporting.tables.tables import PERCENT, Column, Table
from gateway.reporting.tables.times import moscow_of

COMPLETE: Final = 0
INCOMPLETE: Final = 1
TORN: Final = 3
MAX_SHOWN_ROWS: Final = 20
_UTC: Final = "_utc"
"""What a column ends with, or the name of a figure, that is a time."""


def open_source(directory: Path, day: int | None = None, is_over: Callable[[int, int], bool] | None = None) -> Source:
    """The journal in a directory, to read; `day` and `is_over` as of `Source`.

    Raises:
        click.UsageError: there is none.
    """
    try:
        return Source(JournalReader(find_journal(directory)), day, is_over)
    except JournalError as error:
        raise click.UsageError(str(error)) from error


def read(source: Source, label: str, take: Callable[[Step], None]) -> None:
    """Read everything, with a bar on a terminal.

    Raises:
        click.ClickException: it can't be read.
    """
    reader = source.reader
    try:
        with bar(label, journal_bytes(reader.directory)) as show:
            for step in source.steps():
                take(step)
                show(reader.bytes_read)
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error


def status_of(source: Source) -> str:
    """`damaged`, `different`, `failed` or `torn`: the first that holds of what makes it not `complete`."""
    if source.damage is not None:
        return "damaged"
    if source.difference is not None:
        return "different"
    if source.failure is not None:
        return "failed"
    return "torn" if source.reader.torn is not None else "complete"


def exit_status(source: Source) -> int:
    """`COMPLETE`, `TORN`, or `INCOMPLETE` for everything worse."""
    return {"complete": COMPLETE, "torn": TORN}.get(status_of(source), INCOMPLETE)


def notes_of(source: Source) -> list[str]:
    """What a reader must know about how far the journal could be read."""
    notes = list(source.notes)
    reader = source.reader
    if source.exchange is not None and source.exchange.is_test:
        notes.append("a venue for tests: its time went faster or was moved, as its operator liked")
    if source.damage is not None:
        notes.append(f"damaged: {source.damage}; this is what stands before it")
    if source.difference is not None:
        notes.append(
            f"the replay differs from sequence number {source.difference.seq} on: what follows is as recorded, caps, "
            "exposures and balances are left out; `sbx replay` shows the difference"
        )
    if source.failure is not None:
        notes.append(
            f"the replay stopped at {source.failure}: what follows is as recorded, caps, exposures and balances are left out"
        )
    if reader.segments and reader.segments[0].header.core_version != CORE_VERSION:
        written = reader.segments[0].header.core_version
        notes.append(f"written under core version {written}, read under {CORE_VERSION}")
    if source.goes_on_from:
        notes.append(
            f"from sequence number {source.goes_on_from + 1} on written under core version "
            f"{reader.segments[-1].header.core_version}: "
            + ("replayed from the snapshot there" if source.exchange is not None else "not replayed")
        )
    if reader.torn is not None:
        notes.append(f"torn: {reader.segments[-1].name}: {reader.torn}; this is what is durable before it")
    return notes


def show_table(console: Terminal, table: Table) -> None:
    """A table for people: its first rows, without the columns that say nothing in any row, times as in Moscow."""
    kept = [place for place, says in enumerate(_says(table)) if says]
    rows = [
        [_shown(cell, each) for cell, each in zip(row, table.kinds, strict=True)] for row in table.rows[:MAX_SHOWN_ROWS]
    ]
    columns = [table.columns[place] for place in kept]
    shown = [[_timed(columns[at], row[place]) for at, place in enumerate(kept)] for row in rows]
    if spoken.FIGURE in columns:
        # A list of figures names each in this column.
        named = columns.index(spoken.FIGURE)
        for row in shown:
            row[named + 1 :] = [_timed(row[named], cell) for cell in row[named + 1 :]]
            row[named] = spoken.cell(spoken.FIGURE, _heading(row[named]))
    for row in shown:
        row[:] = [spoken.cell(name, text) for name, text in zip(columns, row, strict=True)]
    console.tell((spoken.title(table.title), "italic"))
    show_small(console, [_heading(name) for name in columns], shown)
    if len(table.rows) > MAX_SHOWN_ROWS:
        console.print(f"... {len(table.rows) - MAX_SHOWN_ROWS:,} more rows: see --out or --json")


def _says(table: Table) -> list[bool]:
    """Which columns say something in some row: are neither empty nor zero in all."""
    found = [False] * len(table.columns)
    for row in table.rows:
        for place, cell in enumerate(row):
            if not found[place] and cell is not None and str(cell).strip("-0."):
                found[place] = True
        if all(found):
            break
    return found


def _shown(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    text = str(cell)
    return f"{text} %" if column.kind == PERCENT and not text.endswith("%") else text


def _timed(name: str, cell: str) -> str:
    return moscow_of(cell) if name.endswith(_UTC) and cell else cell


def _heading(name: str) -> str:
    return f"{name.removesuffix(_UTC)}_moscow" if name.endswith(_UTC) else name


def wide_console() -> Terminal:
    """For tables: as wide as the terminal, and where there is none wide enough for all."""
    return Terminal(wraps=False, width=WIDTH)


def write_tables(directory: Path, tables: list[Table]) -> None:
    """Write each table as CSV.

    Raises:
        OSError: one can't be written.
    """
    for table in tables:
        table.write_csv(directory)
