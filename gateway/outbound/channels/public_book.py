"""An instrument's book as the public sees it, mirrored from events alone: what its channels are made from."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.kinds import ORDER_CANCELLED, TRADE, fields_of
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    FutureMarked,
    InstrumentListed,
    OrderCancelled,
    Trade,
)
from gateway.candles.traded import KeptCandles, Traded
from gateway.outbound.channels.channel import Channel, Subject
from gateway.outbound.channels.levels import SideMirror
from gateway.outbound.channels.pacing import Pacer
from gateway.outbound.messages.mirrors import State
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import Ticker, Top

INSTRUMENT_LISTED: Final = InstrumentListed
FUTURE_MARKED: Final = FutureMarked

Best = tuple[int, int, int, int]
"""Bid price, its lots, ask price, its lots; zeros for an empty side."""


@mypyc_attr(acyclic=True)
class Displayed:
    """What an order shows in the book."""

    __slots__ = ("lots", "price_ticks", "side")

    def __init__(self, side: int, price_ticks: int, lots: int) -> None:
        self.side = side
        self.price_ticks = price_ticks
        self.lots = lots


class PublicBook(Subject):
    """What one instrument shows, and what of it was traded. `changed` lists the books that the current command changed."""

    events = (InstrumentListed, BookAdded, BookChanged, OrderCancelled, Trade, FutureMarked)

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
        """By the id of each order that rests."""

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
        elif kind is FUTURE_MARKED:
            self.traded.marked(time_ns)
        else:
            # An order, or its next part, joins the book, shows another quantity, or leaves the book.
            _, order_id, side, price_ticks, lots = fields_of(event)
            self._show(order_id, side, price_ticks, lots)

    def shown(self, order_id: int) -> tuple[int, int, int] | None:
        """What an order shows: its side, price in ticks and lots; None: nothing."""
        found = self._displayed.get(order_id)
        return None if found is None else (found.side, found.price_ticks, found.lots)

    def state(self) -> State:
        """What is counted, and since when it has been so, and what was traded; the levels follow from the orders that rest."""
        return self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns, self.traded.state()

    def restore(self, state: State) -> None:
        """Go on counting from there, now that all orders rest."""
        self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns = state[:5]
        if len(state) > 5:
            self.traded.restore(state[5])

    def end_command(self) -> None:
        """Count the best prices if the command changed them."""
        self._is_changed = False
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
                self._show(order_id, resting.side, resting.price_ticks, max(resting.lots - lots, 0))

    def _show(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        """Set what an order shows at a price; 0: it is off the book."""
        before = self._displayed.get(order_id)
        change = lots
        if before is not None:
            change -= before.lots
            if lots:
                before.side, before.price_ticks, before.lots = side, price_ticks, lots
            else:
                del self._displayed[order_id]
        elif lots:
            self._displayed[order_id] = Displayed(side, price_ticks, lots)
        if change:
            self.shown_seq += 1
            self.shown_ns = self._now_ns
            bids, asks = self.sides
            (bids if side == BUY else asks).change(price_ticks, change)


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
