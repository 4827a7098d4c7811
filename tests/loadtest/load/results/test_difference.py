"""The intervals miss the truth as rarely as they say, where a bootstrap alone does not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from loadtest.load.results import difference
from loadtest.load.results.difference import fewest_runs, of_pairs, of_sides, rank_of_pairs, rank_of_sides

OUTSIDE = 0.05 / 6
"""Of one of six figures that hold together with 95 %."""
TRIALS = 300


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a rate over hundreds of intervals; those of users have twenty times as many."""
    monkeypatch.setattr(difference, "RESAMPLES", 1_000)


def noise(kind: str, chance: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """As load runs have it: even, with heavy tails, or with a run in seven spoilt."""
    if kind == "even":
        return chance.normal(0, 15, size)
    if kind == "heavy":
        return 15 * chance.standard_t(2, size)
    return chance.normal(0, 15, size) + (chance.random(size) < 0.15) * chance.exponential(200, size)


def drift(chance: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """A machine that changes slowly, by three times the noise."""
    at, found = chance.normal(0, 45), []
    for _ in range(size):
        found.append(at)
        at = 0.9 * at + chance.normal(0, 45 * math.sqrt(1 - 0.81))
    return np.array(found)


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize("drifts", [False, True], ids=["steady", "drifting"])
@pytest.mark.parametrize("kind", ["even", "heavy", "spoilt"])
def test_turns_of_the_same_version_are_hardly_ever_apart(kind: str, drifts: bool) -> None:
    chance = np.random.default_rng(7)
    apart = 0
    for _ in range(TRIALS):
        runs = 400 + noise(kind, chance, 20) + (drift(chance, 20) if drifts else 0)
        found = of_pairs(runs[0::2].tolist(), runs[1::2].tolist(), OUTSIDE)
        apart += found.low > 0 or found.high < 0
    # Three standard deviations above what is promised.
    assert apart <= TRIALS * OUTSIDE + 3 * math.sqrt(TRIALS * OUTSIDE)


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize("runs", [5, 10])
def test_sides_of_the_same_version_are_hardly_ever_apart(runs: int) -> None:
    chance = np.random.default_rng(8)
    apart = 0
    for _ in range(TRIALS):
        found = of_sides(noise("spoilt", chance, runs).tolist(), noise("spoilt", chance, runs).tolist(), OUTSIDE)
        apart += found.low > 0 or found.high < 0
    assert apart <= TRIALS * OUTSIDE + 3 * math.sqrt(TRIALS * OUTSIDE)


def test_a_bootstrap_alone_would_be_apart_too_often() -> None:
    """Why there are ranks in it: the same, without them."""
    chance = np.random.default_rng(9)
    differences = chance.normal(0, 20, (2_000, 5))
    resamples = np.median(differences[:, chance.integers(0, 5, (1_000, 5))], axis=2)
    low, high = np.quantile(resamples, [OUTSIDE / 2, 1 - OUTSIDE / 2], axis=1)
    assert np.mean((low > 0) | (high < 0)) > 5 * OUTSIDE


@pytest.mark.usefixtures("few_resamples")
def test_50_us_are_found_by_ten_pairs_and_of_the_right_size() -> None:
    chance = np.random.default_rng(10)
    found = [
        of_pairs((400 + noise("even", chance, 10)).tolist(), (450 + noise("even", chance, 10)).tolist(), OUTSIDE)
        for _ in range(TRIALS)
    ]
    assert np.mean([each.low > 0 for each in found]) > 0.95
    assert np.mean([each.low <= 50 <= each.high for each in found]) > 1 - OUTSIDE - 0.02
    assert abs(np.mean([each.estimate for each in found]) - 50) < 2
    assert np.median([each.high - each.low for each in found]) < 60


def test_ranks_are_those_of_the_tables() -> None:
    # Wilcoxon's signed ranks and Mann and Whitney's U at 5 %, two-sided: the critical value, and one.
    assert [rank_of_pairs(pairs, 0.05) for pairs in (5, 6, 7, 8, 9, 10, 15, 20)] == [0, 1, 3, 4, 6, 9, 26, 53]
    assert [rank_of_sides(runs, runs, 0.05) for runs in (3, 4, 5, 6, 8, 10)] == [0, 1, 3, 6, 14, 24]
    assert rank_of_sides(5, 8, 0.05) == rank_of_sides(8, 5, 0.05) == 7


@pytest.mark.parametrize("pairs", [4, 7])
def test_ranks_of_pairs_follow_from_counting_signs(pairs: int) -> None:
    sums = [
        sum(rank for rank, sign in enumerate(signs, 1) if sign) for signs in itertools.product((0, 1), repeat=pairs)
    ]
    for outside in (0.02, 0.1, 0.3):
        rank = rank_of_pairs(pairs, outside)
        assert np.mean([each < rank for each in sums]) <= outside / 2 < np.mean([each <= rank for each in sums])


def test_fewest_runs_are_those_with_a_rank() -> None:
    for figures in range(1, 9):
        runs = fewest_runs(0.05 / figures)
        assert rank_of_sides(runs, runs, 0.05 / figures) > 0
        assert rank_of_sides(runs - 1, runs - 1, 0.05 / figures) == 0


def test_the_same_runs_give_the_same_interval_and_turned_around_the_opposite() -> None:
    chance = np.random.default_rng(11)
    other, this = noise("heavy", chance, 12).tolist(), noise("heavy", chance, 12).tolist()
    for of in (of_pairs, of_sides):
        found = of(other, this, OUTSIDE)
        assert of(other, this, OUTSIDE) == found
        turned = of(this, other, OUTSIDE)
        assert turned.estimate == pytest.approx(-found.estimate)
        assert turned.low == pytest.approx(-found.high, rel=0.1)


def test_equal_runs_differ_by_nothing() -> None:
    assert of_pairs([3.0] * 10, [3.0] * 10, OUTSIDE) == (0, 0, 0)
    assert of_sides([3.0] * 10, [3.0] * 10, OUTSIDE) == (0, 0, 0)
