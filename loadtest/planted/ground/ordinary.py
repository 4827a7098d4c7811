"""Ordinary flow: participants as those of `sbx demo`, drawn from the recording's distributions, and others who look odd but do no harm.

Market makers, institutions, investors of all classes; one who buys a large order in slices; one who follows trends; an intermediary's
own account; people who send roubles to each other; an importer who pays under a contract. Two markets end in a closing call.
"""

from __future__ import annotations

import random
from typing import Final

from engine.vocabulary.codes import (
    BUY,
    CLOSING_AUCTION,
    CONTINUOUS,
    CROSS_BORDER,
    DOMESTIC_PAYMENT,
    IOC,
    SELL,
)
from engine.vocabulary.limits import NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages.commands import SetPhase
from loadtest.demo.participants import STYLES, Style
from loadtest.flow.fitted import FlowSampler
from loadtest.planted.ground.stage import Actor, Stage

MAKERS: Final = ("mm-alpha.main", "mm-beta.main")
LIQUID: Final = ("BTC/RUB", "ETH/RUB", "USDT/RUB", "SOL/RUB")
THIN: Final = "TRX/RUB"
"""Where one maker alone quotes, far apart."""
MAKER_RATE: Final = 8.0
"""Refreshes a second of each maker."""
INVESTOR_RATE: Final = 0.25
MAX_BP: Final = 300.0
HALF_SPREAD_BP: Final = 3.0
MAKER_VALUE_RUB: Final = 2_000_000.0
CALL_S: Final = 60.0
INVESTORS: Final = (
    ("delta-fund.main", "institution"),
    ("kappa-bank.main", "institution"),
    ("anna.main", "super_qualified"),
    ("boris.main", "super_qualified"),
    ("vera.north", "qualified"),
)
RETAIL: Final = ("daria.north", "olga.south", "lev.north")


def people(stage: Stage, seconds: float) -> None:
    """Let all of them act, from now on, in a session of that length."""
    for maker in MAKERS:
        stage.add(_maker(stage, maker, random.Random(stage.source.getrandbits(64))))
    stage.add(_thin_maker(stage, random.Random(stage.source.getrandbits(64))))
    for account, style in INVESTORS:
        instruments = (*LIQUID, THIN) if style != "qualified" else LIQUID
        stage.add(_investor(stage, account, STYLES[style], instruments, INVESTOR_RATE), stage.source.random() * 4)
    for account in RETAIL:
        stage.add(_investor(stage, account, STYLES["retail"], ("BTC/RUB", "ETH/RUB"), 0.02), stage.source.random() * 60)
    for number in range(3):
        own = stage.register(
            "firm", name=f"broker-own-{number}", participant=f"broker-{('north', 'south', 'west')[number]}"
        )
        stage.deposit(own, RUB=500_000_000, BTC=20, ETH=500, USDT=3_000_000, SOL=5_000, TRX=3_000_000)
        stage.add(_investor(stage, own, STYLES["super_qualified"], LIQUID, 0.05), stage.source.random() * 20)
    for number in range(2):
        follower = stage.register("person", name=f"trend-{number}")
        stage.deposit(follower, RUB=200_000_000, BTC=8, ETH=200, USDT=900_000, SOL=3_000)
        stage.add(_follower(stage, follower, random.Random(stage.source.getrandbits(64))), 5.0)
    slicer = stage.register("firm", name="slicer")
    stage.deposit(slicer, RUB=900_000_000, BTC=50, ETH=1_000)
    stage.add(_slicer(stage, slicer, random.Random(stage.source.getrandbits(64))), 20.0)
    stage.add(_payments(stage, random.Random(stage.source.getrandbits(64))), 10.0)
    stage.add(_importer(stage, random.Random(stage.source.getrandbits(64))), 30.0)
    for name in LIQUID[:2]:
        stage.add(_close(stage, random.Random(stage.source.getrandbits(64)), name), seconds - CALL_S - 15.0)


def _maker(stage: Stage, account: str, source: random.Random) -> Actor:
    """Quotes three levels on both sides of each market, and moves each now and then."""
    sampler = FlowSampler(source)
    quotes: dict[tuple[str, int, int], int] = {}
    places = [(name, side, level) for level in range(3) for name in LIQUID for side in (BUY, SELL)]
    first = list(places)
    while True:
        place = first.pop(0) if first else source.choice(places)
        name, side, level = place
        book = stage.books[name]
        fair = book.move(stage.now_ns)
        stage.cancel(account, quotes.pop(place, 0))
        behind = HALF_SPREAD_BP + (min(max(sampler.distance_bp(), 0.0), MAX_BP) if level else 0.0)
        price = fair * (1 - behind / 10_000 if side == BUY else 1 + behind / 10_000)
        value = MAKER_VALUE_RUB * max(sampler.size(), 0.1)
        quotes[place] = stage.enter(account, name, side, book.price_e8(price, side), book.quantity_e8(value))
        yield 0.02 if first else sampler.arrival_seconds(MAKER_RATE)


def _thin_maker(stage: Stage, source: random.Random) -> Actor:
    """Quotes a thin market 1 to 2 % from its price."""
    account, orders = MAKERS[0], [0, 0]
    while True:
        book = stage.books[THIN]
        fair = book.move(stage.now_ns)
        for side in (BUY, SELL):
            stage.cancel(account, orders[side])
            off = source.uniform(0.01, 0.02)
            price = fair * (1 - off if side == BUY else 1 + off)
            orders[side] = stage.enter(account, THIN, side, book.price_e8(price, side), book.quantity_e8(500_000))
        yield source.uniform(5, 15)


