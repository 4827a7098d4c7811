"""Futures under random orders, index moves, marks, band changes and corrections by people with little money."""

from __future__ import annotations

import random
from collections import Counter

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import Event
from loadtest.scenarios.invariants import Invariants
from tests.support.engine.checks.comparison import names_of

START_NS = 1_768_201_200_000_000_000
ACCOUNTS = ("a", "b", "c", "d", "e", "f")
FUTURES = ("X-FUT", "Y-FUT")
SPOT = "X/RUB"
STEPS = 700


def setup(draw: random.Random) -> list[AnyCommand]:
    """A spot instrument and two futures in one quote asset, and accounts with little of it."""
    sent: list[AnyCommand] = [commands.AddAsset("RUB", codes.FIAT, 2), commands.AddAsset("X", codes.CRYPTO, 0)]
    one = ONE_E8
    listing = (one, one, one, 1000 * one, 10**12, 50_000, 100 * one)
    sent.append(commands.ListInstrument(SPOT, codes.SPOT, "X", "RUB", *listing, 0, 1000))
    sent.append(commands.SetPhase(SPOT, codes.CONTINUOUS))
    for name, fees, allocation in ((FUTURES[0], (-500, 3000), 0), (FUTURES[1], (0, 0), 1)):
        sent.append(
            commands.ListInstrument(
                name,
                codes.FUTURE,
                "X",
                "RUB",
                *listing,
                *fees,
                "X",
                START_NS + NS_PER_DAY // 4,
                3_600 * NS_PER_SECOND,
                600 * NS_PER_SECOND,
                60 * one if name == FUTURES[0] else 0,
            )
        )
        sent.append(commands.SetTradingRules(name, 150_000, 60_000, allocation=allocation))
        sent.append(commands.SetPhase(name, codes.CONTINUOUS))
    for name in ACCOUNTS:
        sent.append(commands.OpenAccount(name, name, name if name != "f" else "a"))
        sent.append(commands.Deposit(name, "RUB", draw.choice((200_000, 500_000, 1_500_000))))
        sent.append(commands.Deposit(name, "X", 30))
    sent.append(commands.SetMarginRules(60 * NS_PER_SECOND))
    return sent


