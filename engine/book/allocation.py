"""How an incoming quantity is shared among the orders at one price. Price-time needs no shares: `matching` walks the queue."""

from __future__ import annotations

from engine.book.entities import Level, Order
from engine.vocabulary.codes import PRO_RATA


def allocate(level: Level, lots: int, allocation: int, most: dict[int, int]) -> list[tuple[Order, int]]:
    """Share `lots` among a level's shown quantity; returns `(order, lots)` in the order in which they trade. O(orders).

    `pro_rata`: each order its share of the shown quantity, rounded down; what is left over goes in time order, each
    order as much as it still shows. `price_size_time`: the larger shown quantity first, then time.
    Orders in `most`, by id, count as if they showed no more than so many lots.
    """
    orders: list[Order] = []
    order = level.head
    while order is not None:
        orders.append(order)
        order = order.next
    shown = [(each, each.shown_lots) for each in orders]
    if most:
        shown = [(each, min(each_shown, most.get(each.order_id, each_shown))) for each, each_shown in shown]
    total = sum([each_shown for _, each_shown in shown])
    lots = min(lots, total)
    if allocation != PRO_RATA:
        shown.sort(key=_larger_first)
        return _in_turn(shown, [0] * len(shown), lots)
    shares = [lots * each_shown // total for _, each_shown in shown]
    return _in_turn(shown, shares, lots - sum(shares))


def _larger_first(item: tuple[Order, int]) -> int:
    return -item[1]


def _in_turn(shown: list[tuple[Order, int]], shares: list[int], lots: int) -> list[tuple[Order, int]]:
    """Add `lots` to the shares in turn, each order as much as it still shows; drop those that get nothing."""
    result: list[tuple[Order, int]] = []
    for (order, each_shown), share in zip(shown, shares, strict=True):
        extra = min(lots, each_shown - share)
        lots -= extra
        if share + extra:
            result.append((order, share + extra))
    return result
