"""Orders that are not meant: layering, spoofing, quote stuffing.

Drawn from: Delegated Regulation (EU) 2016/522 annex II (layering and spoofing: several or large orders, often away from the touch, on one
side, to execute on the other, removed afterwards; quote stuffing: large numbers of orders, cancels and changes).
"""

from __future__ import annotations

from engine.vocabulary.codes import BUY, IOC, SELL
from engine.vocabulary.limits import ONE_E8
from loadtest.planted.ground.ordinary import LIQUID
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Actor


def layering(plot: Plot) -> Actor:
    """Orders at several prices behind the touch; a trade on the other side; the orders go."""
    source = plot.source
    trader = plot.joins("person")
    plot.stage.deposit(trader, RUB=900_000_000, BTC=100, ETH=3_000)
    yield 0.0
    for _ in range(plot.of(source.randint(1, 2), source.randint(2, 4), source.randint(4, 6))):
        levels = plot.of(3, source.randint(3, 5), source.randint(4, 7))
        share = source.uniform(*plot.of((0.3, 0.7), (0.7, 1.5), (1.5, 3.0)))
        yield from _bait(plot, trader, levels, share)
        yield source.uniform(15.0, 60.0)


def spoofing(plot: Plot) -> Actor:
    """One order that is large beside the book, near the touch; a trade on the other side; the order goes."""
    source = plot.source
    trader = plot.joins("person")
    plot.stage.deposit(trader, RUB=900_000_000, BTC=100, ETH=3_000)
    yield 0.0
    for _ in range(plot.of(source.randint(1, 2), source.randint(2, 4), source.randint(4, 7))):
        share = source.uniform(*plot.of((0.3, 0.7), (0.7, 1.5), (1.5, 3.0)))
        yield from _bait(plot, trader, 1, share)
        yield source.uniform(10.0, 60.0)


def _bait(plot: Plot, trader: str, levels: int, share: float) -> Actor:
    """Show a share of the depth of one side in so many orders, trade on the other side, take the orders away."""
    source, stage = plot.source, plot.stage
    name = source.choice(LIQUID[:2])
    book = stage.books[name]
    side = source.choice((BUY, SELL))
    touch = stage.best_e8(name, side) / ONE_E8 or book.fair
    shown_e8 = max(int(stage.depth_e8(name, side) * share), book.lot_e8 * levels)
    orders = []
    for level in range(1, levels + 1):
        behind = level * source.uniform(0.0001, 0.0008)
        price = touch * (1 - behind if side == BUY else 1 + behind)
        quantity_e8 = min(shown_e8 // levels // book.lot_e8 * book.lot_e8, book.max_e8)
        orders.append(stage.enter(trader, name, side, book.price_e8(price, side), max(quantity_e8, book.lot_e8)))
        yield source.uniform(*plot.of((0.2, 4.0), (0.1, 1.5), (0.02, 0.3)))
    yield source.uniform(*plot.of((1.0, 20.0), (0.5, 8.0), (0.2, 3.0)))
    value = source.uniform(50_000, 400_000)
    quantity_e8 = book.quantity_e8(value)
    other = stage.best_e8(name, side) / ONE_E8 or book.fair
    # Selling what it shows a bid for, and the other way round.
    stage.enter(
        trader,
        name,
        1 - side,
        book.price_e8(other * (0.999 if side == BUY else 1.001), side),
        quantity_e8,
        time_in_force=IOC,
    )
    yield source.uniform(*plot.of((1.0, 20.0), (0.3, 6.0), (0.05, 1.5)))
    for order in orders:
        stage.cancel(trader, order)
        yield source.uniform(*plot.of((0.1, 1.5), (0.02, 0.4), (0.005, 0.05)))


def quote_stuffing(plot: Plot) -> Actor:
    """Bursts of orders far from the touch that are cancelled or replaced at once."""
    source, stage = plot.source, plot.stage
    trader = plot.joins("firm")
    name = source.choice(LIQUID)
    book = stage.books[name]
    yield 0.0
    for _ in range(plot.of(1, source.randint(1, 3), source.randint(2, 4))):
        rate = source.uniform(*plot.of((10, 30), (30, 90), (90, 250)))
        seconds = source.uniform(*plot.of((4, 10), (5, 15), (8, 20)))
        for _ in range(int(rate * seconds / 2)):
            side = source.choice((BUY, SELL))
            touch = stage.best_e8(name, side) / ONE_E8 or book.fair
            off = source.uniform(0.001, 0.01)
            price = touch * (1 - off if side == BUY else 1 + off)
            order = stage.enter(
                trader, name, side, book.price_e8(price, side), book.quantity_e8(source.uniform(20_000, 200_000))
            )
            yield source.expovariate(rate)
            stage.cancel(trader, order)
            yield source.expovariate(rate)
        yield source.uniform(20.0, 90.0)
