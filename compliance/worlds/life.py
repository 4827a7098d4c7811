"""The orders of one world: what became of each so far."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import class_name
from compliance.registry.records import Client
from compliance.worlds.messages.results import Fate
from engine.book.entities import Instrument
from engine.clearing.closeout import FIRST_CLOSE_OUT
from engine.exchange import Exchange
from engine.vocabulary import kinds
from engine.vocabulary.codes import BUY, BY_RULE, CANCEL_REASONS, REJECT_CODES
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.limits import LEG_ID, MAX_QUOTES_PER_SIDE
from engine.vocabulary.messages.commands import Command, MassQuote
from engine.vocabulary.messages.events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
)
from engine.vocabulary.said import Values

OPEN: Final = "open"
REFUSED: Final = "refused"
FILLED: Final = "filled"
CANCELLED: Final = "cancelled"
NOT_ENTERED: Final = "not entered"
FIRST_OF_VENUE: Final = FIRST_CLOSE_OUT * LEG_ID
"""Ids from here on are of orders that the venue enters to close a position: who they are of depends on the world."""
BEYOND: Final = 2**80
"""Above all order ids."""


class Life:
    """One order in one world."""

    def __init__(self, order_id: int, account: str, instrument: str) -> None:
        self.order_id: Final = order_id
        self.account: Final = account
        self.instrument: Final = instrument
        self.side: int = BUY
        self.seq: int = 0
        """Of the command that entered it."""
        self.time_ns: int = 0
        """Of it; 0 of an order that was open when the feeding began."""
        self.investor: str = ""
        self.investor_class: int = -1
        self.outcome: str = OPEN
        self.rule: str = ""
        self.why: str = ""
        self.code: int = -1
        """The reject code, or the reason of the cancel."""
        self.template: str = ""
        self.values: Values = ()
        self.filled_lots: int = 0
        self.tick_lots: int = 0
        self.refused_request: str = ""
        """The rule that refused to change it last."""

    def ended_like(self, other: Life) -> bool:
        """Whether it ended in the same way, for the same reason."""
        return self.outcome == other.outcome and self.code == other.code and self.rule == other.rule

    def is_like(self, other: Life) -> bool:
        """Whether the same became of it: outcome, reason, what was filled and for how much. What was said of it may have other figures."""
        return self.ended_like(other) and self.filled_lots == other.filled_lots and self.tick_lots == other.tick_lots

    def fate(self, instrument: Instrument | None) -> Fate:
        """It as data. `instrument` is None where there is none of this name: nothing was filled."""
        filled, value = "0", "0"
        if instrument is not None:
            filled = decimal_e8(self.filled_lots * instrument.lot_e8)
            value = decimal(self.tick_lots * instrument.unit, instrument.quote.scale)
        return Fate(self.outcome, self.rule, self.why, filled, value, self.template, self.values)

    @property
    def class_name(self) -> str:
        """The class of its investor when it came."""
        return class_name(self.investor_class)


class Lives:
    """The orders of a world that are open, or have ended and wait to be compared.

    Args:
        exchange: the world as it stands before the first command that counts.
        clients: its accounts by name, as the rules see them.
    """

    def __init__(self, exchange: Exchange, clients: dict[str, Client]) -> None:
        self.by_id: Final[dict[int, Life]] = {}
        self.ended: Final[list[int]] = []
        """Orders that have ended since this was last emptied."""
        self.entered: int = 0
        self._exchange: Final = exchange
        self._clients: Final = clients
        self._quotes: Final[dict[int, int]] = {}
        """Where quotes of ladders are found, by order id, while they are open."""
        for account in exchange.account_list:
            for order in account.open_orders.values():
                key = self.key(order.order_id, account.account)
                life = self._begin(key, order.order_id, account.account, order.instrument_name)
                life.side, life.seq = order.side, order.order_id % LEG_ID

    def key(self, order_id: int, account: str) -> int:
        """What an order is found by in both worlds.

        Its id; of one of the venue's also whose account it is on; of a quote its place in the ladder: ids count those that are new.
        """
        if order_id < LEG_ID:
            return self._quotes.get(order_id, order_id) if self._quotes else order_id
        if order_id < FIRST_OF_VENUE:
            return self._quotes.get(order_id, order_id)
        return order_id + (self._exchange.accounts[account].number + 1) * BEYOND

    def take(self, seq: int, time_ns: int, command: Command, events: list[Event]) -> None:
        """Follow what a command did. O(events)."""
        is_ladder = type(command) is MassQuote
        for event in events:
            kind = type(event)
            if kind is kinds.TRADE:
                assert isinstance(event, Trade)
                self._fill(event)
            elif kind is kinds.ORDER_ACCEPTED:
                assert isinstance(event, OrderAccepted)
                key = self.key(event.order_id, event.account)
                # An order of the venue's own, which closes a position, has no name.
                if is_ladder and event.client_order_id:
                    key = self._quotes[event.order_id] = _place_in_ladder(seq, event.client_order_id)
                life = self._begin(key, event.order_id, event.account, event.instrument)
                self._enter(life, event.side, seq, time_ns)
            elif kind is kinds.ORDER_REJECTED:
                assert isinstance(event, OrderRejected)
                self._refuse(event, seq, time_ns, is_ladder)
            elif kind is kinds.ORDER_CANCELLED:
                assert isinstance(event, OrderCancelled)
                self._cancel(event)
            elif isinstance(event, RequestRejected) and event.order_id and event.rule:
                named = self.by_id.get(self.key(event.order_id, event.account))
                if named is not None:
                    named.refused_request = event.rule

    def _begin(self, key: int, order_id: int, account: str, instrument: str) -> Life:
        life = self.by_id[key] = Life(order_id, account, instrument)
        client = self._clients.get(account)
        if client is not None:
            life.investor = client.investor.investor
            life.investor_class = client.investor.investor_class
        return life

    def _enter(self, life: Life, side: int, seq: int, time_ns: int) -> None:
        life.side, life.seq, life.time_ns = side, seq, time_ns
        self.entered += 1

    def _refuse(self, event: OrderRejected, seq: int, time_ns: int, is_ladder: bool) -> None:
        is_quote = is_ladder and event.client_order_id
        key = _place_in_ladder(seq, event.client_order_id) if is_quote else event.order_id
        life = self._begin(key, event.order_id, event.account, event.instrument)
        self._enter(life, event.side, seq, time_ns)
        life.outcome = REFUSED
        life.rule, life.code, life.why = event.rule, event.code, REJECT_CODES[event.code]
        life.template, life.values = event.template, event.values
        self.ended.append(key)

    def _fill(self, event: Trade) -> None:
        lots, tick_lots = event.quantity_lots, event.price_ticks * event.quantity_lots
        for order_id, account, leaves_lots in (
            (event.maker_order_id, event.maker_account, event.maker_leaves_lots),
            (event.taker_order_id, event.taker_account, event.taker_leaves_lots),
        ):
            key = self.key(order_id, account)
            life = self.by_id[key]
            life.filled_lots += lots
            life.tick_lots += tick_lots
            if not leaves_lots:
                life.outcome = FILLED
                self._quotes.pop(order_id, None)
                self.ended.append(key)

    def _cancel(self, event: OrderCancelled) -> None:
        key = self.key(event.order_id, event.account)
        life = self.by_id[key]
        life.outcome = CANCELLED
        life.code, life.why = event.reason, CANCEL_REASONS[event.reason]
        if event.reason == BY_RULE:
            life.rule, life.template, life.values = event.rule, event.template, event.values
        self._quotes.pop(event.order_id, None)
        self.ended.append(key)


def _place_in_ladder(seq: int, client_order_id: str) -> int:
    """Where a quote is found: `:b0` is the first bid of the ladder of that command."""
    letter_and_place = client_order_id.rpartition(":")[2]
    place = int(letter_and_place[1:]) + (MAX_QUOTES_PER_SIDE if letter_and_place[0] == "a" else 0)
    return BEYOND - (seq * 2 * MAX_QUOTES_PER_SIDE + place) - 1
