"""Memory is bounded: what stays of orders and trades that have ended, how many a day may have, and how it is thrown away."""

from __future__ import annotations

import gc
import itertools
import random

import pytest

from engine.book.entities import Order
from engine.exchange import Exchange
from engine.snapshot.encoding import state_digest
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_ENDED_WHOLE, NS_PER_DAY, SWEPT_PER_COMMAND
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.events import DayEnded, OrderAccepted, OrderRejected, OrderStatus, RequestRejected
from tests.support.engine.checks.comparison import NamesOwners, SideBySide
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.generator import FEATURES
from tests.support.engine.streams import each_of

ALL_WHOLE = MAX_ENDED_WHOLE


def desk_with(max_whole: int = 0) -> Desk:
    desk = Desk()
    desk.exchange.max_whole = max_whole
    list_spot(desk, reference=100, maker_fee_ppm=100, taker_fee_ppm=2_500)
    for name in ("ann", "bob"):
        open_account(desk, name, RUB=10**12, BTC=10**6)
    return desk


def order(account: str, name: str, side: int = codes.BUY, price: int = 90, lots: int = 1) -> commands.NewOrder:
    return commands.NewOrder(
        account,
        account,
        name,
        "BTC/RUB",
        side,
        codes.LIMIT,
        codes.GTC,
        price * E8,
        lots * E8,
        self_trade=codes.STP_REJECT,
    )


def cancel(account: str, name: str) -> commands.CancelOrder:
    return commands.CancelOrder(account, account, 0, name)


def end_in_every_way(desk: Desk) -> list[commands.NewOrder]:
    """Orders that are filled, cancelled and rejected; returns them."""
    sent = [
        order("ann", "filled", codes.SELL, 100),
        order("bob", "taker", codes.BUY, 100, 2),
        order("ann", "cancelled"),
        order("ann", "refused", price=1, lots=10**9),
        commands.NewOrder("ann", "ann", "nowhere", "X/RUB", codes.BUY, codes.LIMIT, codes.GTC, E8, E8),
    ]
    for each in sent:
        desk.send(each)
    for account, name in (("bob", "taker"), ("ann", "cancelled")):
        desk.send(cancel(account, name))
    assert not any(account.open_orders for account in desk.exchange.accounts.values())
    desk.exchange.check()
    return sent


@pytest.mark.parametrize("max_whole", [0, 2, ALL_WHOLE])
def test_a_request_sent_again_is_answered_whatever_became_of_its_order(max_whole: int) -> None:
    desk = desk_with(max_whole)
    sent = end_in_every_way(desk)
    answers = [event for command in sent for event in desk.send(command)]
    assert [type(event) for event in answers] == [OrderStatus] * len(sent)
    shown = [(e.status, e.filled_lots, e.leaves_lots, e.code) for e in answers if isinstance(e, OrderStatus)]
    assert shown == [
        (codes.FILLED, 1, 0, 0),
        (codes.CANCELLED, 1, 0, 0),
        (codes.CANCELLED, 0, 0, 0),
        (codes.REJECTED, 0, 0, codes.SIZE),
        (codes.REJECTED, 0, 0, codes.UNKNOWN_INSTRUMENT),
    ]
    for command in sent:
        (refused,) = desk.send(order(command.account, command.client_order_id, price=17))
        assert isinstance(refused, OrderRejected) and refused.code == codes.DUPLICATE_ID
        (unknown,) = desk.send(cancel(command.account, command.client_order_id))
        assert isinstance(unknown, RequestRejected) and unknown.code == codes.UNKNOWN_ORDER


@pytest.mark.parametrize("max_whole", [0, ALL_WHOLE])
def test_a_trade_is_put_right_although_its_orders_have_ended(max_whole: int) -> None:
    desk = desk_with(max_whole)
    for name in ("s1", "s2"):
        desk.send(order("ann", name, codes.SELL, 99))
    desk.send(order("bob", "b", codes.BUY, 99, 2))
    # 2.475 kopecks each: 3 for the first, 2 for the second; 4.95 and, with one at 10, 2.725.
    fees = [desk.exchange.day_trades[place].buy_fee for place in (0, 1)]
    assert fees == [25, 25] or sum(fees) == 50
    before = desk.exchange.accounts["bob"].balance(desk.exchange.assets["RUB"]).available
    (bust,) = desk.send(commands.BustTrade(1, "typed wrong"))
    assert isinstance(bust, events.TradeCorrected)
    (second,) = desk.send(commands.BustTrade(2, "typed wrong"))
    assert isinstance(second, events.TradeCorrected) and (second.buy_fee, second.sell_fee) == (0, 0)
    after = desk.exchange.accounts["bob"].balance(desk.exchange.assets["RUB"]).available
    assert after == before + 2 * 99 * 100 + sum(fees) == 10**12
    desk.exchange.check()


