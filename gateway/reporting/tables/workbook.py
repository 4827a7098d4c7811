"""A report as a workbook: a sheet a table, figures as numbers with their own decimals, and no text that could be a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from gateway.disk import UNFINISHED_SUFFIX
from gateway.printable import Cell, is_figure, printable
from gateway.reporting.tables import spoken
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Cells, Column, Table
from gateway.reporting.tables.times import MOSCOW
from gateway.words.chosen import chosen as language

MAX_DIGITS: Final = 15
"""Significant digits of a number in a workbook: what has more would be rounded, and is written as text."""
MAX_NAME: Final = 31
"""Letters of a sheet's name."""
MAX_ROWS: Final = 1_048_575
"""Of a sheet, its heading apart."""
MAX_TEXT: Final = 32_767
"""Letters of a cell."""
WIDTHS: Final = (8, 48)
"""Of a column, least and most, in letters."""
_LOOKED_AT: Final = 200
"""Rows that say how wide a column is."""
_FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_BOLD: Final = Font(bold=True)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
CONTENTS: Final = "contents"
HEADINGS: Final = ("section", "table", "title", "rows")
_UTC: Final = "_utc"


def save(path: Path, said: dict[str, object], sections: list[tuple[str, list[Table]]]) -> None:
    """Write a workbook; it gets its name when it is whole.

    Args:
        path: of the file; what had this name is replaced.
        said: what is said of the report as a whole, for the first sheet; lists and objects in it are left out.
        sections: title and tables of each.

    Raises:
        OSError: it can't be written.
    """
    book = Workbook(write_only=True)
    names = _Names()
    first = book.create_sheet(names.free(CONTENTS))
    first.column_dimensions["A"].width = first.column_dimensions["B"].width = 28
    first.column_dimensions["C"].width = 80
    for name, value in said.items():
        if isinstance(value, str | int | bool):
            first.append([_text(first, name, is_bold=True), _text(first, str(value))])
    for session in _sessions(said):
        named = [_text(first, "session", is_bold=True), _text(first, str(session["session"]))]
        first.append([*named, _text(first, f"{session['venue']}, {session['directory']}"), session["commands_read"]])
    for note in _notes(said):
        first.append([_text(first, "note", is_bold=True), None, _text(first, note)])
    first.append([])
    first.append([_text(first, language().heading(heading), is_bold=True) for heading in HEADINGS])
    for section, tables in sections:
        for table in tables:
            name = _sheets(book, table, names)
            titles = [_text(first, text) for text in (spoken.title(section), name, spoken.title(table.title))]
            first.append([*titles, len(table.rows)])
    unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
    book.save(unfinished)
    unfinished.replace(path)


def _sessions(said: dict[str, object]) -> list[dict[str, Any]]:
    """Those of a report of several."""
    sessions = said.get("sessions")
    return sessions if isinstance(sessions, list) else []


def _notes(said: dict[str, object]) -> Iterator[str]:
    for each in [said, *_sessions(said)]:
        notes = each.get("notes")
        if isinstance(notes, list):
            name = f"{each['session']}: " if "session" in each else ""
            yield from (f"{name}{note}" for note in notes)


class _Names:
    """Names of sheets: each once, whatever the case of its letters."""

    def __init__(self) -> None:
        self._taken: Final[set[str]] = set()

    def free(self, wanted: str) -> str:
        """A name as near to the one that is wanted as may be."""
        wanted = wanted.translate(_FORBIDDEN)
        found, number = wanted[:MAX_NAME], 1
        while found.lower() in self._taken:
            number += 1
            behind = f" ({number})"
            found = wanted[: MAX_NAME - len(behind)] + behind
        self._taken.add(found.lower())
        return found


def _sheets(book: Any, table: Table, names: _Names) -> str:
    """The sheet of a table, and more of them if it has more rows than one holds; returns the name of the first."""
    first = ""
    rows = iter(table.rows)
    while True:
        part = list(islice(rows, MAX_ROWS))
        if first and not part:
            return first
        name = names.free(table.name)
        _sheet(book.create_sheet(name), table, part)
        first = first or name


def _sheet(sheet: Any, table: Table, rows: list[Cells]) -> None:
    headings = [_heading(each) for each in table.kinds]
    for place, heading in enumerate(headings):
        shown = max([len(heading), *(len(str(row[place] or "")) for row in rows[:_LOOKED_AT])])
        width = min(max(shown + 2, WIDTHS[0]), WIDTHS[1])
        sheet.column_dimensions[get_column_letter(place + 1)].width = width
    sheet.freeze_panes = "A2"
    if headings:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{len(rows) + 1}"
    sheet.append([_text(sheet, heading, is_bold=True) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, value, each) for value, each in zip(row, table.kinds, strict=True)])


def _heading(column: Column) -> str:
    """Times are Moscow's here, as on a terminal: a workbook knows no zones."""
    if not language().is_english:
        return spoken.heading(column.name)
    if column.kind == TIME:
        return f"{column.name.removesuffix(_UTC)}_moscow"
    return column.name


def _cell(sheet: Any, value: Cell, column: Column) -> Any:
    """One cell: figures as numbers, times as times, all else as text."""
    if value is None or value == "":
        return None
    if isinstance(value, int):
        if isinstance(value, bool) or len(str(abs(value))) > MAX_DIGITS:
            return _text(sheet, str(value))
        return _number(sheet, value, "#,##0" if column.kind == COUNT else "0")
    if column.kind == TIME:
        return _time(sheet, value)
    figure = value.removesuffix(" %") if column.kind == PERCENT else value
    if column.kind in (AMOUNT, PERCENT, COUNT, SEQ) and is_figure(figure):
        return _figure(sheet, figure, is_percent=column.kind == PERCENT)
    return _text(sheet, value)


def _figure(sheet: Any, text: str, *, is_percent: bool) -> Any:
    """A decimal string as a number that shows the same decimals, if none of its digits is lost."""
    whole, _, fraction = text.lstrip("-").partition(".")
    if len((whole + fraction).lstrip("0")) > MAX_DIGITS:
        return _text(sheet, f"{text} %" if is_percent else text)
    decimals = f".{'0' * len(fraction)}" if fraction else ""
    if is_percent:
        hundredfold = int(text.replace(".", ""))
        return _number(sheet, hundredfold / 10 ** (len(fraction) + 2), f"0{decimals}%")
    return _number(sheet, float(text) if fraction else int(text), f"#,##0{decimals}")


def _number(sheet: Any, value: float, format_: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = format_
    return cell


def _time(sheet: Any, text: str) -> Any:
    """A time as `UtcTimes` writes it, to the millisecond; text where it is none."""
    try:
        moscow = datetime.fromisoformat(text).astimezone(MOSCOW).replace(tzinfo=None)
    except ValueError:
        return _text(sheet, text)
    return _moment(sheet, moscow)


def _moment(sheet: Any, moscow: datetime) -> Any:
    cell = WriteOnlyCell(sheet, moscow)
    cell.number_format = "yyyy-mm-dd hh:mm:ss.000"
    return cell


def _text(sheet: Any, text: str, *, is_bold: bool = False) -> Any:
    """A text that no program takes for anything else: what is not printable is spelled out, and it says itself that it is text."""
    shown = printable(text)[:MAX_TEXT]
    cell = WriteOnlyCell(sheet, shown)
    cell.data_type = "s"
    cell.quotePrefix = True
    if is_bold:
        cell.font = _BOLD
    elif len(shown) > WIDTHS[1]:
        cell.alignment = _WRAPPED
    return cell
