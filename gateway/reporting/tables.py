"""Tables: what a report is made of, as rows for people, CSV and JSON."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

Cell = str | int | None
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
        """Write `NAME.csv`: UTF-8, a header line, fields quoted where they must be.

        Raises:
            OSError: it can't be written.
        """
        with (directory / f"{self.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows(self.rows)
