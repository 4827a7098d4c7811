"""Exposure twice: the ledger beside a recount from what was done, equal after every step, and the verdicts that follow.

The hook is driven directly: orders are checked, then filled, cancelled, amended and corrected by events as the core emits
them, in notes and in futures, whose sells may go short. The recount keeps a plain list of what happened and adds it up.
"""

from __future__ import annotations

import random
from fractions import Fraction
from math import floor

import pytest

from compliance import ComplianceHook
from engine.book.entities import Order
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, DOMESTIC_PAYMENT, GTC, LIMIT, SECURITY, SELL
from engine.vocabulary.messages.commands import AddAsset, ListInstrument, NewOrder
from engine.vocabulary.messages.events import (
    AssetIssued,
    Event,
    FundsMoved,
    FutureMarked,
    OrderCancelled,
    Trade,
    TradeCorrected,
    Transferred,
)
from tests.support.compliance.exposures import FUTURE, LOT_UNITS, NOTE, Done, Moved, dearest, position
from tests.support.compliance.venue import ACCOUNTS, Venue, disclosure_of
from tests.support.engine.streams import each_of

TRADERS = ("firm", "firm@alfa", "firm@credit", "qualified", "qualified@credit", "bank", "dealer")
# A tick times a lot of both instruments is one kopeck.
PRICE = 1_000
LIMITS = {"firm": 200_000_000, "dealer": 200_000_000, "bank": 200_000_000, "qualified": 80_000_000}
INTERMEDIARY_LIMIT = 150_000_000
CHANGES = (
    ("DER-4", "qualified_firm_rub", '"2000000.00"'),
    ("DER-4", "qualified_rub", '"800000.00"'),
    # What banks have is recounted in test_portfolio_recount.py.
    ("DER-3", "enabled", "false"),
    ("DER-2", "exposure_limit_rub", '"1500000.00"'),
)


