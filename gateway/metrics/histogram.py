"""A histogram with fixed bounds: what one observation costs is a search among a few numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

DURATIONS_NS: Final = tuple(
    digit * 10**power for power in range(4, 10) for digit in (1, 2, 5) if digit * 10**power <= 5 * 10**9
)
"""10 us to 5 s, three bounds a decade."""
BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128)
"""Up to `MAX_BATCH_COMMANDS`."""


class Histogram:
    """Counts integers, of one unit, by the smallest bound that is not below them."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[int]) -> None:
        self.bounds: Final = tuple(bounds)
        self.counts: Final = [0] * (len(self.bounds) + 1)
        """One a bound, and one for what is above all of them."""
        self.sum = 0

    def observe(self, value: int) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def total(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def cumulative(self) -> list[int]:
        """How many values were at most each bound, and last how many there were."""
        return list(accumulate(self.counts))
