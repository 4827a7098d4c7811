"""Open orders are found by owner, instrument and side, and by book: what a command does not concern costs it nothing.

Each command is timed beside a crowd of open orders that it does not concern, and without. A ratio, not a time, and far
from both: a walk over the crowd makes it a hundred.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_OPEN_ORDERS_PER_ACCOUNT, NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import FutureMarked, MassCancelled, OrderCancelled
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

CROWD: Final = MAX_OPEN_ORDERS_PER_ACCOUNT - 100
MOST: Final = 8
HERE, ELSEWHERE = "BTC/RUB", "ETH/RUB"


def order(account: str, name: str, side: int, price: int, *, instrument: str = HERE, **terms: int) -> commands.NewOrder:
    life = terms.pop("life", codes.GTC)
    return commands.NewOrder(account, account, name, instrument, side, codes.LIMIT, life, price * E8, E8, **terms)


def venue(crowd: int) -> Desk:
    """A maker and somebody else, each with a crowd of orders elsewhere; here there is one order, of somebody else's."""
    desk = Desk()
    for name in (HERE, ELSEWHERE):
        list_spot(desk, name)
    for account in ("maker", "other", "seller"):
        open_account(desk, account, RUB=10**15, BTC=10**6, ETH=10**6)
    desk.send(
        commands.ListInstrument(
            "F", codes.FUTURE, "BTC", "RUB", E8, E8, E8, 10**6 * E8, 10**15, 50_000, 100 * E8, underlying="BTC",
            expiry_ns=desk.time_ns + 10 * NS_PER_DAY,
        )
    )  # fmt: skip
    desk.send(commands.SetTradingRules("F", 500_000))
    for number in range(crowd):
        for account in ("maker", "other"):
            side = codes.BUY if number % 2 else codes.SELL
            price = 50 - number % 40 if side == codes.BUY else 51 + number % 40
            desk.send(order(account, f"e{number}", side, price, instrument=ELSEWHERE))
    desk.send(order("seller", "s", codes.SELL, 100))
    return desk


@pytest.fixture(scope="module")
def desks() -> tuple[Desk, Desk]:
    return venue(CROWD), venue(0)


def shortest_ns(desk: Desk, make: Callable[[int], AnyCommand]) -> int:
    """The shortest of some commands of one kind: what else the machine does then plays no part."""
    times = []
    for _ in range(15):
        command = commands.Sequenced(desk.exchange.seq + 1, desk.time_ns, make(desk.exchange.seq))
        begun = time.perf_counter_ns()
        desk.exchange.apply(command)
        times.append(time.perf_counter_ns() - begun)
    return min(times)


