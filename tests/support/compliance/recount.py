"""What the recounts stand on: the cap counted anew from the events alone, and a venue that can restart."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from compliance import ComplianceHook
from compliance.registry.calendar import days_from_civil, moscow_year
from engine.exchange import Exchange, restore_exchange
from engine.snapshot.encoding import decode_snapshot, encode_snapshot
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    Event,
    InstrumentListed,
    InvestorRegistered,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    TradeCorrected,
)
from tests.support.compliance.venue import Venue


class Recount:
    """Purchases and sales recounted from the events, by what a reader of the journal would do.

    What trades is counted by the cap, and what it trades for is USDT or roubles. `highs`: the upper static band of each
    instrument that trades for USDT, in ticks, which does not move.
    """

    def __init__(self, highs: dict[str, int]) -> None:
        self.highs = highs
        self.owners: dict[str, tuple[str, str]] = {}
        self.retail: dict[str, bool] = {}
        self.scales: dict[str, int] = {}
        self.listed: dict[str, InstrumentListed] = {}
        self.usdt = Fraction(0)
        """Kopecks for the smallest part of a USDT."""
        self.open: dict[int, dict[str, object]] = {}
        self.trades: list[dict[str, object]] = []
        """Each side of a trade that counts."""

    def add(self, event: Event, time_ns: int) -> None:
        if isinstance(event, AssetAdded):
            self.scales[event.asset] = event.scale
        elif isinstance(event, InstrumentListed):
            self.listed[event.instrument] = event
        elif isinstance(event, AccountOpened):
            self.owners[event.account] = (event.investor, event.intermediary)
        elif isinstance(event, InvestorRegistered):
            self.classify(event.investor, event.investor_class in ("retail", "unqualified_firm"))
        elif isinstance(event, OrderAccepted) and self.purchases(event.instrument, event.side):
            self.open[event.order_id] = {
                "account": event.account,
                "instrument": event.instrument,
                "side": event.side,
                "limit": event.price_ticks,
                "price": self.worst(event.instrument, event.side, event.price_ticks),
                "leaves": event.quantity_lots,
                "rate": self.rate(event.instrument),
                "spent": 0,
            }
        elif isinstance(event, OrderAmended) and event.order_id in self.open:
            self.amend(event)
        elif isinstance(event, OrderCancelled):
            self.open.pop(event.order_id, None)
        elif isinstance(event, Trade):
            self.trade(event, time_ns)
        elif isinstance(event, TradeCorrected):
            for row in self.trades:
                if row["trade"] == event.trade_id:
                    value = event.new_price_ticks * event.quantity_lots * self.listed[event.instrument].unit
                    row["kopecks"] = (ceil if row["bought"] else floor)(value * row["rate"])

    def purchases(self, instrument: str, side: int) -> bool:
        """Whether to trade on a side is to acquire what the cap counts."""
        return side == BUY or instrument.endswith("/USDT")

    def sells(self, instrument: str, side: int) -> bool:
        """Whether it is to give away what the cap counts."""
        return side == SELL or instrument.endswith("/USDT")

    def worst(self, instrument: str, side: int, price_ticks: int) -> int:
        return price_ticks if side == BUY else max(price_ticks, self.highs[instrument])

    def rate(self, instrument: str) -> Fraction:
        return Fraction(1) if instrument.endswith("/RUB") else self.usdt

    def classify(self, investor: str, retail: bool) -> None:
        if retail and not self.retail.get(investor, True):
            for order in self.open.values():
                if self.owners[order["account"]][0] == investor:
                    order.update(rate=self.rate(order["instrument"]), spent=0)
        self.retail[investor] = retail

    def amend(self, event: OrderAmended) -> None:
        order = self.open[event.order_id]
        new = event.price_ticks * event.leaves_lots
        if event.leaves_lots > order["leaves"] or new > order["limit"] * order["leaves"]:
            order.update(rate=self.rate(order["instrument"]), spent=0)
        worst = self.worst(order["instrument"], order["side"], event.price_ticks)
        order.update(limit=event.price_ticks, price=worst, leaves=event.leaves_lots)

    def trade(self, event: Trade, time_ns: int) -> None:
        for side in (BUY, SELL):
            if side == event.taker_side:
                order_id, account, leaves = event.taker_order_id, event.taker_account, event.taker_leaves_lots
            else:
                order_id, account, leaves = event.maker_order_id, event.maker_account, event.maker_leaves_lots
            self.fill(event, order_id, side, account=account, leaves=leaves, time_ns=time_ns)
        if event.instrument == "USDT/RUB":
            listed = self.listed[event.instrument]
            lot = Fraction(listed.lot_e8, 10**8) * 10 ** self.scales["USDT"]
            self.usdt = event.price_ticks * listed.unit / lot

    def fill(self, event: Trade, order_id: int, side: int, *, account: str, leaves: int, time_ns: int) -> None:
        """Count one side of a trade: a purchase, a sale, or both at the rate of the purchase."""
        value = event.price_ticks * event.quantity_lots * self.listed[event.instrument].unit
        rate = self.rate(event.instrument)
        if self.purchases(event.instrument, side):
            order = self.open[order_id]
            order["leaves"] = leaves
            rate, spent = order["rate"], order["spent"]
            order["spent"] = spent + value
            if not leaves:
                del self.open[order_id]
            kopecks = ceil((spent + value) * rate) - ceil(spent * rate)
            self.count(event, account, time_ns, bought=True, rate=rate, kopecks=kopecks)
        if self.sells(event.instrument, side):
            self.count(event, account, time_ns, bought=False, rate=rate, kopecks=floor(value * rate))

    def count(self, event: Trade, account: str, time_ns: int, *, bought: bool, rate: Fraction, kopecks: int) -> None:
        investor, intermediary = self.owners[account]
        if self.retail[investor]:
            row = {"trade": event.trade_id, "bought": bought, "investor": investor, "intermediary": intermediary}
            crypto = not event.instrument.endswith("/RUB")
            self.trades.append({**row, "day": moscow_day(time_ns), "crypto": crypto, "rate": rate, "kopecks": kopecks})

    def used(self, investor: str, scope: str | None, time_ns: int, *, rolling: bool, net: bool, crypto: bool) -> int:
        today, year = moscow_day(time_ns), moscow_year(time_ns)
        total = 0
        for row in self.trades:
            if (
                row["investor"] != investor
                or scope not in (None, row["intermediary"])
                or (row["crypto"] and not crypto)
            ):
                continue
            inside = row["day"] > today - 365 if rolling else row["day"] >= days_from_civil(year, 1, 1)
            if inside and row["bought"]:
                total += row["kopecks"]
            elif inside and net:
                total -= row["kopecks"]
        return max(total, 0)

    def reserved(self, investor: str, scope: str | None, crypto: bool) -> int:
        total = 0
        for order in self.open.values():
            owner, intermediary = self.owners[order["account"]]
            counts = crypto or order["instrument"].endswith("/RUB")
            if owner == investor and self.retail[owner] and scope in (None, intermediary) and counts:
                value = order["price"] * order["leaves"] * self.listed[order["instrument"]].unit
                rate, spent = order["rate"], order["spent"]
                total += ceil((spent + value) * rate) - ceil(spent * rate)
        return total


class RestartingVenue(Venue):
    """A venue that can be replaced by one restored from its snapshot, and whose commands are kept."""

    def new_exchange(self) -> Exchange:
        self.commands: list[Sequenced] = []
        return super().new_exchange()

    def apply(self, command: AnyCommand) -> list[Event]:
        self.commands.append(Sequenced(self.exchange.seq + 1, self.time_ns, command))
        return super().apply(command)

    def restart(self) -> None:
        """Go on with an exchange and a hook that were restored from a snapshot."""
        packed = encode_snapshot(self.exchange.snapshot())
        self.hook = ComplianceHook()
        self.exchange = restore_exchange(decode_snapshot(packed), self.hook)
        self.exchange.check()
        assert encode_snapshot(self.exchange.snapshot()) == packed