def test_orders_that_have_ended_are_let_go() -> None:
    gc.collect()
    gc.disable()
    try:
        before = sum(type(each) is Order for each in gc.get_objects())
        desk = desk_with()
        end_in_every_way(desk)
        bracket = commands.NewBracket(
            "bob",
            "bob",
            order("bob", "e", price=50),
            order("bob", "tp", codes.SELL, 110),
            commands.NewOrder(
                "bob", "bob", "s", "BTC/RUB", codes.SELL, codes.STOP, codes.GTC, 0, E8, stop_price_e8=40 * E8
            ),
        )
        assert isinstance(desk.send(bracket)[0], OrderAccepted)
        desk.send(order("ann", "hit", codes.SELL, 50))
        desk.send(commands.MassCancel("bob", "bob"))
        desk.send(commands.Tick())
        desk.results.clear()
        assert not desk.exchange.accounts["bob"].open_orders
        assert len(desk.exchange.day_trades) == 2
        # Nobody holds them, not even each other.
        assert sum(type(each) is Order for each in gc.get_objects()) == before
    finally:
        gc.enable()


@pytest.mark.parametrize("seed", each_of([6, 3], [6]))
def test_when_what_has_ended_is_made_small_makes_no_difference(seed: int) -> None:
    chance = random.Random(seed)
    session = SideBySide(chance.randrange, FEATURES)
    for _ in range(400):
        session.step()
    assert session.seen["DayEnded"] and session.seen["TradeCorrected"] and session.seen["OrderStatus"]
    other = Exchange(NamesOwners())
    again = Exchange(NamesOwners())
    again.max_whole = 0
    for sequenced in session.history:
        assert other.apply(sequenced) == again.apply(sequenced)
        other.shrink(chance.randrange(3))
        assert other.seq % 20 or state_digest(other) == state_digest(again)
    assert state_digest(other) == state_digest(session.exchange)
    other.check()


# ── the day's end ──────────────────────────────────────────────────────────────────────────────────────────────────


def left(desk: Desk) -> int:
    """How many ids and trades of earlier days are still there."""
    exchange = desk.exchange
    accounts = exchange.accounts.values()
    ids = sum(
        len(a.used_ids.former) + (0 if a.used_ids.day == exchange.day else len(a.used_ids.current)) for a in accounts
    )
    return ids + sum(len(trades) for trades in exchange.leftovers.trades)


def test_what_a_day_leaves_is_thrown_away_bit_by_bit() -> None:
    desk = desk_with()
    for number in range(600):
        desk.send(order("ann", f"s{number}", codes.SELL, 100))
        desk.send(order("bob", f"b{number}", codes.BUY, 100))
    for number in range(30):
        desk.send(order("bob", f"stays{number}", price=50))
    before = len(desk.exchange.day_trades) + sum(len(a.used_ids.current) for a in desk.exchange.accounts.values())
    assert before == 1_830
    (ended,) = desk.send(commands.Tick(), NS_PER_DAY)
    assert isinstance(ended, DayEnded) and not desk.exchange.day_trades
    digest = state_digest(desk.exchange)
    found = [left(desk)]
    for number in range(40):
        # Those of orders that have ended are free at once, those of open orders are not.
        answer = desk.send(order("bob", f"b{599 - number}", price=51))[0]
        assert isinstance(answer, OrderAccepted)
        answer = desk.send(order("bob", f"stays{number % 30}", price=51))[0]
        assert isinstance(answer, OrderRejected) and answer.code == codes.DUPLICATE_ID
        desk.exchange.check()
        found.append(left(desk))
    most = 2 * (SWEPT_PER_COMMAND + 2 * 2)
    assert all(0 <= one - other <= 2 * most for one, other in itertools.pairwise(found))
    assert found[0] >= before - 2 * most and found[-1] == 0
    assert digest != state_digest(desk.exchange)
    desk.send(cancel("bob", "stays7"))
    assert isinstance(desk.send(order("bob", "stays7", price=51))[0], OrderRejected)
    desk.exchange.check()


def test_who_does_nothing_for_days_keeps_what_is_open_and_no_more() -> None:
    desk = desk_with()
    desk.send(order("ann", "stays"))
    desk.send(order("ann", "goes"))
    desk.send(cancel("ann", "goes"))
    for _ in range(3):
        desk.send(commands.Tick(), NS_PER_DAY)
        desk.exchange.check()
    desk.send(commands.Tick())
    ids = desk.exchange.accounts["ann"].used_ids
    assert (list(ids.current), ids.former, ids.count) == (["stays"], {}, 1)
    assert desk.exchange.kept_ids == 1
    assert not desk.exchange.leftovers.accounts and len(desk.exchange.leftovers.users) == 1
    desk.send(cancel("ann", "stays"))
    assert isinstance(desk.send(order("ann", "stays", price=17))[0], OrderRejected)
    desk.send(commands.Tick(), NS_PER_DAY)
    assert isinstance(desk.send(order("ann", "stays", price=17))[0], OrderAccepted)
    desk.exchange.check()