COMMANDS: dict[str, Callable[[int], AnyCommand]] = {
    "an order that may not meet an own one": lambda seq: order(
        "maker", f"n{seq}", codes.BUY, 1, self_trade=codes.STP_REJECT
    ),
    "an order that is to be filled at once": lambda seq: order("maker", f"n{seq}", codes.BUY, 99, life=codes.FOK),
    "a mass cancel of an instrument": lambda seq: commands.MassCancel("maker", "maker", HERE),
    "a mass cancel of a side of it": lambda seq: commands.MassCancel("maker", "maker", HERE, codes.SELL),
    "a ladder of quotes": lambda seq: commands.MassQuote("maker", "maker", f"q{seq}", HERE, ((E8, E8),), ()),
    "a mark of a future that nobody holds": lambda seq: commands.MarkFuture("F", (90 + seq % 20) * E8, "test"),
    "the band of a future": lambda seq: commands.SetTradingRules("F", 400_000 + seq % 100),
    "the kill switch of an instrument": lambda seq: commands.SetKillSwitch(codes.SCOPE_INSTRUMENT, "F", True),
    "the kill switch of an investor": lambda seq: commands.SetKillSwitch(codes.SCOPE_INVESTOR, "seller", True),
    "the kill switch of a participant": lambda seq: commands.SetKillSwitch(codes.SCOPE_PARTICIPANT, "nobody", True),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_orders_that_it_does_not_concern_cost_a_command_nothing(kind: str, desks: tuple[Desk, Desk]) -> None:
    crowded, empty = desks
    for scope, key in ((codes.SCOPE_INSTRUMENT, "F"), (codes.SCOPE_INVESTOR, "seller")):
        for desk in desks:
            desk.send(commands.SetKillSwitch(scope, key, False))
    beside_crowd, alone = shortest_ns(crowded, COMMANDS[kind]), shortest_ns(empty, COMMANDS[kind])
    assert beside_crowd < MOST * alone, f"{beside_crowd} ns beside a crowd, {alone} ns without"


def test_an_order_in_a_call_looks_at_own_orders_of_the_other_side_only(desks: tuple[Desk, Desk]) -> None:
    times = []
    for crowd in (CROWD, 0):
        desk = venue(0)
        desk.send(commands.SetPhase(HERE, codes.CLOSING_AUCTION))
        for number in range(crowd):
            desk.send(order("maker", f"b{number}", codes.BUY, 40))
        times.append(shortest_ns(desk, lambda seq: order("maker", f"n{seq}", codes.BUY, 40)))
    assert times[0] < MOST * times[1]


def test_a_mark_cancels_only_what_is_outside_the_new_band_wherever_it_waits() -> None:
    desk = venue(50)
    desk.send(commands.SetPhase("F", codes.CONTINUOUS))
    rows = (
        ("far bid", codes.BUY, codes.LIMIT, 60, 0),
        ("near bid", codes.BUY, codes.LIMIT, 90, 0),
        ("far stop", codes.BUY, codes.STOP_LIMIT, 61, 130),
        ("near stop", codes.BUY, codes.STOP_LIMIT, 135, 130),
        ("stop without a limit", codes.BUY, codes.STOP, 0, 140),
        ("far peg", codes.BUY, codes.PEGGED, 62, 0),
        ("near peg", codes.BUY, codes.PEGGED, 92, 0),
        ("peg without a limit", codes.BUY, codes.PEGGED, 0, 0),
    )
    for name, side, kind, price, stop in rows:
        desk.send(
            commands.NewOrder(
                "maker", "maker", name, "F", side, kind, codes.GTC, price * E8, E8, stop_price_e8=stop * E8,
                peg=codes.PEG_OWN if kind == codes.PEGGED else -1,
            )
        )  # fmt: skip
    before = len(desk.exchange.accounts["maker"].open_orders)
    events = desk.send(commands.MarkFuture("F", 150 * E8, "test"))
    assert isinstance(events[0], FutureMarked)
    gone = [event.client_order_id for event in events if isinstance(event, OrderCancelled)]
    assert gone == ["far peg", "far stop", "far bid"]
    assert len(desk.exchange.accounts["maker"].open_orders) == before - len(gone)
    desk.exchange.check()


def test_a_mass_cancel_of_one_account_leaves_the_owners_others_alone() -> None:
    desk = venue(0)
    desk.send(commands.OpenAccount("second", "maker", "maker"))
    desk.send(commands.Deposit("second", "RUB", 10**9))
    desk.send(order("maker", "first", codes.BUY, 10))
    desk.send(commands.NewOrder("maker", "second", "x", HERE, codes.BUY, codes.LIMIT, codes.GTC, 11 * E8, E8))
    desk.send(order("maker", "last", codes.BUY, 12))
    events = desk.send(commands.MassCancel("maker", "maker", HERE, codes.BUY))
    assert [event.client_order_id for event in events if isinstance(event, OrderCancelled)] == ["last", "first"]
    assert isinstance(events[-1], MassCancelled) and events[-1].orders == 2
    assert [each.client_order_id for each in desk.exchange.accounts["second"].open_orders.values()] == ["x"]
    desk.exchange.check()


def test_where_an_owner_has_no_orders_any_more_is_forgotten_by_midnight() -> None:
    desk = venue(0)
    desk.send(order("maker", "stays", codes.BUY, 10))
    desk.send(order("maker", "goes", codes.BUY, 10, instrument=ELSEWHERE))
    desk.send(commands.CancelOrder("maker", "maker", 0, "goes"))
    owner = desk.exchange.owners["maker"]
    assert len(owner.open_sides) == 2
    desk.send(commands.Tick(), after_ns=NS_PER_DAY)
    desk.send(commands.Tick())
    assert len(owner.open_sides) == 1
    desk.exchange.check()