class Session:
    """A hook, and what it was told."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.venue = Venue("general-2026", CHANGES)
        lot_e8, tick_e8, most = LOT_UNITS * 10**4, 20 * 10**8, LOT_UNITS * 10**15
        listing = ListInstrument(NOTE, codes.NOTE, NOTE, "RUB", tick_e8, lot_e8, lot_e8, most, 10**15, 100_000)
        self.venue.do(AddAsset(NOTE, SECURITY, 4))
        self.venue.do(disclosure_of(NOTE))
        self.venue.do(listing)
        self.hook = self.venue.hook
        self.orders: dict[int, Order] = {}
        self.done: list[Done | Moved] = []
        self.trades: dict[int, tuple[str, str, str, int, int]] = {}
        """Trade id: instrument, buyer, seller, price, lots."""
        self.order_id = 10**9
        self.refused = 0

    def now(self, extra: Order | None = None) -> dict[tuple[str, str], int]:
        """Exposure by account and instrument, with an order more or as it would be amended."""
        orders = [order for order in self.orders.values() if extra is None or order.order_id != extra.order_id]
        if extra is not None:
            orders.append(extra)
        found: dict[tuple[str, str], int] = {}
        for account in TRADERS:
            for instrument in (NOTE, FUTURE):
                key = (account, instrument)
                lots, value = position(self.done, key)
                worth = [value]
                for side, held in ((BUY, lots), (SELL, -lots)):
                    mine = [o for o in orders if (o.account.account, o.instrument_name, o.side) == (*key, side)]
                    open_lots = sum(order.leaves_lots for order in mine)
                    open_value = sum(order.leaves_lots * order.reserve_ticks for order in mine)
                    if side == SELL and instrument == NOTE:
                        continue
                    if held >= 0:
                        worth.append(value + open_value)
                    elif open_lots > -held:
                        worth.append(dearest(mine, int(open_lots + held)))
                found[key] = max(worth)
        return found

    def expected(self, before: dict[tuple[str, str], int], order: Order) -> tuple[str, ...]:
        """The rules that an order must fail."""
        investor, intermediary = ACCOUNTS[order.account.account]
        key = (order.account.account, order.instrument_name)
        without = dict(before)
        if order.order_id in self.orders:
            others = dict(self.orders)
            del others[order.order_id]
            kept, self.orders = self.orders, others
            without = self.now()
            self.orders = kept
        adds = self.now(order)[key] - without[key]
        if not adds:
            return ()
        own = sum(value for (account, _), value in without.items() if ACCOUNTS[account][0] == investor) + adds
        through = sum(value for (account, _), value in without.items() if ACCOUNTS[account][1] == intermediary) + adds
        failed = {
            "DER-4": own > LIMITS[investor],
            "DER-2": intermediary != "" and through > INTERMEDIARY_LIMIT,
        }
        return tuple(rule for rule, fails in failed.items() if fails)

    def enter(self) -> None:
        account, instrument = self.chance.choice(TRADERS), self.chance.choice((NOTE, FUTURE, FUTURE))
        side, lots = self.chance.choice((BUY, SELL)), self.chance.choice((1, 7, 1_000, 10_000, 40_000, 90_000))
        self.place(account, instrument, side, PRICE + self.chance.randint(-300, 300), lots)

    def place(self, account: str, instrument: str, side: int, price_ticks: int, lots: int) -> None:
        self.order_id += 1
        request = NewOrder("", account, "direct", instrument, side, LIMIT, GTC, 0, 0)
        exchange = self.venue.exchange
        order = Order(self.order_id, exchange.accounts[account], request, exchange.books[instrument])
        self.ask(order, price_ticks, lots)

    def ask(self, order: Order, price_ticks: int, lots: int) -> None:
        """Check an order, or an amend of one, against the recount; it stands if it passes."""
        wanted = Order(order.order_id, order.account, order.command, order.book)
        wanted.reserve_ticks, wanted.leaves_lots = price_ticks, lots
        expected = self.expected(self.now(), wanted)
        if order.order_id not in self.orders:
            order.reserve_ticks, order.leaves_lots = price_ticks, lots
        verdict = self.hook.check(order, price_ticks, lots, self.venue.time_ns)
        assert (() if verdict is None else verdict.rules) == expected
        if verdict is None:
            self.hook.reserve(order, price_ticks, lots)
            order.reserve_ticks, order.leaves_lots = price_ticks, lots
            self.orders[order.order_id] = order
        else:
            self.refused += 1

    def amend(self) -> None:
        if not self.orders:
            return
        order = self.chance.choice(list(self.orders.values()))
        lots, price_ticks = self.chance.randint(1, 2 * order.leaves_lots), PRICE + self.chance.randint(-300, 300)
        if lots > order.leaves_lots or lots * price_ticks > order.leaves_lots * order.reserve_ticks:
            self.ask(order, price_ticks, lots)
        else:
            order.reserve_ticks, order.leaves_lots = price_ticks, lots
            self.hook.true_up(order)

    def trade(self) -> None:
        buys = [order for order in self.orders.values() if order.side == BUY]
        if not buys:
            return
        buy = self.chance.choice(buys)
        sells = [o for o in self.orders.values() if o.side == SELL and o.instrument_name == buy.instrument_name]
        sells = [o for o in sells if ACCOUNTS[o.account.account][0] != ACCOUNTS[buy.account.account][0]]
        if not sells:
            return
        sell = self.chance.choice(sells)
        lots = self.chance.randint(1, min(buy.leaves_lots, sell.leaves_lots))
        price_ticks = self.chance.choice((buy.reserve_ticks, sell.reserve_ticks))
        taker, maker = (buy, sell) if self.chance.randrange(2) else (sell, buy)
        for order in (buy, sell):
            order.leaves_lots -= lots
            if not order.leaves_lots:
                del self.orders[order.order_id]
            account = order.account.account
            self.done.append(Done(account, order.instrument_name, order.side, lots, new_ticks=price_ticks))
        trade_id = len(self.trades) + 1
        instrument = buy.instrument_name
        self.trades[trade_id] = (instrument, buy.account.account, sell.account.account, price_ticks, lots)
        numbers = (0, "c", 0)
        self.observe(
            Trade(
                trade_id,
                instrument,
                price_ticks,
                lots,
                taker.side,
                maker.order_id,
                maker.account.account,
                *numbers,
                maker.leaves_lots,
                0,
                taker.order_id,
                taker.account.account,
                *numbers,
                taker.leaves_lots,
                0,
            )
        )

    def correct(self) -> None:
        if not self.trades:
            return
        trade_id = self.chance.choice(list(self.trades))
        instrument, buyer, seller, old_ticks, lots = self.trades[trade_id]
        new_ticks = self.chance.choice((0, PRICE + self.chance.randint(-900, 900)))
        for account, side in ((buyer, BUY), (seller, SELL)):
            self.done.append(Done(account, instrument, side, lots, old_ticks=old_ticks, new_ticks=new_ticks))
        self.observe(
            TradeCorrected(
                trade_id,
                instrument,
                old_ticks,
                new_ticks,
                lots,
                0,
                buyer,
                0,
                0,
                0,
                seller,
                0,
                0,
                self.venue.time_ns,
                "",
            )
        )
        if new_ticks:
            self.trades[trade_id] = (instrument, buyer, seller, new_ticks, lots)
        else:
            del self.trades[trade_id]

    def move(self) -> None:
        """Notes are transferred, redeemed or withdrawn, some of which may have been bought elsewhere."""
        sender, receiver = self.chance.sample(TRADERS, 2)
        held, value = position(self.done, (sender, NOTE))
        held_units = int(held * LOT_UNITS)
        units = self.chance.randint(1, held_units + 3)
        gone = min(units, held_units)
        with_them = floor(Fraction(value * gone, held_units)) if held_units else 0
        self.done.append(Moved(sender, -gone, -with_them))
        how = self.chance.randrange(4)
        if how == 0:
            self.observe(AssetIssued(sender, 0, NOTE, "issuer", -units, 0, 0, 0))
        elif how == 1:
            self.observe(FundsMoved(sender, 0, NOTE, -units, 0, 0, ""))
        else:
            self.done.append(Moved(receiver, gone, with_them))
            self.observe(Transferred(1, sender, 0, receiver, 0, "c", NOTE, units, DOMESTIC_PAYMENT, "", 0, 0))

    def arrive(self) -> None:
        """What is issued or deposited was not bought here: it is no exposure."""
        account = self.chance.choice(TRADERS)
        self.observe(AssetIssued(account, 0, NOTE, "issuer", 5, 0, 0, 0))
        self.observe(FundsMoved(account, 0, NOTE, 5, 0, 0, ""))

    def cancel(self, order: Order) -> None:
        del self.orders[order.order_id]
        account = order.account.account
        self.observe(OrderCancelled(order.order_id, account, 0, "c", order.instrument_name, order.side, 0, 0, 0, 0, 0))

    def settle(self) -> None:
        """The series expires: its orders are cancelled, then it is marked for the last time."""
        for order in list(self.orders.values()):
            if order.instrument_name == FUTURE:
                self.cancel(order)
        self.observe(FutureMarked(FUTURE, PRICE, 0, False))
        self.compare()
        self.observe(FutureMarked(FUTURE, PRICE, 0, True))
        self.done = [each for each in self.done if each.key[1] != FUTURE]
        self.trades = {trade_id: trade for trade_id, trade in self.trades.items() if trade[0] != FUTURE}

    def restart(self) -> None:
        packed = self.hook.snapshot()
        self.hook = ComplianceHook()
        self.hook.restore(
            packed,
            self.venue.exchange.assets,
            self.venue.exchange.instruments,
            self.venue.exchange.accounts,
        )
        assert self.hook.snapshot() == packed

    def observe(self, event: Event) -> None:
        self.hook.observe(event, self.venue.time_ns)

    def step(self) -> None:
        roll = self.chance.randrange(100)
        if roll < 45:
            self.enter()
        elif roll < 55:
            self.amend()
        elif roll < 80:
            self.trade()
        elif roll < 84:
            self.correct()
        elif roll < 88:
            self.move()
        elif roll < 89:
            self.arrive()
        elif roll < 96 and self.orders:
            self.cancel(self.chance.choice(list(self.orders.values())))
        elif roll < 99:
            self.restart()
        else:
            self.settle()
        self.compare()

    def compare(self) -> None:
        exposures = self.hook.intake.ledger.exposures
        now = self.now()
        investors: dict[str, int] = {}
        intermediaries: dict[str, int] = {}
        for (account, instrument), value in now.items():
            kept = exposures.positions.get(account, {}).get(instrument)
            assert (0 if kept is None else kept.exposure) == value
            investor, intermediary = ACCOUNTS[account]
            investors[investor] = investors.get(investor, 0) + value
            intermediaries[intermediary] = intermediaries.get(intermediary, 0) + value
        del intermediaries[""]
        for name, total in investors.items():
            assert exposures.by_investor.get(name, 0) == total
        for name, total in intermediaries.items():
            assert exposures.through(name) == total


@pytest.mark.parametrize("seed", each_of(range(12), range(2)))
def test_exposure_and_verdicts_are_what_the_recount_says(seed: int) -> None:
    session = Session(seed)
    for _ in range(250):
        session.step()
    assert session.refused > 5
    for order in list(session.orders.values()):
        session.cancel(order)
    session.settle()
    session.compare()
    exposures = session.hook.intake.ledger.exposures
    assert not session.hook.intake.ledger.open_orders
    assert not session.hook.intake.ledger.open_sells
    for by_instrument in exposures.positions.values():
        for kept in by_instrument.values():
            assert (kept.buy_lots, kept.buy_value, kept.sell_lots, kept.sell_value) == (0, 0, 0, 0)
            assert kept.exposure == kept.value


def test_a_buy_that_closes_a_short_counts_for_what_it_opens_from_one_lot_on() -> None:
    session = Session(0)
    session.place("dealer", FUTURE, BUY, 10, 1)
    session.place("firm", FUTURE, SELL, 10, 1)
    session.trade()
    session.compare()
    session.place("firm", FUTURE, BUY, 100, 1)
    assert session.now()["firm", FUTURE] == 10
    session.compare()
    session.place("firm", FUTURE, BUY, 100, 1)
    assert session.now()["firm", FUTURE] == 100
    session.compare()


def test_the_entry_value_of_what_remains_is_rounded_up() -> None:
    bought = [Done("firm", FUTURE, BUY, 2, new_ticks=10), Done("firm", FUTURE, BUY, 1, new_ticks=11)]
    assert position(bought, ("firm", FUTURE)) == (3, 31)
    sold = Done("firm", FUTURE, SELL, 1, new_ticks=50)
    assert position([*bought, sold], ("firm", FUTURE)) == (2, 31 - floor(Fraction(31, 3)))
    turned = Done("firm", FUTURE, SELL, 5, new_ticks=50)
    assert position([*bought, turned], ("firm", FUTURE)) == (-2, 100)
    assert position([*bought, Done("firm", NOTE, SELL, 5, new_ticks=50)], ("firm", NOTE)) == (0, 0)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        # The short of 100 lots is closed by the cheapest: 1, 2, ... Of 100 open lots beyond it, the dearest count.
        (20, sum(range(11, 21)) * 10),
        # Beyond the 64 dearest prices everything counts at the 64th.
        (64, 10 * sum(range(11, 65))),
        (100, 10 * sum(range(38, 101)) + 10 * 27 * 37),
    ],
)
def test_what_turns_a_short_is_counted_exactly_down_to_the_64th_price(prices: int, expected: int) -> None:
    session = Session(0)
    client, listing = session.hook.intake.registry.clients["firm"], session.hook.intake.registry.listings[FUTURE]
    kept = session.hook.intake.ledger.exposures.position(client, listing)
    kept.fill(SELL, 100, 1)
    for price in range(prices, 1, -1):
        kept.open(BUY, 10, 10 * price)
    assert kept.worth(BUY, 10, 10) == expected
    kept.open(BUY, 10, 10)
    assert kept.worth() == expected
    for price in range(1, prices + 1):
        kept.open(BUY, -10, -10 * price)
    assert (kept.worth(), kept.levels, kept.values) == (100, [{}, {}], [[], []])
