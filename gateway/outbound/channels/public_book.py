"""An instrument's book as the public sees it, mirrored from events alone: what its channels are made from."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    InstrumentListed,
    OrderCancelled,
    Trade,
)
from gateway.outbound.channels.channel import Channel, Follow, State, Subject
from gateway.outbound.channels.levels import SideMirror
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import Ticker, Top

Best = tuple[int, int, int, int]
"""Bid price, its lots, ask price, its lots; zeros for an empty side."""


class PublicBook(Subject):
    """What one instrument shows. `changed` lists the books that the current command changed."""

    def __init__(self, format_: InstrumentFormat, changed: list[PublicBook]) -> None:
        super().__init__(format_.instrument)
        self.format: Final = format_
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
        self.summaries: list[Channel] = []
        """The channels that sum up a turn, in the order in which they are told."""
        self._changed: Final = changed
        self._now_ns = 0
        """The time of the last command that touched it."""
        self._is_changed = False
        self._displayed: Final[dict[int, tuple[int, int, int]]] = {}
        """Side, price and shown lots of each resting order, by order id."""

    def follows(self) -> dict[type[Event], Follow]:
        """What changes it."""
        return {
            InstrumentListed: self._begin,
            BookAdded: self._show,
            BookChanged: self._show,
            OrderCancelled: self._remove,
            Trade: self._trade,
        }

    def state(self) -> State:
        """What is counted, and since when it has been so; the levels follow from the orders that rest."""
        return self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns

    def restore(self, state: State) -> None:
        """Go on counting from there, now that all orders rest."""
        self.shown_seq, self.best_seq, self.listed_ns, self.shown_ns, self.best_ns = state

    def end_command(self) -> None:
        """Count the best prices if the command changed them."""
        self._is_changed = False
        bids, asks = self.sides
        bid, ask = bids.best, asks.best
        best = (bid, bids.lots.get(bid, 0), ask, asks.lots.get(ask, 0))
        if best != self.best:
            self.best = best
            self.best_seq += 1
            self.best_ns = self._now_ns

    def _begin(self, event: InstrumentListed, command_seq: int, time_ns: int) -> None:
        """The instrument is listed: it shows nothing since then."""
        self.listed_ns = self.shown_ns = self.best_ns = time_ns

    def _show(self, event: BookAdded | BookChanged, command_seq: int, time_ns: int) -> None:
        """An order, or its next part, joins the book, shows another quantity, or leaves the book."""
        if not self._is_changed:
            self._note(time_ns)
        self._set_displayed(event.order_id, event.side, event.price_ticks, event.displayed_lots)

    def _remove(self, event: OrderCancelled, command_seq: int, time_ns: int) -> None:
        """An order is gone, perhaps one that rested."""
        if event.displayed_lots:
            if not self._is_changed:
                self._note(time_ns)
            self._set_displayed(event.order_id, event.side, event.price_ticks, 0)

    def _trade(self, event: Trade, command_seq: int, time_ns: int) -> None:
        """What a fill takes off the book: of the maker, and in an auction of the taker, which rests there too.

        An auction takes an iceberg's hidden part as well: what it shows then follows as `BookChanged`.
        """
        if not self._is_changed:
            self._note(time_ns)
        for order_id in (event.maker_order_id, event.taker_order_id):
            resting = self._displayed.get(order_id)
            if resting is not None:
                side, price_ticks, lots = resting
                self._set_displayed(order_id, side, price_ticks, max(lots - event.quantity_lots, 0))

    def _note(self, time_ns: int) -> None:
        """It is changed by the current command."""
        self._is_changed = True
        self._now_ns = time_ns
        self._changed.append(self)

    def _set_displayed(self, order_id: int, side: int, price_ticks: int, lots: int) -> None:
        """Set what an order shows at a price; 0: it is off the book."""
        before = self._displayed.get(order_id)
        change = lots if before is None else lots - before[2]
        if lots:
            self._displayed[order_id] = (side, price_ticks, lots)
        elif before is not None:
            del self._displayed[order_id]
        if change:
            self.shown_seq += 1
            self.shown_ns = self._now_ns
            self.sides[side].change(price_ticks, change)


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