class Session:
    """One exchange and a stream of random commands."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.exchange = Exchange(PreTradeHook())
        self.invariants = Invariants(self.exchange)
        self.time_ns = START_NS
        self.seen: Counter[str] = Counter()
        self.history: list[Sequenced] = []
        self.number = 0
        self.index = 100
        for command in setup(self.draw):
            self.send(command)

    def send(self, command: AnyCommand) -> list[Event]:
        sequenced = Sequenced(self.exchange.seq + 1, self.time_ns, command)
        self.history.append(sequenced)
        happened = self.exchange.apply(sequenced)
        self.invariants.follow(happened)
        for event in happened:
            self.seen.update(names_of(event))
        return happened

    def price(self, name: str) -> int:
        book = self.exchange.books[name]
        middle = book.reference_ticks if self.draw.random() < 0.9 else book.last_trade_ticks or book.reference_ticks
        return max(middle + self.draw.randint(-6, 6), 1) * ONE_E8

    def order(self, account: str, name: str) -> commands.NewOrder:
        draw = self.draw
        self.number += 1
        kind = draw.choices(
            (codes.LIMIT, codes.MARKET, codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP, codes.ICEBERG, codes.PEGGED),
            (60, 8, 5, 5, 4, 10, 5),
        )[0]
        plain = kind == codes.LIMIT
        return commands.NewOrder(
            account,
            account,
            f"n{self.number}",
            name,
            draw.randrange(2),
            kind,
            draw.choices((codes.GTC, codes.IOC, codes.FOK, codes.DAY), (80, 10, 4, 6))[0] if plain else codes.GTC,
            self.price(name)
            if kind in (codes.LIMIT, codes.STOP_LIMIT, codes.ICEBERG) or (kind == codes.PEGGED and draw.random() < 0.7)
            else 0,
            (quantity := draw.randint(1, 25)) * ONE_E8,
            post_only=draw.choice((0, 0, 0, 1, 2)) if plain else 0,
            self_trade=draw.choice((-1, 1, 3)),
            display_e8=draw.randint(1, quantity) * ONE_E8 if kind == codes.ICEBERG else 0,
            stop_price_e8=self.price(name) if kind in (codes.STOP, codes.STOP_LIMIT) else 0,
            trail_e8=draw.randint(1, 6) * ONE_E8 if kind == codes.TRAILING_STOP else 0,
            peg=draw.randrange(3) if kind == codes.PEGGED else -1,
            peg_offset_e8=draw.randint(-2, 2) * ONE_E8 if kind == codes.PEGGED else 0,
            reduce_only=name != SPOT and draw.random() < 0.3,
        )

    def open_order(self, account: str) -> str:
        orders = list(self.exchange.accounts[account].open_orders.values())
        return self.draw.choice(orders).client_order_id if orders else "none"

    def list_of_orders(self, account: str, name: str) -> AnyCommand:
        """A pair or a bracket that closes a position again."""
        draw = self.draw
        self.number += 1
        side, quantity = draw.randrange(2), draw.randint(1, 12) * ONE_E8
        up, down = self.price(name) + 3 * ONE_E8, self.price(name)
        reducing = draw.random() < 0.5
        legs = [
            commands.NewOrder(account, account, f"n{self.number}l", name, side, codes.LIMIT, 0, up, quantity),
            commands.NewOrder(account, account, f"n{self.number}s", name, side, codes.STOP, 0, 0, quantity),
        ]
        limit, stop = (
            commands.NewOrder(
                *(getattr(leg, field) for field in leg.__struct_fields__[:9]),
                stop_price_e8=down if leg is legs[1] else 0,
                reduce_only=reducing,
            )
            for leg in legs
        )
        if draw.random() < 0.4:
            return commands.NewOrderPair(account, account, limit, stop)
        entry = commands.NewOrder(
            account, account, f"n{self.number}e", name, 1 - side, codes.LIMIT, 0, self.price(name), quantity
        )
        return commands.NewBracket(account, account, entry, limit, stop)

    def step(self) -> None:
        """One random command."""
        draw = self.draw
        self.time_ns += draw.choice((0, 0, 1, 5, 20, 40)) * NS_PER_SECOND
        account, name = draw.choice(ACCOUNTS), draw.choice((*FUTURES, *FUTURES, SPOT))
        if self.exchange.books[name].phase != codes.CONTINUOUS and draw.random() < 0.25:
            self.send(commands.SetPhase(name, codes.CONTINUOUS))
        chance = draw.random()
        if chance < 0.5:
            command: AnyCommand = self.order(account, name)
        elif chance < 0.58:
            command = self.list_of_orders(account, draw.choice(FUTURES))
        elif chance < 0.66:
            price = self.price(name) if draw.random() < 0.5 else 0
            command = commands.AmendOrder(
                account, account, 0, self.open_order(account), price, draw.randint(1, 25) * ONE_E8
            )
        elif chance < 0.70:
            command = commands.CancelOrder(account, account, 0, self.open_order(account))
        elif chance < 0.72:
            steps = [draw.randint(1, 12) * ONE_E8 for _ in range(4)]
            low = self.price(name)
            command = commands.MassQuote(
                account,
                account,
                f"q{self.exchange.seq}",
                name,
                ((low, steps[0]), (low - ONE_E8, steps[1])) if low > ONE_E8 else (),
                ((low + 2 * ONE_E8, steps[2]), (low + 3 * ONE_E8, steps[3])),
            )
        elif chance < 0.80:
            # Cover is full: only a price that more than doubles between two marks is a default.
            self.index = draw.choice((30, 100, 350)) if draw.random() < 0.1 else self.index + draw.randint(-4, 4)
            self.index = max(self.index, 20)
            command = commands.SetIndexPrice("X", self.index * ONE_E8 + draw.choice((0, ONE_E8 // 2)), "test")
        else:
            command = self.control(draw.choice(FUTURES), account)
        self.send(command)

    def control(self, name: str, account: str) -> AnyCommand:
        """A command of operator or supervisor."""
        draw = self.draw
        chance = draw.random()
        if chance < 0.12:
            return commands.MarkFuture(name, 0 if draw.random() < 0.7 else draw.randint(60, 140) * ONE_E8, "test")
        if chance < 0.35:
            dynamic = draw.choice((0, 0, 60_000, 200_000))
            allocation, batch_ns = draw.randrange(3), draw.choice((0, 0, 0, NS_PER_SECOND))
            static = draw.choice((0, 100_000, 150_000, 300_000))
            return commands.SetTradingRules(name, static, dynamic, 20 * NS_PER_SECOND, 0, allocation, batch_ns)
        if chance < 0.55:
            phase = draw.choice((codes.CONTINUOUS, codes.CONTINUOUS, codes.VOLATILITY_AUCTION, *range(8)))
            return commands.SetPhase(name, phase)
        if chance < 0.70:
            return commands.BustTrade(max(self.exchange.trades - draw.randrange(20), 1), "test")
        if chance < 0.80:
            trade_id = max(self.exchange.trades - draw.randrange(20), 1)
            return commands.RepriceTrade(trade_id, draw.randint(80, 120) * ONE_E8, "test")
        if chance < 0.88:
            return commands.CloseOut(account, name, "test")
        if chance < 0.95:
            kind = commands.Deposit if draw.random() < 0.5 else commands.Withdraw
            return kind(account, draw.choice(("RUB", "X")), draw.choice((5, 1_000, 50_000)))
        return commands.Tick()
