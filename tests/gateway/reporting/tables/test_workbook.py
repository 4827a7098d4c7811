"""Workbooks: figures are numbers as long as no digit is lost, percents are percents, and nothing that others wrote is a formula."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.supervision.report import command as report_command
from gateway.printable import Cell
from gateway.reporting.tables.rows import IN_MEMORY, Rows
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Column, Table, json_pieces
from tests.support.gateway.reporting.report_sessions import scripted

openpyxl = pytest.importorskip("openpyxl", reason="an extra: the compiled environment needs none of it")

COLUMNS = (
    Column("name"),
    Column("amount", AMOUNT),
    Column("share_percent", PERCENT),
    Column("count", COUNT),
    Column("seq", SEQ),
    Column("time_utc", TIME),
)
NAMES = ("=1+1", "+7 495", "-5", "@SUM(A1)", "\t=2", "\x1b[31mred", "anna", "00017", "1e5", '=HYPERLINK("http://x")')


def saved(path: Path, *tables: Table) -> Any:
    from gateway.reporting.tables.workbook import save

    save(path, {"status": "complete", "notes": ["=note"]}, [("A section", list(tables))])
    assert list(path.parent.glob("*.xlsx*")) == [path]
    return openpyxl.load_workbook(path)


def cells(table: Table, path: Path) -> list[list[Any]]:
    return [list(row) for row in saved(path, table)[table.name].iter_rows(min_row=2)]


def test_no_text_is_a_formula_and_none_is_a_number(tmp_path: Path) -> None:
    table = Table("t", "=title", COLUMNS, [(name, None, None, None, None, None) for name in NAMES])
    found = cells(table, tmp_path / "a.xlsx")
    assert [row[0].data_type for row in found] == ["s"] * len(NAMES)
    assert all(row[0].quotePrefix for row in found)
    assert [row[0].value for row in found][:4] == list(NAMES[:4])
    assert [row[0].value for row in found][4:8] == ["\\t=2", "\\x1b[31mred", "anna", "00017"]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as file:
        sheets = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 2 and all("<f>" not in sheet for sheet in sheets)


# Amount as shown, and its value and format in the sheet.
AMOUNTS: list[tuple[str, Cell | float, str]] = [
    ("0.00", 0, "#,##0.00"),
    ("-1234.50", -1234.5, "#,##0.00"),
    ("0.00000001", 1e-8, "#,##0.00000000"),
    ("1234567890123.45", 1234567890123.45, "#,##0.00"),
    ("12345678901234.56", "12345678901234.56", "General"),
    ("0.1234567890123456", "0.1234567890123456", "General"),
    ("999999999999999", 999999999999999, "#,##0"),
    ("1000000000000000", "1000000000000000", "General"),
    ("none", "none", "General"),
]


def test_amounts_are_numbers_of_up_to_fifteen_digits(tmp_path: Path) -> None:
    table = Table("t", "T", COLUMNS[1:2], [(text,) for text, _, _ in AMOUNTS])
    found = cells(table, tmp_path / "a.xlsx")
    assert [(row[0].value, row[0].number_format) for row in found] == [each[1:] for each in AMOUNTS]


def test_percents_counts_and_times(tmp_path: Path) -> None:
    table = Table(
        "t",
        "T",
        COLUMNS[2:],
        [
            ("12.50", 1_234, 7, "2026-06-01T20:59:59.123456789Z"),
            ("0.07 %", 10**15, 10**15, "soon"),
        ],
    )
    first, second = cells(table, tmp_path / "a.xlsx")
    assert (first[0].value, first[0].number_format) == (0.125, "0.00%")
    assert (first[1].value, first[1].number_format) == (1_234, "#,##0")
    assert (first[2].value, first[2].number_format) == (7, "0")
    # Moscow's, as on a terminal.
    assert first[3].value == datetime.fromisoformat("2026-06-01T23:59:59.123") and first[3].is_date
    assert [cell.value for cell in second] == [0.0007, "1" + "0" * 15, "1" + "0" * 15, "soon"]
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["t"]
    assert [cell.value for cell in sheet[1]] == ["share_percent", "count", "seq", "time_moscow"]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:D3"


def test_sheets_have_short_names_of_their_own_and_the_first_lists_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.reporting.tables.workbook.MAX_ROWS", 2)
    long = "a_name_that_is_longer_than_a_sheet_may_have"
    tables = [
        Table(name, "T", COLUMNS[:1], [("x",)] * rows) for name, rows in ((long, 5), (long + "_too", 1), ("a/b", 0))
    ]
    book = saved(tmp_path / "a.xlsx", *tables)
    assert book.sheetnames[0] == "contents" and all(len(name) <= 31 for name in book.sheetnames)
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames) == 6
    assert [book[name].max_row - 1 for name in book.sheetnames[1:4]] == [2, 2, 1]
    listed = [row for row in book["contents"].iter_rows(values_only=True) if row[0] == "A section"]
    assert [row[3] for row in listed] == [5, 1, 0] and all(row[1] in book.sheetnames for row in listed)


def test_a_report_as_a_workbook_says_what_the_json_says(tmp_path: Path) -> None:
    journal, file = scripted().write(tmp_path / "journal"), tmp_path / "report.xlsx"
    result = CliRunner().invoke(report_command, [str(journal), "--excel", str(file), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["contents", *found["tables"]]
    for name, rows in found["tables"].items():
        headings, *shown = [list(row) for row in book[name].iter_rows(values_only=True)]
        assert len(shown) == len(rows)
        for row, object_ in zip(shown, rows, strict=True):
            for heading, cell, (column, value) in zip(headings, row, object_.items(), strict=True):
                assert heading == column or (heading, column) == (column.replace("_utc", "_moscow"), column)
                if isinstance(cell, datetime):
                    continue
                if isinstance(cell, int | float) and isinstance(value, str):
                    is_percent = "%" in value or column.endswith("_percent")
                    assert float(value.removesuffix(" %")) == pytest.approx(cell * 100 if is_percent else cell)
                else:
                    assert cell == (value if value != "" else None), (name, column)


# ── rows that may be many ──────────────────────────────────────────────────────────────────────────────────────────


def test_rows_beyond_what_is_kept_in_memory_are_read_again_as_they_were() -> None:
    count = 2 * IN_MEMORY + 7
    rows = Rows((number, f"name {number}", None) for number in range(count))
    assert len(rows) == count and rows[0] == (0, "name 0", None) and rows[count - 1][0] == count - 1
    assert [row[0] for row in rows[IN_MEMORY - 1 : IN_MEMORY + 2]] == [IN_MEMORY - 1, IN_MEMORY, IN_MEMORY + 1]
    # Two read at once, and a row is added meanwhile.
    one, two = iter(rows), iter(rows)
    assert [next(one) for _ in range(IN_MEMORY + 1)] == [next(two) for _ in range(IN_MEMORY + 1)]
    rows.append((-1, "last", None))
    assert [row[0] for row in one] == [*range(IN_MEMORY + 1, count), -1]
    with pytest.raises(IndexError):
        rows[count + 1]


def test_json_in_pieces_is_what_any_program_reads() -> None:
    tables = [
        Table("one", "One", ("name", "count"), [("an\u202ena\n", 1), ('"', None)]),
        Table("two", "Two", ("x",), []),
    ]
    for between in (" ", "\n"):
        text = "".join(json_pieces({"status": "complete"}, tables, between))
        assert json.loads(text) == {"status": "complete", "tables": {table.name: table.objects() for table in tables}}
        assert "\u202e" not in text and text.count("\n") == (1 if between == " " else 3)
    assert json.loads("".join(json_pieces({"a": 1}, []))) == {"a": 1, "tables": {}}
