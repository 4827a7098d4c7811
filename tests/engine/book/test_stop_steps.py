"""Waiting stops take no more steps than their docstrings state, however many wait and however they came. Steps are counted, not timed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from math import log2
from typing import Any

import pytest
from sortedcontainers import SortedList

import engine.book.stops
import engine.book.trails
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import Trade
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.desks.stop_stand import INSTRUMENT, Stand


class Counted(SortedList):  # type: ignore[type-arg]
    """A sorted list that counts: one step for each value that goes in or out, and all values when it is built anew."""

    steps = 0

    def add(self, value: Any) -> None:
        Counted.steps += 1
        super().add(value)

    def remove(self, value: Any) -> None:
        Counted.steps += 1
        super().remove(value)

    def pop(self, index: int = -1) -> Any:
        Counted.steps += 1
        return super().pop(index)

    def __delitem__(self, index: Any) -> None:
        before = len(self)
        super().__delitem__(index)
        removed = before - len(self)
        Counted.steps += before if before <= 8 * removed else removed

    def update(self, values: Iterable[Any]) -> None:
        # One by one by `add`, or the whole list anew: at most five values for each that comes.
        before = Counted.steps
        super().update(values)
        if Counted.steps == before:
            Counted.steps += len(self)


class Count:
    """The steps since it was last asked."""

    def __init__(self) -> None:
        self.seen = Counted.steps

    def taken(self) -> int:
        taken = Counted.steps - self.seen
        self.seen = Counted.steps
        return taken


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    for module in (engine.book.stops, engine.book.trails):
        monkeypatch.setattr(module, "SortedList", Counted)
    count = Count()
    yield count
    assert Counted.steps > 0


# Steps of one print that moves one group, for each kind of trail: its best price out and in, its first stop price out and in.
A_MOVE = 4


@pytest.mark.parametrize("stops", [10, 9_900])
def test_a_rising_run_costs_the_same_however_many_trailing_stops_wait(counted: Count, stops: int) -> None:
    stand = Stand()
    for number in range(stops):
        stand.wait(codes.SELL, trail=500 + number % 7, best=1_000)
        stand.wait(codes.SELL, bps=2_000 + number % 7, best=1_000)
    counted.taken()
    for price in range(1_001, 1_100):
        assert stand.stops.elect(price) == []
    assert counted.taken() <= 99 * 2 * A_MOVE
    # Prints up and down, where all have been, cost nothing.
    for price in (1_050, 1_099) * 50:
        assert stand.stops.elect(price) == []
    assert counted.taken() == 0
    stand.stops.check()


def test_one_buy_through_ninety_nine_asks_moves_ten_thousand_trailing_stops_together(counted: Count) -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT, reference=100, collar_ppm=900_000)
    stops = 9_900
    open_account(desk, "s", BTC=stops)
    for name in ("a", "b"):
        open_account(desk, name, RUB=10**9, BTC=1_000)
    for number in range(stops):
        stop = commands.NewOrder(
            "s", "s", f"s{number}", INSTRUMENT, codes.SELL, codes.TRAILING_STOP, codes.GTC, 0, E8, trail_e8=5 * E8
        )
        desk.send(stop)
    for price in range(101, 200):
        ask = commands.NewOrder("a", "a", f"a{price}", INSTRUMENT, codes.SELL, codes.LIMIT, codes.GTC, price * E8, E8)
        desk.send(ask)
    counted.taken()
    buy = commands.NewOrder("b", "b", "buy", INSTRUMENT, codes.BUY, codes.LIMIT, codes.GTC, 199 * E8, 99 * E8)
    events = desk.send(buy)
    assert counted.taken() <= 99 * A_MOVE
    assert sum(isinstance(event, Trade) for event in events) == len(events) - 1 == 99
    assert {order.stop_ticks for order in desk.exchange.accounts["s"].open_orders.values()} == {194}
    desk.exchange.check()


@pytest.mark.parametrize("prints", ["one by one", "at once"])
def test_in_one_run_no_more_trailing_stops_change_groups_than_wait(counted: Count, prints: str) -> None:
    stand = Stand()
    groups, each = 500, 3
    # A falling market leaves a group at every price; every trail is another.
    for number in range(groups):
        for member in range(each):
            stand.wait(codes.SELL, trail=2_000 + 3 * number + member, best=3_000 - number)
        stand.stops.elect(3_000 - number)
    counted.taken()
    for price in [*range(3_000 - groups, 3_001)] if prints == "one by one" else [3_000]:
        stand.stops.elect(price)
    # Each group is taken from both indexes and a merged one put there; each member goes over, at five steps at most.
    assert counted.taken() <= groups * 2 * A_MOVE + groups * each * 5
    assert stand.stops.count == groups * each
    assert len(stand.stops.sells.absolute.groups) == 1
    stand.stops.check()


def test_one_that_meets_ten_thousand_goes_over_alone(counted: Count) -> None:
    stand = Stand()
    for number in range(10_000):
        stand.wait(codes.SELL, trail=500 + number % 7, best=1_000)
    counted.taken()
    # The market falls, one enters, and the market rises to where the others are: again and again.
    for _ in range(100):
        stand.wait(codes.SELL, trail=300, best=999)
        stand.stops.elect(1_000)
    assert counted.taken() <= 100 * (3 + 2 * A_MOVE)
    assert len(stand.stops.sells.absolute.groups) == 1
    stand.stops.check()


def test_members_go_over_log2_times_at_most_even_when_groups_of_one_size_meet(counted: Count) -> None:
    # Two groups of one size meet, and then what came of two such: the worst there is.
    stand = Stand()

    def build(rounds: int, price: int) -> None:
        """Let 2**rounds stops wait, all at one best price, by uniting two halves."""
        if not rounds:
            stand.wait(codes.SELL, trail=5_000, best=price)
            return
        build(rounds - 1, price)
        build(rounds - 1, price - 2 ** (rounds - 1))
        stand.stops.elect(price)

    counted.taken()
    build(11, 9_000)
    stops = 2**11
    assert len(stand.stops.sells.absolute.groups) == 1 and stand.stops.count == stops
    taken = counted.taken()
    # Half of them go over in each of log2(stops) rounds.
    assert taken <= stops * log2(stops) / 2 * 5 + stops * 3 * A_MOVE
    assert taken > stops * log2(stops) / 2
    stand.stops.check()


def test_leaving_and_amending_cost_the_same_in_a_group_of_ten_thousand(counted: Count) -> None:
    stand = Stand()
    waiting = [stand.wait(codes.BUY, trail=1 + number, best=500) for number in range(10_000)]
    counted.taken()
    middle = waiting[5_000]
    for _ in range(100):
        stand.stops.remove(middle)
        stand.stops.add(middle)
    assert counted.taken() == 200
    # The first of the group is noted in an index, too.
    for _ in range(100):
        stand.stops.remove(waiting[0])
        stand.stops.add(waiting[0])
    assert counted.taken() <= 100 * 2 * 3
    # Alone at its best price, it makes and unmakes a group.
    for _ in range(100):
        alone = stand.wait(codes.BUY, trail=9, best=480)
        stand.stops.remove(alone)
    assert counted.taken() == 100 * 2 * 3
    for order in random.Random(1).sample(waiting, 5_000):
        stand.stops.remove(order)
    assert counted.taken() <= 5_000 * 3
    stand.stops.check()


@pytest.mark.parametrize("kind", ["one price", "one group", "many groups", "in basis points"])
def test_an_election_costs_what_it_elects(counted: Count, kind: str) -> None:
    stand = Stand()
    for number in range(4_000):
        if kind == "one price":
            stand.wait(codes.SELL, stop=900)
        elif kind == "in basis points":
            stand.wait(codes.SELL, bps=1_000 - number % 9, best=1_000)
        else:
            best = 1_000 if kind == "one group" else 5_000 - number
            stand.wait(codes.SELL, trail=best - 900, best=best)
    # Behind them as many that it does not reach.
    for number in range(4_000):
        stand.wait(codes.SELL, trail=500 + number % 50, best=1_000)
        stand.wait(codes.SELL, stop=400)
    counted.taken()
    assert stand.stops.elect(901) == [] and counted.taken() == 0
    assert len(stand.stops.elect(900)) == 4_000
    # Out of its group, or with the whole of it out of three indexes; a group that stays is built anew at eight for each.
    assert counted.taken() <= 4_000 * 8
    assert stand.stops.elect(899) == [] and counted.taken() == 0
    assert stand.stops.count == 8_000
    stand.stops.check()