def _investor(stage: Stage, account: str, style: Style, instruments: tuple[str, ...], rate: float) -> Actor:
    """Trades at once, or rests until the drawn time is over."""
    source = random.Random(stage.source.getrandbits(64))
    sampler = FlowSampler(source)
    while True:
        name = source.choice(instruments)
        book = stage.books[name]
        side = BUY if source.random() < style.buy_share else SELL
        quantity = book.quantity_e8(style.value_rub * min(sampler.size(), 8.0))
        touch = stage.best_e8(name, 1 - side)
        if source.random() < style.aggressive_share and touch:
            if source.random() < 0.3:
                stage.enter(account, name, side, 0, quantity)
            else:
                through = min(sampler.through_bp(), 50.0) / 10_000
                price = touch / ONE_E8 * (1 + through if side == BUY else 1 - through)
                stage.enter(account, name, side, book.price_e8(price, 1 - side), quantity, time_in_force=IOC)
        else:
            own = stage.best_e8(name, side) or int(book.fair * ONE_E8)
            behind = min(max(sampler.distance_bp(), 0.0), MAX_BP) / 10_000
            price = own / ONE_E8 * (1 - behind if side == BUY else 1 + behind)
            order = stage.enter(account, name, side, book.price_e8(price, side), quantity)
            stage.add(_later(stage, account, order), min(sampler.lifetime_s(), 600.0))
        yield sampler.arrival_seconds(rate)


def _later(stage: Stage, account: str, order: int) -> Actor:
    """Cancel an order now."""
    stage.cancel(account, order)
    yield from ()


def _follower(stage: Stage, account: str, source: random.Random) -> Actor:
    """Goes with a move of a quarter of a percent within half a minute, and out when it has stopped."""
    seen: dict[str, list[float]] = {name: [] for name in LIQUID}
    holds: dict[str, int] = {}
    while True:
        for name, prices in seen.items():
            last = stage.exchange.books[name].last_trade_ticks * stage.books[name].tick_e8 / ONE_E8
            if not last:
                continue
            prices.append(last)
            del prices[:-15]
            moved = last / prices[0] - 1
            book = stage.books[name]
            if name in holds:
                if abs(moved) < 0.0005:
                    side = 1 - holds.pop(name)
                    stage.enter(account, name, side, 0, book.quantity_e8(300_000))
            elif abs(moved) > 0.0025:
                side = BUY if moved > 0 else SELL
                holds[name] = side
                stage.enter(account, name, side, 0, book.quantity_e8(source.uniform(200_000, 400_000)))
        yield source.uniform(1.5, 2.5)


def _slicer(stage: Stage, account: str, source: random.Random) -> Actor:
    """Buys, or sells, a large order in slices over some minutes; then another."""
    while True:
        name = source.choice(LIQUID[:2])
        side = source.choice((BUY, SELL))
        for _ in range(source.randint(15, 40)):
            stage.enter(account, name, side, 0, stage.books[name].quantity_e8(source.uniform(200_000, 500_000)))
            yield source.uniform(3, 9)
        yield source.uniform(60, 240)


def _payments(stage: Stage, source: random.Random) -> Actor:
    """Roubles from one to another, as people send them."""
    accounts = [account for account, _ in INVESTORS] + list(RETAIL)
    while True:
        first, second = source.sample(accounts, 2)
        amount = int(source.lognormvariate(10.0, 1.0))
        if first not in RETAIL:
            stage.transfer(first, second, "RUB", min(amount, 900_000) * 100, purpose=DOMESTIC_PAYMENT)
        yield source.expovariate(1 / 45)


def _importer(stage: Stage, source: random.Random) -> Actor:
    """Pays a supplier abroad under a contract, out of own funds."""
    while True:
        amount = source.randint(100, 900) * 1_000_000
        stage.transfer(
            "delta-fund.main",
            "gulf-trade.main",
            "USDT",
            amount,
            purpose=CROSS_BORDER,
            contract="contract 17/2026",
        )
        yield source.expovariate(1 / 120)


def _close(stage: Stage, source: random.Random, name: str) -> Actor:
    """The closing call of a market; then it goes on."""
    stage.send(SetPhase(name, CLOSING_AUCTION, "close", by="operator"))
    stage.add(callers(stage, source, name, CALL_S), 1.0)
    yield CALL_S
    stage.send(SetPhase(name, CONTINUOUS, "close is over", by="operator"))


def callers(stage: Stage, source: random.Random, name: str, seconds: float) -> Actor:
    """Orders on both sides of a call, around the fair price; those that did not trade are cancelled behind it."""
    book = stage.books[name]
    end_ns = stage.now_ns + int(seconds * 0.9 * NS_PER_SECOND)
    orders = []
    while stage.now_ns < end_ns:
        account = source.choice(("delta-fund.main", "anna.main", "boris.main", "kappa-bank.main"))
        side = source.choice((BUY, SELL))
        price = book.move(stage.now_ns) * (1 + source.gauss(0.0, 0.001))
        quantity_e8 = book.quantity_e8(source.uniform(100_000, 900_000))
        orders.append((account, stage.enter(account, name, side, book.price_e8(price, side), quantity_e8)))
        yield source.uniform(0.5, 2.5)
    yield seconds * 0.2
    for account, order in orders:
        stage.cancel(account, order)


def trade_a_little(stage: Stage, account: str) -> Actor:
    """An order of a private investor every minute or so."""
    yield from _investor(stage, account, STYLES["qualified"], LIQUID[:2], 1 / 60)
