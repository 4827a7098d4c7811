"""The public book of each instrument, and a row for each change of what an order shows there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.vocabulary.codes import SIDES
from engine.vocabulary.messages.events import BookAdded, BookChanged, Event, OrderCancelled, Trade
from gateway.export.columns import Row
from gateway.export.orders import Head
from gateway.outbound.channels.public_book import PublicBook
from gateway.protocol.formats import InstrumentFormat
from gateway.reporting.records import OrderRecords
from gateway.reporting.reference import Reference

_CAUSES: Final[dict[type[Event], str]] = {
    BookAdded: "added",
    BookChanged: "changed",
    Trade: "traded",
    OrderCancelled: "cancelled",
}
Change = tuple[int, int, int, int, int]
"""Order id, side, price in ticks, the lots that the order shows now, and those of the level."""


class _Book(PublicBook):
    """A public book that notes what changes."""

    def __init__(self, format_: InstrumentFormat) -> None:
        super().__init__(format_, [])
        self.noted: Final[list[Change]] = []
        self.followed: Final = self.follows()

    def _set_displayed(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        before = self.shown_seq
        super()._set_displayed(order_id, side, price_ticks, lots)
        if self.shown_seq != before:
            levels = self.sides[side]
            # Nobody publishes the levels of this one.
            levels.told.clear()
            self.noted.append((order_id, side, price_ticks, lots, levels.lots.get(price_ticks, 0)))


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
        book.followed[type(event)](event, head[0], head[2])
        rows = [self._row(head, cause, book, change) for change in book.noted]
        book.noted.clear()
        return rows

    def _row(self, head: Head, cause: str, book: _Book, change: Change) -> Row:
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