# ── how much a day may have ────────────────────────────────────────────────────────────────────────────────────────


def rejection(happened: list[events.Event]) -> str:
    (event,) = happened
    assert isinstance(event, OrderRejected | RequestRejected) and event.code == codes.ORDER_LIMITS
    return event.detail


def test_a_venue_keeps_so_many_ids_a_day_over_all_accounts() -> None:
    desk = desk_with()
    desk.exchange.room.limit(20, 100)
    for number in range(9):
        assert isinstance(desk.send(order("ann", f"o{number}"))[0], OrderAccepted)
        assert isinstance(desk.send(order("bob", f"o{number}", lots=10**9))[0], OrderRejected)
    kept = len(desk.exchange.accounts["bob"].used_ids.current)
    for number in range(50):
        detail = rejection(desk.send(order("bob", f"late{number}")))
    assert (
        detail == "the venue keeps no more than 20 orders and 100 trades a day, the last tenth for reduce-only orders"
    )
    transfer = commands.Transfer("bob", "bob", "t", "ann", "RUB", 1, codes.OWN_ACCOUNT)
    assert desk.send(transfer) and len(desk.exchange.accounts["bob"].used_ids.current) == kept
    # An order that only reduces is refused for other reasons; its id is kept.
    reduce_only = commands.NewOrder(
        "bob", "bob", "r", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, E8, E8, reduce_only=True
    )
    for number in range(2):
        (event,) = desk.send(commands.NewOrder(*_with_name(reduce_only, f"r{number}"), reduce_only=True))
        assert isinstance(event, OrderRejected) and event.code == codes.INVALID
    rejection(desk.send(commands.NewOrder(*_with_name(reduce_only, "r2"), reduce_only=True)))
    assert desk.exchange.kept_ids == 20
    # Cancels, amends and answers to what was sent before pass.
    assert isinstance(desk.send(commands.AmendOrder("ann", "ann", 0, "o1", 91 * E8, 2 * E8))[0], events.OrderAmended)
    assert isinstance(desk.send(cancel("ann", "o0"))[0], events.OrderCancelled)
    assert isinstance(desk.send(order("ann", "o0"))[0], OrderStatus)
    desk.exchange.check()
    # The next day has room again, but for what is still open.
    desk.send(commands.Tick(), NS_PER_DAY)
    assert desk.exchange.kept_ids == 8
    for number in range(10):
        assert isinstance(desk.send(order("bob", f"n{number}"))[0], OrderAccepted)
    rejection(desk.send(order("bob", "n10")))
    desk.exchange.check()


def _with_name(command: commands.NewOrder, name: str) -> tuple[str, str, str, str, int, int, int, int, int]:
    return (
        command.participant,
        command.account,
        name,
        command.instrument,
        command.side,
        command.order_type,
        command.time_in_force,
        command.price_e8,
        command.quantity_e8,
    )


def test_a_venue_keeps_so_many_trades_a_day() -> None:
    desk = desk_with()
    desk.exchange.room.limit(1_000, 10)
    for number in range(12):
        desk.send(order("ann", f"s{number}", codes.SELL, 100))
    for number in range(9):
        assert len(desk.send(order("bob", f"b{number}", codes.BUY, 100))) == 2
    rejection(desk.send(order("bob", "b9", codes.BUY, 100)))
    # An amend may still trade, and its trades be one too many to be corrected.
    desk.exchange.room.limit(1_000, 100)
    desk.send(order("bob", "deep", codes.BUY, 50, 3))
    desk.exchange.room.limit(1_000, 10)
    happened = desk.send(commands.AmendOrder("bob", "bob", 0, "deep", 100 * E8, 0))
    assert [event.trade_id for event in happened if isinstance(event, events.Trade)] == [10, 11, 12]
    assert isinstance(desk.send(commands.BustTrade(10, "x"))[0], events.TradeCorrected)
    assert isinstance(desk.send(commands.BustTrade(11, "x"))[0], events.CommandRejected)
    desk.exchange.check()
    desk.send(commands.Tick(), NS_PER_DAY)
    assert isinstance(desk.send(commands.BustTrade(9, "x"))[0], events.CommandRejected)
    desk.send(order("ann", "s", codes.SELL, 100))
    desk.send(order("bob", "b", codes.BUY, 100))
    assert isinstance(desk.send(commands.BustTrade(13, "x"))[0], events.TradeCorrected)
