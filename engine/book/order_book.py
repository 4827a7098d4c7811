"""The limit order book: who rests, at which price, in which order. It knows no money and emits no events.

Both sides are the same structure, see `engine/book/book_side.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.book_side import BookSide
from engine.book.entities import Book, Instrument, Level, Order
from engine.book.indicative import IndicativePrice
from engine.book.stops import WaitingStops
from engine.book.whereabouts import FOR_AUCTION, FOR_ENTRY, IN_CALL, NOWHERE, OFF_PEG, ON_BOOK, WAITING_STOP
from engine.vocabulary.codes import BUY, CLOSED, CLOSING_AUCTION, CONTINUOUS, OPENING_AUCTION, PEGGED, PRE_OPEN, SELL
from engine.vocabulary.codes import VOLATILITY_AUCTION as VOLATILITY
from engine.vocabulary.rounding import PPM

OUT_OF_PLACE: Final = (-1, -1)
"""Of `pegs_followed`: no pair of prices."""
NO_MOVE: Final = -1
"""Of `index_move`: no ratio."""
CALLS: Final = (PRE_OPEN, OPENING_AUCTION, VOLATILITY, CLOSING_AUCTION)


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
        self.pegs_followed: tuple[int, int] = OUT_OF_PLACE
        """The touch at which its pegs were last looked at; OUT_OF_PLACE: at none that still counts."""
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
        self.indicative.void()
        self.in_call = self.instrument.batch_ns != 0 if phase == CONTINUOUS else phase in CALLS

    def touch_to_follow(self) -> tuple[int, int]:
        """The best bid and ask that are not pegged, 0: none; where orders don't trade as they come there is nothing to follow.

        O(levels where only pegs rest): there are no more of them than pegs.
        """
        if self.in_call or self.phase != CONTINUOUS:
            return (0, 0)
        return (self.bids.best_unpegged(), self.asks.best_unpegged())

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
        return best is not None and best.key >= opposite.key(price_ticks)

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
            assert (order.price_ticks != 0) == (order.where == ON_BOOK)
        if self.pegs and (self.in_call or self.phase == CONTINUOUS):
            # So a snapshot needs not have it.
            assert self.pegs_followed == self.touch_to_follow(), "a touch was not followed"
        for waiting in (self.pegs, self.for_auction):
            ranks = [order.rank for order in waiting.values()]
            assert ranks == sorted(ranks), "orders that wait are kept by rank"
        bid, ask = self.bids.best, self.asks.best
        if bid is not None and ask is not None and self.phase == CONTINUOUS and not self.in_call:
            assert bid.price_ticks < ask.price_ticks, "crossed book"


def static_band(book: LimitOrderBook) -> tuple[int, int]:
    """Lowest and highest price an order may have; (0, 0): no band."""
    ppm = book.instrument.static_ppm
    anchor = book.reference_ticks
    if not ppm or not anchor:
        return (0, 0)
    width = anchor * ppm // PPM
    return (anchor - width, anchor + width)
