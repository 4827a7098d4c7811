"""Prices and volumes over time in a bounded number of buckets, however long a session is and however many trades it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND

MOST: Final = 240
"""Buckets of one instrument: more can't be seen at the width of a page."""


class Bucket:
    """The trades of one instrument in one interval. Prices in ticks, the volume in lots."""

    __slots__ = ("close", "high", "lots", "low", "open", "start_ns", "tick_lots", "trades")

    def __init__(self, start_ns: int, price_ticks: int, lots: int) -> None:
        self.start_ns: int = start_ns
        """When the interval begins, nanoseconds since the epoch, UTC."""
        self.open: int = price_ticks
        self.high: int = price_ticks
        self.low: int = price_ticks
        self.close: int = price_ticks
        self.lots: int = lots
        self.tick_lots: int = price_ticks * lots
        self.trades: int = 1

    def add(self, other: Bucket) -> None:
        """Take in what follows it."""
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.close = other.close
        self.lots += other.lots
        self.tick_lots += other.tick_lots
        self.trades += other.trades


class Series:
    """The buckets of one instrument. They begin at whole multiples of their length, a second at first, which doubles when there are too many."""

    def __init__(self) -> None:
        self.length_ns: int = NS_PER_SECOND
        self._buckets: list[Bucket] = []

    def take(self, time_ns: int, price_ticks: int, lots: int) -> None:
        """A trade, no earlier than those before."""
        self._add(Bucket(time_ns - time_ns % self.length_ns, price_ticks, lots))
        while len(self._buckets) > MOST:
            buckets, self._buckets = self._buckets, []
            self.length_ns *= 2
            for bucket in buckets:
                bucket.start_ns -= bucket.start_ns % self.length_ns
                self._add(bucket)

    def __iter__(self) -> Iterator[Bucket]:
        return iter(self._buckets)

    def _add(self, bucket: Bucket) -> None:
        if self._buckets and self._buckets[-1].start_ns == bucket.start_ns:
            self._buckets[-1].add(bucket)
        else:
            self._buckets.append(bucket)
