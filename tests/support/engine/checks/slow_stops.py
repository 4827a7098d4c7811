"""Waiting stops as slow and plain as can be: each trailing stop moves by itself at every print, and every look sorts them all."""

from __future__ import annotations

from dataclasses import dataclass

from engine.vocabulary.codes import BUY


@dataclass
class SlowStop:
    """A stop that waits; a trailing one has a trail, in ticks or in basis points."""

    order_id: int
    side: int
    rank: int
    stop_ticks: int
    trail_ticks: int = 0
    trail_bps: int = 0
    best_ticks: int = 0

    @property
    def trails(self) -> bool:
        return bool(self.trail_ticks or self.trail_bps)

    def follow(self, price_ticks: int) -> None:
        """Move with a print that is the best price since entry."""
        better = price_ticks < self.best_ticks if self.side == BUY else price_ticks > self.best_ticks
        if self.trails and (better or not self.stop_ticks):
            self.best_ticks = price_ticks
            trail = max(self.trail_ticks or -(-price_ticks * self.trail_bps // 10_000), 1)
            self.stop_ticks = price_ticks + trail if self.side == BUY else max(price_ticks - trail, 1)

    def is_reached(self, price_ticks: int) -> bool:
        return price_ticks >= self.stop_ticks if self.side == BUY else price_ticks <= self.stop_ticks


class SlowStops:
    """The waiting stops of one book."""

    def __init__(self) -> None:
        self.waiting: dict[int, SlowStop] = {}

    def add(self, stop: SlowStop) -> None:
        self.waiting[stop.order_id] = stop

    def remove(self, order_id: int) -> SlowStop:
        return self.waiting.pop(order_id)

    def elect(self, price_ticks: int) -> list[SlowStop]:
        """What a print does: it first moves trailing stops, then triggers nearest first; buys before sells."""
        for stop in self.waiting.values():
            stop.follow(price_ticks)
        elected = [stop for stop in self.waiting.values() if stop.is_reached(price_ticks)]
        elected.sort(key=lambda s: (s.side, s.stop_ticks if s.side == BUY else -s.stop_ticks, s.rank, s.order_id))
        for stop in elected:
            del self.waiting[stop.order_id]
        return elected
