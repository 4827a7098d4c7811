"""Reads the order-by-order recordings that the R package obAnalytics publishes of Bitstamp's BTC/USD book.

One event a line: local receive time in milliseconds, kind, JSON body. Three quirks of the feed are read as what they are:

* Orders that rested before the recording began are never created in it. Those that a later event names are opened first,
  with what that event says was left of them; the first recorded book tops up the levels it shows. Nothing else of the
  truth (trades, later books) is looked at.
* A market order is created at a price at which it cannot trade and then *moves*: `order_changed` carries another price,
  before the fill. It is fed as the amend it is.
* Receive order is not exchange order: a deletion may arrive before its creation. It is carried out right after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from engine.vocabulary.codes import BUY, SELL, SIDES
from engine.vocabulary.limits import MAX_E8, ONE_E8
from loadtest.flow.format import (
    Action,
    BookSeen,
    Enter,
    FlowError,
    Levels,
    Recording,
    Reprice,
    TradeSeen,
    Withdraw,
    open_lines,
    to_e8,
)

FORMAT = "bitstamp"
TICK_E8 = ONE_E8 // 100
LOT_E8 = 1
# One tick times one lot is 10**-10 dollars.
USD_SCALE = 10
NS_PER_MS = 1_000_000
FILL_SPREAD_MS = 500
"""A fill's order events and its trade arrive within this many milliseconds of each other."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST = float(MAX_E8 // ONE_E8)
_EARLIEST_MS, _LATEST_MS = 31_536_000_000, 7_258_118_400_000
"""The beginnings of 1971 and 2200: a venue's clock begins in 1970."""
LONGEST_MS = 31 * 86_400_000
"""A recording spans no more: beyond that a time is a mistake, and the venue would go through every day up to it."""
LATE_MS = 60_000
"""Events may be received in another order than they happened, but not by more than this."""
RESTED_BEFORE = "an order that rested before the recording began"


class OrderBody(msgspec.Struct, gc=False):
    """Body of `order_created`, `order_changed` and `order_deleted`."""

    id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    order_type: Annotated[int, msgspec.Meta(ge=BUY, le=SELL)]
    price: str
    amount: str


class TradeBody(msgspec.Struct, gc=False):
    """Body of `trade`; its numbers are binary floats of decimals with 2 and 8 places."""

    price: Annotated[float, msgspec.Meta(ge=0, le=_MOST)]
    amount: Annotated[float, msgspec.Meta(ge=0, le=_MOST)]


class BookBody(msgspec.Struct, gc=False):
    """Body of `order_book`."""

    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class OrderRecord(NamedTuple):
    """An order event, in the market's integers."""

    time_ms: int
    kind: str
    id: int
    side: int
    price_ticks: int
    lots: int


Record = OrderRecord | TradeSeen | BookSeen

_ORDER = msgspec.json.Decoder(OrderBody)
_TRADE = msgspec.json.Decoder(TradeBody)
_BOOK = msgspec.json.Decoder(BookBody)
_ORDER_KINDS = ("order_created", "order_changed", "order_deleted")


def records(path: Path) -> Iterator[Record]:
    """Read a recording, plain or `.xz`, event by event in the order of receipt.

    Raises `FlowError` with the line number for a line that is no event.
    """
    first_ms = latest_ms = 0
    with open_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            if not text.strip():
                continue
            try:
                record = _record(text)
                time_ms = _time_ns(record) // NS_PER_MS
                first_ms = first_ms or time_ms
                if not latest_ms - LATE_MS <= time_ms <= first_ms + LONGEST_MS:
                    raise FlowError(
                        f"time: {time_ms} is not within a month of the first, or before that of the line above"
                    )
            except (ValueError, msgspec.DecodeError, RecursionError, FlowError) as error:
                raise FlowError(f"{path}, line {number}: {error}") from error
            latest_ms = max(latest_ms, time_ms)
            yield record


def _record(line: bytes) -> Record:
    parts = line.split(b" ", 2)
    if len(parts) != 3 or not parts[0].isdigit() or len(parts[0]) > len(str(_LATEST_MS)):
        raise FlowError("not a time in milliseconds, a kind and a body")
    time_ms, kind, body = int(parts[0]), parts[1].decode(), parts[2]
    if not _EARLIEST_MS <= time_ms < _LATEST_MS:
        raise FlowError(f"time: {time_ms} is no number of milliseconds since 1970")
    if kind in _ORDER_KINDS:
        order = _ORDER.decode(body)
        return OrderRecord(
            time_ms, kind, order.id, order.order_type, _ticks(order.price), to_e8(order.amount) // LOT_E8
        )
    if kind == "order_book":
        book = _BOOK.decode(body)
        return BookSeen(time_ms * NS_PER_MS, _levels(book.bids), _levels(book.asks))
    if kind == "trade":
        trade = _TRADE.decode(body)
        price_ticks, lots = round(trade.price * ONE_E8 / TICK_E8), round(trade.amount * ONE_E8 / LOT_E8)
        return TradeSeen(time_ms * NS_PER_MS, price_ticks, lots)
    raise FlowError(f"unknown kind of event: {kind}")


def _ticks(price: str) -> int:
    ticks, rest = divmod(to_e8(price), TICK_E8)
    if rest:
        raise FlowError(f"a price that is no whole number of cents: {price}")
    return ticks


