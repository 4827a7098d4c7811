"""Rules that are gone round: the cap, the border, a freeze; and clients whose orders are known.

Drawn from: RET-1 and RET-4 (the cap is one person's), FATF's red flags of 2020 (structuring over accounts, funds that are moved on at
once, control through others), MAR recital 30 and article 7(1)(d) (orders of clients as inside information).
"""

from __future__ import annotations

from engine.vocabulary.codes import BUY, CROSS_BORDER, DOMESTIC_PAYMENT, IOC, SELL
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import RegisterContract, SetBlocked
from loadtest.planted.ground.ordinary import LIQUID
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Actor


def _buys(plot: Plot, account: str, name: str, value_rub: float) -> None:
    """Buy at once what there is near the touch."""
    stage = plot.stage
    book = stage.books[name]
    touch = stage.best_e8(name, SELL) / ONE_E8 or book.fair
    stage.enter(account, name, BUY, book.price_e8(touch * 1.001, SELL), book.quantity_e8(value_rub), time_in_force=IOC)


def cap_splitting(plot: Plot) -> Actor:
    """Retail purchases beyond the cap: a person and firms of the person, accounts that one pays, or accounts led in step."""
    way = plot.source.choice((_by_firms, _by_paid, _in_step))
    yield from way(plot)


def _by_firms(plot: Plot) -> Actor:
    source = plot.source
    person = plot.joins("retail", participant="broker-north", intermediary="north", trades=False)
    owner = person.removesuffix(".main")
    accounts = [person]
    for place in range(plot.of(1, 2, 3)):
        broker = ("south", "west", "north")[place]
        accounts.append(
            plot.joins("llc", participant=f"broker-{broker}", intermediary=broker, owner=owner, trades=False)
        )
    share = source.uniform(*plot.of((0.45, 0.7), (0.6, 0.85), (0.8, 0.97)))
    yield 0.0
    yield from _fill_up(plot, accounts, share)


def _fill_up(plot: Plot, accounts: list[str], share: float) -> Actor:
    """Each buys up to a share of the cap, in a few orders."""
    source = plot.source
    steps = source.randint(3, 6)
    for _ in range(steps):
        for account in accounts:
            _buys(plot, account, source.choice(LIQUID[:2]), 300_000 * share / steps)
            yield source.uniform(2.0, 25.0)


def _by_paid(plot: Plot) -> Actor:
    """One who may not buy more pays others, who buy."""
    source, stage = plot.source, plot.stage
    purse = plot.joins("person")
    many = plot.of(3, source.randint(3, 5), source.randint(5, 8))
    accounts = [
        plot.joins("retail", participant="broker-south", intermediary="south", trades=False) for _ in range(many)
    ]
    share = source.uniform(*plot.of((0.3, 0.5), (0.5, 0.8), (0.8, 0.97)))
    # Who brings money of their own hides what they are paid.
    paid = plot.of(0.6, 0.9, 1.02)
    yield 0.0
    for account in accounts:
        stage.transfer(purse, account, "RUB", int(300_000 * share * paid) * 100, purpose=DOMESTIC_PAYMENT)
        yield source.uniform(2.0, 20.0)
    yield from _fill_up(plot, accounts, share)


def _in_step(plot: Plot) -> Actor:
    """One hand enters the same order on each account, one after another."""
    source = plot.source
    many = plot.of(3, source.randint(3, 5), source.randint(5, 8))
    accounts = [
        plot.joins("retail", participant="broker-north", intermediary="north", trades=False) for _ in range(many)
    ]
    rounds = plot.of(source.randint(3, 4), source.randint(4, 6), source.randint(6, 9))
    share = source.uniform(*plot.of((0.4, 0.6), (0.5, 0.8), (0.8, 0.97)))
    jitter = plot.of(0.03, 0.008, 0.0)
    gap_s = plot.of(2.5, 0.9, 0.3)
    yield 0.0
    for _ in range(rounds):
        name = LIQUID[0]
        for account in accounts:
            _buys(plot, account, name, 300_000 * share / rounds * source.uniform(1 - jitter, 1 + jitter))
            yield source.uniform(0.1, gap_s)
        yield source.uniform(15.0, 60.0)


