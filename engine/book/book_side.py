"""One side of a limit order book: its levels, each with its queue, and the ladder of their prices.

A side keeps its prices as keys that grow towards the touch (`price` for bids, `-price` for asks), so that the best level is
always the last one and one path serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.entities import Level, Order
from engine.book.ladder import Ladder
from engine.book.whereabouts import NOWHERE, ON_BOOK
from engine.vocabulary.codes import BUY, PEGGED


class BookSide:
    """One side of a book. The best level is cached: the ladder is touched only when a level is born or dies."""

    def __init__(self, side: int) -> None:
        self.side: Final = side
        self.levels: Final[dict[int, Level]] = {}
        """By price in ticks."""
        self.ladder: Final = Ladder()
        """The key of every level's price, the best last."""
        self.best: Level | None = None
        self.orders: int = 0
        self.changed: bool = True
        """Whether an order came, went or got smaller since a call's price was last computed."""

    # Nobody multiplies by a sign: that takes a compiled integer 250 instructions if it is negative.
    def key(self, price_ticks: int) -> int:
        """The key of a price, and the price of a key. An order limited to a price trades with keys not below the price's."""
        return price_ticks if self.side == BUY else -price_ticks

    def meets(self, price_ticks: int, limit_ticks: int) -> bool:
        """Whether an order of the other side that is limited to `limit_ticks` trades with what rests here at a price."""
        return price_ticks >= limit_ticks if self.side == BUY else price_ticks <= limit_ticks

    def add(self, order: Order) -> None:
        """Queue an order behind all others at its price. O(1), O(log levels) if the level is new."""
        price = order.price_ticks
        level = self.levels.get(price)
        if level is None:
            key = self.key(price)
            level = Level(price, key)
            self.levels[price] = level
            self.ladder.add(key)
            best = self.best
            if best is None or key > best.key:
                self.best = level
        shown = leaves = order.leaves_lots
        further = order.further
        if further is not None and 0 < further.display_lots < leaves:
            shown = further.display_lots
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
        levels, ladder = self.levels, self.ladder
        del levels[level.price_ticks]
        ladder.remove(level.key)
        if level is self.best:
            self.best = levels[self.key(ladder.last)] if levels else None

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
        rising = self.side == BUY
        for run in reversed(self.ladder.runs):
            for key in reversed(run):
                yield key if rising else -key

    def __iter__(self) -> Iterator[Order]:
        for price in self.prices():
            order = self.levels[price].head
            while order is not None:
                yield order
                order = order.next

    def check(self) -> None:
        """Assert that the whole side is sound. O(orders)."""
        self.ladder.check()
        assert [key for run in self.ladder.runs for key in run] == sorted([self.key(price) for price in self.levels])
        top = self.levels[self.key(self.ladder.last)] if self.levels else None
        assert self.best is top
        total = 0
        for price, level in self.levels.items():
            assert level.price_ticks == price and level.key == self.key(price) and level.count > 0
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
