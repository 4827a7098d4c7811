"""The engine's book and a matching loop, and nothing else: what other matching engines are. Compiled with the core.

What `sbx bench --only book` measures, and what the stream is generated with.
"""

from __future__ import annotations

from typing import Final

from engine.book.assets import Asset
from engine.book.entities import Account, Instrument, Order, Owner
from engine.book.order_book import LimitOrderBook
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL, SPOT
from engine.vocabulary.kinds import Fields, fields_of
from engine.vocabulary.limits import MAX_E8, MAX_SUPPLY, ONE_E8
from engine.vocabulary.messages.commands import ListInstrument, NewOrder


class BareBook:
    """A book of one instrument, without accounts, money, hook or events."""

    def __init__(self) -> None:
        base, quote = Asset("BASE", 0, 1, 8), Asset("QUOTE", 1, 0, 2)
        one = ONE_E8
        listing = ListInstrument("BASE/QUOTE", SPOT, "BASE", "QUOTE", one, one, one, MAX_E8 // one * one, MAX_SUPPLY, 1)
        self.instrument: Final = Instrument(listing, 0, base, quote)
        self.account: Final = Account("account", 0, "participant", Owner("investor"), "")
        self.book: Final = LimitOrderBook(self.instrument)
        self.trades: int = 0
        self.traded_lots: int = 0
        self._buy: Final = NewOrder("participant", "account", "", "BASE/QUOTE", BUY, LIMIT, GTC, 0, 0)
        self._sell: Final = NewOrder("participant", "account", "", "BASE/QUOTE", SELL, LIMIT, GTC, 0, 0)
        # Reading the fields of a message is none of a book's work.
        self._buy_fields: Final[Fields] = fields_of(self._buy)
        self._sell_fields: Final[Fields] = fields_of(self._sell)

    def add(self, order_id: int, side: int, price_ticks: int, lots: int) -> Order:
        """Enter a limit order of so many lots: trade what crosses, rest the remainder. O(fills), O(log levels) if it rests."""
        book = self.book
        if side == BUY:
            order = Order(order_id, self.account, self._buy, book, self._buy_fields)
            own, opposite = book.bids, book.asks
        else:
            order = Order(order_id, self.account, self._sell, book, self._sell_fields)
            own, opposite = book.asks, book.bids
        order.price_ticks = price_ticks
        order.quantity_lots = order.leaves_lots = lots
        level = opposite.best
        if level is not None and opposite.meets(level.price_ticks, price_ticks):
            self._match(order)
            if not order.leaves_lots:
                return order
        own.add(order)
        return order

    def _match(self, taker: Order) -> None:
        """Trade an order with what it crosses."""
        opposite = self.book.opposite(taker.side)
        limit = opposite.key(taker.price_ticks)
        leaves = taker.leaves_lots
        level = opposite.best
        while leaves and level is not None and level.key >= limit:
            maker = level.head
            assert maker is not None
            there = maker.shown_lots
            fill = there if there < leaves else leaves
            opposite.fill(maker, fill)
            maker.filled_lots += fill
            leaves -= fill
            self.trades += 1
            self.traded_lots += fill
            level = opposite.best
        taker.filled_lots = taker.quantity_lots - leaves
        taker.leaves_lots = leaves

    def cancel(self, order: Order) -> None:
        """Take a resting order off the book."""
        self.book.side(order.side).remove(order)
