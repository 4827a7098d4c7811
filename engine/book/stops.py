"""Stops that wait: by stop price and time, and trailing stops by the price they have followed so far."""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedList

from engine.book.entities import WAITING_STOP, Order
from engine.vocabulary.codes import BUY, TRAILING_STOP


class StopSide:
    """The waiting stops of one side. Keys grow with the distance from the market, so that the nearest is the first."""

    def __init__(self, side: int) -> None:
        self.side: Final = side
        # A buy triggers as prices rise to it: nearest is the lowest. A sell is the mirror image.
        self.sign: Final = 1 if side == BUY else -1
        self.keys: Final[SortedList[tuple[int, int, int]]] = SortedList()
        """`(stop price * sign, rank, order id)`."""
        self.trails: Final[SortedList[tuple[int, int, int]]] = SortedList()
        """`(best price * sign, rank, order id)` of trailing stops: those a print may move come last."""
        self.orders: Final[dict[int, Order]] = {}

    def _key(self, order: Order) -> tuple[int, int, int]:
        return (order.stop_ticks * self.sign, order.rank, order.order_id)

    def _trail_key(self, order: Order) -> tuple[int, int, int]:
        return (order.trail_best_ticks * self.sign, order.rank, order.order_id)

    def add(self, order: Order) -> None:
        """Let a stop wait. O(log stops)."""
        order.where = WAITING_STOP
        self.orders[order.order_id] = order
        self.keys.add(self._key(order))
        if order.order_type == TRAILING_STOP:
            self.trails.add(self._trail_key(order))

    def remove(self, order: Order) -> None:
        """Let a stop wait no longer. O(log stops)."""
        del self.orders[order.order_id]
        self.keys.remove(self._key(order))
        if order.order_type == TRAILING_STOP:
            self.trails.remove(self._trail_key(order))

    def follow(self, price_ticks: int) -> None:
        """Move the trailing stops for which a print is the best price since entry. O(moved log stops)."""
        limit = price_ticks * self.sign
        moved: list[Order] = []
        # A buy follows falling prices: those whose best is above the print; a sell mirrors it.
        for best, _, order_id in reversed(self.trails):
            if best <= limit:
                break
            moved.append(self.orders[order_id])
        for order in moved:
            self.remove(order)
            order.trail_best_ticks = price_ticks
            order.stop_ticks = trailing_stop_ticks(order)
            self.add(order)

    def elect(self, price_ticks: int, elected: list[Order]) -> None:
        """Take out the stops that a print triggers, nearest first, then by their rank. O(elected log stops)."""
        keys = self.keys
        limit = price_ticks * self.sign
        while keys and keys[0][0] <= limit:
            order = self.orders[keys[0][2]]
            self.remove(order)
            elected.append(order)


class WaitingStops:
    """The waiting stops of one book."""

    def __init__(self) -> None:
        self.buys: Final = StopSide(BUY)
        self.sells: Final = StopSide(1 - BUY)
        self.count: int = 0

    def side(self, side: int) -> StopSide:
        """The stops of a side."""
        return self.buys if side == BUY else self.sells

    def add(self, order: Order) -> None:
        """Let a stop wait."""
        self.side(order.side).add(order)
        self.count += 1

    def remove(self, order: Order) -> None:
        """Let a stop wait no longer."""
        self.side(order.side).remove(order)
        self.count -= 1

    def elect(self, price_ticks: int) -> list[Order]:
        """What a print does: it first moves trailing stops, then triggers; buys before sells."""
        elected: list[Order] = []
        for side in (self.buys, self.sells):
            if side.orders:
                if side.trails:
                    side.follow(price_ticks)
                side.elect(price_ticks, elected)
        self.count -= len(elected)
        return elected

    def check(self) -> None:
        """Assert that the index is sound. O(stops)."""
        assert self.count == len(self.buys.orders) + len(self.sells.orders)
        for side in (self.buys, self.sells):
            orders = side.orders.values()
            assert list(side.keys) == sorted([side._key(order) for order in orders])
            trails = [side._trail_key(order) for order in orders if order.order_type == TRAILING_STOP]
            assert list(side.trails) == sorted(trails)
            for order in orders:
                assert order.where == WAITING_STOP and order.side == side.side and order.leaves_lots > 0


def is_triggered(order: Order, last_ticks: int) -> bool:
    """Whether the last trade is at or through a stop's price."""
    if not last_ticks:
        return False
    return last_ticks >= order.stop_ticks if order.side == BUY else last_ticks <= order.stop_ticks


def trailing_stop_ticks(order: Order) -> int:
    """The stop price that follows from the best price so far: the trail is rounded up to whole ticks, at least one."""
    instrument = order.instrument
    command = order.command
    if command.trail_bps:
        trail = -(-order.trail_best_ticks * command.trail_bps // 10_000)
    else:
        trail = -(-command.trail_e8 // instrument.tick_e8)
    trail = max(trail, 1)
    return order.trail_best_ticks + trail if order.side == BUY else max(order.trail_best_ticks - trail, 1)
