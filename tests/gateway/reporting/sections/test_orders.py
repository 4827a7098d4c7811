"""Order-keeping records: counted again from the records themselves; the fields named are fields of a record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from gateway.reporting.sections.orders import Orders
from gateway.reporting.sums.records import COLUMNS
from gateway.reporting.sums.rts24 import ELSEWHERE, FIELDS, HAD, NOT_HERE, PARTLY
from tests.support.gateway.reporting.report_sessions import report_of, scripted
from tests.support.gateway.reporting.reported import sections
from tests.support.places import ROOT


def test_records_by_day_and_kind(tmp_path: Path) -> None:
    directory = scripted().write(tmp_path)
    _, report = report_of(directory)
    found = sections(directory, Orders)["order_records"].objects()
    assert sum(int(str(row["records"])) for row in found) == report.record_count
    by_kind: Counter[str] = Counter()
    for row in found:
        by_kind[str(row["event"])] += int(str(row["records"]))
    counts: Counter[str] = Counter()
    for each in report.counts.by_class.values():
        counts.update(each.events)
    assert by_kind == counts
    assert {row["day"] for row in found} == {"2026-06-01", "2026-06-02"}


def test_what_the_records_have_of_each_field() -> None:
    assert [field.number for field in FIELDS] == list(range(1, 52))
    for field in FIELDS:
        assert field.kept in (HAD, PARTLY, ELSEWHERE, NOT_HERE)
        assert set(field.columns) <= set(COLUMNS), field
        # What is kept is kept in a column; what is not says why.
        assert bool(field.columns) == (field.kept in (HAD, PARTLY)), field
        assert field.kept == HAD or field.note, field


def test_the_page_has_the_same_table() -> None:
    page = (ROOT / "docs" / "REPORTS.md").read_text(encoding="utf-8")
    for field in FIELDS:
        columns = ", ".join(f"`{column}`" for column in field.columns)
        assert f"| {field.number} | {field.name} | {field.kept} | {columns} | {field.note} |" in page
