"""Durations, rates and percentiles as people read them."""

from __future__ import annotations

import numpy as np
import pytest

from loadtest.load.page.plots import curve
from loadtest.load.page.words import duration, number, percentile, verdict, when
from loadtest.load.results.histogram import Latency
from loadtest.load.results.result import Knee
from tests.support.loadtest.results import STARTED_AT, latency_of, requests, result_of, run_of


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (41_250, "41.2 µs"),
        (412_000, "412 µs"),
        (999_400, "999 µs"),
        (999_600, "1.00 ms"),
        (1_080_000, "1.08 ms"),
        (9_996_000, "10.0 ms"),
        (70_300_000, "70.3 ms"),
        (99_970_000, "100 ms"),
        (1_500_000_000, "1.50 s"),
        (599_999_000_000, "600 s"),
        (-50_000, "-50.0 µs"),
    ],
)
def test_a_duration_has_three_digits(nanoseconds: float, expected: str) -> None:
    assert duration(nanoseconds) == expected


def test_numbers_and_moments() -> None:
    assert [number(value) for value in (4_998.2, 12, 12.53, 0.8)] == ["4,998", "12", "12.5", "0.8"]
    assert when(STARTED_AT) == "2026-06-01 08:00:00 UTC"


def test_a_percentile_without_a_value_beyond_it_is_left_out() -> None:
    at = latency_of(np.full(999, 5_000_000))
    assert percentile(at, 1_000, at.p999_ns) == "–"
    assert percentile(at, 100, at.p99_ns) == "5.00 ms"


def test_a_curve_goes_through_the_percentiles_and_ends_at_the_maximum() -> None:
    at = latency_of(requests(2).latencies_ns)
    x, y = curve(at)
    assert (x[0], x[-1], y[-1]) == (1, pytest.approx(at.count), at.max_ns)
    assert y == sorted(y)
    # Between two points, a percentile lies between their values.
    for beyond, value in ((2, at.p50_ns), (10, at.p90_ns), (100, at.p99_ns), (1_000, at.p999_ns)):
        after = int(np.searchsorted(x, beyond))
        assert y[after - 1] * 0.998 <= value <= y[min(after + 1, len(y) - 1)] * 1.002
    assert curve(Latency(0, 0, 0, 0, 0, 0, 0, 0, "")) == ([], [])


def test_an_objective_is_held_or_not_unless_a_search_says_more() -> None:
    plain = result_of([run_of(requests())])
    plain.slo, plain.slo_held = "p99 of round trips at most 5 ms", False
    assert "p99 of round trips at most 5 ms: not held." in [sentence.text for sentence in verdict(plain)]
    plain.knee = Knee(
        "p99 of round trips at most 5 ms",
        [8_000.0, 8_100.0],
        [[], []],
        limits=["pauses", "pauses"],
        limit_details=["the venue's time: CPU 60%", "another"],
    )
    texts = [sentence.text for sentence in verdict(plain)]
    assert "Just above that rate the limit was pauses: the venue's time: CPU 60%" in texts
    assert not any("not held" in text or text.startswith("What the limit was") for text in texts)