def _levels(levels: list[tuple[str, str]]) -> Levels:
    return [(_ticks(price), to_e8(amount) // LOT_E8) for price, amount in levels]


def read(path: Path, plain: bool = False) -> Recording:
    """Read a recording into orders to feed and truth to compare with.

    `plain` takes creations and deletions alone: no opening book, no moved prices, no early deletions.
    Raises `FlowError` if the file is not such a recording.
    """
    events = list(records(path))
    if not events:
        raise FlowError(f"{path} is empty")
    recording = Recording(FORMAT, "BTC", "USD", USD_SCALE, TICK_E8, LOT_E8)
    created = {event.id for event in events if type(event) is OrderRecord and event.kind == "order_created"}
    _opening_book(recording, events, created, plain)
    actions = _Actions(recording, created, plain)
    for event in events:
        actions.take(event)
    actions.finish()
    return recording


def _opening_book(recording: Recording, events: list[Record], created: set[int], plain: bool) -> None:
    """Fill in the orders that rested before the first event: what tops up a level first, then the known ones, oldest first."""
    known: dict[int, OrderRecord] = {}
    for event in events:
        if type(event) is OrderRecord and event.id not in created and event.lots:
            known.setdefault(event.id, event)
    first_book = next((event for event in events if type(event) is BookSeen), None)
    if first_book is not None:
        recording.seen_depth = (_worst(first_book.bids), _worst(first_book.asks))
    if plain:
        return
    start_ns = _time_ns(events[0])
    if first_book is not None:
        explained: defaultdict[tuple[int, int], int] = defaultdict(int)
        for order in known.values():
            explained[order.side, order.price_ticks] += order.lots
        for event in events[: events.index(first_book)]:
            if type(event) is OrderRecord and event.kind == "order_created":
                explained[event.side, event.price_ticks] += event.lots
        recording.books_used = 1
        for side, levels in ((BUY, first_book.bids), (SELL, first_book.asks)):
            for price_ticks, lots in levels:
                rest = lots - explained[side, price_ticks]
                if rest > 0:
                    reference = f"opening-{SIDES[side]}-{price_ticks}"
                    recording.opening.append(Enter(start_ns, reference, side, price_ticks, rest))
                    recording.unfinished.add((side, price_ticks))
        recording.used["opening levels topped up from the first recorded book"] = len(recording.opening)
    for order_id, order in sorted(known.items()):
        recording.opening.append(Enter(start_ns, str(order_id), order.side, order.price_ticks, order.lots))
    recording.used["opening orders known from a later event"] = len(known)


def _worst(levels: Levels) -> int:
    return levels[-1][0] if levels else 0


def _time_ns(event: Record) -> int:
    return event.time_ms * NS_PER_MS if isinstance(event, OrderRecord) else event.time_ns


class _Actions:
    """Turns events, in recorded order, into what is fed and what is compared."""

    def __init__(self, recording: Recording, created: set[int], plain: bool) -> None:
        self.recording = recording
        self.created = created
        self.plain = plain
        opening = (order for order in recording.opening if order.reference.isdigit())
        self.prices = {int(order.reference): order.price_ticks for order in opening}
        self.alive: dict[int, OrderRecord] = {}
        self.ended: set[int] = set()
        self.rested_before: dict[int, int] = {}
        """By price: when an order from before the recording was last seen filling there, in milliseconds."""
        self.time_ns = 0

    def take(self, event: Record) -> None:
        """Add what one event means."""
        # The engine's clock never goes back; a few receive times do.
        self.time_ns = max(self.time_ns, _time_ns(event))
        if isinstance(event, TradeSeen):
            seen_ms = self.rested_before.get(event.price_ticks)
            old = seen_ms is not None and self.time_ns // NS_PER_MS - seen_ms <= FILL_SPREAD_MS
            self._add(event._replace(time_ns=self.time_ns, note=RESTED_BEFORE if old else ""))
        elif isinstance(event, BookSeen):
            self._add(event._replace(time_ns=self.time_ns))
        elif event.kind == "order_created":
            self._created(event)
        else:
            if event.id not in self.created and (event.kind == "order_changed" or not event.lots):
                self.rested_before[event.price_ticks] = event.time_ms
            self._moved(event)
            if event.kind == "order_deleted":
                self._deleted(event)

    def finish(self) -> None:
        """Note the orders that the recording leaves standing."""
        self.recording.unfinished.update((order.side, order.price_ticks) for order in self.alive.values())

    def _add(self, action: Action) -> None:
        self.recording.actions.append(action)

    def _created(self, event: OrderRecord) -> None:
        self.recording.used["order_created"] += 1
        self.prices[event.id] = event.price_ticks
        self._add(Enter(self.time_ns, str(event.id), event.side, event.price_ticks, event.lots))
        if event.id not in self.ended:
            self.alive[event.id] = event
        elif not self.plain:
            self.recording.used["order_deleted that came before its order_created"] += 1
            self._add(Withdraw(self.time_ns, str(event.id)))

    def _moved(self, event: OrderRecord) -> None:
        """A market order that walks the book shows the price it has come to, and before each fill what is left of it."""
        price = self.prices.get(event.id)
        if self.plain or price is None or price == event.price_ticks:
            return
        self.recording.used["prices moved by order_changed or order_deleted"] += 1
        self.prices[event.id] = event.price_ticks
        # A deletion says 0 left: it was filled at this price, by an unknown quantity.
        self._add(Reprice(self.time_ns, str(event.id), event.price_ticks, event.lots))

    def _deleted(self, event: OrderRecord) -> None:
        self.ended.add(event.id)
        self.alive.pop(event.id, None)
        if event.id in self.prices:
            self.recording.used["order_deleted"] += 1
            self._add(Withdraw(self.time_ns, str(event.id)))
        elif event.id not in self.created:
            self.recording.left_out["order_deleted of an order never created"] += 1
