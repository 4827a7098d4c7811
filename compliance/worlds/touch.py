"""The quotes of one instrument over time: how wide, how deep, and where the price went."""

from __future__ import annotations

from typing import Final

from compliance.worlds.messages.results import Market, Point
from engine.book.entities import Instrument
from engine.book.order_book import LimitOrderBook
from engine.vocabulary.codes import BUY, CONTINUOUS, SELL
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.rounding import PPM

DEPTH_LEVELS: Final = 10


class Quotes:
    """What was quoted and traded in one instrument, as seen after each command.

    Args:
        book: its book.
        time_ns: from when on it is looked at.
    """

    def __init__(self, book: LimitOrderBook, time_ns: int) -> None:
        self.book: Final = book
        self.instrument: Final[Instrument] = book.instrument
        self.mid_twice: int = 0
        """Bid and ask added, in ticks, after the last command that changed the book; 0: one was missing."""
        self.trades: int = 0
        self.lots: int = 0
        self.tick_lots: int = 0
        self._first_ticks: int = 0
        self._last_ticks: int = 0
        self._high_ticks: int = 0
        self._low_ticks: int = 0
        self._since_ns: int = time_ns
        self._is_open: bool = False
        self._bid_ticks: int = 0
        self._ask_ticks: int = 0
        self._bid_lots: int = 0
        self._ask_lots: int = 0
        self._spread_ppm: int = 0
        self._open_ns: int = 0
        self._quoted_ns: int = 0
        self._spread_ppm_ns: int = 0
        self._bid_lots_ns: int = 0
        self._ask_lots_ns: int = 0
        self._path: Final[list[Point]] = []
        self.look(time_ns)

    def look(self, time_ns: int) -> None:
        """Take the book as it is now. O(1)."""
        self._advance(time_ns)
        book = self.book
        bid, ask = book.bids.best, book.asks.best
        # Before a call is uncrossed bids may stand above asks: nobody could trade at them.
        self._is_open = book.phase == CONTINUOUS and not book.in_call
        self._bid_ticks = 0 if bid is None else bid.price_ticks
        self._ask_ticks = 0 if ask is None else ask.price_ticks
        self._bid_lots = 0 if bid is None else bid.quantity_lots
        self._ask_lots = 0 if ask is None else ask.quantity_lots
        self.mid_twice = 0
        if self._is_open and bid is not None and ask is not None:
            self.mid_twice = bid.price_ticks + ask.price_ticks
            self._spread_ppm = (
                (ask.price_ticks - bid.price_ticks) * 2 * PPM // self.mid_twice if self.mid_twice > 0 else 0
            )

    def print(self, price_ticks: int, lots: int) -> None:
        """Count a trade."""
        if not self.trades:
            self._first_ticks = self._high_ticks = self._low_ticks = price_ticks
        self.trades += 1
        self.lots += lots
        self.tick_lots += price_ticks * lots
        self._last_ticks = price_ticks
        self._high_ticks = max(self._high_ticks, price_ticks)
        self._low_ticks = min(self._low_ticks, price_ticks)

    def note_point(self) -> None:
        """Note where the market stands at the end of a slice of time. O(levels noted)."""
        depths = [sum([lots for _, lots in self.book.levels(side, DEPTH_LEVELS)]) for side in (BUY, SELL)]
        bid, ask = (self._bid_ticks, self._ask_ticks) if self._is_open else (0, 0)
        self._path.append(
            Point(
                self._price(self._last_ticks, self.trades > 0),
                self._price(bid, bid != 0),
                self._price(ask, ask != 0),
                self._quantity(self.lots),
                self._quantity(depths[0]),
                self._quantity(depths[1]),
            )
        )

    def market(self, time_ns: int) -> Market:
        """All of it, at the end."""
        self._advance(time_ns)
        instrument, traded = self.instrument, self.trades > 0
        scale = instrument.quote.scale
        mean = decimal_e8(self.tick_lots * instrument.tick_e8 // self.lots) if self.lots else ""
        return Market(
            instrument.instrument,
            instrument.quote.asset,
            self.trades,
            self._quantity(self.lots),
            decimal(self.tick_lots * instrument.unit, scale),
            mean,
            self._price(self._first_ticks, traded),
            self._price(self._last_ticks, traded),
            self._price(self._high_ticks, traded),
            self._price(self._low_ticks, traded),
            self._open_ns,
            self._quoted_ns,
            self._spread_ppm_ns // self._quoted_ns if self._quoted_ns else -1,
            self._mean_quantity(self._bid_lots_ns),
            self._mean_quantity(self._ask_lots_ns),
            list(self._path),
        )

    def _advance(self, time_ns: int) -> None:
        """Count the time in which the book was as it was seen last."""
        length_ns = time_ns - self._since_ns
        self._since_ns = time_ns
        if not self._is_open or not length_ns:
            return
        self._open_ns += length_ns
        self._bid_lots_ns += self._bid_lots * length_ns
        self._ask_lots_ns += self._ask_lots * length_ns
        if self.mid_twice:
            self._quoted_ns += length_ns
            self._spread_ppm_ns += self._spread_ppm * length_ns

    def _price(self, ticks: int, is_known: bool) -> str:
        return decimal_e8(ticks * self.instrument.tick_e8) if is_known else ""

    def _quantity(self, lots: int) -> str:
        return decimal_e8(lots * self.instrument.lot_e8)

    def _mean_quantity(self, lots_ns: int) -> str:
        return decimal_e8(lots_ns * self.instrument.lot_e8 // self._open_ns) if self._open_ns else "0"
