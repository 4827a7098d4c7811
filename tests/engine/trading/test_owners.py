"""Investors who share a beneficial owner: their orders are own ones of each other, wherever orders meet."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    CancelOrder,
    NewOrder,
    RegisterInvestor,
    SetKillSwitch,
    SetPhase,
    SetVenueRules,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderCancelled, OrderRejected, Trade
from tests.support.engine.checks.comparison import NamesOwners
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def new_desk() -> Desk:
    """Two firms and the persons who own them: both own `firm`, ann alone `shell`; cat owns nothing."""
    desk = Desk(NamesOwners())
    list_spot(desk, reference=100)
    for name in ("ann", "ben", "cat", "firm", "shell"):
        open_account(desk, name, BTC=10**6, RUB=10**12)
    desk.send(RegisterInvestor("firm", codes.FIRM, owner_keys=(("ann",), ("ben",))))
    desk.send(RegisterInvestor("shell", codes.FIRM, owner_keys=(("ann",),)))
    return desk


def enter(desk: Desk, name: str, side: int, price: int, lots: int = 1, **more: int) -> list[Event]:
    time_in_force = more.pop("time_in_force", codes.GTC)
    return desk.send(
        NewOrder(
            name, name, f"{name}{desk.exchange.seq}", "BTC/RUB", side, codes.LIMIT, time_in_force, price * E8, lots * E8, **more
        )
    )  # fmt: skip


def trades(events: list[Event]) -> int:
    return sum(isinstance(event, Trade) for event in events)


OWN = [("ann", "firm"), ("firm", "ann"), ("ben", "firm"), ("firm", "shell"), ("shell", "firm"), ("ann", "shell")]
OTHERS = [("ann", "ben"), ("ben", "shell"), ("shell", "ben"), ("cat", "firm"), ("ann", "cat")]


@pytest.mark.parametrize("mode", range(5))
@pytest.mark.parametrize("phase", [codes.CONTINUOUS, codes.PRE_OPEN])
@pytest.mark.parametrize(("maker", "taker"), [*OWN, *OTHERS])
def test_only_who_shares_no_owner_trades(maker: str, taker: str, phase: int, mode: int) -> None:
    desk = new_desk()
    desk.send(SetVenueRules(mode, "mode"))
    desk.send(SetPhase("BTC/RUB", phase))
    enter(desk, maker, codes.SELL, 100, 2)
    events = enter(desk, taker, codes.BUY, 100, 1)
    if phase == codes.PRE_OPEN:
        events += desk.send(SetPhase("BTC/RUB", codes.OPENING_AUCTION)) + desk.send(
            SetPhase("BTC/RUB", codes.CONTINUOUS)
        )
    assert trades(events) == ((maker, taker) in OTHERS)
    desk.exchange.check()


@pytest.mark.parametrize("time_in_force", [codes.FOK, codes.IOC])
def test_own_orders_count_for_nothing_where_it_is_asked_what_can_be_filled(time_in_force: int) -> None:
    desk = new_desk()
    enter(desk, "firm", codes.SELL, 100, 5)
    enter(desk, "cat", codes.SELL, 100, 5)
    wanted = {"min_quantity_e8": 6 * E8} if time_in_force == codes.IOC else {}
    (answer,) = enter(
        desk, "ann", codes.BUY, 100, 6, time_in_force=time_in_force, self_trade=codes.CANCEL_OLDEST, **wanted
    )
    assert isinstance(answer, OrderRejected)
    # Ben's firm it is, too; but ben and ann are two persons, so that ben's own order is no hindrance for ann.
    enter(desk, "ben", codes.SELL, 99, 6)
    assert trades(enter(desk, "ann", codes.BUY, 99, 6, time_in_force=time_in_force, **wanted)) == 1


def test_a_call_that_has_collected_what_is_own_only_now_lets_the_newest_go() -> None:
    desk = new_desk()
    desk.send(SetPhase("BTC/RUB", codes.PRE_OPEN))
    enter(desk, "ann", codes.SELL, 100, 2)
    enter(desk, "cat", codes.BUY, 101, 1)
    enter(desk, "ann", codes.SELL, 101, 2)
    enter(desk, "cat", codes.BUY, 102, 1)
    enter(desk, "cat", codes.BUY, 99, 1)
    enter(desk, "ben", codes.BUY, 102, 1)
    newest = [order.order_id for order in desk.exchange.accounts["cat"].open_orders.values()]
    events = desk.send(RegisterInvestor("cat", codes.FIRM, owner_keys=(("ann",),)))
    gone = [event for event in events if isinstance(event, OrderCancelled)]
    assert [(event.account, event.reason) for event in gone] == [
        ("cat", codes.SELF_TRADE_PREVENTED),
        ("ann", codes.SELF_TRADE_PREVENTED),
        ("cat", codes.SELF_TRADE_PREVENTED),
    ]
    assert gone[0].order_id == newest[1]
    events = desk.send(SetPhase("BTC/RUB", codes.OPENING_AUCTION)) + desk.send(SetPhase("BTC/RUB", codes.CONTINUOUS))
    sides = [{event.maker_account, event.taker_account} for event in events if isinstance(event, Trade)]
    assert sides == [{"ann", "ben"}]
    desk.exchange.check()


def test_what_rests_in_an_orderly_book_stays_when_owners_are_named() -> None:
    desk = new_desk()
    enter(desk, "cat", codes.BUY, 99)
    enter(desk, "ann", codes.SELL, 100)
    assert desk.send(RegisterInvestor("cat", codes.FIRM, owner_keys=(("ann",),))) == []
    assert trades(enter(desk, "cat", codes.BUY, 100)) == 0
    desk.send(RegisterInvestor("cat", codes.FIRM))
    assert trades(enter(desk, "cat", codes.BUY, 100)) == 1


def test_a_kill_switch_and_a_mass_cancel_go_by_the_investor() -> None:
    desk = new_desk()
    for name in ("ann", "firm"):
        enter(desk, name, codes.BUY, 90)
    events = desk.send(SetKillSwitch(codes.SCOPES.index("investor"), "firm", True))
    assert [event.account for event in events if isinstance(event, OrderCancelled)] == ["firm"]
    # Somebody who only owns has no account to stop.
    desk.send(RegisterInvestor("firm", codes.FIRM, owner_keys=(("dan",),)))
    (refused,) = desk.send(SetKillSwitch(codes.SCOPES.index("investor"), "dan", True))
    assert isinstance(refused, CommandRejected)
    order_id = next(iter(desk.exchange.accounts["ann"].open_orders))
    assert isinstance(desk.send(CancelOrder("ann", "ann", order_id, ""))[0], OrderCancelled)
