"""Tables: what a report is made of, as rows for people, CSV, JSON and workbooks."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

import msgspec

from gateway.printable import Cell, cell, json_safe, json_text
from gateway.reporting.tables.rows import Cells, Rows

__all__ = [
    "AMOUNT",
    "COUNT",
    "PERCENT",
    "SEQ",
    "TEXT",
    "TIME",
    "Cells",
    "Column",
    "Rows",
    "Table",
    "columns_of",
    "json_pieces",
    "table_writer",
]

_JSON: Final = msgspec.json.Encoder()

TEXT: Final = "text"
"""Names, words, dates, reasons; figures that are names too, as a law's number."""
COUNT: Final = "count"
"""An integer."""
AMOUNT: Final = "amount"
"""A decimal string with all decimals of its asset: amounts, quantities, prices."""
PERCENT: Final = "percent"
"""A decimal string in percent: `12.50`, or with its sign as `12.50 %`."""
TIME: Final = "time"
"""As `UtcTimes` writes it."""
SEQ: Final = "seq"
"""A sequence number, or another number that commands are asked by."""


class Column:
    """One column of a table.

    Args:
        name: its key in JSON, and its heading in CSV. Of a percent it ends with `_percent`, of a time with `_utc`.
        kind: of its cells: `TEXT`, `COUNT`, `AMOUNT`, `PERCENT`, `TIME` or `SEQ`.
        adds: whether cells of several sessions may be added up: what happened adds, what is there at an end does not.
    """

    __slots__ = ("adds", "kind", "name")

    def __init__(self, name: str, kind: str = TEXT, *, adds: bool = False) -> None:
        assert not adds or kind in (COUNT, AMOUNT)
        self.name: Final = name
        self.kind: Final = kind
        self.adds: Final = adds


class Table:
    """Rows under named columns. Amounts and percents are decimal strings, counts integers; None: not known, or does not apply."""

    def __init__(self, name: str, title: str, columns: Sequence[str | Column], rows: Sequence[Cells]) -> None:
        self.name: Final = name
        """Of its file, and its key in JSON."""
        self.title: Final = title
        """What it says, for people."""
        self.kinds: Final = tuple(each if isinstance(each, Column) else _plain(each) for each in columns)
        """Its columns with their kinds."""
        self.columns: Final = tuple(each.name for each in self.kinds)
        self.rows: Final[Sequence[Cells]] = rows if isinstance(rows, Rows) else list(rows)
        assert all(len(row) == len(columns) for row in self.rows)

    def objects(self) -> list[dict[str, Cell]]:
        """The rows with the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def write_csv(self, directory: Path) -> None:
        """Write `NAME.csv`: UTF-8, a header line, fields quoted where they must be, no text a formula.

        Raises:
            OSError: it can't be written.
        """
        with (directory / f"{self.name}.csv").open("w", encoding="utf-8", newline="") as file:
            write = table_writer(file, self.columns)
            for row in self.rows:
                write(row)


def table_writer(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[Cell]], object]:
    """Begin a CSV table in a file opened with `newline=""`; what it returns writes a row."""
    writer = csv.writer(file)
    writer.writerow(columns)
    return lambda row: writer.writerow([cell(value) for value in row])


def json_pieces(head: dict[str, object], tables: Sequence[Table], between: str = " ") -> Iterator[str]:
    """`head` as JSON, with `tables` behind it: an object of lists by the tables' names. Any terminal may show it.

    Args:
        head: what is said besides; not empty.
        tables: each with its rows, which are encoded one by one.
        between: what stands behind the comma between two rows: a space, or a line break.
    """
    yield json_text(head)[:-1] + ', "tables": {'
    for place, table in enumerate(tables):
        yield f"{f',{between}' if place else ''}{json_text(table.name)}: ["
        for number, row in enumerate(table.rows):
            cells = dict(zip(table.columns, row, strict=True))
            yield f"{f',{between}' if number else ''}{json_safe(_JSON.encode(cells))}"
        yield "]"
    yield "}}\n"


def columns_of(
    *names: str,
    counts: Sequence[str] = (),
    amounts: Sequence[str] = (),
    percents: Sequence[str] = (),
    adds: bool = False,
) -> tuple[Column, ...]:
    """Columns by their names, all of them text but those that are also named as something else.

    Args:
        names: all, in order.
        counts: those that are integers.
        amounts: those that are decimals.
        percents: those that are percents.
        adds: whether counts and amounts add up over sessions.
    """
    found = []
    for name in names:
        if name in counts or name in amounts:
            found.append(Column(name, COUNT if name in counts else AMOUNT, adds=adds))
        else:
            found.append(Column(name, PERCENT) if name in percents else _plain(name))
    return tuple(found)


def _plain(name: str) -> Column:
    """A column of which only the name is stated."""
    if name.endswith("_utc"):
        return Column(name, TIME)
    return Column(name, SEQ if name in ("seq", "first_seq", "last_seq", "trade_id") else TEXT)
