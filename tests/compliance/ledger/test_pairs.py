"""Of a pair one order can fill: it reserves the larger of the two, in the cap, in exposure and in portfolios, as money is reserved once.

Random sessions recount what is reserved from the open orders of the core after every command.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from compliance.ledger.portfolio import HELD
from engine.book.entities import Order
from engine.book.whereabouts import FOR_ENTRY
from engine.money.margin import worst_ticks
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, BY_RULE, GTC, INDIVIDUAL, LIMIT, OTHER_LEG, SELL, STOP, STOP_LIMIT
from engine.vocabulary.messages.commands import (
    AnyCommand,
    CancelOrder,
    MarkFuture,
    MassCancel,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RegisterIntermediary,
    RegisterInvestor,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderCancelled, OrderRejected, Trade
from tests.support.compliance.answers import set_parameter, sums
from tests.support.compliance.recount import RestartingVenue
from tests.support.compliance.venue import PARTICIPANT, Venue, e8, rules_of


def leg(
    account: str, side: int, lots: str, price: str = "0", *, stop: str = "0", market: str = "BTC/RUB", name: str = ""
) -> NewOrder:
    """A limit order, or with a stop price a stop or stop_limit order."""
    kind = LIMIT if stop == "0" else STOP if price == "0" else STOP_LIMIT
    name = name or f"{side} {price} {stop}"
    return NewOrder(
        PARTICIPANT, account, name, market, side, kind, GTC, e8(price), e8(lots), stop_price_e8=e8(stop)
    )  # fmt: skip


def pair(account: str, side: int, lots: str, prices: tuple[str, ...], market: str = "BTC/RUB") -> AnyCommand:
    """A pair by its limit, its stop price and the limit that the stop has then."""
    price, stop, worst = prices
    limit = leg(account, side, lots, price, market=market)
    return NewOrderPair(PARTICIPANT, account, limit, leg(account, side, lots, worst, stop=stop, market=market))


def reserved(venue: Venue, account: str = "retail") -> int:
    return sums(venue, account).reserved(False)


def answers(events: list[Event]) -> list[tuple[str, ...]]:
    """The rules that each order of a list names."""
    return [
        event.rules if isinstance(event, OrderRejected) else ()
        for event in events
        if isinstance(event, OrderAccepted | OrderRejected)
    ]


def test_a_pair_takes_the_larger_of_its_two_legs_of_the_cap() -> None:
    venue = Venue()
    # 175 000 or 200 000 of 300 000.
    assert answers(venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))) == [(), ()]
    assert reserved(venue) == 200_000_00
    assert rules_of(venue.buy("retail", "0.01", "BTC/RUB", "10000100")) == ("RET-1",)
    assert rules_of(venue.buy("retail", "0.01", "BTC/RUB", "10000000")) == ()


def test_either_leg_may_be_one_too_many_for_the_cap() -> None:
    for limit, worst in (("12000100", "8000000"), ("7000000", "12000100")):
        venue = Venue()
        refused = answers(venue.apply(pair("retail", BUY, "0.025", (limit, "7900000", worst))))
        assert sorted(refused) == [(), ("RET-1",)]
        assert reserved(venue) == 0
        assert not venue.hook.intake.ledger.pairs


def test_a_fill_of_one_leg_ends_the_other_and_leaves_what_the_rest_can_cost() -> None:
    venue = Venue()
    venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))
    events = venue.enter("dealer", SELL, "0.01", "BTC/RUB", "7000000")
    assert [event.reason for event in events if isinstance(event, OrderCancelled)] == [OTHER_LEG]
    assert reserved(venue) == 105_000_00
    assert not venue.hook.intake.ledger.pairs
    venue.enter("dealer", SELL, "0.015", "BTC/RUB", "7000000")
    assert reserved(venue) == 0


def test_a_stop_that_triggers_keeps_what_it_can_cost() -> None:
    venue = Venue()
    venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))
    venue.sell("dealer", "0.01", "BTC/RUB", "7900000")
    venue.buy("firm", "0.01", "BTC/RUB", "7900000")
    assert reserved(venue) == 200_000_00
    assert not venue.hook.intake.ledger.pairs
    assert [order.order_type for order in venue.exchange.accounts["retail"].open_orders.values()] == [LIMIT]


def test_the_cancel_of_one_leg_frees_all_of_it() -> None:
    venue = Venue()
    first = venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))[0]
    venue.cancel("retail", first.order_id)  # type: ignore[attr-defined]
    assert reserved(venue) == 0
    assert not venue.hook.intake.ledger.pairs


def test_a_recheck_asks_about_a_pair_as_one() -> None:
    venue = Venue()
    venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))
    assert not any(
        isinstance(event, OrderCancelled) for event in venue.do(set_parameter("RET-1", "retail_cap_rub", "200000.00"))
    )
    events = venue.do(set_parameter("RET-1", "retail_cap_rub", "199999.99"))
    gone = [event.reason for event in events if isinstance(event, OrderCancelled)]
    assert gone == [BY_RULE, OTHER_LEG]
    assert reserved(venue) == 0


def test_a_pair_counts_once_after_its_owner_has_become_retail() -> None:
    venue = Venue()
    venue.apply(pair("qualified", BUY, "0.025", ("7000000", "7900000", "8000000")))
    venue.do(RegisterInvestor("qualified", INDIVIDUAL, assets_rub=0))
    assert reserved(venue, "qualified") == 200_000_00


def test_a_pair_counts_once_after_a_restart() -> None:
    venue = RestartingVenue()
    venue.apply(pair("retail", BUY, "0.025", ("7000000", "7900000", "8000000")))
    venue.restart()
    assert reserved(venue) == 200_000_00
    venue.enter("dealer", SELL, "0.01", "BTC/RUB", "7000000")
    assert reserved(venue) == 105_000_00


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_pair_in_a_future_is_exposed_once(side: int) -> None:
    venue = with_future(Venue("general-2026", (("DER-4", "qualified_rub", '"200000.00"'),)))
    prices = ("90000", "101000", "100000") if side == BUY else ("110000", "99000", "98000")
    lots = "2" if side == BUY else "1.6"
    assert answers(venue.apply(pair("qualified", side, lots, prices, "BTC-FUT"))) == [(), ()]
    exposures = venue.hook.intake.ledger.exposures
    # A sale counts at the upper band, 125 000.
    assert exposures.by_investor["qualified"] == 200_000_00
    assert rules_of(venue.enter("qualified", side, "0.0001", "BTC-FUT", "100000")[0]) == ("DER-4",)


def with_future(venue: Venue) -> Venue:
    """Let the future trade around 100 000, its band a quarter of that."""
    venue.do(SetTradingRules("BTC-FUT", 250_000))
    venue.do(MarkFuture("BTC-FUT", e8("100000"), "start"))
    venue.do(SetPhase("BTC-FUT", codes.CONTINUOUS))
    return venue


def bracket(account: str, side: int, lots: str, prices: tuple[str, ...]) -> AnyCommand:
    """A bracket by the limits of entry and take-profit, the stop price and the limit that the stop has then."""
    entry, profit, stop, worst = prices
    return NewBracket(
        PARTICIPANT,
        account,
        leg(account, side, lots, entry, name="entry"),
        leg(account, 1 - side, lots, profit),
        leg(account, 1 - side, lots, worst, stop=stop),
    )


def test_what_closes_a_retail_bracket_is_neither_refused_nor_cancelled_whatever_the_owner_may_no_longer_do() -> None:
    venue = Venue()
    venue.apply(bracket("retail", BUY, "0.02", ("8000000", "9000000", "7000000", "6900000")))
    venue.sell("dealer", "0.01", "BTC/RUB", "8000000")
    venue.do(RegisterIntermediary("alfa", suspended=True, reason="licence under review"))
    # What of the entry was open is cancelled; what was bought is protected.
    left = {
        (order.side, order.order_type): order.leaves_lots
        for order in venue.exchange.accounts["retail"].open_orders.values()
    }
    assert left == {(SELL, LIMIT): 100, (SELL, STOP_LIMIT): 100}
    venue.do(set_parameter("RET-1", "retail_cap_rub", "0.00"))
    assert len(venue.exchange.accounts["retail"].open_orders) == 2
    assert any(isinstance(event, Trade) for event in venue.enter("dealer", BUY, "0.01", "BTC/RUB", "9000000"))


def test_a_bracket_that_buys_back_reserves_when_its_pair_begins() -> None:
    venue = Venue()
    venue.apply(bracket("retail", SELL, "0.02", ("8000000", "7000000", "8400000", "8500000")))
    assert reserved(venue) == 0
    # Nobody asks about a leg that waits.
    assert rules_of(venue.buy("retail", "0.01", "BTC/RUB", "5000000")) == ()
    venue.enter("dealer", BUY, "0.02", "BTC/RUB", "8000000")
    assert reserved(venue) == 220_000_00
    assert len(venue.exchange.accounts["retail"].open_orders) == 3


def test_a_bracket_that_buys_back_more_than_the_cap_has_left_loses_its_pair_when_that_begins() -> None:
    venue = Venue()
    venue.apply(bracket("retail", SELL, "0.02", ("8000000", "7000000", "8400000", "8500000")))
    venue.buy("retail", "0.02", "BTC/RUB", "6500100")
    events = venue.enter("dealer", BUY, "0.02", "BTC/RUB", "8000000")
    gone = [(event.reason, event.rule) for event in events if isinstance(event, OrderCancelled)]
    assert gone == [(BY_RULE, "RET-1"), (OTHER_LEG, "")]


TRADERS = ("retail", "retail@beta", "small_firm", "qualified", "dealer", "firm@alfa", "bank")


class Session:
    """Random pairs, brackets and orders near the market, and what is reserved recounted from the core's open orders."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        changes = (("RET-4", "enabled", "false"), ("RET-1", "retail_cap_rub", '"60000.00"'))
        self.venue = RestartingVenue("general-2026", (*changes, ("DER-4", "qualified_rub", '"300000.00"')))
        with_future(self.venue)
        self.seen: Counter[str] = Counter()
        self.number = 0
        self.reducing = False
        """Whether the orders of a command in the future are reduce-only."""

    def order(self, where: tuple[str, str], side: int, kind: int, away: int, lots: int) -> NewOrder:
        account, market = where
        self.number += 1
        price = 100_000 + away * 1_000
        stop = price - (500 if side == BUY else -500) if kind != LIMIT else 0
        asked = 0 if kind == STOP else price
        reduces = market == "BTC-FUT" and self.reducing
        return NewOrder(
            PARTICIPANT, account, f"s{self.number}", market, side, kind, GTC,
            asked * 10**8, lots * 10**4, stop_price_e8=stop * 10**8, reduce_only=reduces,
        )  # fmt: skip

    def draw(self) -> AnyCommand:
        chance = self.chance
        where = account, market = chance.choice(TRADERS), chance.choice(("BTC/RUB", "BTC-FUT"))
        side, lots = chance.randrange(2), chance.choice((500, 1_000, 2_500))
        sign = -1 if side == BUY else 1
        self.reducing = chance.random() < 0.25
        roll = chance.random()
        if roll < 0.45:
            return self.order(where, side, LIMIT, chance.randint(-3, 3), lots)
        stop_kind = STOP_LIMIT if market == "BTC/RUB" else chance.choice((STOP, STOP_LIMIT))
        near, far = chance.randint(0, 4), chance.randint(0, 4)
        if roll < 0.6:
            limit = self.order(where, side, LIMIT, sign * near, lots)
            return NewOrderPair(PARTICIPANT, account, limit, self.order(where, side, stop_kind, -sign * far, lots))
        if roll < 0.7:
            entry = self.order(where, side, LIMIT, 0, lots)
            profit = self.order(where, 1 - side, LIMIT, -sign * near, lots)
            return NewBracket(
                PARTICIPANT, account, entry, profit, self.order(where, 1 - side, stop_kind, sign * far, lots)
            )
        if roll < 0.9:
            orders = list(self.venue.exchange.accounts[account].open_orders)
            return CancelOrder(PARTICIPANT, account, chance.choice(orders) if orders else 0, "")
        if roll < 0.94:
            return RegisterInvestor("qualified", INDIVIDUAL, assets_rub=chance.choice((0, 6_000_000)))
        if roll < 0.97:
            return set_parameter("RET-1", "retail_cap_rub", chance.choice(("50000.00", "60000.00", "70000.00")))
        return MassCancel(PARTICIPANT, account)

    def step(self) -> None:
        if self.chance.random() < 0.03:
            self.venue.restart()
        events = self.venue.apply(self.draw())
        self.seen.update(type(event).__name__ for event in events)
        self.seen["pairs"] += len(self.venue.hook.intake.ledger.pairs) // 2
        self.check()

    def check(self) -> None:
        ledger = self.venue.hook.intake.ledger
        for name in ("retail", "small_firm", "qualified"):
            client = self.venue.hook.intake.registry.clients[name]
            expected = 0
            if client.investor.retail:
                for each in client.investor.clients:
                    buys = [o for o in counted(self.venue, each.account, "BTC/RUB") if o.side == BUY]
                    expected += sum(order.reserve_ticks * order.leaves_lots for order in buys)
            assert ledger.look(client).reserved(False) == expected, name
        buys = [order for order in counted(self.venue, "bank", "BTC/RUB") if order.side == BUY]
        opened = ledger.worth("bank", HELD).open
        assert opened == sum(order.reserve_ticks * order.leaves_lots for order in buys)
        self.seen["bank"] = max(self.seen["bank"], opened)
        listing = self.venue.hook.intake.registry.listings["BTC-FUT"]
        number = self.venue.exchange.instruments["BTC-FUT"].number
        for name in TRADERS:
            position = ledger.exposures.position(self.venue.hook.intake.registry.clients[name], listing)
            held = self.venue.exchange.accounts[name].positions.get(number)
            assert position.units == (0 if held is None else held.lots * listing.lot_base)
            assert position.exposure == exposure(self.venue, name, position.units // listing.lot_base, position.value)


def counted(venue: Venue, account: str, market: str) -> list[Order]:
    """The open orders of an account in a market; of a pair the dearer one."""
    found: list[Order] = []
    for order in venue.exchange.accounts[account].open_orders.values():
        if order.instrument_name != market or order.where == FOR_ENTRY:
            continue
        other = order.other_leg
        if other is not None:
            assert other.leaves_lots == order.leaves_lots
            if (other.reserve_ticks, other.order_id) > (order.reserve_ticks, order.order_id):
                continue
        found.append(order)
    return found


def exposure(venue: Venue, account: str, lots: int, value: int) -> int:
    """What the future is worth to an account that holds so much: held, or if all its open orders of a side filled."""
    worth = [value]
    for side, held in ((BUY, lots), (SELL, -lots)):
        orders = [order for order in counted(venue, account, "BTC-FUT") if order.side == side]
        plain = [order for order in orders if not order.command.reduce_only]
        reducing = sum(order.leaves_lots for order in orders if order.command.reduce_only)
        prices = [(worst_ticks(order, order.reserve_ticks), order.leaves_lots) for order in plain]
        beyond = sum(lots for _, lots in prices)
        if held < 0:
            beyond += min(reducing, -held) + held
        opened = 0
        for price, part in sorted(prices, reverse=True):
            opened += price * min(part, max(beyond, 0))
            beyond -= min(part, max(beyond, 0))
        worth.append(value + opened if held >= 0 else opened)
    return max(worth)


def test_what_is_reserved_is_what_can_happen_in_random_sessions() -> None:
    seen: Counter[str] = Counter()
    for seed in range(4):
        session = Session(seed)
        for step in range(250):
            try:
                session.step()
            except AssertionError as error:
                error.add_note(f"seed {seed}, step {step}")
                raise
        seen += session.seen
    assert seen["pairs"] > 200 and seen["StopTriggered"] > 20 and seen["Trade"] > 50 and seen["bank"], seen
