"""Does an operation cost the same in a small book and in a huge one? Sweeps, cancels, new price levels, cascades, trails."""

from __future__ import annotations

import gc
import random
import time
from typing import Final

import msgspec

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY, CONTINUOUS, CRYPTO, FIAT, FOK, GTC, LIMIT, SELL, SPOT, STOP, TRAILING_STOP
from engine.vocabulary.limits import MAX_OPEN_ORDERS_PER_ACCOUNT, ONE_E8
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    CancelOrder,
    Deposit,
    ListInstrument,
    NewOrder,
    OpenAccount,
    Sequenced,
    SetPhase,
)
from engine.vocabulary.messages.events import StopTriggered, Trade
from loadtest.bench.engines.measure import Machine, machine

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
LEVELS: Final = 1_000
BOOKS: Final = 20
"""As many, where orders rest in several."""
MIDDLE_TICKS: Final = 5_000_000
OPERATIONS: Final = 2_000
PRINTS: Final = 99
START_NS: Final = 1_767_214_800_000_000_000
SCALE_BENCHMARKS: Final[dict[str, tuple[str, int]]] = {
    "scale_cancel": (f"cancels of random orders among N resting on {LEVELS} levels of each side", 1_000_000),
    "scale_cancel_books": (f"the same, among N resting in {BOOKS} books", 1_000_000),
    "scale_insert": ("orders that open a new price level among N levels of one side", 100_000),
    "scale_sweep": ("one order that trades with N resting orders on 100 levels", 100_000),
    "scale_stops": ("one trade that sets off N stops, each elected by the trade of the one before", 100_000),
    "scale_trails": ("trades of one order at 99 rising prices, each of which moves N trailing stops", 100_000),
}
"""Name -> workload, and the largest N that is tried."""


class ScaleLine(msgspec.Struct):
    """The result of one benchmark at several sizes."""

    benchmark: str
    engine: str
    build: str
    workload: str
    ns_per_operation: dict[str, int]
    """By N; the least of the repeats. Flat: the cost of an operation does not depend on the size."""
    repeats: int
    seed: int
    left_out: str
    machine: Machine


class Crowd:
    """An exchange with an instrument or more and as many accounts as it takes."""

    def __init__(self, books: int = 1) -> None:
        self.exchange = Exchange(PreTradeHook())
        # A million orders rest in one book here: the bounds on that are not what is measured.
        self.exchange.max_open_per_book = self.exchange.max_open = 10 * SIZES[-1]
        self._accounts: list[str] = []
        self._orders = 0
        self.send(AddAsset("RUB", FIAT, 2))
        self.assets: Final = ["BTC", *(f"C{number}" for number in range(1, books))]
        big = 10**15
        one = ONE_E8
        for asset in self.assets:
            name = f"{asset}/RUB"
            self.send(AddAsset(asset, CRYPTO, 0))
            self.send(ListInstrument(name, SPOT, asset, "RUB", one, one, one, 10**9 * one, big * 1_000, 900_000, 0))
            self.send(SetPhase(name, CONTINUOUS))

    def send(self, command: AnyCommand) -> int:
        """Sequence a command; returns its number."""
        seq = self.exchange.seq + 1
        self.exchange.apply(Sequenced(seq, START_NS + seq, command))
        return seq

    def order(
        self, side: int, price_ticks: int, lots: int = 1, *, stop_ticks: int = 0, life: int = GTC, book: int = 0
    ) -> NewOrder:
        """The next order, by an account that has room for it. Buyers and sellers are never the same owner."""
        number = self._orders // (MAX_OPEN_ORDERS_PER_ACCOUNT - 1) * 2 + side
        self._orders += 1
        name = f"{'bs'[side]}{number}"
        if name not in self._accounts:
            self._accounts.append(name)
            self.send(OpenAccount(name, name, name))
            self.send(Deposit(name, "RUB", 10**16))
            for asset in self.assets:
                self.send(Deposit(name, asset, 10**9))
        kind = STOP if stop_ticks else LIMIT
        price_e8 = 0 if stop_ticks else price_ticks * ONE_E8
        return NewOrder(
            name,
            name,
            f"o{self._orders}",
            f"{self.assets[book]}/RUB",
            side,
            kind,
            life,
            price_e8,
            lots * ONE_E8,
            stop_price_e8=stop_ticks * ONE_E8,
        )

    def timed(self, commands: list[AnyCommand]) -> int:
        """Apply commands; nanoseconds in all."""
        first = self.exchange.seq + 1
        sequenced = [Sequenced(first + number, START_NS + first + number, each) for number, each in enumerate(commands)]
        apply = self.exchange.apply
        gc.collect()
        gc.disable()
        try:
            start_ns = time.perf_counter_ns()
            for each in sequenced:
                self.last = apply(each)
            return time.perf_counter_ns() - start_ns
        finally:
            gc.enable()


