"""Open orders that expire, found by deadline and order of entry, and forgotten when they end."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from sortedcontainers import SortedDict

from engine.book.entities import Order

NEVER: Final = 2**62 - 1
"""Nanoseconds since the epoch: the year 2116, the largest number that the compiled core need not box."""


class Expiries:
    """One group of orders for each deadline: nothing stays of an order that ended before its time, however many do."""

    def __init__(self) -> None:
        self.next_ns: int = NEVER
        """The earliest deadline."""
        self._at: Final[SortedDict[int, OrderedDict[int, Order]]] = SortedDict()
        """By deadline, then order of entry, in which orders are added."""

    def add(self, order: Order, deadline_ns: int) -> None:
        """Have an order expire. O(log deadlines) for the first of a deadline, else O(1)."""
        # Later than this nothing happens: a time that far away is as good as any other.
        deadline_ns = min(deadline_ns, NEVER - 1)
        group = self._at.get(deadline_ns)
        if group is None:
            group = self._at[deadline_ns] = OrderedDict()
            self.next_ns = min(self.next_ns, deadline_ns)
        group[order.entered] = order
        order.deadline_ns = deadline_ns

    def remove(self, order: Order) -> None:
        """Forget an order that ends. O(log deadlines) for the last of a deadline, else O(1)."""
        deadline_ns = order.deadline_ns
        group = self._at[deadline_ns]
        del group[order.entered]
        order.deadline_ns = 0
        if not group:
            del self._at[deadline_ns]
            if deadline_ns == self.next_ns:
                self.next_ns = self._at.peekitem(0)[0] if self._at else NEVER

    def first(self) -> Order:
        """The order that expires next; there must be one. O(1)."""
        group = self._at[self.next_ns]
        return group[next(iter(group))]

    def entries(self) -> list[tuple[int, list[int]]]:
        """Every deadline with the orders that it ends, by order of entry. O(orders)."""
        return [(deadline_ns, list(group)) for deadline_ns, group in self._at.items()]
