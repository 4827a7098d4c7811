"""What paired runs say of two versions: the ratio of their times, how sure it is, and a word for it.

Both runs of a pair do the same work, one right after the other, so what the machine does to both cancels in their
ratio. The estimate is the median of the ratios: a pause that hits one run moves it by one rank and no further. Its
interval reaches from one of the ratios to another, by their rank: each ratio is as likely below the true median as above
it, so that the binomial distribution says how often the k lowest all lie above it. That holds whatever the noise is like,
for any number of pairs. It covers what differs from run to run, and nothing else.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final, NamedTuple

OUTSIDE: Final = 0.025
"""How often the truth may lie below the interval, and how often above it: at least 95 % are left."""
MIN_PAIRS: Final = 6
"""With five, even the lowest and the highest of them hold the truth in 94 of 100 cases only."""


class Interval(NamedTuple):
    """The estimate of a ratio, and where it lies with at least 95 % confidence."""

    ratio: float
    low: float
    high: float


def interval(ratios: Sequence[float]) -> Interval:
    """Estimate the ratio behind those of the pairs.

    Args:
        ratios: of each pair, this side's time by the other's; at least `MIN_PAIRS`, all above 0.
    """
    ordered = sorted(ratios)
    place = places_beyond(len(ordered))
    # Of logarithms, so that it makes no difference which side is divided by which.
    ratio = math.exp(statistics.median(math.log(each) for each in ordered))
    return Interval(ratio, ordered[place], ordered[-1 - place])


def places_beyond(pairs: int) -> int:
    """How many of the lowest ratios, and how many of the highest, lie outside the interval."""
    assert pairs >= MIN_PAIRS, pairs
    below = 0
    # One more would leave the truth outside when at most that many of the ratios are below it.
    while sum(math.comb(pairs, count) for count in range(below + 2)) <= OUTSIDE * 2**pairs:
        below += 1
    return below


def verdict(found: Interval) -> str:
    """Say `faster` or `slower` if the whole interval does, and `cannot tell` if it has 1 in it."""
    if found.high < 1:
        return "faster"
    return "slower" if found.low > 1 else "cannot tell"
