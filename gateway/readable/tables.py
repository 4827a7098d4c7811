"""How values show themselves: in one line of text, and as a table where HTML is shown. All text in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import Final, TypeVar

from gateway.printable import figures, printable

Cell = str | int | bool | Decimal | None
T_co = TypeVar("T_co", bound="Readable", covariant=True)

MAX_ROWS: Final = 200
"""Of a table: a notebook with more is slow to open. The values themselves are all there."""
_NUMBER_STYLE: Final = ' style="text-align: right; font-variant-numeric: tabular-nums"'


def text_of(value: Cell) -> str:
    """A value as people read it, in one line: figures with separators, yes or no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return figures(format(value, "f"))
    return figures(str(value)) if isinstance(value, int) else printable(value)


def html_table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table in HTML, with at most `MAX_ROWS` rows; a last line says how many more there are. All text is escaped."""
    every = list(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    lines = ["<tr>" + "".join(map(_cell, row)) + "</tr>" for row in every[:MAX_ROWS]]
    if len(every) > MAX_ROWS:
        lines.append(f'<tr><td colspan="{len(headings)}">and {len(every) - MAX_ROWS:,} more</td></tr>')
    said = f"<caption>{escape(text_of(caption))}</caption>" if caption else ""
    return f"<table>{said}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cell(value: Cell) -> str:
    style = _NUMBER_STYLE if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""
    return f"<td{style}>{escape(text_of(value))}</td>"


class Readable:
    """Something with a line and a table. Who has no table of its own is a row of one."""

    headings: tuple[str, ...] = ()
    """Of its row."""

    def cells(self) -> tuple[Cell, ...]:
        """Its row, a cell for each heading."""
        raise NotImplementedError

    def line(self) -> str:
        """What it is, in one line."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{printable(self.line())}>"

    def _repr_html_(self) -> str:
        return html_table("", self.headings, [self.cells()])


class Rows(tuple[T_co, ...]):
    """Several values of one kind, in order: a tuple that shows itself as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        if not self:
            return "<em>none</em>"
        return html_table("", self[0].headings, [each.cells() for each in self])


def decimal_or_none(text: object) -> Decimal | None:
    """A decimal as the wire writes it; None: there is none."""
    return None if text is None else Decimal(str(text))
