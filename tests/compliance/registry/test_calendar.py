from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.registry.calendar import (
    MoscowYears,
    civil_from_days,
    days_from_civil,
    iso_date,
    moscow_day,
    moscow_midnight_ns,
    moscow_year,
    parse_iso_date,
)
from tests.support.compliance.venue import moscow_ns

EPOCH = date(1970, 1, 1)


@given(st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31)))
def test_agrees_with_the_standard_library(day: date) -> None:
    days = (day - EPOCH).days
    assert days_from_civil(day.year, day.month, day.day) == days
    assert civil_from_days(days) == (day.year, day.month, day.day)
    assert iso_date(days) == day.isoformat()
    assert parse_iso_date(day.isoformat()) == days


@given(st.integers(0, 2**63 - 1))
def test_moscow_day_and_year_are_three_hours_ahead(time_ns: int) -> None:
    moscow = datetime(1970, 1, 1, 3, tzinfo=UTC) + timedelta(microseconds=time_ns // 1_000)
    assert moscow_day(time_ns) == (moscow.date() - EPOCH).days
    assert moscow_year(time_ns) == moscow.year


def test_the_year_changes_at_moscow_midnight_not_a_nanosecond_before() -> None:
    midnight_ns = moscow_midnight_ns(2027, 1, 1)
    assert midnight_ns == moscow_ns("2027-01-01 00:00:00")
    years = MoscowYears()
    assert [years.of(midnight_ns - 1), years.of(midnight_ns), years.of(midnight_ns - 1)] == [2026, 2027, 2026]


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "0000-01-01", "2026/01/01"),
        *("２０２６-01-01", "2026-01-01 ", "-026-01-01"),
    ],
)
def test_refuses_what_is_no_date(text: str) -> None:
    assert parse_iso_date(text) is None
