"""The interval holds the truth as often as it says, and the verdict follows from it."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from loadtest.bench.ratio import MIN_PAIRS, Interval, interval, places_beyond, verdict


def noisy(chance: random.Random, truth: float, pairs: int) -> list[float]:
    """Ratios as a busy machine gives them: 2 % of noise, and every fifth pair disturbed."""
    return [truth * math.exp(chance.gauss(0, 0.15 if chance.random() < 0.2 else 0.02)) for _ in range(pairs)]


@pytest.mark.parametrize("pairs", [MIN_PAIRS, 7, 12, 20, 31])
def test_nineteen_of_twenty_intervals_hold_the_truth(pairs: int) -> None:
    chance = random.Random(pairs)
    truth = 1.07
    found = [interval(noisy(chance, truth, pairs)) for _ in range(3_000)]
    held = sum(each.low <= truth <= each.high for each in found) / len(found)
    outside = sum(math.comb(pairs, count) for count in range(places_beyond(pairs) + 1)) / 2 ** (pairs - 1)
    assert outside <= 0.05
    # Three standard deviations of such a count.
    assert held == pytest.approx(1 - outside, abs=0.012)
    assert abs(statistics.median(each.ratio for each in found) - truth) < 0.005


def test_the_ends_are_those_of_the_sign_test() -> None:
    # As statisticians tabulate them: the rank, counted from 1, of the lower end.
    known = {6: 1, 8: 1, 9: 2, 12: 3, 15: 4, 16: 4, 17: 5, 20: 6, 25: 8, 30: 10, 50: 18}
    assert {pairs: places_beyond(pairs) + 1 for pairs in known} == known
    ratios = [1 + place / 100 for place in range(1, 21)]
    random.Random(1).shuffle(ratios)
    assert interval(ratios) == (pytest.approx(math.sqrt(1.10 * 1.11)), 1.06, 1.15)


def test_a_tenth_slower_is_seen_and_a_tenth_faster_too() -> None:
    chance = random.Random(5)
    for truth, word in ((1.10, "slower"), (1 / 1.10, "faster")):
        assert {verdict(interval(noisy(chance, truth, 16))) for _ in range(30)} == {word}


def test_the_same_cannot_be_told_apart() -> None:
    assert interval([1.0] * 8) == (1.0, 1.0, 1.0)
    assert verdict(interval([1.0] * 8)) == "cannot tell"
    assert verdict(interval([0.98, 1.02] * 8)) == "cannot tell"


def test_only_a_whole_interval_beyond_1_is_a_verdict() -> None:
    assert verdict(Interval(1.01, 1.0, 1.02)) == "cannot tell"
    assert verdict(Interval(0.99, 0.98, 1.0)) == "cannot tell"
    assert verdict(Interval(1.01, 1.0001, 1.02)) == "slower"
    assert verdict(Interval(0.99, 0.98, 0.9999)) == "faster"


def test_one_spoilt_pair_changes_little_and_the_same_pairs_give_the_same_interval() -> None:
    ratios = [0.99, 0.995, 1.0, 1.0, 1.005, 1.01] * 3
    calm, spoilt = interval(ratios), interval([*ratios[:-1], 9.0])
    assert interval(ratios) == calm
    assert spoilt.ratio == pytest.approx(calm.ratio, abs=0.005)
    assert spoilt.high < 1.02


def test_it_makes_no_difference_which_side_is_divided_by_which() -> None:
    ratios = [1.01, 1.08, 0.97, 1.04, 1.02, 1.11, 1.05]
    one, other = interval(ratios), interval([1 / ratio for ratio in ratios])
    assert one.ratio * other.ratio == pytest.approx(1)
    assert one.low * other.high == pytest.approx(1)
