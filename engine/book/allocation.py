"""How an incoming quantity is shared among the orders at one price. Price-time needs no shares: `matching` walks the queue."""

from __future__ import annotations

from engine.book.entities import Level, Order
from engine.vocabulary.codes import PRO_RATA


def allocate(level: Level, lots: int, allocation: int, most: int, reducible: dict[int, int]) -> list[tuple[Order, int]]:
    """Share `lots` among what the first `most` orders of a level show; returns `(order, lots)` in the order in which they trade.

    `pro_rata`: each order its share of what they show, rounded down; what is left over goes in time order, each
    order as much as it still shows. `price_size_time`: the larger shown quantity first, then time. O(`most`).
    Orders in `reducible`, by id, count as if they showed no more than so many lots.
    """
    shown: list[tuple[Order, int]] = []
    total = 0
    order = level.head
    while order is not None and len(shown) < most:
        shows = order.shown_lots
        if reducible:
            shows = min(shows, reducible.get(order.order_id, shows))
        shown.append((order, shows))
        total += shows
        order = order.next
    lots = min(lots, total)
    if allocation != PRO_RATA:
        shown.sort(key=_larger_first)
        return _in_turn(shown, lots)
    shares = [lots * shows // total for _, shows in shown]
    rest = lots - sum(shares)
    if rest == lots:
        # All shares round to nothing: what comes is little, however many orders there are.
        return _in_turn(shown, lots)
    result: list[tuple[Order, int]] = []
    for (order, shows), share in zip(shown, shares, strict=True):
        extra = min(rest, shows - share) if rest else 0
        rest -= extra
        if share + extra:
            result.append((order, share + extra))
    return result


def _larger_first(item: tuple[Order, int]) -> int:
    return -item[1]


def _in_turn(shown: list[tuple[Order, int]], lots: int) -> list[tuple[Order, int]]:
    """Let each order in turn have as much as it shows, until no lots are left. O(orders that get some)."""
    result: list[tuple[Order, int]] = []
    for order, shows in shown:
        if not lots:
            break
        share = min(lots, shows)
        lots -= share
        result.append((order, share))
    return result
