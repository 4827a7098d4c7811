"""Tables that 80 columns have room for, with figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from gateway.printable import figures, printable

NONE: Final = "-"
_HEADINGS: Final = {
    "time_moscow": "Moscow time",
    "start_moscow": "Moscow time",
    "taker_side": "taker",
    "last_seq": "last seq",
}
_IDS: Final = ("seq", "last_seq", "order", "after", "as of seq")
"""Columns of numbers that other commands are asked by."""


def small_table(columns: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> Table:
    """A table without lines between its columns: the first ones stand on the left, the others, which are figures, on the right."""
    heads = [
        Column(_HEADINGS.get(name, name), justify="left" if place < left else "right", overflow="fold")
        for place, name in enumerate(columns)
    ]
    table = Table(*heads, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(*[_shown(value, name) for name, value in zip(columns, row, strict=True)])
    return table


def _shown(value: object, column: str) -> str:
    """A cell for people: figures with separators between thousands, but for ids."""
    text = NONE if value is None else printable(str(value))
    return text if column in _IDS else figures(text)
