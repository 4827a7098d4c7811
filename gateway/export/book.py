"""The public book of each instrument, and a row for each change of what an order shows there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.vocabulary.codes import SIDES
from engine.vocabulary.messages.events import BookAdded, BookChanged, Event, OrderCancelled, Trade
from gateway.candles.traded import KeptCandles
from gateway.export.columns import Row
from gateway.export.orders import Head
from gateway.outbound.channels.pacing import Pacer
from gateway.outbound.channels.public_book import PublicBook
from gateway.protocol.formats import InstrumentFormat
from gateway.reporting.steps.reference import Reference
from gateway.reporting.sums.records import OrderRecords

_CAUSES: Final[dict[type[Event], str]] = {
    BookAdded: "added",
    BookChanged: "changed",
    Trade: "traded",
    OrderCancelled: "cancelled",
}
Change = tuple[int, int, int, int, int]
"""Order id, side, price in ticks, the lots that the order shows now, and those of the level."""


class _Book:
    """A public book, and what an event changes in it."""

    def __init__(self, format_: InstrumentFormat) -> None:
        self._changed: Final[list[PublicBook]] = []
        self.public: Final = PublicBook(format_, self._changed, KeptCandles(), Pacer())

    def follow(self, event: BookAdded | BookChanged | OrderCancelled | Trade, head: Head) -> list[Change]:
        """Take an event in; returns the orders that show something else now, the maker of a trade first."""
        public = self.public
        concerned = (event.maker_order_id, event.taker_order_id) if isinstance(event, Trade) else (event.order_id,)
        before = [public.shown(order_id) for order_id in concerned]
        public.follow(event, head[0], head[2])
        public.end_command()
        self._changed.clear()
        changes = []
        for order_id, earlier in zip(concerned, before, strict=True):
            later = public.shown(order_id)
            shown = later or (earlier and (earlier[0], earlier[1], 0))
            if shown is not None and later != earlier:
                side, price_ticks, lots = shown
                changes.append((order_id, side, price_ticks, lots, public.sides[side].lots.get(price_ticks, 0)))
        return changes


class BookRows:
    """Rows of `BOOK_CHANGES`. An event must come here before its order records are made: it may end the order."""

    def __init__(self, reference: Reference, records: OrderRecords) -> None:
        self._reference: Final = reference
        self._records: Final = records
        self._books: Final[dict[str, _Book]] = {}

    def follow(self, head: Head, event: Event) -> Iterable[Row]:
        """What an event changed."""
        cause = _CAUSES.get(type(event))
        if cause is None:
            return ()
        assert isinstance(event, BookAdded | BookChanged | OrderCancelled | Trade)
        book = self._books.get(event.instrument)
        if book is None:
            book = self._books[event.instrument] = _Book(self._reference.formats.instruments[event.instrument])
        return [self._row(head, cause, book.public, change) for change in book.follow(event, head)]

    def _row(self, head: Head, cause: str, book: PublicBook, change: Change) -> Row:
        order_id, side, price_ticks, lots, level_lots = change
        traded = self._reference.instruments[book.key]
        bid, ask = (each.best * traded.tick_e8 or None for each in book.sides)
        record = self._records.latest(order_id)
        return (
            *head,
            book.key,
            SIDES[side],
            price_ticks * traded.tick_e8,
            cause,
            lots * traded.lot_e8,
            level_lots * traded.lot_e8,
            bid,
            ask,
            order_id,
            record.account,
            record.investor,
        )
