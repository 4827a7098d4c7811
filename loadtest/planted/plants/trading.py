"""Trades that are none: wash trades, rings, and payments by prices.

Drawn from: Delegated Regulation (EU) 2016/522 annex II (wash trades, painting the tape, improper matched orders), the rulebook of SGX on
pre-arranged trades (substantially the same size, time and price; reversed afterwards), FATF's red flags of 2020 on virtual assets.
"""

from __future__ import annotations

from engine.vocabulary.codes import BUY, DOMESTIC_PAYMENT, SELL
from loadtest.planted.ground.ordinary import LIQUID, THIN
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Actor


def meet(
    plot: Plot, name: str, seller: str, buyer: str, *, price: float, value_rub: float, wait_s: float, jitter: float
) -> Actor:
    """One enters a sale, the other buys it a moment later, in nearly the same quantity."""
    stage, source = plot.stage, plot.source
    book = stage.books[name]
    first, second = (seller, buyer) if source.random() < 0.5 else (buyer, seller)
    side = SELL if first == seller else BUY
    price_e8 = book.price_e8(price, BUY)
    entered = stage.enter(first, name, side, price_e8, book.quantity_e8(value_rub))
    yield wait_s
    met = stage.enter(
        second, name, 1 - side, price_e8, book.quantity_e8(value_rub * source.uniform(1 - jitter, 1 + jitter))
    )
    yield source.uniform(0.2, 2.0)
    # What others left over of either is taken away.
    stage.cancel(first, entered)
    stage.cancel(second, met)


def wash_trade(plot: Plot) -> Actor:
    """Two trade an amount to and fro between them, inside the spread, so that there seems to be a market."""
    source, stage = plot.source, plot.stage
    one, other = plot.joins("person"), plot.joins(source.choice(("person", "firm")))
    name = source.choice(LIQUID[:2])
    rounds = plot.of(source.randint(2, 4), source.randint(4, 7), source.randint(8, 14))
    value = source.uniform(*plot.of((40_000, 150_000), (150_000, 600_000), (400_000, 1_500_000)))
    yield 0.0
    for _ in range(rounds):
        for seller, buyer in ((one, other), (other, one)):
            wait_s = source.uniform(*plot.of((1.0, 20.0), (0.5, 6.0), (0.1, 1.5)))
            jitter = plot.of(0.12, 0.04, 0.0)
            yield from meet(
                plot, name, seller, buyer, price=stage.mid(name), value_rub=value, wait_s=wait_s, jitter=jitter
            )
            yield source.uniform(*plot.of((20.0, 60.0), (8.0, 30.0), (2.0, 10.0)))


def circular_trading(plot: Plot) -> Actor:
    """An amount goes from one to the next, and at last back to the first."""
    source, stage = plot.source, plot.stage
    ring = [plot.joins("person") for _ in range(source.randint(3, 5))]
    name = source.choice(LIQUID[:2])
    value = source.uniform(*plot.of((60_000, 200_000), (200_000, 700_000), (500_000, 1_500_000)))
    yield 0.0
    for _ in range(plot.of(1, source.randint(2, 3), source.randint(3, 5))):
        for place, seller in enumerate(ring):
            buyer = ring[(place + 1) % len(ring)]
            wait_s = source.uniform(*plot.of((1.0, 20.0), (0.5, 6.0), (0.1, 1.5)))
            jitter = plot.of(0.12, 0.04, 0.0)
            yield from meet(
                plot, name, seller, buyer, price=stage.mid(name), value_rub=value, wait_s=wait_s, jitter=jitter
            )
            yield source.uniform(*plot.of((20.0, 50.0), (5.0, 20.0), (1.0, 8.0)))


def payment_in_disguise(plot: Plot) -> Actor:
    """One pays another: by prices in a thin market, by a sale beside the market, or in pieces that nobody has to report."""
    way = plot.source.choice((_by_prices, _by_legs, _in_pieces))
    yield from way(plot)


def _by_prices(plot: Plot) -> Actor:
    source, stage = plot.source, plot.stage
    payer, paid = plot.joins("person"), plot.joins("person")
    off = source.uniform(*plot.of((0.001, 0.004), (0.004, 0.008), (0.007, 0.012)))
    value = source.uniform(*plot.of((1_000_000, 3_000_000), (2_500_000, 6_000_000), (5_000_000, 12_000_000)))
    yield 0.0
    for _ in range(plot.of(2, source.randint(2, 4), source.randint(3, 6))):
        middle = stage.mid(THIN)
        for seller, buyer, sign in ((payer, paid, -1), (paid, payer, 1)):
            yield from meet(
                plot,
                THIN,
                seller,
                buyer,
                price=middle * (1 + sign * off),
                value_rub=value,
                wait_s=source.uniform(*plot.of((1.0, 15.0), (0.3, 4.0), (0.1, 1.0))),
                jitter=plot.of(0.08, 0.02, 0.0),
            )
            yield source.uniform(3.0, 20.0)


def _by_legs(plot: Plot) -> Actor:
    """A security one way, roubles the other."""
    source, stage = plot.source, plot.stage
    seller, buyer = plot.joins("person"), plot.joins("person")
    stage.deposit(seller, **{"BTC-NOTE": 3_000})
    lots = source.randint(*plot.of((4, 12), (12, 60), (60, 250)))
    yield 0.0
    for _ in range(plot.of(1, 2, 3)):
        stage.transfer(seller, buyer, "BTC-NOTE", lots, purpose=DOMESTIC_PAYMENT)
        yield source.uniform(*plot.of((60, 1_200), (20, 400), (2, 60)))
        differs = plot.of(0.15, 0.05, 0.01)
        roubles = lots * stage.books["BTC-NOTE"].fair * source.uniform(1 - differs, 1 + differs)
        stage.transfer(buyer, seller, "RUB", int(roubles) * 100, purpose=DOMESTIC_PAYMENT)
        yield source.uniform(5, 60)


def _in_pieces(plot: Plot) -> Actor:
    source, stage = plot.source, plot.stage
    payer, paid = plot.joins("person"), plot.joins("person")
    low, high = plot.of((150_000, 500_000), (400_000, 900_000), (800_000, 990_000))
    yield 0.0
    for _ in range(plot.of(source.randint(3, 4), source.randint(3, 6), source.randint(5, 9))):
        stage.transfer(payer, paid, "RUB", int(source.uniform(low, high)) * 100, purpose=DOMESTIC_PAYMENT)
        yield source.uniform(*plot.of((40, 120), (20, 80), (2, 20)))
