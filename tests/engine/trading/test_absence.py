"""Connections whose end cancels orders, and dead man's timers."""

from __future__ import annotations

from engine.exchange import Exchange, restore_exchange
from engine.snapshot.encoding import state_digest
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_ABSENCE_NS, MAX_ARMED_CONNECTIONS, NS_PER_SECOND
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import (
    ArmDisconnect,
    CancelAllAfter,
    DisarmDisconnect,
    Disconnected,
    NewBracket,
    NewOrder,
    NewOrderPair,
    Tick,
)
from tests.support.engine.desks.desk import E8, Desk, list_spot

SECOND = NS_PER_SECOND


def stand() -> Desk:
    """Participant `a` operates accounts `a` and `a2`, `b` account `b`."""
    desk = Desk()
    list_spot(desk, reference=100)
    for account, participant in (("a", "a"), ("a2", "a"), ("b", "b")):
        desk.send(commands.OpenAccount(account, participant, account))
        desk.send(commands.Deposit(account, "RUB", 10**9))
        desk.send(commands.Deposit(account, "BTC", 10**6))
    return desk


def order(account: str, name: str, price: int = 90, **more: int) -> NewOrder:
    terms = {"side": codes.BUY, "order_type": codes.LIMIT, "price_e8": price * E8, "stop_price_e8": 0, **more}
    return NewOrder(
        account[0], account, name, "BTC/RUB", terms["side"], terms["order_type"], codes.GTC, terms["price_e8"], E8,
        stop_price_e8=terms["stop_price_e8"],
    )  # fmt: skip


def cancels(happened: list[events.Event]) -> list[tuple[str, str, str]]:
    return [
        (each.account, each.client_order_id, codes.CANCEL_REASONS[each.reason])
        for each in happened
        if isinstance(each, events.OrderCancelled)
    ]


def test_what_a_connection_leaves_behind_goes_when_its_grace_ends() -> None:
    """M-239 M-240 M-242."""
    desk = stand()
    assert desk.send(ArmDisconnect("a", 1, (), 5 * SECOND)) == [events.ConnectionArmed("a", 1, (), 5 * SECOND)]
    for account, name in (("a", "x"), ("b", "y"), ("a2", "z")):
        desk.send(order(account, name))
    gone = desk.send(Disconnected("a", 1))
    assert gone == [events.ConnectionLost("a", 1, desk.time_ns + 5 * SECOND)]
    assert desk.exchange.next_due_ns() == desk.time_ns + 5 * SECOND
    assert desk.send(Tick(), 5 * SECOND - 1) == []
    happened = desk.send(Tick(), 1)
    assert cancels(happened) == [("a2", "z", "disconnected"), ("a", "x", "disconnected")]
    assert happened[-1] == events.ConnectionEnded("a", 1, True, 2)
    assert desk.exchange.accounts["b"].open_orders
    desk.exchange.check()


def test_without_a_grace_they_go_at_once() -> None:
    """M-240."""
    desk = stand()
    desk.send(ArmDisconnect("a", 4, ("a2",)))
    desk.send(order("a", "x"))
    desk.send(order("a2", "z"))
    happened = desk.send(Disconnected("a", 4))
    assert cancels(happened) == [("a2", "z", "disconnected")]
    assert [type(each).__name__ for each in happened] == ["ConnectionLost", "OrderCancelled", "ConnectionEnded"]
    # Of a connection that is armed no longer nothing is said.
    assert desk.send(Disconnected("a", 4)) == desk.send(DisarmDisconnect("a", 4)) == []


def test_who_comes_back_within_the_grace_keeps_them() -> None:
    """M-241."""
    desk = stand()
    desk.send(ArmDisconnect("a", 1, (), 5 * SECOND))
    desk.send(ArmDisconnect("a", 2, (), 3 * SECOND))
    desk.send(order("a", "x"))
    desk.send(Disconnected("a", 1))
    desk.send(Disconnected("a", 2))
    assert desk.send(DisarmDisconnect("a", 2)) == [events.ConnectionEnded("a", 2, False)]
    assert cancels(desk.send(Tick(), 4 * SECOND)) == []
    assert cancels(desk.send(Tick(), 1 * SECOND)) == [("a", "x", "disconnected")]


def test_stops_pairs_and_brackets_go_too() -> None:
    """M-242."""
    desk = stand()
    desk.send(ArmDisconnect("a", 1))
    sale, stop = {"side": codes.SELL}, {"order_type": codes.STOP, "price_e8": 0}
    desk.send(order("a", "stop", side=codes.BUY, stop_price_e8=150 * E8, **stop))
    desk.send(
        NewOrderPair("a", "a", order("a", "l", 120, **sale), order("a", "s", **sale, **stop, stop_price_e8=50 * E8))
    )
    profit, loss = order("a", "p", 130, **sale), order("a", "q", **sale, **stop, stop_price_e8=40 * E8)
    desk.send(NewBracket("a", "a", order("a", "e"), profit, loss))
    assert len(desk.exchange.accounts["a"].open_orders) == 6
    happened = desk.send(Disconnected("a", 1))
    assert {each for _, _, each in cancels(happened)} <= {"disconnected", "one_cancels_other", "entry_ended"}
    assert not desk.exchange.accounts["a"].open_orders
    assert not desk.exchange.accounts["a"].balance(desk.exchange.assets["RUB"]).reserved
    desk.exchange.check()


