"""Trailing stops that have followed the market to one price: from there on a print moves them together."""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedList

from engine.vocabulary.codes import BUY


def trailed_ticks(side: int, best_ticks: int, trail: int, in_bps: bool) -> int:
    """The stop price that follows from the best price so far; a trail in basis points is rounded up to whole ticks, at least one.

    A wider trail never has a nearer stop, whatever the best price. Two may have the same: by that rounding, or at one tick,
    the lowest price there is.
    """
    away = trail
    if in_bps:
        away = -(-best_ticks * trail // 10_000)
        away = max(away, 1)
    if side == BUY:
        return best_ticks + away
    return best_ticks - away if best_ticks > away else 1


class TrailGroup:
    """Waiting trailing stops of one side with the same best price since entry, and trails of one kind.

    Absolute trails and those in basis points are apart: which of two is nearer would change with the price.
    """

    def __init__(self, side: int, in_bps: bool, best_ticks: int) -> None:
        self.side: Final = side
        self.in_bps: Final = in_bps
        self.best_ticks: int = best_ticks
        self.members: Final[SortedList[tuple[int, int]]] = SortedList()
        """`(trail, order id)`: none has a nearer stop than those before it."""
        self.noted_ticks: int = 0
        """The stop price of the first member, as its index has noted it; 0: it has not."""

    def stop_ticks(self, trail: int) -> int:
        """The stop price of a member."""
        return trailed_ticks(self.side, self.best_ticks, trail, self.in_bps)
