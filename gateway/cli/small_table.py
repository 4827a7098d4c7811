"""Tables for people, never wider than what they are shown on, with figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Column, Table

from gateway.cli.terminal import Terminal
from gateway.printable import figures, is_figure, printable
from gateway.words.chosen import chosen

NONE: Final = "-"
MAX_WHOLE: Final = 24
"""Letters of a text that is never broken: a name or a code is longer seldom, a reason or a title often."""
MAX_KEYS: Final = 4
"""Columns that are shown again in each part of a table, as long as they leave a third of the width: day, asset, party and its name."""
_HEADINGS: Final = {
    "time_moscow": "Moscow time",
    "start_moscow": "Moscow time",
    "trade_id": "trade",
    "taker_side": "taker",
}
_IDS: Final = (
    "trade_id",
    "order_id",
    "order",
    "after",
    "code",
    "alert",
    "case",
    "report",
    "movement",
    "transfer",
    "change",
    "key",
    "participant",
    "account",
    "investor",
)
_SEQ: Final = "seq"
"""Columns of numbers and names that other commands are asked by: these, and each whose name ends so."""


def show_small(console: Terminal, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show a table without lines between its columns: figures on the right, never broken; long texts are folded.

    One that is wider than the console stands there in parts, one below the other. Each begins with the columns that tell its
    rows apart.
    """
    shown = [[_shown(value, name) for name, value in zip(columns, row, strict=True)] for row in rows]
    heads = [_head(name, [row[place] for row in shown]) for place, name in enumerate(columns)]
    keys = _keys(shown, len(columns))
    while keys > 1 and _needs(heads, list(range(keys))) > console.width * 2 // 3:
        keys -= 1
    for places in _parts(heads, keys, console.width):
        table = Table(*(heads[place].copy() for place in places), box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for row in shown:
            table.add_row(*(row[place] for place in places))
        console.print(table)


def _shown(value: object, column: str) -> str:
    """A cell for people: figures with separators between thousands, but for ids."""
    text = NONE if value is None else printable(str(value))
    return text if column in _IDS or column.endswith(_SEQ) else figures(text)


def _head(name: str, cells: list[str]) -> Column:
    """The head of a column; `min_width` is the least that it must have."""
    heading = chosen().heading(_HEADINGS.get(name, name.replace("_", " ")))
    is_figures = all(is_figure(text.replace(",", "").removesuffix(" %")) or text in ("", NONE) for text in cells)
    widest = max(cell_len(text) for text in (heading, *cells))
    is_whole = is_figures or widest <= MAX_WHOLE
    return Column(
        heading,
        justify="right" if is_figures else "left",
        overflow="fold",
        no_wrap=is_whole,
        min_width=widest if is_whole else MAX_WHOLE,
    )


def _keys(rows: list[list[str]], columns: int) -> int:
    """How many leading columns tell the rows apart; 1 where few don't."""
    for count in range(1, min(MAX_KEYS, columns) + 1):
        if len({tuple(row[:count]) for row in rows}) == len(rows):
            return count
    return 1


def _parts(heads: list[Column], keys: int, width: int) -> list[list[int]]:
    """The columns of each part of a table, by their places."""
    first = list(range(keys))
    parts = [list(first)]
    for place in range(keys, len(heads)):
        if len(parts[-1]) > keys and _needs(heads, [*parts[-1], place]) > width:
            parts.append(list(first))
        parts[-1].append(place)
    return parts


def _needs(heads: list[Column], places: list[int]) -> int:
    """Of a part: its columns, a space and a gap between each two, and its edges."""
    return sum((heads[place].min_width or 0) + 2 for place in places)
