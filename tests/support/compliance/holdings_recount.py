"""What financial firms have, recounted from the events alone: a plain list of what was held and is open, added up from nothing."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from compliance.registry.listings import COINS, FUTURES, ISSUED, ROUBLE_COINS, SECURITIES
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    AssetIssued,
    Event,
    FundsMoved,
    FutureMarked,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)

PARTS = {codes.CRYPTO: COINS, codes.FOREIGN_STABLECOIN: COINS, codes.SECURITY: SECURITIES}
PARTS[codes.DOMESTIC_STABLECOIN] = ROUBLE_COINS
ISSUER = {"BANK-DFA": "bank"}
BAND = Fraction(4, 10)
BAND_ENDS = {"BTC/A7A5": 1_400}
"""The upper static band of spot instruments that have one, in ticks."""

Figures = tuple[int, int, int, int, int, int]


class Open:
    """An open order: of a sale that may open or acquire the price is the upper band, if that is higher."""

    def __init__(self, event: OrderAccepted, price_ticks: int, rate: Fraction | None) -> None:
        self.account = event.account
        self.instrument = event.instrument
        self.side = event.side
        self.price_ticks = price_ticks
        self.leaves = event.quantity_lots
        self.rate = rate


class HoldingsRecount:
    """Holdings by account and asset, open orders, positions in futures, prices."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.scales: dict[str, int] = {}
        self.listed: dict[str, InstrumentListed] = {}
        self.owners: dict[str, str] = {}
        self.held: dict[tuple[str, str], int] = {}
        self.issued: dict[str, int] = {}
        self.last: dict[str, int] = {"CNY/RUB": 10, "BANK-DFA": 100}
        """By instrument, in ticks: a trade, a mark, or the reference price of the two that have one."""
        self.orders: dict[int, Open] = {}
        self.fees: dict[tuple[int, int], int] = {}
        """What each side was charged for a trade."""
        self.positions: dict[tuple[str, str], int] = {}
        self.not_financial: list[str] = []

    def add(self, event: Event) -> None:
        if isinstance(event, AssetAdded):
            self.kinds[event.asset], self.scales[event.asset] = event.kind, event.scale
        elif isinstance(event, InstrumentListed):
            self.listed[event.instrument] = event
        elif isinstance(event, AccountOpened):
            self.owners[event.account] = event.investor
        elif isinstance(event, FundsMoved):
            self.move(event.account, event.asset, event.amount)
        elif isinstance(event, AssetIssued):
            self.move(event.account, event.asset, event.amount)
            self.issued[event.asset] = self.issued.get(event.asset, 0) + event.amount
        elif isinstance(event, Transferred):
            self.move(event.from_account, event.asset, -event.amount)
            self.move(event.to_account, event.asset, event.amount)
        elif isinstance(event, VariationMargin):
            self.move(event.account, self.listed[event.instrument].quote, event.amount)
        elif isinstance(event, FutureMarked):
            self.last[event.instrument] = event.price_ticks
        elif isinstance(event, Trade):
            self.trade(event)
        elif isinstance(event, TradeCorrected):
            self.correct(event)
        else:
            self.follow_order(event)

    def follow_order(self, event: Event) -> None:
        if isinstance(event, OrderAccepted):
            price_ticks = self.worst(event.instrument, event.side, event.price_ticks)
            self.orders[event.order_id] = Open(event, price_ticks, self.rate(event.instrument))
        elif isinstance(event, OrderAmended):
            order = self.orders[event.order_id]
            price_ticks = self.worst(order.instrument, order.side, event.price_ticks)
            if event.leaves_lots > order.leaves or price_ticks * event.leaves_lots > order.price_ticks * order.leaves:
                order.rate = self.rate(event.instrument)
            order.price_ticks, order.leaves = price_ticks, event.leaves_lots
        elif isinstance(event, OrderCancelled):
            self.orders.pop(event.order_id, None)

    def note(self, command: AnyCommand, done: bool) -> None:
        """Follow what no event says: who is a financial firm. Then those without a rate get that of now."""
        if not done or not isinstance(command, commands.RegisterInvestor) or command.financial is None:
            return
        was = command.investor in self.not_financial
        self.not_financial = [] if command.financial else [command.investor]
        if was == command.financial:
            for order in self.orders.values():
                if order.rate is None or self.owners[order.account] == command.investor:
                    order.rate = self.rate(order.instrument)

    def move(self, account: str, asset: str, amount: int) -> None:
        self.held[account, asset] = self.held.get((account, asset), 0) + amount

    def future(self, instrument: str) -> bool:
        return self.listed[instrument].kind == codes.FUTURE

    def worst(self, instrument: str, side: int, price_ticks: int) -> int:
        if side == BUY:
            return price_ticks
        if not self.future(instrument):
            return max(price_ticks, BAND_ENDS.get(instrument, 0))
        mark = self.last[instrument]
        return max(price_ticks, mark + int(mark * BAND))

    def price(self, asset: str) -> Fraction | None:
        """Kopecks for a minor unit of an asset."""
        if asset == "RUB":
            return Fraction(1)
        for listed in self.listed.values():
            if listed.base == asset and listed.quote == "RUB" and listed.kind != codes.FUTURE:
                ticks = self.last.get(listed.instrument, 0)
                if ticks:
                    return ticks * listed.unit / self.lot(listed)
        return None

    def lot(self, listed: InstrumentListed) -> Fraction:
        return Fraction(listed.lot_e8, 10**8) * 10 ** self.scales[listed.base]

    def rate(self, instrument: str) -> Fraction | None:
        return self.price(self.listed[instrument].quote)

    def trade(self, event: Trade) -> None:
        listed = self.listed[event.instrument]
        value = event.price_ticks * event.quantity_lots * listed.unit
        sides = (
            (event.taker_side, event.taker_order_id, event.taker_account, event.taker_leaves_lots, event.taker_fee),
        )
        sides += (
            (1 - event.taker_side, event.maker_order_id, event.maker_account, event.maker_leaves_lots, event.maker_fee),
        )
        for side, order_id, account, leaves, fee in sides:
            self.fees[event.trade_id, side] = fee
            self.book(account, listed, side, event.quantity_lots, value)
            self.move(account, listed.quote, -fee)
            if leaves:
                self.orders[order_id].leaves = leaves
            else:
                self.orders.pop(order_id, None)
        if not self.future(event.instrument):
            self.last[event.instrument] = event.price_ticks

    def book(self, account: str, listed: InstrumentListed, side: int, lots: int, value: int) -> None:
        """Book what a side gets and gives; lots and value are negative where a trade is taken back."""
        sign = 1 if side == BUY else -1
        if listed.kind == codes.FUTURE:
            key = (account, listed.instrument)
            self.positions[key] = self.positions.get(key, 0) + sign * lots
            return
        self.move(account, listed.base, sign * int(lots * self.lot(listed)))
        self.move(account, listed.quote, -sign * value)

    def correct(self, event: TradeCorrected) -> None:
        listed = self.listed[event.instrument]
        more = (event.new_price_ticks - event.price_ticks) * event.quantity_lots * listed.unit
        back = 0 if event.new_price_ticks else -event.quantity_lots
        for side, account, fee in ((BUY, event.buy_account, event.buy_fee), (SELL, event.sell_account, event.sell_fee)):
            self.book(account, listed, side, back, more)
            self.move(account, listed.quote, self.fees[event.trade_id, side] - fee)
            self.fees[event.trade_id, side] = fee

    def worth(self, investor: str, parts: int) -> Figures:
        """Coins, securities, rouble stablecoins, futures, issued, open; of one who is no financial firm nothing but the issue."""
        accounts = [account for account, owner in self.owners.items() if owner == investor]
        if investor in self.not_financial:
            accounts = []
        found = dict.fromkeys((COINS, SECURITIES, ROUBLE_COINS, ISSUED), 0)
        for asset, kind in self.kinds.items():
            part = PARTS.get(kind, 0)
            units = sum(self.held.get((account, asset), 0) for account in accounts) if part & parts else 0
            own = ISSUER.get(asset) == investor and bool(parts & ISSUED)
            if own:
                units, part = max(units, self.issued.get(asset, 0)), ISSUED
            price = self.price(asset)
            if units and price is not None:
                found[part] += ceil(units * price)
        futures = sum(self.futures(account) for account in accounts) if parts & FUTURES else 0
        opened = sum(self.costs(order, investor, parts) for order in self.orders.values() if order.account in accounts)
        return found[COINS], found[SECURITIES], found[ROUBLE_COINS], futures, found[ISSUED], opened

    def costs(self, order: Open, investor: str, parts: int) -> int:
        """What an open order that acquires counts for."""
        listed = self.listed[order.instrument]
        if listed.kind == codes.FUTURE or order.rate is None:
            return 0
        acquired = listed.base if order.side == BUY else listed.quote
        if not PARTS.get(self.kinds[acquired], 0) & parts:
            return 0
        # A buy costs no more than what pays for it; a sale may bring in more.
        if order.side == BUY and PARTS.get(self.kinds[listed.quote], 0) & parts:
            return 0
        if parts & ISSUED and ISSUER.get(acquired) == investor:
            return 0
        return ceil(order.price_ticks * order.leaves * listed.unit * order.rate)

    def futures(self, account: str) -> int:
        total = 0
        for name, listed in self.listed.items():
            if listed.kind != codes.FUTURE:
                continue
            lots = self.positions.get((account, name), 0)
            held = abs(lots) * self.last.get(name, 0) * listed.unit
            worth = [held]
            for side, position in ((BUY, lots), (SELL, -lots)):
                mine = [o for o in self.orders.values() if (o.account, o.instrument, o.side) == (account, name, side)]
                each = sorted([o.price_ticks for o in mine for _ in range(o.leaves)], reverse=True)
                if position >= 0:
                    worth.append(held + sum(each) * listed.unit)
                elif len(each) > -position:
                    worth.append(sum(each[: len(each) + position]) * listed.unit)
            price = self.price(listed.quote)
            total += 0 if price is None else ceil(max(worth) * price)
        return total
