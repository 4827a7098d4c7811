"""How far two versions are apart, of which each was run several times, and how sure that is.

The estimate is that of Hodges and Lehmann: of pairs, the median of the means of every two differences; of runs that have no
partner, the median of all differences between one of this side and one of the other. One spoilt run moves it little.

Its interval is a percentile bootstrap, but never narrower than what ranks alone guarantee (Wilcoxon's signed ranks for pairs,
Mann and Whitney's for the rest). For the bootstrap of few values promises too much: of ten pairs without any difference,
1.9 to 2.5 in a hundred lie outside where 0.83 were promised, of five pairs 6 to 7. The ranks keep the promise whatever the
noise is like, as long as it is the same on both sides: without a difference each sign is then as likely as the other.
`tests/loadtest/load/results/test_difference.py` measures it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

RESAMPLES: Final = 20_000
"""So that about 70 of them lie beyond each end of an interval that a seventh of 5 % may miss."""
SEED: Final = 1
"""The same runs give the same interval."""
_BLOCK: Final = 1_000
"""Resamples at a time: their differences take memory by the square of the runs."""


class Difference(NamedTuple):
    """What this side has more than the other, and between what it lies."""

    estimate: float
    low: float
    high: float


def of_pairs(other: Sequence[float], this: Sequence[float], outside: float) -> Difference:
    """The difference between runs that are partners, place by place.

    Args:
        other: figures of the other side.
        this: figures of this side; what it has more counts as positive.
        outside: how often the interval may miss the truth.
    """
    import numpy as np

    apart = np.asarray(this, float) - np.asarray(other, float)
    size = len(apart)
    rank = rank_of_pairs(size, outside)
    assert rank, f"{size} pairs are too few"
    first, second = np.triu_indices(size)

    def means(of: Values) -> Values:
        return (of[..., first] + of[..., second]) / 2

    chance = np.random.default_rng(SEED)
    return _interval(means(apart), rank, outside, lambda count: means(apart[chance.integers(0, size, (count, size))]))


def of_sides(other: Sequence[float], this: Sequence[float], outside: float) -> Difference:
    """The difference between runs without partners; arguments as of `of_pairs`."""
    import numpy as np

    ours, theirs = np.asarray(this, float), np.asarray(other, float)
    rank = rank_of_sides(len(ours), len(theirs), outside)
    assert rank, f"{len(ours)} and {len(theirs)} runs are too few"

    def apart(these: Values, those: Values) -> Values:
        found: Values = these[..., :, None] - those[..., None, :]
        return found.reshape(*found.shape[:-2], -1)

    chance = np.random.default_rng(SEED)

    def drawn(count: int) -> Values:
        return apart(
            ours[chance.integers(0, len(ours), (count, len(ours)))],
            theirs[chance.integers(0, len(theirs), (count, len(theirs)))],
        )

    return _interval(apart(ours, theirs), rank, outside, drawn)


def _interval(apart: Values, rank: int, outside: float, drawn: Callable[[int], Values]) -> Difference:
    """The median, and the wider of what ranks and resamples say at each end."""
    import numpy as np

    ordered = np.sort(apart)
    medians: Any = np.concatenate([np.median(drawn(_BLOCK), axis=-1) for _ in range(RESAMPLES // _BLOCK)])
    low, high = np.quantile(medians, [outside / 2, 1 - outside / 2])
    return Difference(float(np.median(apart)), float(min(low, ordered[rank - 1])), float(max(high, ordered[-rank])))


def rank_of_pairs(pairs: int, outside: float) -> int:
    """From which of the ordered means of two differences the interval reaches, counted from 1; 0: too few pairs."""
    # ways[s]: in how many of the 2**pairs equally likely choices of signs the negative ones' ranks sum to s.
    ways = [1]
    for rank in range(1, pairs + 1):
        ways = [
            (ways[total] if total < len(ways) else 0) + (ways[total - rank] if total >= rank else 0)
            for total in range(len(ways) + rank)
        ]
    return _rank(ways, outside)


def rank_of_sides(this: int, other: int, outside: float) -> int:
    """From which of the ordered differences the interval reaches, counted from 1; 0: too few runs."""
    # ways[u]: in how many of the equally likely orders of all runs exactly u differences are negative. Their generating
    # function is the product over k of (1 - x^(other + k)) / (1 - x^k).
    ways = [1] + [0] * (this * other)
    for k in range(1, this + 1):
        for place in range(len(ways) - 1, other + k - 1, -1):
            ways[place] -= ways[place - other - k]
        for place in range(k, len(ways)):
            ways[place] += ways[place - k]
    return _rank(ways, outside)


def _rank(ways: list[int], outside: float) -> int:
    """How many of the lowest sums are together rare enough to be left out at one end."""
    allowed, below = outside / 2 * sum(ways), 0
    for place, count in enumerate(ways):
        below += count
        if below > allowed:
            return place
    return len(ways)


def fewest_runs(outside: float) -> int:
    """How many runs of each side are needed to tell them apart at all."""
    return next(runs for runs in range(2, 1_000) if math.comb(2 * runs, runs) * outside >= 2)