def test_a_timer_acts_unless_it_is_set_again() -> None:
    """M-243 M-244."""
    desk = stand()
    desk.send(order("a", "x"))
    desk.send(order("a2", "z"))
    said = desk.send(CancelAllAfter("a", "", 10 * SECOND))
    until = desk.time_ns + 10 * SECOND
    assert [(each.account, each.until_ns) for each in said] == [("a", until), ("a2", until)]
    assert desk.send(CancelAllAfter("a", "a", 20 * SECOND), 5 * SECOND)[0].until_ns == until + 15 * SECOND
    desk.send(CancelAllAfter("a", "a2", 0))
    assert cancels(desk.send(Tick(), 19 * SECOND)) == []
    happened = desk.send(Tick(), 1 * SECOND)
    assert cancels(happened) == [("a", "x", "dead_man")]
    assert isinstance(happened[-1], events.DeadManSet)
    assert (happened[-1].until_ns, happened[-1].acted, happened[-1].orders) == (0, True, 1)
    assert cancels(desk.send(Tick(), 100 * SECOND)) == []
    assert desk.exchange.accounts["a2"].open_orders
    desk.exchange.check()


def test_what_ends_at_one_instant_has_an_order() -> None:
    """M-245."""
    desk = stand()
    desk.send(ArmDisconnect("b", 8, (), 2 * SECOND))
    desk.send(ArmDisconnect("a", 9, ("a",), 2 * SECOND))
    for account in ("b", "a", "a2"):
        desk.send(order(account, account))
    desk.send(CancelAllAfter("a", "a2", 2 * SECOND))
    desk.send(Disconnected("a", 9), 0)
    desk.send(Disconnected("b", 8), 0)
    happened = cancels(desk.send(Tick(), 2 * SECOND))
    assert happened == [("b", "b", "disconnected"), ("a", "a", "disconnected"), ("a2", "a2", "dead_man")]


def test_what_is_refused() -> None:
    """M-239 M-243."""
    desk = stand()
    refused = [
        ArmDisconnect("nobody", 1),
        ArmDisconnect("a", 1, ("b",)),
        ArmDisconnect("a", 1, (), -1),
        ArmDisconnect("a", 1, (), MAX_ABSENCE_NS + 1),
        ArmDisconnect("a", 0),
    ]
    for command in refused:
        assert [type(each) for each in desk.send(command)] == [events.CommandRejected], command
    desk.send(ArmDisconnect("a", 1))
    assert isinstance(desk.send(ArmDisconnect("a", 1))[0], events.CommandRejected)
    for account, timeout in (("b", SECOND), ("a", 1), ("a", MAX_ABSENCE_NS + 1), ("a", -1)):
        assert isinstance(desk.send(CancelAllAfter("a", account, timeout))[0], events.RequestRejected)
    assert isinstance(desk.send(CancelAllAfter("nobody", "", SECOND))[0], events.RequestRejected)
    assert not desk.exchange.absence.timers
    for number in range(2, MAX_ARMED_CONNECTIONS + 1):
        desk.send(ArmDisconnect("a", number))
    assert isinstance(desk.send(ArmDisconnect("a", 999))[0], events.CommandRejected)


def test_a_timer_that_is_set_a_thousand_times_takes_no_more_room() -> None:
    """P9: what is due can't be taken back, so entries of one timer are few."""
    desk = stand()
    for number in range(2_000):
        desk.send(CancelAllAfter("a", "a", MAX_ABSENCE_NS - number * 30 * SECOND), 1)
    assert len(desk.exchange.due) < 60
    for number in range(2_000):
        desk.send(CancelAllAfter("a", "a", (100, 3_000, 80_000)[number % 3] * SECOND if number % 7 else 0))
        desk.send(ArmDisconnect("a", number + 1, (), 3_600 * SECOND))
        desk.send(Disconnected("a", number + 1))
        desk.send(DisarmDisconnect("a", number + 1))
    assert len(desk.exchange.due) < 120
    desk.exchange.check()


def test_a_snapshot_has_graces_and_timers() -> None:
    desk = stand()
    desk.send(ArmDisconnect("a", 3, ("a",), 5 * SECOND))
    desk.send(ArmDisconnect("b", 4, (), 9 * SECOND))
    desk.send(order("a", "x"))
    desk.send(order("a2", "y"))
    desk.send(CancelAllAfter("a", "a2", 60 * SECOND))
    desk.send(CancelAllAfter("a", "a2", 7 * SECOND))
    desk.send(Disconnected("a", 3))
    again = restore_exchange(desk.exchange.snapshot(), PreTradeHook())
    assert state_digest(again) == state_digest(desk.exchange)
    assert again.absence.last_connection == 4
    first = desk.exchange
    results = []
    for exchange in (first, again):
        assert isinstance(exchange, Exchange)
        results.append(exchange.apply(commands.Sequenced(exchange.seq + 1, desk.time_ns + 20 * SECOND, Tick())))
        exchange.check()
    assert results[0] == results[1]
    assert [reason for _, _, reason in cancels(results[0])] == ["disconnected", "dead_man"]
