"""Waiting stops: the same elections, in the same order, as by the slow way."""

from __future__ import annotations

import random

import pytest

from engine.book.entities import Order
from engine.book.whereabouts import NOWHERE
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderAmended, StopTriggered
from tests.support.engine.checks.slow_stops import SlowStop, SlowStops
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.desks.stop_stand import INSTRUMENT, Stand


class Twins:
    """The same stops in the engine's index and in the slow one."""

    def __init__(self, seed: int, prices: tuple[int, int], widest: int, most_bps: int) -> None:
        self.chance = random.Random(seed)
        self.prices = prices
        self.widest = widest
        self.most_bps = most_bps
        self.stand = Stand()
        self.slow = SlowStops()
        self.waiting: dict[int, Order] = {}
        self.parked: list[Order] = []
        self.twins: dict[int, SlowStop] = {}
        self.last = self.price()
        self.elections = 0

    def price(self) -> int:
        return self.chance.randint(*self.prices)

    def near(self) -> int:
        """A price a little beside the last, most often."""
        low, high = self.prices
        if self.chance.random() < 0.1:
            return self.price()
        return min(max(self.last + self.chance.randint(-4, 4), low), high)

    def enter(self) -> None:
        chance = self.chance
        side, kind = chance.choice((codes.BUY, codes.SELL)), chance.randrange(5)
        # Now and then one that comes back with the best price of long ago.
        best = self.last if chance.random() < 0.8 else self.near()
        if kind < 2:
            order = self.stand.order(side, trail=chance.randint(1, self.widest), best=best)
        elif kind < 4:
            order = self.stand.order(side, bps=chance.randint(1, self.most_bps), best=best)
        else:
            order = self.stand.order(side, stop=self.near())
        command = order.command
        twin = SlowStop(order.order_id, side, order.rank, 0, command.trail_e8 // E8, command.trail_bps)
        if kind < 4:
            twin.follow(best)
        else:
            twin.stop_ticks = order.stop_ticks
        self.twins[order.order_id] = twin
        self.let_wait(order)

    def let_wait(self, order: Order) -> None:
        self.stand.stops.add(order)
        self.slow.add(self.twins[order.order_id])
        self.waiting[order.order_id] = order

    def take_out(self) -> Order | None:
        if not self.waiting:
            return None
        order = self.waiting.pop(self.chance.choice(list(self.waiting)))
        self.stand.stops.remove(order)
        order.where = NOWHERE
        self.slow.remove(order.order_id)
        return order

    def amend(self) -> None:
        """Another quantity: the stop leaves and comes back, with its rank or behind all others."""
        order = self.take_out()
        if order is not None:
            if self.chance.random() < 0.5:
                self.stand.entered += 1
                order.renewed = self.twins[order.order_id].rank = self.stand.entered
            self.let_wait(order)

    def show(self) -> None:
        self.last = price = self.near()
        elected = self.stand.stops.elect(price)
        assert [order.order_id for order in elected] == [stop.order_id for stop in self.slow.elect(price)]
        self.elections += len(elected)
        for order in elected:
            del self.waiting[order.order_id]
            self.same(order)
            order.where = NOWHERE
            # As in a halt: it waits on afterwards, with the prices it had.
            if self.chance.random() < 0.3:
                self.parked.append(order)
        if self.parked and self.chance.random() < 0.3:
            for order in self.parked:
                self.let_wait(order)
            self.parked.clear()

    def same(self, order: Order) -> None:
        twin = self.twins[order.order_id]
        assert (order.stop_ticks, order.trail_best_ticks) == (twin.stop_ticks, twin.best_ticks)

    def step(self) -> None:
        drawn = self.chance.random()
        if drawn < 0.45:
            self.enter()
        elif drawn < 0.55:
            self.take_out()
        elif drawn < 0.65:
            self.amend()
        else:
            self.show()
        self.stand.stops.check()
        assert self.stand.stops.count == len(self.slow.waiting) == len(self.waiting)
        for order in self.waiting.values():
            self.same(order)


# Prices, the widest trail, the most basis points. At 1 to 12 ticks wide trails end at one tick; at 10 000 the roundings of
# basis points tie, and trails of both kinds change places; the last has many groups at once.
SHAPES = [((1, 12), 14, 9_999), ((90, 130), 12, 1_500), ((9_990, 10_030), 9, 12), ((400, 900), 300, 6_000)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", SHAPES)
def test_stops_are_elected_as_by_the_slow_way(shape: tuple[tuple[int, int], int, int], seed: int) -> None:
    twins = Twins(seed, *shape)
    for _ in range(250):
        twins.step()
    assert twins.elections > 20


def test_one_election_is_by_stop_price_then_rank_whatever_the_kinds_are() -> None:
    stand = Stand()
    far = stand.wait(codes.SELL, trail=20, best=100)
    tied = stand.wait(codes.SELL, bps=500, best=100)
    plain = stand.wait(codes.SELL, stop=95)
    close = stand.wait(codes.SELL, trail=5, best=100)
    renewed = stand.order(codes.SELL, trail=5, best=100)
    nearest = stand.wait(codes.SELL, bps=301, best=100)
    renewed.renewed = 9
    stand.stops.add(renewed)
    high = stand.wait(codes.SELL, stop=99)
    bought = stand.wait(codes.BUY, stop=94)
    assert stand.stops.elect(95) == [bought, high, nearest, tied, plain, close, renewed]
    assert stand.stops.elect(81) == []
    assert stand.stops.elect(80) == [far]


def test_a_waiting_trailing_stop_shows_the_price_that_it_has_followed_to() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT, reference=100, collar_ppm=500_000)
    for name in ("a", "b"):
        open_account(desk, name, RUB=10**9, BTC=1_000)
    stop = commands.NewOrder(
        "a", "a", "s", INSTRUMENT, codes.SELL, codes.TRAILING_STOP, codes.GTC, 0, 4 * E8, trail_e8=5 * E8
    )
    desk.send(stop)
    order = desk.exchange.accounts["a"].order("s")
    assert order is not None and (order.stop_ticks, order.trail_best_ticks) == (95, 100)
    before = order.reserve_ticks
    for step, price in enumerate((103, 101)):
        for name, side in (("a", codes.SELL), ("b", codes.BUY)):
            text = f"{name}{step}"
            desk.send(
                commands.NewOrder(name, name, text, INSTRUMENT, side, codes.LIMIT, codes.GTC, price * E8, E8),
            )
    assert (order.stop_ticks, order.trail_best_ticks, order.reserve_ticks) == (98, 103, before)
    (amended,) = desk.send(commands.AmendOrder("a", "a", 0, "s", 0, 3 * E8))
    assert isinstance(amended, OrderAmended) and amended.kept_priority
    assert (order.stop_ticks, order.trail_best_ticks, order.reserve_ticks) == (98, 103, 98)
    desk.send(commands.NewOrder("b", "b", "bid", INSTRUMENT, codes.BUY, codes.LIMIT, codes.GTC, 98 * E8, 9 * E8))
    events = desk.send(commands.NewOrder("a", "a", "hit", INSTRUMENT, codes.SELL, codes.LIMIT, codes.GTC, 98 * E8, E8))
    assert sum(isinstance(event, StopTriggered) for event in events) == 1
    assert (order.stop_ticks, order.trail_best_ticks, order.filled_lots) == (98, 103, 3)
    desk.exchange.check()
