"""Long chains within one command: they end in it, in linear time, without recursion."""

from __future__ import annotations

import sys
import time

import pytest

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import StopTriggered, Trade
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

INSTRUMENT = "BTC/RUB"


def staircase(stops: int) -> Desk:
    """Sell stops one tick apart, each of which, when it trades, prints at the next one's trigger."""
    desk = Desk()
    list_spot(desk, INSTRUMENT, max_notional=10**18, collar_ppm=900_000)
    accounts = [f"s{index}" for index in range(stops // 5_000 + 1)]
    for name in accounts:
        open_account(desk, name, BTC=10_000)
    buyers = [f"b{index}" for index in range(stops // 5_000 + 1)]
    for name in buyers:
        open_account(desk, name, RUB=10**17)
    for step in range(stops + 1):
        buyer = buyers[step // 5_000]
        price = (stops * 2 - step) * E8
        desk.send(commands.NewOrder(buyer, buyer, f"b{step}", INSTRUMENT, codes.BUY, codes.LIMIT, codes.GTC, price, E8))
    for step in range(stops):
        name = accounts[step // 5_000]
        trigger = (stops * 2 - step) * E8
        command = commands.NewOrder(
            name,
            name,
            f"s{step}",
            INSTRUMENT,
            codes.SELL,
            codes.STOP,
            codes.GTC,
            0,
            E8,
            stop_price_e8=trigger,
        )
        desk.send(command)
    return desk


def run(stops: int) -> float:
    """Seconds that the cascade takes, from the print that starts it."""
    desk = staircase(stops)
    seller = "s0"
    started = time.process_time()
    events = desk.send(commands.NewOrder(seller, seller, "go", INSTRUMENT, codes.SELL, codes.LIMIT, codes.IOC, E8, E8))
    taken = time.process_time() - started
    assert sum(isinstance(event, StopTriggered) for event in events) == stops
    assert sum(isinstance(event, Trade) for event in events) == stops + 1
    prices = [event.price_ticks for event in events if isinstance(event, Trade)]
    assert prices == sorted(prices, reverse=True)
    assert desk.exchange.books[INSTRUMENT].stops.count == 0
    return taken


def test_ten_thousand_stops_elect_each_other_within_one_command() -> None:
    limit = sys.getrecursionlimit()
    try:
        # Deep enough for the test runner, far too shallow for a recursion per stop.
        sys.setrecursionlimit(300)
        run(10_000)
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.soak
def test_a_cascade_is_linear() -> None:
    small = min(run(5_000) for _ in range(3))
    large = min(run(40_000) for _ in range(3))
    # Eight times the stops: linear is a ratio of 8, quadratic one of 64.
    assert large / small < 16


def cascade_beside(books: int, stops: int) -> float:
    """Seconds of a mass cancel in so many books, which ends a bracket's entry: its take-profit's print elects stops."""
    desk = Desk()
    list_spot(desk, INSTRUMENT, collar_ppm=900_000)
    for name in ("a", "b", "s"):
        open_account(desk, name, RUB=10**12, BTC=stops + 10)

    def order(name: str, text: str, side: int, price: int, lots: int = 1, *, stop: int = 0) -> commands.NewOrder:
        kind = codes.STOP if stop else codes.LIMIT
        return commands.NewOrder(
            name, name, text, INSTRUMENT, side, kind, codes.GTC, price * E8, lots * E8, stop_price_e8=stop * E8
        )

    for number in range(books):
        list_spot(desk, f"C{number}/RUB")
        command = commands.NewOrder("a", "a", f"o{number}", f"C{number}/RUB", codes.BUY, codes.LIMIT, codes.GTC, E8, E8)
        desk.send(command)
    entry = order("a", "entry", codes.BUY, 100, 2)
    exits = order("a", "profit", codes.SELL, 90, 2), order("a", "loss", codes.SELL, 0, 2, stop=50)
    desk.send(commands.NewBracket("a", "a", entry, *exits))
    desk.send(order("b", "fill", codes.SELL, 100))
    desk.send(order("b", "bid", codes.BUY, 95))
    for number in range(stops):
        desk.send(order("s", f"s{number}", codes.SELL, 0, stop=95))
    started = time.process_time()
    events = desk.send(commands.MassCancel("a", "a", "", codes.BUY))
    taken = time.process_time() - started
    assert sum(isinstance(event, StopTriggered) for event in events) == stops
    return taken


@pytest.mark.soak
def test_a_cascade_costs_the_same_however_many_books_its_command_touched() -> None:
    alone = min(cascade_beside(1, 4_000) for _ in range(3))
    beside = min(cascade_beside(1_000, 4_000) for _ in range(3))
    assert beside / alone < 2


def test_an_order_sweeps_ten_thousand_resting_orders() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT, max_notional=10**18)
    for name in ("a", "b", "c"):
        open_account(desk, name, RUB=10**16, BTC=20_000)
    for number in range(10_000):
        maker = "ab"[number % 2]
        price = (100 + number % 50) * E8
        command = commands.NewOrder(
            maker, maker, f"o{number}", INSTRUMENT, codes.SELL, codes.LIMIT, codes.GTC, price, E8
        )
        desk.send(command)
    sweep = commands.NewOrder("c", "c", "sweep", INSTRUMENT, codes.BUY, codes.LIMIT, codes.FOK, 200 * E8, 10_000 * E8)
    events = desk.send(sweep)
    assert sum(isinstance(event, Trade) for event in events) == 10_000
    desk.exchange.check()
