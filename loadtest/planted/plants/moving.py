"""Prices that are made: momentum ignition, and marking the close.

Drawn from: Delegated Regulation (EU) 2016/522 annex II (a series of orders that is likely to start or exacerbate a trend and to
encourage others to extend it, to close a position at a favourable price; buying or selling at the reference time of a session; orders
that are entered minutes before the price of an auction is determined and cancelled seconds before).
"""

from __future__ import annotations

from engine.vocabulary.codes import BUY, CLOSING_AUCTION, CONTINUOUS, GTC, IOC, SELL
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import SetPhase
from loadtest.planted.ground.ordinary import callers
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Actor


def _take(plot: Plot, trader: str, name: str, side: int, *, reach: float, value_rub: float) -> int:
    """Take the other side of a book up to so far behind its touch."""
    stage = plot.stage
    book = stage.books[name]
    touch = stage.best_e8(name, 1 - side) / ONE_E8 or book.fair
    price = touch * (1 + reach if side == BUY else 1 - reach)
    return stage.enter(
        trader, name, side, book.price_e8(price, 1 - side), book.quantity_e8(value_rub), time_in_force=IOC
    )


def momentum_ignition(plot: Plot) -> Actor:
    """Take one side hard within a minute, until others follow; then go the other way."""
    source, stage = plot.source, plot.stage
    trader = plot.joins("firm")
    stage.deposit(trader, RUB=900_000_000, SOL=200_000, ETH=5_000)
    name = source.choice(("ETH/RUB", "SOL/RUB"))
    side = source.choice((BUY, SELL))
    yield 0.0
    start = stage.mid(name)
    orders = plot.of(source.randint(2, 4), source.randint(4, 8), source.randint(6, 12))
    for _ in range(orders):
        reach = source.uniform(*plot.of((0.0005, 0.0015), (0.001, 0.003), (0.002, 0.005)))
        _take(plot, trader, name, side, reach=reach, value_rub=source.uniform(2_000_000, 6_000_000))
        yield source.uniform(*plot.of((3.0, 15.0), (2.0, 8.0), (0.5, 4.0)))
    yield source.uniform(*plot.of((5.0, 60.0), (3.0, 30.0), (2.0, 15.0)))
    # Out: first by orders into which those who follow trade, then at once as long as that pays.
    book = stage.books[name]
    out = []
    for step in range(3):
        price = stage.mid(name) * (1 + 0.0003 * step if side == BUY else 1 - 0.0003 * step)
        out.append(
            stage.enter(
                trader, name, 1 - side, book.price_e8(price, 1 - side), book.quantity_e8(1_500_000), time_in_force=GTC
            )
        )
        yield source.uniform(1.0, 4.0)
    for _ in range(orders):
        best = stage.best_e8(name, side) / ONE_E8
        pays = best > start if side == BUY else 0 < best < start
        if pays:
            _take(plot, trader, name, 1 - side, reach=0.0, value_rub=source.uniform(2_000_000, 6_000_000))
        yield source.uniform(1.0, 6.0)
    for order in out:
        stage.cancel(trader, order)


def marking_the_close(plot: Plot) -> Actor:
    """Set the price of a close: before the call, in the call, or by an order that is taken away before its end."""
    source, stage = plot.source, plot.stage
    trader = plot.joins("firm")
    stage.deposit(trader, SOL=200_000, RUB=900_000_000)
    name, side = "SOL/RUB", source.choice((BUY, SELL))
    book = stage.books[name]
    way = source.choice(("before", "in_call", "pulled"))
    call_s = 60.0
    yield 0.0
    if way == "before":
        for _ in range(plot.of(2, source.randint(3, 5), source.randint(5, 9))):
            reach = source.uniform(*plot.of((0.0005, 0.002), (0.001, 0.003), (0.002, 0.005)))
            _take(plot, trader, name, side, reach=reach, value_rub=source.uniform(1_500_000, 5_000_000))
            yield source.uniform(1.0, 7.0)
    stage.send(SetPhase(name, CLOSING_AUCTION, "close", by="operator"))
    stage.add(callers(stage, source, name, call_s), 1.0)
    yield call_s - 14.0
    entered = []
    if way != "before":
        move = source.uniform(*plot.of((0.001, 0.004), (0.003, 0.008), (0.006, 0.015)))
        for _ in range(plot.of(2, 3, 4)):
            price = book.fair * (1 + move if side == BUY else 1 - move)
            value = source.uniform(*plot.of((500_000, 1_500_000), (1_500_000, 5_000_000), (4_000_000, 10_000_000)))
            entered.append(stage.enter(trader, name, side, book.price_e8(price, side), book.quantity_e8(value)))
            yield source.uniform(0.5, 2.0)
    if way == "pulled":
        yield source.uniform(0.5, 3.0)
        for order in entered:
            stage.cancel(trader, order)
    yield 3.0
    stage.send(SetPhase(name, CONTINUOUS, "close is over", by="operator"))
    for order in entered:
        stage.cancel(trader, order)
    yield 1.0
