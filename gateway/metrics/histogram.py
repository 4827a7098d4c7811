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
BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096)
"""Up to `MAX_BATCH_EVENTS`."""


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

    def observe_waits(self, now: int, since: Sequence[int]) -> None:
        """Count how long each has waited until now; `since`, not empty, does not decrease.

        What waited together mostly falls under one bound: then it costs as much as one value.
        """
        bounds = self.bounds
        longest = bisect_left(bounds, now - since[0])
        if longest == bisect_left(bounds, now - since[-1]):
            self.counts[longest] += len(since)
        else:
            for each in since:
                self.counts[bisect_left(bounds, now - each)] += 1
        self.sum += now * len(since) - sum(since)

    @property
    def total(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def cumulative(self) -> list[int]:
        """How many values were at most each bound, and last how many there were."""
        return list(accumulate(self.counts))
