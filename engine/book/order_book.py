"""The limit order book: who rests, at which price, in which order. It knows no money and emits no events.

Both sides are the same structure. A side keeps its prices as keys that grow towards the touch (`price` for bids,
`-price` for asks), so that the best level is always the last one and one path serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sortedcontainers import SortedList

from engine.book.entities import (
    FOR_AUCTION,
    FOR_ENTRY,
    IN_CALL,
    NOWHERE,
    OFF_PEG,
    ON_BOOK,
    WAITING_STOP,
    Book,
    Instrument,
    Level,
    Order,
)
from engine.book.indicative import IndicativePrice
from engine.book.stops import WaitingStops
from engine.vocabulary.codes import BUY, CLOSED, CLOSING_AUCTION, CONTINUOUS, OPENING_AUCTION, PEGGED, PRE_OPEN, SELL
from engine.vocabulary.codes import VOLATILITY_AUCTION as VOLATILITY

OUT_OF_PLACE: Final = (-1, -1)
"""Of `pegs_in_place`: no pair of prices."""
NO_MOVE: Final = -1
"""Of `index_move`: no ratio."""
CALLS: Final = (PRE_OPEN, OPENING_AUCTION, VOLATILITY, CLOSING_AUCTION)


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


class LimitOrderBook(Book):
    """The book of one instrument: what rests, what is parked, its phase, and the prices that bands hang on."""

    def __init__(self, instrument: Instrument) -> None:
        super().__init__(instrument)
        self.bids: Final = BookSide(BUY)
        self.asks: Final = BookSide(SELL)
        self.stops: Final = WaitingStops()
        self.pegs: Final[dict[int, Order]] = {}
        """Every open pegged order, on the book or off it, by rank."""
        self.market_orders: Final[dict[int, Order]] = {}
        """Market orders collected by the call, in order of entry."""
        self.for_auction: Final[dict[int, Order]] = {}
        """at_open and at_close orders before their auction, by rank."""
        self.for_entry: Final[dict[int, Order]] = {}
        """The take-profits and stops of brackets whose entry has not ended, in order of entry."""
        self.auction_limits: Final[dict[int, Order]] = {}
        """at_open and at_close limit orders that joined the auction that runs."""
        self.open_parts: int = 0
        """Of all its open orders."""
        self.phase: int = CLOSED
        """Set by `enter` alone."""
        self.in_call: bool = False
        """Whether orders collect instead of trading: any call phase, and continuous trading in batches."""
        self.until_ns: int = 0
        """When a volatility auction or a halt ends by itself; 0: not by itself."""
        self.batch_due_ns: int = 0
        """Batch mode: when the next uncross is due; 0: nothing waits for one."""
        self.last_trade_ticks: int = 0
        """Price of the last trade; 0: none yet."""
        self.reference_ticks: int = 0
        """The reference price; 0: none."""
        self.index_weight: int = 0
        """How often it is a member of the market's index."""
        self.index_move: int = NO_MOVE
        """As a member: last trade by reference, in millionths; NO_MOVE: it has no reference, or is none."""
        self.auctions: int = 0
        """Auctions so far: the number that draws a random end."""
        self.indicative: Final = IndicativePrice()
        """Of a call."""
        self.touched: bool = False
        """Whether the current command has changed it: it then stands in the venue's list of such books."""
        self.pegs_in_place: tuple[int, int] = OUT_OF_PLACE
        """What the pegs followed when each was found where it belongs; OUT_OF_PLACE: one may not be."""
        self.calm: bool = False
        """While what an uncross set off is worked: no new volatility auction may begin."""
        self.prints: Final[list[int]] = []
        """Prices traded since stops were last elected, runs of one price once."""

    def side(self, side: int) -> BookSide:
        """The side on which orders of `side` rest."""
        return self.bids if side == BUY else self.asks

    def opposite(self, side: int) -> BookSide:
        """The side that orders of `side` trade with."""
        return self.asks if side == BUY else self.bids

    def enter(self, phase: int) -> None:
        """Be in a phase from now on; or in the same one, after its instrument's batches were set."""
        self.phase = phase
        self.pegs_in_place = OUT_OF_PLACE
        self.indicative.void()
        self.in_call = self.instrument.batch_ns != 0 if phase == CONTINUOUS else phase in CALLS

    def best(self, side: int) -> Level | None:
        """The best level of a side, or None if the side is empty. O(1)."""
        return self.side(side).best

    def orders(self, side: int) -> Iterator[Order]:
        """The resting orders of a side in the order in which they would trade."""
        return iter(self.side(side))

    def levels(self, side: int, depth: int = 0) -> list[tuple[int, int]]:
        """`(price_ticks, quantity_lots)` shown at the best `depth` levels of a side, best first; depth 0: all."""
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

    def unpark(self, order: Order) -> None:
        """Take a parked order from where it waits."""
        where = order.where
        if where == WAITING_STOP:
            self.stops.remove(order)
        elif where == IN_CALL:
            del self.market_orders[order.order_id]
            self.indicative.changed = True
        elif where == FOR_AUCTION:
            del self.for_auction[order.order_id]
        elif where == FOR_ENTRY:
            del self.for_entry[order.order_id]
        order.where = NOWHERE

    def parked(self) -> list[Order]:
        """Every open order that waits off the book, and every pegged one, which goes to and fro. O(such orders)."""
        found = list(self.stops.buys.orders.values())
        found += self.stops.sells.orders.values()
        for waiting in (self.pegs, self.market_orders, self.for_auction, self.for_entry):
            found += waiting.values()
        return found

    def resting_outside(self, low_ticks: int, high_ticks: int) -> list[Order]:
        """The orders on the book at prices outside of a span, pegged ones left out. O(levels and such orders)."""
        found: list[Order] = []
        for side in (self.bids, self.asks):
            for price, level in side.levels.items():
                if not low_ticks <= price <= high_ticks:
                    order = level.head
                    while order is not None:
                        if order.order_type != PEGGED:
                            found.append(order)
                        order = order.next
        return found

    def open_orders(self) -> list[Order]:
        """Every open order between commands, on the book or off it, each once. O(open orders)."""
        found = self.parked()
        for side in (self.bids, self.asks):
            found += [order for order in side if order.order_type != PEGGED]
        return found

    def check(self) -> None:
        """Assert that the book is sound: both sides, what is parked, and not crossed in continuous trading. O(orders)."""
        self.bids.check()
        self.asks.check()
        self.stops.check()
        assert self.in_call == (self.instrument.batch_ns != 0 if self.phase == CONTINUOUS else self.phase in CALLS)
        for order in self.market_orders.values():
            assert order.where == IN_CALL and order.leaves_lots > 0 and self.in_call
        for order in self.for_auction.values():
            assert order.where == FOR_AUCTION
        for order in self.for_entry.values():
            assert order.where == FOR_ENTRY and order.leaves_lots > 0
        for order in self.pegs.values():
            assert order.order_type == PEGGED and order.where in (ON_BOOK, OFF_PEG)
        for waiting in (self.pegs, self.for_auction):
            ranks = [order.rank for order in waiting.values()]
            assert ranks == sorted(ranks), "orders that wait are kept by rank"
        bid, ask = self.bids.best, self.asks.best
        if bid is not None and ask is not None and self.phase == CONTINUOUS and not self.in_call:
            assert bid.price_ticks < ask.price_ticks, "crossed book"
