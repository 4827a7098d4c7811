"""Tables as HTML: all that others wrote is escaped, figures stand right with their thousands set apart, times are Moscow's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from heapq import nlargest
from html import escape
from itertools import islice
from typing import Final

from gateway.printable import Cell, figures, is_figure, printable
from gateway.reporting.onepage.chosen import Chosen
from gateway.reporting.steps.sessions import ALL
from gateway.reporting.tables import spoken
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Column, Table
from gateway.reporting.tables.times import moscow_of
from gateway.words.chosen import chosen as language

MAX_ROWS: Final = 15
"""Of one table: the rest is in its section."""
MAX_LETTERS: Final = 160
"""Of one cell; the rest is left out, and marked so."""
MAX_WHOLE: Final = 20
"""Of a text that is not broken inside a word."""
LONG: Final = ' class="text"'
SESSION: Final = "session"
MOSCOW: Final = "Moscow"
MORE: Final = "{count} more: sbx report --section {section}"
_ENDS: Final = (("_percent", ", %"), ("_rub", ", RUB"))
_NUMBERS: Final = (AMOUNT, COUNT, PERCENT, SEQ)

Row = dict[str, Cell]


def heading(name: str) -> str:
    """A column's name as people read it."""
    if not language().is_english:
        return spoken.heading(name)
    if name.endswith("_utc"):
        return f"{name.removesuffix('_utc').replace('_', ' ')}, {MOSCOW}"
    for end, words in _ENDS:
        if name.endswith(end):
            return f"{name.removesuffix(end).replace('_', ' ')}{words}"
    return name.replace("_", " ")


def rows_of(table: Table, is_stock: bool) -> list[Row]:
    """The rows of all sessions, without those that sum them up; of a stock those of the last session. For tables with few rows."""
    found = list(_each(table))
    if not is_stock or SESSION not in table.columns or not found:
        return found
    return [row for row in found if row[SESSION] == found[-1][SESSION]]


def _each(table: Table) -> Iterator[Row]:
    """The rows one by one, without those that sum sessions up: there may be a million."""
    several = SESSION in table.columns
    for cells in table.rows:
        row = dict(zip(table.columns, cells, strict=True))
        if not several or row[SESSION] != ALL:
            yield row


def _shown(table: Table, chosen: Chosen) -> tuple[list[Row], int]:
    """The first or largest rows, and how many there are in all."""
    if chosen.is_stock:
        rows = rows_of(table, is_stock=True)
        count = len(rows)
    else:
        rows = []
        count = sum(1 for _ in _each(table))
    each = rows or _each(table)
    if chosen.largest:
        return nlargest(MAX_ROWS, each, key=lambda row: number(row[chosen.largest])), count
    return list(islice(each, MAX_ROWS)), count


def html_table(table: Table, chosen: Chosen) -> str:
    """The chosen columns of a table, its first or largest rows, and how many more there are; empty: it has no row."""
    shown, count = _shown(table, chosen)
    if not shown:
        return ""
    kinds = {each.name: each for each in table.kinds}
    several = SESSION in table.columns and not chosen.is_stock
    names = [*((SESSION,) if several else ()), *chosen.columns]
    # A column that says nothing in any row is left out.
    kept = [kinds[name] for name in names if name in kinds and any(row[name] not in ("", None) for row in shown)]
    head = "".join(f"<th{_side(each)}>{escape(heading(each.name))}</th>" for each in kept)
    lines = ["".join(_cell(row[each.name], each) for each in kept) for row in shown]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    text = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    if count > len(shown):
        note = language().text(MORE).format(count=f"{count - len(shown):,}", section=chosen.section)
        text += f'<p class="quiet">{escape(note)}</p>'
    return text


def number(cell: Cell) -> Decimal:
    """A cell to compare by; one that is no number comes last."""
    text = "" if cell is None else str(cell)
    return Decimal(text) if is_figure(text) else Decimal("-Infinity")


def text_of(cell: Cell, column: Column) -> str:
    """A cell as people read it."""
    if cell is None or cell == "":
        return ""
    text = str(cell)
    if column.kind == TIME:
        return moscow_of(text)[: len("2026-06-01 12:00:00")]
    if column.kind in (AMOUNT, COUNT, PERCENT):
        return figures(text)
    return spoken.cell(column.name, text)


def _cell(cell: Cell, column: Column) -> str:
    text = printable(text_of(cell, column))
    if len(text) > MAX_LETTERS:
        text = f"{text[:MAX_LETTERS]}…"
    side = _side(column) or (LONG if len(text) > MAX_WHOLE else "")
    return f"<td{side}>{escape(text)}</td>"


def _side(column: Column) -> str:
    return ' class="number"' if column.kind in _NUMBERS else ""
