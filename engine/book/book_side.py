"""One side of a limit order book: its levels, each with its queue, and the ladder of their prices.

A side keeps its prices as keys that grow towards the touch (`price` for bids, `-price` for asks), so that the best level is
always the last one and one path serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sortedcontainers import SortedList

from engine.book.entities import NOWHERE, ON_BOOK, Level, Order
from engine.vocabulary.codes import BUY, PEGGED


class BookSide:
    """One side of a book. The best level is cached: the ladder is touched only when a level is born or dies."""

    def __init__(self, side: int) -> None:
        self.side: Final = side
        self.sign: Final = 1 if side == BUY else -1
        self.levels: Final[dict[int, Level]] = {}
        """By price in ticks."""
        self.ladder: Final[SortedList[int]] = SortedList()
        """`price * sign` of every level, the best last."""
        self.best: Level | None = None
        self.orders: int = 0
        self.changed: bool = True
        """Whether an order came, went or got smaller since a call's price was last computed."""

    def add(self, order: Order) -> None:
        """Queue an order behind all others at its price. O(1), O(log levels) if the level is new."""
        price = order.price_ticks
        level = self.levels.get(price)
        if level is None:
            level = Level(price)
            self.levels[price] = level
            self.ladder.add(price * self.sign)
            best = self.best
            if best is None or (price - best.price_ticks) * self.sign > 0:
                self.best = level
        leaves, display = order.leaves_lots, order.display_lots
        shown = display if 0 < display < leaves else leaves
        order.shown_lots = shown
        order.where = ON_BOOK
        self._append(level, order)
        level.quantity_lots += shown
        level.hidden_lots += leaves - shown
        level.count += 1
        if order.order_type == PEGGED:
            level.pegged += 1
        self.orders += 1
        self.changed = True

    def add_back(self, order: Order, shown_lots: int) -> None:
        """Queue an order of a snapshot, which shows what it showed then."""
        self.add(order)
        level = order.level
        assert level is not None
        self._show(level, order, shown_lots, order.leaves_lots)

    def _append(self, level: Level, order: Order) -> None:
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.next = order
            order.previous = tail
        level.tail = order
        order.level = level

    def _unlink(self, level: Level, order: Order) -> None:
        before, after = order.previous, order.next
        if before is None:
            level.head = after
        else:
            before.next = after
        if after is None:
            level.tail = before
        else:
            after.previous = before
        # Links are broken so that a chain of dead orders never waits for the cycle collector.
        order.level = order.previous = order.next = None

    def remove(self, order: Order) -> None:
        """Take an order off the book, whatever is left of it. O(1), O(log levels) if it was the last of its level."""
        level = order.level
        assert level is not None
        self._unlink(level, order)
        order.where = NOWHERE
        level.quantity_lots -= order.shown_lots
        level.hidden_lots -= order.leaves_lots - order.shown_lots
        order.shown_lots = 0
        level.count -= 1
        if order.order_type == PEGGED:
            level.pegged -= 1
        self.orders -= 1
        self.changed = True
        if level.count == 0:
            self._drop(level)

    def _drop(self, level: Level) -> None:
        """Forget an empty level."""
        price = level.price_ticks
        del self.levels[price]
        ladder = self.ladder
        if level is self.best:
            ladder.pop()
            self.best = self.levels[ladder[-1] * self.sign] if ladder else None
        else:
            ladder.remove(price * self.sign)

    def fill(self, order: Order, lots: int) -> bool:
        """Take a fill's lots off a resting order's shown part; True if an iceberg then shows its next part, at the end."""
        level = order.level
        assert level is not None and 0 < lots <= order.shown_lots
        if lots == order.leaves_lots:
            self.remove(order)
            order.leaves_lots = 0
            return False
        order.leaves_lots -= lots
        order.shown_lots -= lots
        level.quantity_lots -= lots
        if order.shown_lots:
            return False
        shown = min(order.display_lots, order.leaves_lots)
        order.shown_lots = shown
        level.quantity_lots += shown
        level.hidden_lots -= shown
        self._unlink(level, order)
        self._append(level, order)
        return True

    def shrink(self, order: Order, lots: int) -> None:
        """Lower the leaves of a resting order, hidden part first, its place kept. Not to zero: that is `remove`."""
        level = order.level
        assert level is not None and 0 < lots < order.leaves_lots
        self.changed = True
        order.leaves_lots -= lots
        before = order.shown_lots
        hidden = max(order.leaves_lots - before, 0) if order.display_lots else 0
        self._show(level, order, order.leaves_lots - hidden, order.leaves_lots + lots)

    def take(self, order: Order, lots: int) -> None:
        """Take an auction's fill off a resting order: of an iceberg the whole quantity takes part, at its own place."""
        level = order.level
        assert level is not None and 0 < lots <= order.leaves_lots
        if lots == order.leaves_lots:
            self.remove(order)
            order.leaves_lots = 0
            return
        before = order.leaves_lots
        order.leaves_lots -= lots
        display = order.display_lots
        self._show(level, order, min(display, order.leaves_lots) if display else order.leaves_lots, before)

    def conceal(self, order: Order) -> None:
        """Show no more of an iceberg than its new display quantity, its place kept."""
        level = order.level
        assert level is not None
        self._show(level, order, min(order.display_lots, order.shown_lots), order.leaves_lots)

    def _show(self, level: Level, order: Order, shown: int, leaves_before: int) -> None:
        """Set an order's shown part; its leaves, lowered already, were `leaves_before`."""
        level.quantity_lots += shown - order.shown_lots
        level.hidden_lots += (order.leaves_lots - shown) - (leaves_before - order.shown_lots)
        order.shown_lots = shown

    def best_unpegged(self) -> int:
        """The best price at which an order rests that is not pegged; 0: none. O(levels of pegged orders only)."""
        best = self.best
        if best is None:
            return 0
        if best.pegged < best.count:
            return best.price_ticks
        for price in self.prices():
            level = self.levels[price]
            if level.pegged < level.count:
                return price
        return 0

    def prices(self) -> Iterator[int]:
        """Prices in ticks, best first."""
        sign = self.sign
        for key in reversed(self.ladder):
            yield key * sign

    def __iter__(self) -> Iterator[Order]:
        for price in self.prices():
            order = self.levels[price].head
            while order is not None:
                yield order
                order = order.next

    def check(self) -> None:
        """Assert that the whole side is sound. O(orders)."""
        assert len(self.ladder) == len(self.levels)
        assert list(self.ladder) == sorted([price * self.sign for price in self.levels])
        top = self.levels[self.ladder[-1] * self.sign] if self.ladder else None
        assert self.best is top
        total = 0
        for price, level in self.levels.items():
            assert level.price_ticks == price and level.count > 0
            shown, hidden, count, pegged = 0, 0, 0, 0
            before: Order | None = None
            order = level.head
            while order is not None:
                assert order.level is level and order.previous is before and order.where == ON_BOOK
                assert order.side == self.side and order.price_ticks == price
                assert 0 < order.shown_lots <= order.leaves_lots
                assert order.display_lots or order.shown_lots == order.leaves_lots
                assert order.filled_lots + order.leaves_lots == order.quantity_lots
                shown += order.shown_lots
                hidden += order.leaves_lots - order.shown_lots
                count += 1
                pegged += order.order_type == PEGGED
                before, order = order, order.next
            assert level.tail is before
            assert (level.quantity_lots, level.hidden_lots) == (shown, hidden)
            assert (level.count, level.pegged) == (count, pegged)
            total += count
        assert self.orders == total
