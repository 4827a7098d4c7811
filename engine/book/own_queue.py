"""An owner's own orders that take part in a call on one side, in their priority: whom those that join on the other side meet first."""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedList

from engine.book.entities import Instrument, Order, Owner
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.vocabulary.codes import BUY, MARKET

SCANS: Final = 2
"""So often an owner's orders are looked through; whoever asks once more is answered from a queue. Most commands ask once."""


class OwnQueue:
    """Kept for one command, in which many orders may join: market orders first, then by price, then time.

    Who joins is added; who has gone is passed over.
    """

    def __init__(self, owner: Owner, instrument: Instrument, side: int) -> None:
        self.owner: Final = owner
        self.instrument: Final = instrument
        self.side: Final = side
        self.asked: int = 0
        self.queue: SortedList[tuple[int, int, int]] | None = None
        """Market or not, price, place; None: it was not asked for often enough."""
        self.orders: Final[dict[int, Order]] = {}
        """Those in the queue, by place."""

    def first_crossing(self, order: Order) -> Order | None:
        """The first that an order of the other side crosses. O(open orders) the first times, then O(1) and what has gone."""
        self.asked += 1
        if self.asked <= SCANS:
            return self._look_for(order)
        queue = self.queue
        if queue is None:
            queue = self.queue = SortedList()
            for orders in self.owner.own_orders_on(self.instrument, self.side):
                for other in orders:
                    self._add(queue, other)
        while queue:
            place = queue[0][2]
            first = self.orders[place]
            if _takes_part(first) and first.queued == place:
                return first if _crosses(order, first) else None
            del queue[0]
            del self.orders[place]
        return None

    def join(self, order: Order) -> None:
        """Take in an order that takes part from now on."""
        if self.queue is not None:
            self._add(self.queue, order)

    def _look_for(self, order: Order) -> Order | None:
        found: Order | None = None
        for orders in self.owner.own_orders_on(self.instrument, self.side):
            for other in orders:
                if _takes_part(other) and _crosses(order, other) and (found is None or _key(other) < _key(found)):
                    found = other
        return found

    def _add(self, queue: SortedList[tuple[int, int, int]], order: Order) -> None:
        if _takes_part(order):
            queue.add(_key(order))
            self.orders[order.queued] = order


def _takes_part(order: Order) -> bool:
    return order.where in (IN_CALL, ON_BOOK)


def _key(order: Order) -> tuple[int, int, int]:
    """Market orders first, the more aggressive collar or price first, then by time."""
    sign = -1 if order.side == BUY else 1
    return (1 if order.where == ON_BOOK else 0, order.price_ticks * sign, order.queued)


def _crosses(order: Order, other: Order) -> bool:
    """Whether an order crosses one of the other side in a call: market orders cross all."""
    if order.order_type == MARKET or other.where == IN_CALL:
        return True
    sign = 1 if order.side == BUY else -1
    return (order.price_ticks - other.price_ticks) * sign >= 0
