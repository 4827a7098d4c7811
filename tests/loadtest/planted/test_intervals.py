"""Intervals of shares and rates, against figures of tables."""

from __future__ import annotations

import pytest

from loadtest.planted.intervals import rate, share


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Wilson's interval without correction, as in Newcombe (1998), table I; and the ends.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_a_share(hits: int, trials: int, low: float, high: float) -> None:
    assert share(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Exact limits of a Poisson mean, as in any table of them.
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904)],
)
def test_a_rate(count: int, low: float, high: float) -> None:
    assert rate(count, 1.0) == pytest.approx((low, high), abs=5e-4)
    assert rate(count, 2.0) == pytest.approx((low / 2, high / 2), abs=5e-4)