def _cancel(size: int, seed: int, books: int = 1) -> int:
    chance = random.Random(seed)
    crowd = Crowd(books)
    resting: list[tuple[str, int]] = []
    for number in range(size):
        side = number % 2
        away = 1 + number // 2 % LEVELS
        book = chance.randrange(books) if books > 1 else 0
        order = crowd.order(side, MIDDLE_TICKS + (away if side == SELL else -away), book=book)
        resting.append((order.account, crowd.send(order)))
    chosen = chance.sample(resting, min(OPERATIONS, size))
    cancels: list[AnyCommand] = [CancelOrder(name, name, order_id, "") for name, order_id in chosen]
    return crowd.timed(cancels) // len(cancels)


def _cancel_books(size: int, seed: int) -> int:
    return _cancel(size, seed, BOOKS)


def _insert(size: int, seed: int) -> int:
    chance = random.Random(seed)
    crowd = Crowd()
    # Every other tick is taken; the new levels go between.
    for number in range(size):
        crowd.send(crowd.order(BUY, MIDDLE_TICKS - 2 * number))
    places = chance.sample(range(size), min(OPERATIONS, size))
    orders: list[AnyCommand] = [crowd.order(BUY, MIDDLE_TICKS - 2 * place - 1) for place in places]
    return crowd.timed(orders) // len(orders)


def _sweep(size: int, seed: int) -> int:
    crowd = Crowd()
    for number in range(size):
        crowd.send(crowd.order(SELL, MIDDLE_TICKS + number % 100))
    elapsed_ns = crowd.timed([crowd.order(BUY, MIDDLE_TICKS + 100, size, life=FOK)])
    assert sum(type(event) is Trade for event in crowd.last) == size
    return elapsed_ns // size


def _stops(size: int, seed: int) -> int:
    crowd = Crowd()
    for step in range(size + 1):
        crowd.send(crowd.order(BUY, MIDDLE_TICKS - step))
    for step in range(size):
        crowd.send(crowd.order(SELL, 0, stop_ticks=MIDDLE_TICKS - step))
    elapsed_ns = crowd.timed([crowd.order(SELL, MIDDLE_TICKS)])
    assert sum(type(event) is StopTriggered for event in crowd.last) == size
    return elapsed_ns // size


def _trails(size: int, seed: int) -> int:
    crowd = Crowd()
    crowd.send(crowd.order(BUY, MIDDLE_TICKS))
    crowd.send(crowd.order(SELL, MIDDLE_TICKS))
    for _ in range(size):
        stop = crowd.order(SELL, 0)
        crowd.send(msgspec.structs.replace(stop, order_type=TRAILING_STOP, trail_e8=5 * ONE_E8))
    for step in range(1, PRINTS + 1):
        crowd.send(crowd.order(SELL, MIDDLE_TICKS + step))
    elapsed_ns = crowd.timed([crowd.order(BUY, MIDDLE_TICKS + PRINTS, PRINTS)])
    assert sum(type(event) is Trade for event in crowd.last) == PRINTS
    return elapsed_ns // PRINTS


_RUN: Final = {
    "scale_cancel": _cancel,
    "scale_cancel_books": _cancel_books,
    "scale_insert": _insert,
    "scale_sweep": _sweep,
    "scale_stops": _stops,
    "scale_trails": _trails,
}


def measure_scale(name: str, build: str, repeats: int, seed: int, largest: int) -> ScaleLine:
    """Run one of `SCALE_BENCHMARKS` at every size up to `largest`."""
    workload, most = SCALE_BENCHMARKS[name]
    sizes = [size for size in SIZES if size <= min(largest, most)]
    figures = {str(size): min(_RUN[name](size, seed) for _ in range(repeats)) for size in sizes}
    left_out = (
        "rules (the hook passes all), bounds on open orders of a book, journal, network, decoding; building the book"
    )
    return ScaleLine(name, "sandbox-exchange", build, workload, figures, repeats, seed, left_out, machine())
