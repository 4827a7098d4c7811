"""The benchmark's order stream: generated once from a seed, the same for every engine, and it trades.

    Distribution "touch-geometric". One instrument. Of 100 operations 10 are aggressive limit orders, priced up to 3
    ticks through the touch; the others hold the resting population near a target (60 in 90 add while it is below, 60
    in 90 cancel while it is above). Passive orders stand a geometric number of ticks behind the opposite touch
    (mean 8); quantities are geometric (mean 10 lots); cancels choose uniformly among resting orders. Sides are even.

A cancel always names an order that rests at that moment: the generator keeps a book of its own, the engine's, so that no
engine is timed on errors, and the number of trades is known before anyone is measured.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.state.letting_go import forget
from engine.vocabulary.codes import BUY, SELL
from loadtest.bench.engines.bare import BareBook

ADD: Final = 0
CANCEL: Final = 1
DISTRIBUTION: Final = "touch-geometric"
START_TICKS: Final = 100_000
AGGRESSIVE_PERCENT: Final = 10
REVERTING_PERCENT: Final = 60
MEAN_DISTANCE_TICKS: Final = 8
MEAN_LOTS: Final = 10
MAX_THROUGH_TICKS: Final = 3


class Operation(NamedTuple):
    """One step: an order (`side`, `price_ticks`, `lots`), or the cancel of the order that operation `target` entered."""

    kind: int
    side: int
    price_ticks: int
    lots: int
    target: int


class Stream(NamedTuple):
    """A generated stream, and what any correct engine makes of it."""

    seed: int
    resting: int
    """The resting population it reverts to."""
    operations: list[Operation]
    adds: int
    cancels: int
    trades: int
    traded_lots: int


class _Resting:
    """The ids of resting orders: uniform choice, insertion and removal in O(1)."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.places: dict[int, int] = {}

    def add(self, order_id: int) -> None:
        self.places[order_id] = len(self.ids)
        self.ids.append(order_id)

    def remove(self, order_id: int) -> None:
        place = self.places.pop(order_id)
        last = self.ids.pop()
        if last != order_id:
            self.ids[place] = last
            self.places[last] = place


def generate(seed: int, count: int, resting: int = 1_000) -> Stream:
    """Generate `count` operations that hold about `resting` orders in the book."""
    chance = random.Random(seed)
    bare = BareBook()
    orders: dict[int, Order] = {}
    alive = _Resting()
    operations: list[Operation] = []
    cancels = 0
    for number in range(count):
        adds_more = chance.randrange(100) < (REVERTING_PERCENT if len(alive.ids) < resting else 100 - REVERTING_PERCENT)
        aggressive = chance.randrange(100) < AGGRESSIVE_PERCENT
        if not (aggressive or adds_more) and alive.ids:
            target = chance.choice(alive.ids)
            order = orders.pop(target)
            alive.remove(target)
            bare.cancel(order)
            operations.append(Operation(CANCEL, order.side, order.price_ticks, order.leaves_lots, target))
            cancels += 1
            continue
        side = chance.choice((BUY, SELL))
        price, lots = _price(chance, bare.book, side, aggressive), _geometric(chance, MEAN_LOTS)
        makers = _crossed(bare.book, side, price, lots)
        order = bare.add(number, side, price, lots)
        for maker in makers:
            if not maker.leaves_lots:
                alive.remove(maker.order_id)
                del orders[maker.order_id]
        if order.leaves_lots:
            alive.add(number)
            orders[number] = order
        operations.append(Operation(ADD, side, price, lots, number))
    bare.book.check()
    forget(bare.book)
    return Stream(seed, resting, operations, count - cancels, cancels, bare.trades, bare.traded_lots)


def _geometric(chance: random.Random, mean: int) -> int:
    """A geometric number from 1 with this mean."""
    number = 1
    while chance.randrange(mean):
        number += 1
    return number


def _price(chance: random.Random, book: LimitOrderBook, side: int, aggressive: bool) -> int:
    """Ticks of the next order: through the opposite touch, or behind it."""
    towards = 1 if side == BUY else -1
    touch = book.opposite(side).best
    if touch is not None:
        anchor = touch.price_ticks
    else:
        own = book.side(side).best
        anchor = START_TICKS if own is None else own.price_ticks + towards
    if aggressive:
        return max(anchor + towards * chance.randrange(MAX_THROUGH_TICKS + 1), 1)
    return max(anchor - towards * _geometric(chance, MEAN_DISTANCE_TICKS), 1)


def _crossed(book: LimitOrderBook, side: int, price_ticks: int, lots: int) -> list[Order]:
    """The resting orders that an order will fill, wholly or in part."""
    found: list[Order] = []
    opposite = book.opposite(side)
    for maker in opposite:
        if lots <= 0 or not opposite.meets(maker.price_ticks, price_ticks):
            break
        found.append(maker)
        lots -= maker.leaves_lots
    return found
