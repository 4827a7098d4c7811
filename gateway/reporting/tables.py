"""Tables: what a report is made of, as rows for people, CSV and JSON."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from gateway.printable import Cell, cell

Cells = tuple[Cell, ...]


class Table:
    """Rows under named columns. Amounts are decimal strings, counts integers; None: not known."""

    def __init__(self, name: str, title: str, columns: Sequence[str], rows: Sequence[Cells]) -> None:
        assert all(len(row) == len(columns) for row in rows)
        self.name: Final = name
        """Of its file, and its key in JSON."""
        self.title: Final = title
        """What it says, for people."""
        self.columns: Final = tuple(columns)
        self.rows: Final = list(rows)

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
