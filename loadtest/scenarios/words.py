"""Events in the words of the scenario tables. What a phrase leaves out is about the order of its line."""

from __future__ import annotations

from decimal import Decimal

from engine.vocabulary import codes
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages import events
from gateway.words.words import words_of
from loadtest.scenarios import absence
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.futures import say
from loadtest.scenarios.numbers import money, show, show_clock
from loadtest.scenarios.venue import CLOSE_OUT, Venue

CONFIRMATIONS = (
    events.AssetAdded,
    events.InstrumentListed,
    events.AccountOpened,
    events.FundsMoved,
    events.PhaseChanged,
    events.RulesChanged,
    events.RulebookLoaded,
    events.InvestorRegistered,
    events.RegistryChanged,
)
"""A line that states no events may cause these, which only confirm what it does."""


class Speaker:
    """Says what the events of one line are; `subject` is the label of the order that the line is about, or empty."""

    def __init__(self, venue: Venue, subject: str) -> None:
        self.venue = venue
        self.subject = subject

    def say(self, event: events.Event) -> str:
        """One event as a phrase."""
        if isinstance(event, (events.BookAdded, events.BookChanged, events.Indicative, events.Uncrossed)):
            return self._public(event)
        if isinstance(event, events.Trade):
            return self._trade(event)
        futures = say(self.venue, event)
        if futures:
            return self._in(getattr(event, "instrument", self.venue.instrument), futures)
        return self._private(event) or absence.say(event) or self._venue(event)

    def _of(self, label: str, phrase: str) -> str:
        return phrase if label == self.subject else f"{label} {phrase}"

    def _lots(self, instrument: str, lots: int) -> str:
        return show(Decimal(lots * self.venue.exchange.instruments[instrument].lot_e8) / ONE_E8)

    def _price(self, instrument: str, ticks: int) -> str:
        return show(Decimal(ticks * self.venue.exchange.instruments[instrument].tick_e8) / ONE_E8)

    def _at(self, instrument: str, lots: int, ticks: int) -> str:
        return f"{self._lots(instrument, lots)} @ {self._price(instrument, ticks)}"

    def _public(self, event: events.BookAdded | events.BookChanged | events.Indicative | events.Uncrossed) -> str:
        name = event.instrument
        if isinstance(event, (events.BookAdded, events.BookChanged)):
            verb = "rests" if isinstance(event, events.BookAdded) else "shows"
            what = f"{verb} {self._at(name, event.displayed_lots, event.price_ticks)}"
            return self._of(self.venue.labels[event.order_id], what if event.displayed_lots else "leaves the book")
        what = "nothing" if not event.volume_lots else self._at(name, event.volume_lots, event.price_ticks)
        if isinstance(event, events.Uncrossed):
            return self._in(name, f"uncrosses {what}")
        lots = event.imbalance_lots
        imbalance = f" imbalance {'+' if lots > 0 else '-'}{self._lots(name, abs(lots))}" if lots else ""
        return self._in(name, f"indicative {what}{imbalance}")

    def _in(self, instrument: str, phrase: str) -> str:
        """A phrase about an instrument, named if it is not the scenario's first."""
        return phrase if instrument == self.venue.instrument else f"{instrument} {phrase}"

    def _trade(self, event: events.Trade) -> str:
        name = event.instrument
        taker = self.venue.labels[event.taker_order_id]
        what = f"trades {self._at(name, event.quantity_lots, event.price_ticks)} with "
        what += self.venue.labels[event.maker_order_id]
        if event.taker_fee or event.maker_fee:
            scale = self.venue.exchange.instruments[name].quote.scale
            what += f" fee {money(event.taker_fee, scale)} maker {money(event.maker_fee, scale)}"
        if taker != CLOSE_OUT and not self.venue.orders[taker].quantity_e8:
            what += f" leaving {self._lots(name, event.taker_leaves_lots)}"
        return self._of(taker, what)

    def _private(self, event: events.Event) -> str:
        """A report about one order or request; empty if it is none."""
        if isinstance(event, events.OrderAccepted):
            what = f"accepted{self._set_by_venue(event)}"
        elif isinstance(event, (events.OrderRejected, events.RequestRejected)):
            code = codes.REJECT_CODES[event.code]
            what = f"rejected ({f'{code} {event.rule}'.strip()})"
        elif isinstance(event, events.OrderCancelled):
            reason = f"{codes.CANCEL_REASONS[event.reason]} {event.rule}".strip()
            what = f"cancelled {self._lots(event.instrument, event.cancelled_lots)} ({reason})"
        elif isinstance(event, events.OrderAmended):
            what = f"amended to {self._lots(event.instrument, event.quantity_lots)}"
            what += f" @ {self._price(event.instrument, event.price_ticks)}" if event.price_ticks else ""
            what += " keeping place" if event.kept_priority else " losing place"
        elif isinstance(event, events.StopTriggered):
            kind = codes.ORDER_TYPES[event.order_type]
            what = f"triggers as {kind} @ {self._price(event.instrument, event.price_ticks)}"
        elif isinstance(event, events.OrderStatus):
            what = f"status {codes.ORDER_STATUSES[event.status]}"
            what += f" ({codes.REJECT_CODES[event.code]})" if event.code else self._progress(event)
        else:
            return ""
        label = event.client_order_id or self.venue.labels.get(event.order_id, "")
        return self._of(label, what) if label else what

    def _progress(self, event: events.OrderStatus) -> str:
        done, whole = event.filled_lots, event.quantity_lots
        return f" {self._lots(event.instrument, done)} of {self._lots(event.instrument, whole)}"

    def _set_by_venue(self, event: events.OrderAccepted) -> str:
        """Prices of an accepted order that the venue set, not the order."""
        if not event.client_order_id:
            return f" {self._at(event.instrument, event.quantity_lots, event.price_ticks)}"
        sent = self.venue.orders[event.client_order_id]
        tick_e8 = self.venue.exchange.instruments[event.instrument].tick_e8
        what = ""
        if event.price_ticks * tick_e8 != sent.price_e8:
            what += f" @ {self._price(event.instrument, event.price_ticks)}"
        if event.stop_ticks * tick_e8 != sent.stop_price_e8:
            what += f" stop {self._price(event.instrument, event.stop_ticks)}"
        return what

    def _venue(self, event: events.Event) -> str:
        """An event about the venue, a list of orders, or money."""
        if isinstance(event, events.PhaseChanged):
            what = f"phase {codes.PHASES[event.phase]}"
            what += f" ({event.reason})" if event.reason else ""
            return self._in(event.instrument, what + self._until(event.until_ns))
        if isinstance(event, events.MarketHalted):
            return f"market halted at {money(event.index_ppm, 4)}%{self._until(event.until_ns)}"
        if isinstance(event, events.MassCancelled):
            return f"{event.orders} mass cancelled"
        if isinstance(event, events.MassQuoted):
            return f"quoted: {event.kept} kept, {event.cancelled} cancelled, {event.entered} entered"
        if isinstance(event, events.TradeCorrected):
            return self._corrected(event)
        if isinstance(event, events.FundsMoved):
            scale = self.venue.exchange.assets[event.asset].scale
            return f"{event.account} {'gets' if event.amount > 0 else 'pays'} {money(abs(event.amount), scale)} {event.asset}"
        if isinstance(event, events.CommandRejected):
            return f"refused ({codes.REJECT_CODES[event.code]})"
        if isinstance(event, (events.RulesChanged, events.RegistryChanged)):
            return " ".join(f"{event.what} {event.key} {words_of(event)}".split())
        if isinstance(event, events.DayEnded):
            return "the day ends"
        if isinstance(event, CONFIRMATIONS):
            return type(event).__name__
        raise ScenarioError(f"no words for {event}")

    def _until(self, until_ns: int) -> str:
        return f" until {show_clock(until_ns)}" if until_ns else ""

    def _corrected(self, event: events.TradeCorrected) -> str:
        what = f"trade {event.trade_id} "
        if not event.new_price_ticks:
            what += "busted"
        else:
            old, new = (self._price(event.instrument, ticks) for ticks in (event.price_ticks, event.new_price_ticks))
            what += f"repriced from {old} to {new}"
        if event.buy_fee or event.sell_fee:
            scale = self.venue.exchange.instruments[event.instrument].quote.scale
            what += f" buy fee {money(event.buy_fee, scale)} sell fee {money(event.sell_fee, scale)}"
        return what
