"""The limit order book: who rests, at which price, in which order. It knows no money and emits no events.

Both sides are the same structure. A side keeps its prices as keys that grow towards the touch (`price` for bids,
`-price` for asks), so that the best level is always the last one and one path serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sortedcontainers import SortedList

from engine.codes import BUY, CLOSED, SELL
from engine.orders import Instrument, Level, Order


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
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.next = order
            order.previous = tail
        level.tail = order
        order.level = level
        level.quantity_lots += order.leaves_lots
        level.count += 1
        self.orders += 1

    def remove(self, order: Order) -> None:
        """Take an order off the book, whatever is left of it. O(1), O(log levels) if it was the last of its level."""
        level = order.level
        assert level is not None
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
        level.quantity_lots -= order.leaves_lots
        level.count -= 1
        self.orders -= 1
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

    def reduce(self, order: Order, lots: int) -> None:
        """Lower the leaves of a resting order by `lots`, its place kept. Not to zero: that is `remove`."""
        level = order.level
        assert level is not None and 0 < lots < order.leaves_lots
        order.leaves_lots -= lots
        level.quantity_lots -= lots

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
        assert list(self.ladder) == sorted(price * self.sign for price in self.levels)
        top = self.levels[self.ladder[-1] * self.sign] if self.ladder else None
        assert self.best is top
        total = 0
        for price, level in self.levels.items():
            assert level.price_ticks == price and level.count > 0
            quantity, count = 0, 0
            before: Order | None = None
            order = level.head
            while order is not None:
                assert order.level is level and order.previous is before
                assert order.side == self.side and order.price_ticks == price
                assert order.leaves_lots > 0
                assert order.filled_lots + order.leaves_lots == order.quantity_lots
                quantity += order.leaves_lots
                count += 1
                before, order = order, order.next
            assert level.tail is before
            assert (level.quantity_lots, level.count) == (quantity, count)
            total += count
        assert self.orders == total


class LimitOrderBook:
    """The book of one instrument, with its phase and the prices that collars hang on."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument: Final = instrument
        self.bids: Final = BookSide(BUY)
        self.asks: Final = BookSide(SELL)
        self.phase: int = CLOSED
        self.last_trade_ticks: int = 0
        """Price of the last trade; 0: none yet."""
        self.reference_ticks: int = 0
        """The reference price; 0: none."""

    def side(self, side: int) -> BookSide:
        """The side on which orders of `side` rest."""
        return self.bids if side == BUY else self.asks

    def opposite(self, side: int) -> BookSide:
        """The side that orders of `side` trade with."""
        return self.asks if side == BUY else self.bids

    def best(self, side: int) -> Level | None:
        """The best level of a side, or None if the side is empty. O(1)."""
        return self.side(side).best

    def orders(self, side: int) -> Iterator[Order]:
        """The resting orders of a side in the order in which they would trade."""
        return iter(self.side(side))

    def levels(self, side: int, depth: int = 0) -> list[tuple[int, int]]:
        """`(price_ticks, quantity_lots)` of the best `depth` levels of a side, best first; depth 0: all."""
        book_side = self.side(side)
        found: list[tuple[int, int]] = []
        for price in book_side.prices():
            found.append((price, book_side.levels[price].quantity_lots))
            if len(found) == depth:
                break
        return found

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Whether an order of `side` at this price would trade at once. O(1)."""
        opposite = self.opposite(side)
        best = opposite.best
        return best is not None and (best.price_ticks - price_ticks) * opposite.sign >= 0

    def available_lots(self, side: int, price_ticks: int, enough_lots: int) -> int:
        """What an order of `side` could fill up to this price, counted no further than `enough_lots`. O(levels)."""
        opposite = self.opposite(side)
        total = 0
        for price in opposite.prices():
            if (price - price_ticks) * opposite.sign < 0:
                break
            total += opposite.levels[price].quantity_lots
            if total >= enough_lots:
                return enough_lots
        return total

    def check(self) -> None:
        """Assert that the book is sound: both sides, and not crossed. O(orders)."""
        self.bids.check()
        self.asks.check()
        bid, ask = self.bids.best, self.asks.best
        if bid is not None and ask is not None:
            assert bid.price_ticks < ask.price_ticks, "crossed book"
