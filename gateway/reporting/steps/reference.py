"""Reference data of a recorded session, learned from its events: assets, instruments, accounts, classes."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import FUTURE
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import DECIMALS
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    Event,
    InstrumentListed,
    InvestorRegistered,
    OrderRejected,
    RequestRejected,
    RulebookLoaded,
    TradeCorrected,
)
from gateway.protocol.formats import Decimals, Formats
from gateway.words.chosen import chosen
from gateway.words.titles import RuleTitles


class Holder:
    """Whose an account is."""

    __slots__ = ("account", "intermediary", "investor", "participant")

    def __init__(self, account: str, participant: str, investor: str, intermediary: str) -> None:
        self.account: Final = account
        self.participant: Final = participant
        self.investor: Final = investor
        self.intermediary: Final = intermediary


class Traded:
    """How a fill of an instrument settles: `price_ticks * lots * unit` of the quote asset against `lots * lot_base` of the base.

    A future delivers neither: only its fees are paid at once.
    """

    def __init__(self, event: InstrumentListed, base_scale: int) -> None:
        self.instrument: Final = event.instrument
        self.base: Final = event.base
        self.quote: Final = event.quote
        self.tick_e8: Final = event.tick_e8
        self.lot_e8: Final = event.lot_e8
        self.unit: Final = event.unit
        self.lot_base: Final = event.lot_e8 * 10**base_scale // 10**DECIMALS
        self.delivers: Final[bool] = event.kind != FUTURE


class Reference:
    """What the events so far have said about who and what there is."""

    def __init__(self, venue: str = "") -> None:
        self.venue: str = venue
        self.formats: Final = Formats()
        self.instruments: Final[dict[str, Traded]] = {}
        self.holders: Final[dict[str, Holder]] = {}
        """By account."""
        self.classes: Final[dict[str, str]] = {}
        """The class of each investor now."""
        self.rules: Final = RuleTitles()
        self.titles: Final[dict[str, str]] = {}
        """Of rules that have refused something, or failed when another decided."""

    def learn(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, InvestorRegistered):
            self.classes[event.investor] = event.investor_class
        elif isinstance(event, AccountOpened):
            self.holders[event.account] = Holder(event.account, event.participant, event.investor, event.intermediary)
        elif isinstance(event, AssetAdded):
            self.formats.learn(event)
        elif isinstance(event, InstrumentListed):
            self.formats.learn(event)
            self.instruments[event.instrument] = Traded(event, self.formats.scales[event.base])
        elif isinstance(event, RulebookLoaded):
            self.rules.follow(event)
        elif isinstance(event, OrderRejected | RequestRejected):
            for rule in event.rules:
                self.titles[rule] = self.rules.of(rule, chosen())
            if event.title:
                self.titles[event.rule] = event.title

    def class_of(self, account: str) -> str:
        """The class of an account's investor; empty if the account is unknown or nobody has a class yet."""
        holder = self.holders.get(account)
        return "" if holder is None else self.classes.get(holder.investor, "")

    def price(self, instrument: str, price_e8: int) -> str:
        """A price scaled by 10**8 as the instrument writes it; as it is if it is off the grid. Empty for 0."""
        traded = self.instruments.get(instrument)
        if traded is None:
            return _text(price_e8, 1, None)
        return _text(price_e8, traded.tick_e8, self.formats.instruments[instrument].price)

    def quantity(self, instrument: str, quantity_e8: int) -> str:
        """A quantity scaled by 10**8, likewise."""
        traded = self.instruments.get(instrument)
        if traded is None:
            return _text(quantity_e8, 1, None)
        return _text(quantity_e8, traded.lot_e8, self.formats.instruments[instrument].quantity)


def correction(event: TradeCorrected, reference: Reference) -> str:
    """What became of a trade, in words."""
    format_ = reference.formats.instruments[event.instrument]
    price, new = format_.price[event.price_ticks], event.new_price_ticks
    became = f"now at {format_.price[new]}" if new else "undone"
    return f"{event.trade_id}, {format_.quantity[event.quantity_lots]} {event.instrument} at {price}, {became}"


def _text(value_e8: int, step_e8: int, texts: Decimals | None) -> str:
    if not value_e8:
        return ""
    return decimal_e8(value_e8) if texts is None or value_e8 % step_e8 else texts[value_e8 // step_e8]
