"""An owner's queue in a call says what looking through all the owner's orders would, whatever joins and goes meanwhile."""

from __future__ import annotations

import random

import pytest

from engine.book.entities import Order
from engine.book.own_queue import SCANS, OwnQueue
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderAccepted
from tests.support.engine.desks.desk import E8, Desk, list_spot

BOOK = "BTC/RUB"


class Collected:
    """A call in which one owner has orders of two accounts."""

    def __init__(self) -> None:
        self.desk = Desk()
        list_spot(self.desk, reference=100)
        for account in ("a", "a2", "b"):
            self.desk.send(commands.OpenAccount(account, account, account[0]))
            for asset in ("RUB", "BTC"):
                self.desk.send(commands.Deposit(account, asset, 10**12))
        self.desk.send(commands.SetPhase(BOOK, codes.PRE_OPEN))

    def enter(self, account: str, side: int, price: int, kind: int = codes.LIMIT, life: int = codes.GTC) -> Order:
        name = f"o{len(self.desk.history)}"
        stop_e8 = 200 * E8 if kind == codes.STOP else 0
        price_e8 = price * E8 if kind == codes.LIMIT else 0
        order = commands.NewOrder(account, account, name, BOOK, side, kind, life, price_e8, E8, stop_price_e8=stop_e8)
        assert isinstance(self.desk.send(order)[0], OrderAccepted)
        found = self.desk.exchange.accounts[account].order(name)
        assert found is not None
        return found


def naive(orders: list[Order], probe: Order) -> Order | None:
    """All that take part, market orders first, then by price and place; the first that crosses."""
    best: list[tuple[bool, int, int, Order]] = []
    for order in orders:
        if order.where in (IN_CALL, ON_BOOK) and order.account.owner is probe.account.owner:
            market = order.where == IN_CALL
            price = order.price_ticks if order.side == codes.SELL else -order.price_ticks
            meets = (
                order.price_ticks <= probe.price_ticks
                if probe.side == codes.BUY
                else order.price_ticks >= probe.price_ticks
            )
            if market or probe.order_type == codes.MARKET or meets:
                best.append((not market, price, order.queued, order))
    return min(best)[3] if best else None


@pytest.mark.parametrize("side", [codes.BUY, codes.SELL])
@pytest.mark.parametrize("seed", range(6))
def test_the_first_crossing_is_that_of_all_orders(seed: int, side: int) -> None:
    chance = random.Random(seed)
    collected = Collected()
    # Those that ask are of the same owner, and out of reach of each other: one way or the other nobody crosses by itself.
    middle = 200 if side == codes.SELL else 20
    probes = [collected.enter("a", 1 - side, 100 + number) for number in range(-8, 9, 4)]
    orders: list[Order] = []
    queue = OwnQueue(probes[0].account.owner, probes[0].instrument, side)
    for _ in range(120):
        roll = chance.random()
        if roll < 0.5 or not orders:
            kind = chance.choice((codes.LIMIT, codes.LIMIT, codes.LIMIT, codes.STOP))
            order = collected.enter(chance.choice(("a", "a2", "b")), side, middle + chance.randrange(5), kind)
            orders.append(order)
            if order.account.owner is queue.owner:
                queue.join(order)
        else:
            gone = orders.pop(chance.randrange(len(orders)))
            account = gone.account.account
            collected.desk.send(commands.CancelOrder(account, account, gone.order_id, ""))
        for probe in probes:
            kept = probe.price_ticks
            # As if it came at a price that meets some of them.
            probe.price_ticks = middle + chance.randrange(-1, 6)
            assert queue.first_crossing(probe) is naive(orders, probe)
            probe.price_ticks = kept
    assert queue.asked > SCANS and queue.queue is not None


def test_orders_that_wait_off_the_book_are_met_by_nobody() -> None:
    collected = Collected()
    waiting = [collected.enter("a", codes.SELL, 90, life=codes.AT_OPEN) for _ in range(3)]
    probe = collected.enter("a", codes.BUY, 95)
    queue = OwnQueue(probe.account.owner, probe.instrument, codes.SELL)
    assert [queue.first_crossing(probe) for _ in range(SCANS + 2)] == [None] * (SCANS + 2)
    # As the auction begins each joins, and meets the bid: the venue's mode has it cancelled.
    collected.desk.send(commands.SetPhase(BOOK, codes.OPENING_AUCTION))
    assert not any(order.leaves_lots for order in waiting) and probe.leaves_lots
    collected.desk.exchange.check()
