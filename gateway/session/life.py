"""The life of an order: what happened to it, from its entry to its end, and its place in the queue meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.entities import Order
from engine.record.rows import decode_events
from engine.vocabulary.codes import CANCEL_REASONS, ORDER_TYPES, REJECT_CODES, SIDES, TIMES_IN_FORCE
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
)
from gateway.index.keys import INSTRUMENT, ORDER
from gateway.reporting.steps.reference import Reference
from gateway.session.recorded import Recorded
from gateway.session.views import View, Views
from gateway.words.chosen import chosen
from gateway.words.words import words_of


class NoSuchOrder(LookupError):
    """The session has no order of that id."""


class Moved:
    """Where an order stood in its queue after a command."""

    def __init__(self, seq: int, time_ns: int, queue: View) -> None:
        self.seq: Final = seq
        self.time_ns: Final = time_ns
        self.queue: Final = queue


class Step:
    """One thing that happened to an order."""

    def __init__(self, seq: int, time_ns: int, event: Event) -> None:
        self.seq: Final = seq
        """Of the command that caused it."""
        self.time_ns: Final = time_ns
        self.event: Final = event


class Life:
    """All that happened to one order."""

    def __init__(self, session: Recorded, order_id: int) -> None:
        """Find it.

        Raises:
            NoSuchOrder: there is none.
            JournalError: the journal is damaged.
        """
        self.order_id: Final = order_id
        self.steps: Final[list[Step]] = []
        """In order."""
        self.moves: Final[list[Moved]] = []
        """Each change of its place in the queue, as far as it was followed."""
        self.followed_to = 0
        """The last command up to which its place is known."""
        self.reference = Reference()
        """What was listed at its entry, once it was followed."""
        self._session: Final = session
        for row in session.index.rows(session.index.find(ORDER, order_id)):
            found = [event for event in decode_events(row[3]) if _is_about(event, order_id)]
            self.steps.extend(Step(row[0], row[1], event) for event in found)
        if not self.steps:
            raise NoSuchOrder(f"the session has no order {order_id}")

    @property
    def instrument(self) -> str:
        """What it is an order for; empty: nobody knows."""
        return next((name for step in self.steps if (name := getattr(step.event, "instrument", ""))), "")

    def follow(self, most: int) -> Iterator[int]:
        """Replay its life, and note its place in the queue after each command about its instrument; yields the commands replayed.

        Args:
            most: no farther than so many commands after its entry.
        """
        first, last = self.steps[0].seq, self.end_seq
        until = min(last, first + most)
        walk = self._session.walk(first)
        try:
            for _ in walk.go_on():
                yield walk.exchange.seq
            account = walk.exchange.accounts.get(self._account())
            order = None if account is None else account.open_orders.get(self.order_id)
            views = Views(walk.exchange)
            self.reference = views.reference
            touching = self._session.index.find(INSTRUMENT, self.instrument) if order is not None else iter(())
            self._note(views, order, first, walk.exchange.time_ns)
            for seq in touching:
                if seq <= first:
                    continue
                if seq > until:
                    break
                for _ in walk.go_on(seq):
                    yield walk.exchange.seq
                self._note(views, order, seq, walk.exchange.time_ns)
        finally:
            walk.close()
        self.followed_to = until

    def _note(self, views: Views, order: Order | None, seq: int, time_ns: int) -> None:
        queue = None if order is None else views.queue(order)
        if queue is not None and (not self.moves or self.moves[-1].queue != queue):
            self.moves.append(Moved(seq, time_ns, queue))

    def _account(self) -> str:
        account: str = next((name for step in self.steps if (name := getattr(step.event, "account", ""))), "")
        return account

    @property
    def end_seq(self) -> int:
        """The last command of its life; the last of the session, if it is still open."""
        for step in self.steps:
            event = step.event
            if isinstance(event, OrderCancelled | OrderRejected):
                return step.seq
            if isinstance(event, Trade):
                is_maker = event.maker_order_id == self.order_id
                if not (event.maker_leaves_lots if is_maker else event.taker_leaves_lots):
                    return step.seq
        return self._session.last_seq


def _is_about(event: Event, order_id: int) -> bool:
    if isinstance(event, Trade):
        return order_id in (event.maker_order_id, event.taker_order_id)
    if isinstance(event, TradeCorrected):
        return order_id in (event.buy_order_id, event.sell_order_id)
    return getattr(event, "order_id", 0) == order_id


def in_words(event: Event, order_id: int, reference: Reference) -> tuple[str, str]:
    """What an event says of an order: a word for what happened, and the rest.

    Args:
        event: one about the order.
        order_id: its id.
        reference: of the session.
    """
    if isinstance(event, OrderRejected):
        return "rejected", f"{event.rule or REJECT_CODES[event.code]}: {words_of(event, chosen())}"
    if isinstance(event, RequestRejected):
        return "request refused", f"{event.rule or REJECT_CODES[event.code]}: {words_of(event, chosen())}"
    if isinstance(event, OrderStatus):
        return "asked again", "the request was sent again, and answered with the order's status"
    name = getattr(event, "instrument", "")
    format_ = reference.formats.instruments[name]
    price, quantity = format_.price, format_.quantity
    if isinstance(event, OrderAccepted):
        asked = quantity[event.quantity_lots] if event.quantity_lots else "by funds"
        at = f" at {price[event.price_ticks]}" if event.price_ticks else ""
        stop = f", stop {price[event.stop_ticks]}" if event.stop_ticks else ""
        kind = f"{ORDER_TYPES[event.order_type]} {TIMES_IN_FORCE[event.time_in_force]}"
        return "accepted", f"{SIDES[event.side]} {asked} {name}{at}{stop}, {kind}, account {event.account}"
    if isinstance(event, Trade):
        is_maker = event.maker_order_id == order_id
        leaves, other, whose = (
            (event.maker_leaves_lots, event.taker_order_id, event.taker_account)
            if is_maker
            else (event.taker_leaves_lots, event.maker_order_id, event.maker_account)
        )
        how = "maker" if is_maker else "taker"
        left = f"{quantity[leaves]} left" if leaves else "nothing left"
        what = f"{quantity[event.quantity_lots]} at {price[event.price_ticks]} as {how}, {left}"
        return "filled", f"{what}; trade {event.trade_id} with order {other} of {whose}"
    if isinstance(event, TradeCorrected):
        what = f"now at {price[event.new_price_ticks]}" if event.new_price_ticks else "busted"
        return (
            "corrected",
            f"trade {event.trade_id}, {quantity[event.quantity_lots]} at {price[event.price_ticks]}, {what}: {event.reason}",
        )
    if isinstance(event, OrderAmended):
        kept = "kept its place" if event.kept_priority else "lost its place"
        return (
            "amended",
            f"{quantity[event.quantity_lots]} at {price[event.price_ticks]}, {quantity[event.leaves_lots]} left; {kept}",
        )
    if isinstance(event, OrderCancelled):
        rule = f" by {event.rule}: {words_of(event, chosen())}" if event.rule else ""
        return "cancelled", f"{CANCEL_REASONS[event.reason]}{rule}; {quantity[event.cancelled_lots]} were left"
    if isinstance(event, BookAdded):
        return "rests", f"shows {quantity[event.displayed_lots]} at {price[event.price_ticks]}"
    if isinstance(event, BookChanged):
        shows = f"shows {quantity[event.displayed_lots]}" if event.displayed_lots else "off the book"
        return "changed", f"{shows} at {price[event.price_ticks]}"
    assert isinstance(event, StopTriggered), event
    return "triggered", ""
