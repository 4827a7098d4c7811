"""What all detectors see: markets, orders, people, caps and values, as they stand after each event."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.faults import RulebookError
from compliance.rulebook.parameters import parse_hundredths
from compliance.rules.catalogue import load_rulebook
from compliance.surveillance.base.facts import Fill, Move
from compliance.surveillance.base.markets import Live, Market
from compliance.surveillance.base.people import Holder, People
from engine.vocabulary.codes import FUTURE
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import Command, EffectiveFrom, ListInstrument, LoadRulebook
from engine.vocabulary.messages.events import (
    AssetAdded,
    BookAdded,
    BookChanged,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    ParameterChanged,
    RulebookLoaded,
    StopTriggered,
    Trade,
    Transferred,
)

RUB: Final = "RUB"
CAP_RULE: Final = "RET-1"
CAP_KEY: Final = "retail_cap_rub"
MAX_RULEBOOKS: Final = 64
"""Rulebooks that wait for an approval or a date."""


class View:
    """The venue as events tell of it. Bounded by open orders, instruments, investors and accounts: what the venue bounds itself."""

    def __init__(self) -> None:
        self.seq: int = 0
        self.time_ns: int = 0
        self.people: Final = People()
        self.markets: Final[dict[str, Market]] = {}
        self.orders: Final[dict[int, Live]] = {}
        self.open: Final[dict[str, dict[int, Live]]] = {}
        """By `Live.key`: the orders of one owner in one instrument."""
        self.asset_kinds: Final[dict[str, int]] = {}
        self.cap_kopecks: int = 0
        """What retail may buy in a year; 0: no rulebook says."""
        self._scales: Final[dict[str, int]] = {}
        self._in_roubles: Final[dict[str, Market]] = {}
        self._listed: Final[dict[str, ListInstrument]] = {}
        self._rulebooks: Final[dict[str, LoadRulebook]] = {}

    # ── what a command says beside its events ────────────────────────────────────────────────────────────────────────

    def prepare(self, command: Command) -> None:
        """Note of a command what its events will not say again."""
        change: Command = command.change if isinstance(command, EffectiveFrom) else command
        if isinstance(change, LoadRulebook):
            self._rulebooks[change.name] = change
            if len(self._rulebooks) > MAX_RULEBOOKS:
                del self._rulebooks[next(iter(self._rulebooks))]
        elif isinstance(change, ListInstrument):
            self._listed[change.instrument] = change

    def instrument(self, event: InstrumentListed) -> None:
        """An instrument was listed."""
        market = Market(
            event.instrument,
            event.kind,
            event.base,
            event.quote,
            tick_e8=event.tick_e8,
            lot_e8=event.lot_e8,
            unit=event.unit,
        )
        self.markets[market.name] = market
        listed = self._listed.pop(market.name, None)
        if listed is not None and market.tick_e8:
            market.last_ticks = listed.reference_price_e8 // market.tick_e8
        if market.quote == RUB and market.kind != FUTURE:
            self._in_roubles[market.base] = market

    def asset(self, event: AssetAdded) -> None:
        """An asset became known."""
        self.asset_kinds[event.asset] = event.kind
        self._scales[event.asset] = event.scale

    def rules(self, event: Event) -> None:
        """A rulebook was loaded, or a parameter changed: it may have another cap."""
        if isinstance(event, ParameterChanged):
            if event.rule == CAP_RULE and event.key == CAP_KEY:
                self.cap_kopecks = parse_hundredths(event.new) or 0
            return
        assert isinstance(event, RulebookLoaded)
        command = self._rulebooks.pop(event.name, None)
        if command is None:
            return
        try:
            book = load_rulebook(command.name, command.documents)
        except RulebookError:
            # Of an older release: its cap is not known.
            self.cap_kopecks = 0
            return
        data = book.active(CAP_RULE)
        self.cap_kopecks = 0 if data is None else data.parameters.number(CAP_KEY)

    # ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def accepted(self, event: OrderAccepted) -> Live | None:
        """An order was accepted. None: its account or instrument is not known."""
        holder = self.people.holders.get(event.account)
        market = self.markets.get(event.instrument)
        if holder is None or market is None:
            return None
        order = Live(
            event.order_id,
            holder,
            market,
            side=event.side,
            price_ticks=event.price_ticks,
            lots=event.quantity_lots,
        )
        order.seq, order.entered_ns, order.mid2 = self.seq, self.time_ns, market.mid2()
        self.orders[order.order_id] = order
        mine = self.open.get(order.key)
        if mine is None:
            mine = self.open[order.key] = {}
        mine[order.order_id] = order
        return order

    def shows(self, event: Event) -> None:
        """An order joined a book, or shows another quantity."""
        assert isinstance(event, BookAdded | BookChanged)
        order = self.orders.get(event.order_id)
        if order is not None:
            order.market.show(order, event.price_ticks, event.displayed_lots)

    def amend(self, event: OrderAmended) -> tuple[Live, int, int] | None:
        """An order was changed; returns it with price and open lots of before. None: it is not known."""
        order = self.orders.get(event.order_id)
        if order is None:
            return None
        before = order.price_ticks, order.leaves_lots
        if not order.shown_lots:
            order.price_ticks = event.price_ticks
        order.quantity_lots, order.leaves_lots = event.quantity_lots, event.leaves_lots
        return order, before[0], before[1]

    def cancel(self, event: OrderCancelled) -> Live | None:
        """An order ended unfilled, or partly so."""
        order = self.orders.get(event.order_id)
        if order is not None:
            self._end(order)
        return order

    def trade(self, event: Trade) -> Fill | None:
        """A trade was made. None: one of its orders is not known, as of a journal that is read from its middle."""
        maker, taker = self.orders.get(event.maker_order_id), self.orders.get(event.taker_order_id)
        if maker is None or taker is None:
            return None
        market, lots, price = maker.market, event.quantity_lots, event.price_ticks
        for order in (maker, taker):
            if order.shown_lots:
                market.show(order, order.price_ticks, max(order.shown_lots - lots, 0))
        maker.filled_lots, maker.leaves_lots = event.maker_filled_lots, event.maker_leaves_lots
        taker.filled_lots, taker.leaves_lots = event.taker_filled_lots, event.taker_leaves_lots
        market.traded(self.time_ns, price, lots)
        kopecks = self.kopecks(market.quote, market.value(price, lots))
        if not event.maker_leaves_lots:
            self._end(maker)
        if not event.taker_leaves_lots and taker.quantity_lots:
            self._end(taker)
        return Fill(market, price, lots, maker=maker, taker=taker, kopecks=kopecks)

    def transfer(self, event: Transferred) -> Move | None:
        """A transfer was done. None: an account is not known."""
        source, target = self.people.holders.get(event.from_account), self.people.holders.get(event.to_account)
        if source is None or target is None:
            return None
        return Move(
            source,
            target,
            event.asset,
            event.amount,
            kopecks=self.kopecks(event.asset, event.amount),
            purpose=event.purpose,
            contract=event.contract_reference,
        )

    def triggered(self, event: StopTriggered) -> None:
        """A stop became an order of the market."""
        order = self.orders.get(event.order_id)
        if order is not None:
            order.price_ticks, order.entered_ns, order.mid2 = event.price_ticks, self.time_ns, order.market.mid2()

    def forget(self, order: Live) -> None:
        """An order by funds has ended with its command, if it did not say so itself."""
        if order.order_id in self.orders:
            self._end(order)

    def _end(self, order: Live) -> None:
        if order.shown_lots:
            order.market.show(order, order.price_ticks, 0)
        self.orders.pop(order.order_id, None)
        mine = self.open.get(order.key)
        if mine is not None:
            mine.pop(order.order_id, None)
            if not mine:
                del self.open[order.key]

    # ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────

    def holder(self, account: str) -> Holder | None:
        """Who is behind an account."""
        return self.people.holders.get(account)

    def standing(self, key: str, side: int) -> list[Live]:
        """The open orders of one owner in one instrument, on one side, the oldest first."""
        mine = self.open.get(key)
        return [] if mine is None else [order for order in mine.values() if order.side == side]

    def scale(self, asset: str) -> int:
        """Decimals of an asset's minor unit; 0: not known."""
        return self._scales.get(asset, 0)

    def kopecks(self, asset: str, amount: int) -> int:
        """What minor units of an asset are worth in roubles at the last price; 0: not known."""
        if asset == RUB:
            return amount
        market, scale = self._in_roubles.get(asset), self._scales.get(asset)
        if market is None or scale is None:
            return 0
        # Price and quantity have eight decimals each, kopecks two.
        price_e8 = market.last_ticks * market.tick_e8
        return int(price_e8 * (amount * ONE_E8 // 10**scale) * 100 // (ONE_E8 * ONE_E8))
