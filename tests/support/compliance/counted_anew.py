"""The figures of a world counted anew from its events, in the plainest way: everything is kept, and summed at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from compliance.registry.classes import class_name
from compliance.worlds.messages.results import World
from engine.exchange import Exchange
from engine.vocabulary.codes import BY_RULE, CANCEL_REASONS, COMPLIANCE, REJECT_CODES
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.messages.events import (
    Event,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
)
from engine.vocabulary.names import command_name


class CountedAnew:
    """One world, followed from outside."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.events: list[Event] = []
        self.verdicts: Counter[tuple[str, str, str]] = Counter()
        self.trades: defaultdict[str, list[Trade]] = defaultdict(list)
        self.fees: Counter[str] = Counter()
        self.fills: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.ends: dict[int, tuple[str, str]] = {}
        self.gains: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.unvalued: Counter[str] = Counter()
        self.mids: dict[str, Decimal] = {}

    def look(self) -> None:
        """Note every mid before a command."""
        self.mids = {}
        for name, book in self.exchange.books.items():
            bids, asks = (book.levels(side, 1) for side in (0, 1))
            if bids and asks and book.phase == 3 and not book.in_call:
                self.mids[name] = Decimal(bids[0][0] + asks[0][0]) / 2

    def take(self, command: Command, events: list[Event]) -> None:
        for event in events:
            self.events.append(event)
            if isinstance(event, OrderAccepted):
                self.verdicts["order", "", self._class(event.account)] += 1
                self.ends[event.order_id] = ("open", "")
            elif isinstance(event, OrderRejected):
                source = event.rule if event.code == COMPLIANCE and event.rule else REJECT_CODES[event.code]
                self.verdicts["order", source, self._class(event.account)] += 1
                self.ends[event.order_id] = ("refused", event.rule or REJECT_CODES[event.code])
            elif isinstance(event, OrderCancelled):
                source = event.rule if event.reason == BY_RULE else CANCEL_REASONS[event.reason]
                self.verdicts["cancel", source, self._class(event.account)] += 1
                self.ends[event.order_id] = ("cancelled", source)
            elif isinstance(event, RequestRejected):
                source = event.rule if event.code == COMPLIANCE and event.rule else REJECT_CODES[event.code]
                self.verdicts[command_name(type(command)), source, self._class(event.account)] += 1
            elif isinstance(event, MovementHeld):
                told = [each for each in self.events[:-1] if isinstance(each, MovementHeld | MovementEnded)]
                last = [each for each in told if each.movement == event.movement][-1:]
                if not last or isinstance(last[0], MovementEnded):
                    self.verdicts["held", event.rule, self._class(event.account)] += 1
            elif isinstance(event, Trade):
                self._trade(event)

    def check(self, world: World, counts_events: bool = True) -> None:
        """That a world has these figures."""
        assert {
            (each.request, each.source, each.investor_class): each.count for each in world.verdicts
        } == self.verdicts
        assert world.orders == sum(isinstance(each, OrderAccepted | OrderRejected) for each in self.events)
        if counts_events:
            assert world.events == Counter(type(each).__name__ for each in self.events)
        for market in world.markets:
            instrument, trades = self.exchange.instruments[market.instrument], self.trades[market.instrument]
            tick, lot = Decimal(instrument.tick_e8) / 10**8, Decimal(instrument.lot_e8) / 10**8
            assert market.trades == len(trades)
            assert Decimal(market.volume) == sum(each.quantity_lots for each in trades) * lot
            value = sum(each.price_ticks * each.quantity_lots for each in trades) * instrument.unit
            assert Decimal(market.value) == Decimal(value) / 10**instrument.quote.scale
            prices = [each.price_ticks * tick for each in trades]
            told = [market.first_price, market.last_price, market.high_price, market.low_price]
            assert told == [""] * 4 if not prices else True
            if prices:
                assert [Decimal(each) for each in told] == [prices[0], prices[-1], max(prices), min(prices)]
            assert 0 <= market.quoted_ns <= market.open_ns
        for each in world.welfare:
            key = f"{each.investor_class} {each.quote}"
            scale = 10 ** self.exchange.assets[each.quote].scale
            assert Decimal(each.against_mid) * scale == self.gains[key]
            assert Decimal(each.without_mid) * scale == self.unvalued[key]
            assert Decimal(each.fees) * scale == self.fees[key]

    def fate(self, order_id: int) -> tuple[tuple[str, str], int, int] | None:
        """How an order ended and why, its lots, and what they cost in ticks; None: there was no such order."""
        if order_id not in self.ends:
            return None
        fills = self.fills[order_id]
        return self.ends[order_id], sum(lots for _, lots in fills), sum(ticks * lots for ticks, lots in fills)

    def _trade(self, trade: Trade) -> None:
        self.trades[trade.instrument].append(trade)
        instrument = self.exchange.instruments[trade.instrument]
        mid = self.mids.get(trade.instrument)
        for order_id, account, leaves, fee, is_taker in (
            (trade.maker_order_id, trade.maker_account, trade.maker_leaves_lots, trade.maker_fee, False),
            (trade.taker_order_id, trade.taker_account, trade.taker_leaves_lots, trade.taker_fee, True),
        ):
            self.fills[order_id].append((trade.price_ticks, trade.quantity_lots))
            if not leaves:
                self.ends[order_id] = ("filled", "")
            key = f"{self._class(account)} {instrument.quote.asset}"
            self.fees[key] += fee
            buys = (trade.taker_side == 0) == is_taker
            if mid is None:
                self.unvalued[key] += trade.price_ticks * trade.quantity_lots * instrument.unit
            else:
                gain = (mid - trade.price_ticks) * trade.quantity_lots * instrument.unit
                self.gains[key] += gain if buys else -gain

    def _class(self, account: str) -> str:
        client = self.exchange.hook.intake.registry.clients.get(account)  # type: ignore[attr-defined]  # the rules' hook
        return "" if client is None else class_name(client.investor.investor_class)