def pass_through(plot: Plot) -> Actor:
    """Others pay an account, which buys a stablecoin and sends it abroad under its contract."""
    source, stage = plot.source, plot.stage
    conduit = plot.joins("firm", trades=False)
    investor = conduit.removesuffix(".main")
    senders = [plot.joins("person") for _ in range(plot.of(2, source.randint(2, 4), source.randint(4, 7)))]
    contract = stage.name("contract")
    stage.send(
        RegisterContract(contract, investor, "gulf-trade", "USDT", 10**13, "2026-05-04", "services", "registered")
    )
    each = source.uniform(*plot.of((80_000, 300_000), (200_000, 800_000), (700_000, 2_500_000)))
    hands_on = source.uniform(*plot.of((0.55, 0.85), (0.8, 0.95), (0.95, 1.0)))
    yield 0.0
    for _ in range(plot.of(1, source.randint(1, 2), source.randint(2, 3))):
        for sender in senders:
            stage.transfer(sender, conduit, "RUB", int(each * source.uniform(0.8, 1.2)) * 100, purpose=DOMESTIC_PAYMENT)
            yield source.uniform(2.0, 30.0)
        value = each * len(senders) * hands_on
        book = stage.books["USDT/RUB"]
        touch = stage.best_e8("USDT/RUB", SELL) / ONE_E8 or book.fair
        stage.enter(
            conduit, "USDT/RUB", BUY, book.price_e8(touch * 1.002, SELL), book.quantity_e8(value), time_in_force=IOC
        )
        yield source.uniform(3.0, 60.0)
        # Some of its own goes the same way.
        own = plot.of(source.uniform(1.1, 1.6), 1.05, 1.0)
        amount = int(value / book.fair * own)
        stage.transfer(conduit, "gulf-trade.main", "USDT", amount * 10**6, purpose=CROSS_BORDER, contract=contract)
        yield source.uniform(5.0, 60.0)


def use_of_frozen(plot: Plot) -> Actor:
    """Somebody is blocked; a firm of theirs goes on, or another account does what they could not."""
    source, stage = plot.source, plot.stage
    if source.random() < 0.5:
        person = plot.joins("person", trades=False)
        owner = person.removesuffix(".main")
        firm = plot.joins("firm", owner=owner, trades=False)
        yield 0.0
        stage.send(SetBlocked(owner, True, "on the list", by="supervisor"))
        for _ in range(plot.of(1, source.randint(2, 4), source.randint(4, 8))):
            yield source.uniform(5.0, 60.0)
            _buys(plot, firm, source.choice(LIQUID[:2]), source.uniform(50_000, 900_000))
        return
    blocked = plot.joins("person", participant="broker-west", intermediary="west", trades=False)
    other = plot.joins("person", participant="broker-west", intermediary="west", trades=False)
    stage.send(SetBlocked(blocked.removesuffix(".main"), True, "on the list", by="supervisor"))
    yield 0.0
    for _ in range(plot.of(source.randint(1, 2), source.randint(2, 4), source.randint(4, 7))):
        value = source.uniform(50_000, 900_000)
        _buys(plot, blocked, "ETH/RUB", value)
        yield source.uniform(*plot.of((20.0, 180.0), (5.0, 90.0), (1.0, 20.0)))
        jitter = plot.of(0.02, 0.005, 0.0)
        _buys(plot, other, "ETH/RUB", value * source.uniform(1 - jitter, 1 + jitter))
        yield source.uniform(5.0, 40.0)


def front_running(plot: Plot) -> Actor:
    """The broker's own account buys first, then enters the client's large order, then sells into what it moved."""
    source, stage = plot.source, plot.stage
    broker = stage.source.choice(("north", "south", "west"))
    own = plot.joins("firm", participant=f"broker-{broker}", trades=False)
    clients = []
    for _ in range(2):
        client = stage.register("person", participant=f"broker-{broker}", intermediary=broker)
        stage.deposit(client, RUB=300_000_000, BTC=30, ETH=900)
        clients.append(client)
    name = source.choice(LIQUID[:2])
    book = stage.books[name]
    yield 0.0
    for _ in range(plot.of(source.randint(1, 3), source.randint(3, 5), source.randint(5, 8))):
        side = source.choice((BUY, SELL))
        large = source.uniform(*plot.of((500_000, 2_000_000), (2_000_000, 6_000_000), (5_000_000, 15_000_000)))
        small = large * source.uniform(0.1, 0.3)
        touch = stage.best_e8(name, 1 - side) / ONE_E8 or book.fair
        stage.enter(
            own,
            name,
            side,
            book.price_e8(touch * (1.001 if side == BUY else 0.999), 1 - side),
            book.quantity_e8(small),
            time_in_force=IOC,
        )
        yield source.uniform(*plot.of((5.0, 80.0), (2.0, 40.0), (0.5, 15.0)))
        # The way out stands where the client's order will reach.
        touch = stage.best_e8(name, 1 - side) / ONE_E8 or book.fair
        reach = source.uniform(*plot.of((0.0003, 0.001), (0.0005, 0.002), (0.001, 0.003)))
        ahead = source.uniform(0.2, 0.8)
        price = touch * (1 + reach * ahead if side == BUY else 1 - reach * ahead)
        out = stage.enter(own, name, 1 - side, book.price_e8(price, 1 - side), book.quantity_e8(small))
        yield source.uniform(0.2, 3.0)
        limit = touch * (1 + reach if side == BUY else 1 - reach)
        stage.enter(
            source.choice(clients),
            name,
            side,
            book.price_e8(limit, 1 - side),
            book.quantity_e8(large),
            time_in_force=IOC,
        )
        yield source.uniform(5.0, 40.0)
        stage.cancel(own, out)
        yield source.uniform(10.0, 60.0)
