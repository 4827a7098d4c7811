"""What is set changes what it names; what is refused leaves nothing behind."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import DEFAULT_VOLATILITY_NS, ORDERS_BEFORE_RATIO
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import CommandRejected, OrderRejected, PhaseChanged, RequestRejected
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def desk_with_accounts() -> Desk:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=1_000)
    open_account(desk, "bob")
    return desk


def test_trading_rules_that_are_left_out_stay_as_they_are() -> None:
    desk = desk_with_accounts()
    instrument = desk.exchange.instruments["BTC/RUB"]

    def rules() -> tuple[int, ...]:
        bands = (instrument.static_ppm, instrument.dynamic_ppm)
        return (*bands, instrument.volatility_ns, instrument.auction_random_ns, instrument.allocation)

    desk.send(commands.SetTradingRules("BTC/RUB", 100_000, 50_000, 7, 8, codes.PRO_RATA))
    assert rules() == (100_000, 50_000, 7, 8, codes.PRO_RATA)
    desk.send(commands.SetTradingRules("BTC/RUB", dynamic_ppm=0))
    assert rules() == (100_000, 0, 7, 8, codes.PRO_RATA)
    desk.send(commands.SetTradingRules("BTC/RUB", dynamic_ppm=1, replace=True))
    assert rules() == (0, 1, DEFAULT_VOLATILITY_NS, 0, codes.PRICE_TIME)


def test_venue_rules_and_limits_that_are_left_out_stay_as_they_are() -> None:
    desk = desk_with_accounts()
    state = desk.exchange
    desk.send(commands.SetVenueRules(codes.DECREMENT, "seed"))
    desk.send(commands.SetVenueRules(seed="other"))
    assert (state.self_trade, state.seed) == (codes.DECREMENT, "other")
    desk.send(commands.SetVenueRules(replace=True))
    assert (state.self_trade, state.seed) == (codes.CANCEL_NEWEST, "")
    desk.send(commands.SetLimits("ann", 3, 4, 5))
    desk.send(commands.SetLimits("ann", max_order_value=0))
    limits = state.limits["ann"]
    assert (limits.orders_per_second, limits.max_order_value, limits.max_order_to_trade) == (3, 0, 5)
    desk.send(commands.SetLimits("ann", max_order_value=9, replace=True))
    assert (limits.orders_per_second, limits.max_order_value, limits.max_order_to_trade) == (0, 9, 0)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (commands.SetLimits("nobody", 1), codes.INVALID),
        (commands.SetKillSwitch(codes.SCOPE_PARTICIPANT, "nobody", True), codes.INVALID),
        (commands.SetKillSwitch(codes.SCOPE_INVESTOR, "nobody", True), codes.INVALID),
        (commands.SetKillSwitch(codes.SCOPE_INSTRUMENT, "X/RUB", True), codes.UNKNOWN_INSTRUMENT),
        (commands.SetPhase("X/RUB", codes.HALTED), codes.UNKNOWN_INSTRUMENT),
        (commands.SetTradingRules("X/RUB"), codes.UNKNOWN_INSTRUMENT),
        (commands.SetSchedule("X/RUB", ()), codes.UNKNOWN_INSTRUMENT),
        (commands.SetMarketHalt(1, 1, ("X/RUB",)), codes.UNKNOWN_INSTRUMENT),
        (commands.MarkFuture("X/RUB"), codes.UNKNOWN_INSTRUMENT),
        (commands.CloseOut("ann", "X/RUB"), codes.UNKNOWN_INSTRUMENT),
        (commands.CloseOut("nobody", "BTC/RUB"), codes.UNKNOWN_ACCOUNT),
        (commands.Deposit("nobody", "RUB", 1), codes.UNKNOWN_ACCOUNT),
        (commands.Withdraw("nobody", "RUB", 1), codes.UNKNOWN_ACCOUNT),
        (commands.IssueAsset("BTC", "nobody", 1), codes.UNKNOWN_ACCOUNT),
        (commands.RedeemAsset("BTC", "nobody", 1), codes.UNKNOWN_ACCOUNT),
        (commands.FreezeAsset("BTC", 1, "nobody"), codes.UNKNOWN_ACCOUNT),
    ],
)
def test_what_is_unknown_has_one_code(command: commands.AnyCommand, code: int) -> None:
    (event,) = desk_with_accounts().send(command)
    assert isinstance(event, CommandRejected) and event.code == code


@pytest.mark.parametrize(
    "command",
    [
        commands.Deposit("bob", "BTC", 0),
        commands.Deposit("bob", "BTC", 2**63),
        commands.Withdraw("bob", "BTC", 1),
        commands.RedeemAsset("BTC", "bob", 1),
        commands.Transfer("bob", "bob", "t", "ann", "BTC", 1, codes.DOMESTIC_PAYMENT),
        commands.NewOrder("bob", "bob", "s", "BTC/RUB", codes.SELL, codes.LIMIT, codes.GTC, 100 * E8, E8),
        commands.NewOrder("bob", "bob", "b", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 100 * E8, E8),
        commands.MassQuote("bob", "bob", "q", "BTC/RUB", ((99 * E8, E8),), ((101 * E8, E8),)),
    ],
)
def test_what_is_refused_leaves_no_balance(command: commands.AnyCommand) -> None:
    desk = desk_with_accounts()
    (event,) = desk.send(command)
    assert isinstance(event, CommandRejected | OrderRejected | RequestRejected)
    assert not desk.exchange.accounts["bob"].balances


def test_a_reject_says_what_was_asked_for_and_a_phase_who_asked() -> None:
    desk = desk_with_accounts()
    order = commands.NewOrder("bob", "bob", "s", "X/RUB", codes.SELL, codes.LIMIT, codes.GTC, 7, 9)
    for command in (order, order, commands.NewOrder("thief", "bob", "s", "X/RUB", codes.SELL, 0, 0, 7, 9)):
        (event,) = desk.send(command)
        if isinstance(event, OrderRejected):
            assert (event.side, event.price_e8, event.quantity_e8) == (codes.SELL, 7, 9)
    for phase in (codes.HALTED, codes.VOLATILITY_AUCTION):
        event = desk.send(commands.SetPhase("BTC/RUB", phase, "news", "sue"))[0]
        assert isinstance(event, PhaseChanged) and (event.reason, event.by) == ("news", "sue")


def test_what_gets_a_holder_out_is_counted_in_orders_to_trades_and_not_refused_for_them() -> None:
    desk = desk_with_accounts()
    desk.send(commands.Deposit("ann", "BTC", 10 * E8))
    desk.send(commands.SetLimits("ann", max_order_to_trade=1))

    def answer(name: str, side: int, time_in_force: int) -> int:
        command = commands.NewOrder(
            "ann", "ann", name, "BTC/RUB", side, codes.LIMIT, time_in_force, 100 * E8, E8
        )  # fmt: skip
        event = desk.send(command)[0]
        return event.code if isinstance(event, OrderRejected) else codes.OK

    limits = desk.exchange.limits["ann"]
    limits.orders = ORDERS_BEFORE_RATIO
    assert answer("buy", codes.BUY, codes.IOC) == codes.ORDER_LIMITS
    assert answer("rests", codes.SELL, codes.GTC) == codes.ORDER_LIMITS
    assert answer("out", codes.SELL, codes.IOC) == codes.OK
    assert limits.orders == ORDERS_BEFORE_RATIO + 3
    # Orders a second hold for everything: they are over in a second.
    desk.send(commands.SetLimits("ann", orders_per_second=1))
    assert answer("again", codes.SELL, codes.IOC) == codes.ORDER_LIMITS
