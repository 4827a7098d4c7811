"""How an incoming quantity is shared among the orders at one price. Price-time needs no shares: `matching` walks the queue."""

from __future__ import annotations

from engine.book.entities import Level, Order
from engine.vocabulary.codes import PRO_RATA


def allocate(level: Level, lots: int, allocation: int, most: int) -> list[tuple[Order, int]]:
    """Share `lots` among what the first `most` orders of a level show; returns `(order, lots)` in the order in which they trade.

    `pro_rata`: each order its share of what they show, rounded down; what is left over goes in time order, each
    order as much as it still shows. `price_size_time`: the larger shown quantity first, then time. O(`most`).
    """
    orders: list[Order] = []
    total = 0
    order = level.head
    while order is not None and len(orders) < most:
        orders.append(order)
        total += order.shown_lots
        order = order.next
    lots = min(lots, total)
    if allocation != PRO_RATA:
        orders.sort(key=_larger_first)
        return _in_turn(orders, lots)
    shares = [lots * each.shown_lots // total for each in orders]
    rest = lots - sum(shares)
    if rest == lots:
        # All shares round to nothing: what comes is little, however many orders there are.
        return _in_turn(orders, lots)
    result: list[tuple[Order, int]] = []
    for order, share in zip(orders, shares, strict=True):
        extra = min(rest, order.shown_lots - share) if rest else 0
        rest -= extra
        if share + extra:
            result.append((order, share + extra))
    return result


def _larger_first(order: Order) -> int:
    return -order.shown_lots


def _in_turn(orders: list[Order], lots: int) -> list[tuple[Order, int]]:
    """Let each order in turn have as much as it shows, until no lots are left. O(orders that get some)."""
    result: list[tuple[Order, int]] = []
    for order in orders:
        if not lots:
            break
        share = min(lots, order.shown_lots)
        lots -= share
        result.append((order, share))
    return result
