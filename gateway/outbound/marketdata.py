"""Market data: the public side of a venue, mirrored from events alone.

Per instrument, five channels here and one in `gateway.outbound.marks`, each with its own `seq`, counted from the events so that it goes on after a restart:

trades  one message a print; `seq` counts prints, without gaps
top     best bid and ask; `seq` counts the commands that changed them. What changed within one turn is one message:
        its `prev_seq` is the `seq` of the message before
book    `seq` counts the events that changed what is shown. A snapshot, then one update a turn with `prev_seq`
status  the phase; `seq` counts its changes, without gaps
auction what a call would uncross to, and did; `seq` counts the messages, without gaps
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import BUY, CLOSED, PHASES, SELL, SIDES
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    FutureMarked,
    IndexPriceSet,
    Indicative,
    InstrumentListed,
    OrderCancelled,
    PhaseChanged,
    Trade,
    Uncrossed,
)
from gateway.outbound.levels import CHECKSUM_LEVELS, SideMirror, checksum
from gateway.outbound.marks import IndexFeed, MarkFeed
from gateway.outbound.outbox import Outbox
from gateway.protocol.formats import Formats, InstrumentFormat
from gateway.protocol.messages import Auction, BookSnapshot, BookUpdate, Message, Status, Top, TradePrint

_Best = tuple[int, int, int, int]
"""Bid price, its lots, ask price, its lots; zeros for an empty side."""


class Feed:
    """The market data of one instrument, and who gets it."""

    def __init__(self, format_: InstrumentFormat) -> None:
        self.format: Final = format_
        self.instrument: Final = format_.instrument
        self.sides: Final = (SideMirror(BUY), SideMirror(SELL))
        self.subscribers: Final[dict[str, list[Outbox]]] = {
            "trades": [],
            "top": [],
            "book": [],
            "status": [],
            "auction": [],
        }
        self.marks: Final = MarkFeed(format_)
        self.trades_seq = 0
        self.top_seq = 0
        self.book_seq = 0
        self.status_seq = 0
        self.best: _Best = (0, 0, 0, 0)
        self.status = CLOSED, "", 0
        """Phase, the reason given for it, and when it ends by itself (0: not known)."""
        self.time_ns = 0
        """Of the last change of anything."""
        self.is_touched = False
        """Whether the current turn changed its book."""
        self._displayed: Final[dict[int, tuple[int, int, int]]] = {}
        # Side, price and shown lots of each resting order, by order id.
        self.auction: Auction = Auction(instrument=self.instrument, seq=0, volume=format_.quantity[0], time=0)
        """What a call would uncross to, as last published."""
        self._told_top_seq = 0
        self._told_book_seq = 0

    def add(self, event: BookAdded) -> None:
        """An order, or its next part, joins the book."""
        self._show(event.order_id, event.side, event.price_ticks, event.displayed_lots)

    def resize(self, event: BookChanged) -> None:
        """An order shows another quantity, or leaves the book."""
        self._show(event.order_id, event.side, event.price_ticks, event.displayed_lots)

    def remove(self, event: OrderCancelled) -> None:
        """An order that rested is gone."""
        self._show(event.order_id, event.side, event.price_ticks, 0)

    def trade(self, event: Trade) -> None:
        """What a fill takes off the book: of the maker, and in an auction of the taker, which rests there too.

        An auction takes an iceberg's hidden part as well: what it shows then follows as `BookChanged`.
        """
        self.trades_seq += 1
        for order_id in (event.maker_order_id, event.taker_order_id):
            resting = self._displayed.get(order_id)
            if resting is not None:
                side, price_ticks, lots = resting
                self._show(order_id, side, price_ticks, max(lots - event.quantity_lots, 0))

    def set_status(self, event: PhaseChanged) -> None:
        """The instrument is in another phase."""
        self.status_seq += 1
        self.status = event.phase, event.reason, event.until_ns

    def end_command(self, time_ns: int) -> None:
        """Count the top if the command changed it."""
        self.time_ns = time_ns
        bids, asks = self.sides
        bid, ask = bids.best, asks.best
        best = (bid, bids.lots.get(bid, 0), ask, asks.lots.get(ask, 0))
        if best != self.best:
            self.best = best
            self.top_seq += 1

    def indicate(self, event: Indicative, time_ns: int) -> None:
        """A call would uncross elsewhere now."""
        self._set_auction(event.price_ticks, event.volume_lots, event.imbalance_lots, time_ns, False)

    def uncross(self, event: Uncrossed, time_ns: int) -> None:
        """A call was uncrossed."""
        self._set_auction(event.price_ticks, event.volume_lots, 0, time_ns, True)

    def _set_auction(self, price_ticks: int, volume: int, imbalance: int, time_ns: int, final: bool) -> None:
        quantity = self.format.quantity
        sign = "-" if imbalance < 0 else ""
        self.auction = Auction(
            instrument=self.instrument,
            seq=self.auction.seq + 1,
            price=self.format.price[price_ticks] if volume else None,
            volume=quantity[volume],
            imbalance=f"{sign}{quantity[abs(imbalance)]}" if volume and not final else None,
            time=time_ns,
            final=final,
        )

    def _show(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        """Set what an order shows at a price; 0: it is off the book."""
        before = self._displayed.get(order_id)
        change = lots if before is None else lots - before[2]
        if lots:
            self._displayed[order_id] = (side, price_ticks, lots)
        elif before is not None:
            del self._displayed[order_id]
        if change:
            self.book_seq += 1
            self.sides[side].change(price_ticks, change)

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def seq(self, channel: str) -> int:
        """The sequence number of a channel, as of the last turn that was told."""
        if channel == "trades":
            return self.trades_seq
        if channel == "status":
            return self.status_seq
        if channel == "auction":
            return self.auction.seq
        if channel == "marks":
            return self.marks.seq
        return self._told_top_seq if channel == "top" else self._told_book_seq

    def subscribers_of(self, channel: str) -> list[Outbox]:
        """Who gets a channel."""
        return self.marks.subscribers if channel == "marks" else self.subscribers[channel]

    def state_of(self, channel: str) -> Message | None:
        """What a new subscriber of a channel is told first; None: nothing until something happens."""
        if channel == "book":
            return self.book_snapshot()
        if channel == "top":
            return self.top_message()
        if channel == "status":
            return self.status_message()
        if channel == "auction":
            return self.auction
        return self.marks.last if channel == "marks" else None

    def print_of(self, event: Trade, time_ns: int) -> TradePrint:
        """The message of the trade that was counted last."""
        return TradePrint(
            instrument=self.instrument,
            seq=self.trades_seq,
            trade_id=event.trade_id,
            price=self.format.price[event.price_ticks],
            quantity=self.format.quantity[event.quantity_lots],
            taker_side=SIDES[event.taker_side],
            time=time_ns,
        )

    def status_message(self) -> Status:
        """The current phase."""
        phase, reason, until_ns = self.status
        return Status(
            instrument=self.instrument,
            seq=self.status_seq,
            phase=PHASES[phase],
            reason=reason,
            time=self.time_ns,
            until=until_ns or None,
        )

    def take_top(self) -> Top | None:
        """The top, if it was counted since it was told, which this counts as told."""
        if self.top_seq == self._told_top_seq:
            return None
        message = self.top_message()
        message.prev_seq = self._told_top_seq
        self._told_top_seq = self.top_seq
        return message

    def top_message(self) -> Top:
        """The top as it is."""
        bid, bid_lots, ask, ask_lots = self.best
        format_ = self.format
        return Top(
            instrument=self.instrument,
            seq=self.top_seq,
            prev_seq=self.top_seq,
            time=self.time_ns,
            bid_price=format_.price[bid] if bid else None,
            bid_quantity=format_.quantity[bid_lots] if bid else None,
            ask_price=format_.price[ask] if ask else None,
            ask_quantity=format_.quantity[ask_lots] if ask else None,
        )

    def take_book_update(self) -> BookUpdate | None:
        """What changed in the book since it was told, which this counts as told.

        None if nothing is different now; then the next update follows the last one that was told.
        """
        bids, asks = self.sides
        changed_bids, changed_asks = bids.take_changes(self.format), asks.take_changes(self.format)
        if not changed_bids and not changed_asks:
            return None
        previous, self._told_book_seq = self._told_book_seq, self.book_seq
        return BookUpdate(
            instrument=self.instrument,
            seq=self.book_seq,
            prev_seq=previous,
            time=self.time_ns,
            bids=changed_bids,
            asks=changed_asks,
            checksum=self.checksum(),
        )

    def skip_top(self) -> None:
        """Count the top as told."""
        self._told_top_seq = self.top_seq

    def skip_book(self) -> None:
        """Count the book as told."""
        for side in self.sides:
            side.told.clear()
        self._told_book_seq = self.book_seq

    def book_snapshot(self) -> BookSnapshot:
        """The book as it was told: every level. O(levels)."""
        bids, asks = (side.levels(self.format) for side in self.sides)
        return BookSnapshot(
            instrument=self.instrument,
            seq=self._told_book_seq,
            time=self.time_ns,
            bids=bids,
            asks=asks,
            checksum=checksum(bids, asks),
        )

    def checksum(self) -> int:
        """The checksum of the book as it is."""
        bids, asks = (side.levels(self.format, CHECKSUM_LEVELS) for side in self.sides)
        return checksum(bids, asks)


Published = tuple[list[Outbox], Message]
"""A message and all who get it."""


class MarketData:
    """The feeds of all instruments. After each command `follow`, after each turn `end_turn`."""

    def __init__(self, formats: Formats) -> None:
        self._formats: Final = formats
        self.feeds: Final[dict[str, Feed]] = {}
        self.indices: Final[dict[str, IndexFeed]] = {}
        self._touched: Final[list[Feed]] = []
        # Since the last turn.

    def follow(self, time_ns: int, events: list[Event]) -> list[Published]:
        """Take in the events of a command.

        Returns:
            The prints, phases, calls, marks and index prices, which are told one by one; what a turn sums up comes from `end_turn`.
        """
        out: list[Published] = []
        changed: list[Feed] = []
        for event in events:
            if type(event) is BookAdded:
                feed = self.feeds[event.instrument]
                feed.add(event)
            elif type(event) is Trade:
                feed = self.feeds[event.instrument]
                feed.trade(event)
                if feed.subscribers["trades"]:
                    out.append((feed.subscribers["trades"], feed.print_of(event, time_ns)))
            elif type(event) is OrderCancelled:
                if not event.displayed_lots:
                    continue
                feed = self.feeds[event.instrument]
                feed.remove(event)
            elif type(event) is BookChanged:
                feed = self.feeds[event.instrument]
                feed.resize(event)
            elif type(event) is Indicative or type(event) is Uncrossed:
                feed = self.feeds[event.instrument]
                if type(event) is Indicative:
                    feed.indicate(event, time_ns)
                elif type(event) is Uncrossed:
                    feed.uncross(event, time_ns)
                out.append((feed.subscribers["auction"], feed.auction))
                continue
            elif type(event) is PhaseChanged:
                feed = self.feeds[event.instrument]
                feed.set_status(event)
                feed.time_ns = time_ns
                out.append((feed.subscribers["status"], feed.status_message()))
                continue
            elif type(event) is FutureMarked:
                marks = self.feeds[event.instrument].marks
                out.append((marks.subscribers, marks.follow(event, time_ns)))
                continue
            elif type(event) is IndexPriceSet:
                out.append(self._index_price(event, time_ns))
                continue
            elif type(event) is InstrumentListed:
                self.feeds[event.instrument] = Feed(self._formats.instruments[event.instrument])
                continue
            else:
                continue
            if feed not in changed:
                changed.append(feed)
        for feed in changed:
            feed.end_command(time_ns)
            if not feed.is_touched:
                feed.is_touched = True
                self._touched.append(feed)
        return out

    def _index_price(self, event: IndexPriceSet, time_ns: int) -> Published:
        index = self.indices.get(event.index)
        if index is None:
            # Nobody could subscribe to it yet.
            index = self.indices[event.index] = IndexFeed(event, time_ns)
            return index.subscribers, index.last
        return index.subscribers, index.follow(event, time_ns)

    def end_turn(self) -> list[Published]:
        """The tops and book updates that the turn's commands add up to."""
        out: list[Published] = []
        for feed in self._touched:
            top_subscribers, book_subscribers = feed.subscribers["top"], feed.subscribers["book"]
            # Where nobody listens everything counts as told: who comes later gets a snapshot.
            if not top_subscribers:
                feed.skip_top()
            elif (top := feed.take_top()) is not None:
                out.append((top_subscribers, top))
            if not book_subscribers:
                feed.skip_book()
            elif (update := feed.take_book_update()) is not None:
                out.append((book_subscribers, update))
            feed.is_touched = False
        self._touched.clear()
        return out
