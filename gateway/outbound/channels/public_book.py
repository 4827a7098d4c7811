"""An instrument's book as the public sees it, mirrored from events alone: what its channels are made from."""

from __future__ import annotations

from typing import Any, Final

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.kinds import BOOK_ADDED, ORDER_CANCELLED, TRADE, fields_of
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    FutureMarked,
    InstrumentListed,
    OrderCancelled,
    Trade,
    Uncrossed,
)
from gateway.candles.traded import KeptCandles, Traded
from gateway.outbound.channels.channel import Channel, Subject
from gateway.outbound.channels.levels import SideMirror
from gateway.outbound.channels.pacing import Pacer
from gateway.outbound.channels.queue_watch import Displayed, QueueWatch
from gateway.outbound.messages.mirrors import State
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import Ticker, Top

INSTRUMENT_LISTED: Final = InstrumentListed
FUTURE_MARKED: Final = FutureMarked
UNCROSSED: Final = Uncrossed

Best = tuple[int, int, int, int]
"""Bid price, its lots, ask price, its lots; zeros for an empty side."""


class PublicBook(Subject):
    """What one instrument shows, and what of it was traded. `changed` lists the books that the current command changed."""

    events = (InstrumentListed, BookAdded, BookChanged, OrderCancelled, Trade, FutureMarked, Uncrossed)

    def __init__(self, format_: InstrumentFormat, changed: list[PublicBook], kept: KeptCandles, pacer: Pacer) -> None:
        super().__init__(format_.instrument)
        self.format: Final = format_
        self.traded: Final = Traded(format_.instrument, kept)
        self.sides: Final = (SideMirror(BUY), SideMirror(SELL))
        self.shown_seq = 0
        """How many events changed what is shown."""
        self.best: Best = (0, 0, 0, 0)
        """As of the last command."""
        self.best_seq = 0
        """How many commands changed it."""
        self.listed_ns = 0
        self.shown_ns = 0
        """When what is shown was changed last."""
        self.best_ns = 0
        """When the best prices were changed last."""
        self.is_touched = False
        """Whether the current turn changed it."""
        self.marks: Channel | None = None
        """The channel of its marks."""
        self.summaries: list[Channel] = []
        """The channels that sum up a turn, in the order in which they are told."""
        self.pacer: Final = pacer
        """Where those wait who tell of it no more often than once an interval."""
        self._changed: Final = changed
        self._now_ns = 0
        """The time of the last command that touched it."""
        self._is_changed = False
        self._displayed: Final[dict[int, Displayed]] = {}
        """By the id of each order that rests, in the order of their public ids."""
        self._public_ids = 0
        """How many were given."""
        self._settled_ids = 0
        """How many before the present command: those after them stand at the end of the orders."""
        self._is_uneven = False
        """Whether the present command uncrosses a call, or an order that joined with it has left again."""
        self.watch: QueueWatch | None = None
        """What gathers how the queue changes; None: nobody is told."""
        self._is_uncrossing = False
        """Whether the present command uncrosses a call."""
        self._emptied: Final[list[int]] = []
        """Orders of which an uncross has taken all that they showed: an iceberg shows its next part at its old place then."""

    def follow(self, event: Any, command_seq: int, time_ns: int) -> None:
        """Take in what changes it."""
        kind = type(event)
        if kind is ORDER_CANCELLED:
            # Perhaps one that rested.
            if not event.displayed_lots:
                return
        elif kind is INSTRUMENT_LISTED:
            # It shows nothing since then.
            self.listed_ns = self.shown_ns = self.best_ns = time_ns
            return
        if not self._is_changed:
            self._is_changed = True
            self._now_ns = time_ns
            self._changed.append(self)
        if kind is TRADE:
            self.traded.add(event.price_ticks, event.quantity_lots, time_ns, command_seq)
            self._trade(event)
        elif kind is ORDER_CANCELLED:
            self._show(event.order_id, event.side, event.price_ticks, 0)
        elif kind is BOOK_ADDED:
            _, order_id, side, price_ticks, lots = fields_of(event)
            self._join(order_id, side, price_ticks, lots)
        elif kind is FUTURE_MARKED:
            self.traded.marked(time_ns)
        elif kind is UNCROSSED:
            self._is_uncrossing = self._is_uneven = True
        else:
            # An order shows another quantity, or leaves the book.
            _, order_id, side, price_ticks, lots = fields_of(event)
            self._show(order_id, side, price_ticks, lots)

    def shown(self, order_id: int) -> tuple[int, int, int] | None:
        """What an order shows: its side, price in ticks and lots; None: nothing."""
        found = self._displayed.get(order_id)
        return None if found is None else (found.side, found.price_ticks, found.lots)

    def public_id(self, order_id: int) -> int | None:
        """By what the public knows an order, or the part of it that shows; None: it does not rest."""
        found = self._displayed.get(order_id)
        return None if found is None else found.public_id

    def queue(self) -> list[Displayed]:
        """All orders by their public ids: at one price those before others that match before them. O(orders), some 10 ns each."""
        return list(self._displayed.values())

    def state(self) -> State:
        """What is counted, and since when it has been so, what was traded, and the public ids in the order of the orders' own.

        The levels follow from the orders that rest.
        """
        counts = self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns
        ids = [order.public_id for _, order in sorted(self._displayed.items())]
        return *counts, self.traded.state(), self._public_ids, ids

    def restore(self, state: State) -> None:
        """Go on counting from there, now that all orders rest."""
        self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns = state[:5]
        if len(state) > 5:
            self.traded.restore(state[5])
        if len(state) > 6:
            self._restore_ids(state[6], state[7])

    def _restore_ids(self, given: int, ids: list[int]) -> None:
        """Give each order the public id that it had."""
        displayed = self._displayed
        for order_id, public_id in zip(sorted(displayed), ids, strict=True):
            displayed[order_id].public_id = public_id
        in_order = sorted(displayed.items(), key=lambda each: each[1].public_id)
        displayed.clear()
        displayed.update(in_order)
        self._public_ids = self._settled_ids = given

    def end_command(self) -> None:
        """Give public ids to what has joined, and count the best prices if the command changed them."""
        self._is_changed = False
        if self._is_uneven:
            self._even_out()
        if self.watch is not None:
            self.watch.end_command(self._joined())
        self._settled_ids = self._public_ids
        bids, asks = self.sides
        if not (bids.is_best_touched or asks.is_best_touched):
            return
        bids.is_best_touched = asks.is_best_touched = False
        bid, ask = bids.best, asks.best
        best = (bid, bids.lots.get(bid, 0), ask, asks.lots.get(ask, 0))
        if best != self.best:
            self.best = best
            self.best_seq += 1
            self.best_ns = self._now_ns

    def _trade(self, event: Trade) -> None:
        """What a fill takes off the book: of the maker, and in an auction of the taker, which rests there too.

        An auction takes an iceberg's hidden part as well: what it shows then follows as `BookChanged`.
        """
        lots = event.quantity_lots
        for order_id in (event.maker_order_id, event.taker_order_id):
            resting = self._displayed.get(order_id)
            if resting is not None:
                if self.watch is not None and resting.public_id <= self._settled_ids:
                    self.watch.trade(resting, min(resting.lots, lots))
                self._show(order_id, resting.side, resting.price_ticks, max(resting.lots - lots, 0))

    def _show(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        """Set what an order shows at a price; 0: it is off the book."""
        before = self._displayed.get(order_id)
        change = lots
        if before is not None:
            change -= before.lots
            is_settled = before.public_id <= self._settled_ids
            if self.watch is not None and change and is_settled:
                self.watch.touch(before)
            before.lots = lots
            if not lots:
                if self._is_uncrossing:
                    self._emptied.append(order_id)
                else:
                    del self._displayed[order_id]
                if not is_settled:
                    self._is_uneven = True
        elif lots:
            # Of a journal in which a part did not join.
            self._join(order_id, side, price_ticks, lots)
            return
        if change:
            self.shown_seq += 1
            self.shown_ns = self._now_ns
            bids, asks = self.sides
            (bids if side == BUY else asks).change(price_ticks, change)

    def _join(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        """Let an order, or its next part, join the end of its queue."""
        displayed = self._displayed
        if order_id in displayed:
            # An uncross has emptied it.
            assert not displayed[order_id].lots, "it is on the book"
            del displayed[order_id]
        self._public_ids = public_id = self._public_ids + 1
        displayed[order_id] = Displayed(side, price_ticks, lots, public_id)
        self.shown_seq += 1
        self.shown_ns = self._now_ns
        bids, asks = self.sides
        (bids if side == BUY else asks).change(price_ticks, lots)

    def _joined(self) -> list[Displayed]:
        """The orders that have joined with the present command, in order. O(of them)."""
        joined: list[Displayed] = []
        for order in reversed(self._displayed.values()):
            if order.public_id <= self._settled_ids:
                break
            joined.append(order)
        joined.reverse()
        return joined

    def _even_out(self) -> None:
        """Let go of orders that an uncross has emptied; let the public ids of those that joined follow each other."""
        self._is_uncrossing = self._is_uneven = False
        for order_id in self._emptied:
            found = self._displayed.get(order_id)
            if found is not None and not found.lots:
                del self._displayed[order_id]
        self._emptied.clear()
        joined = self._joined()
        for public_id, order in enumerate(joined, self._settled_ids + 1):
            order.public_id = public_id
        self._public_ids = self._settled_ids + len(joined)


class BookChannel(Channel):
    """A channel of one instrument."""

    def __init__(self, subject: Subject) -> None:
        assert isinstance(subject, PublicBook)
        super().__init__(subject)
        self.book: Final = subject
        self.format: Final = subject.format


class PricesChannel(BookChannel):
    """A channel that tells the best prices, and perhaps more: after a turn all of it, if any of it changed."""

    sums_up = True

    def changes(self) -> int:
        """How many changes there were of anything that is told: `seq`."""
        return self.book.best_seq

    def first(self) -> Top | Ticker:
        """All of it as it is."""
        raise NotImplementedError

    def end_turn(self) -> Top | Ticker | None:
        """All of it, if its changes went on since it was told."""
        previous, self.seq = self.seq, self.changes()
        if not self.subscribers or self.seq == previous:
            return None
        message = self.first()
        message.prev_seq = previous
        return message
