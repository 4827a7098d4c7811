"""The parts of `tests.support.engine.draws.everything`: one method for each kind of command."""

from __future__ import annotations

import random
from typing import Any, Final

from engine.exchange import Exchange
from engine.phases.approval import APPROVAL_KINDS
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, MAX_SUPPLY, NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Sequenced

START_NS: Final = 1_767_201_200_000_000_000
"""2025-12-31 20:13 in Moscow: the year ends soon."""
ASSETS: Final = (
    commands.AddAsset("RUB", codes.FIAT, 2),
    commands.AddAsset("BTC", codes.CRYPTO, 2, 0, 10**14, 10**13, 17),
    commands.AddAsset("ETH", codes.CRYPTO, 0, 0, 10**13, 10**12, 9),
    commands.AddAsset("XMR", codes.CRYPTO, 0, codes.PRIVACY_DEFAULT),
    commands.AddAsset("USDT", codes.FOREIGN_STABLECOIN, 2, issuer="tether"),
    commands.AddAsset("A7A5", codes.DOMESTIC_STABLECOIN, 2, issuer="a", issue_limit=10**9),
    commands.AddAsset("DFA", codes.SECURITY, 0, issuer="b", terms="something", issue_limit=10**6),
    commands.AddAsset("FINE", codes.CRYPTO, 18),
)
SPOTS: Final = ("BTC/RUB", "ETH/RUB", "ETH/BTC", "USDT/RUB", "XMR/RUB", "DFA/RUB", "A7A5/RUB", "FINE/RUB")
NOTES: Final = ("DFA/A7A5",)
ACCOUNTS: Final = (
    ("a", "a", "ann", ""),
    ("a2", "a", "ann", ""),
    ("b", "b", "bob", ""),
    ("c", "c", "cat", ""),
    ("d", "d", "dan", "north"),
    ("e", "d", "eve", "north"),
    ("f", "f", "fox", "south"),
    ("g", "g", "gus", ""),
)


class Draws:
    """One exchange, and a random command of each kind, aimed at what it holds."""

    def __init__(self, seed: int, exchange: Exchange, rulebook: str = "") -> None:
        self.chance: Final = random.Random(seed)
        self.exchange: Final = exchange
        self.history: Final[list[Sequenced]] = []
        self.time_ns: int = START_NS
        self.number: int = 0
        self.transferred: commands.Transfer | None = None
        """The last one that was drawn: it comes again now and then."""
        self.series: int = 0
        self.rich: Final = self.chance.random() < 0.2
        """Whether numbers are so large that products leave 64 bits."""
        self.rulebook: Final = rulebook
        self.waiting: Final[list[AnyCommand]] = []
        self.indices: Final[dict[str, int]] = {}

    # ── listings ───────────────────────────────────────────────────────────────────────────────────────────────────

    def listing(self, name: str, kind: int, base: str, quote: str, *fees: int, **terms: Any) -> list[AnyCommand]:
        """List an instrument, with rules, and open its trading."""
        chance = self.chance
        listed = commands.ListInstrument(
            name, kind, base, quote, ONE_E8, ONE_E8, ONE_E8, (MAX_E8 // ONE_E8 if self.rich else 500) * ONE_E8,
            MAX_SUPPLY if self.rich else 10**12, 60_000, 100 * ONE_E8, *fees, **terms,
        )  # fmt: skip
        return [
            listed,
            self.rules(name),
            commands.SetPhase(name, chance.choice((*[codes.CONTINUOUS] * 4, codes.OPENING_AUCTION))),
        ]

    def future(self) -> list[AnyCommand]:
        """List a series, in one asset or another, that expires in minutes, hours or days."""
        chance = self.chance
        self.series += 1
        quote = chance.choice(("RUB", "RUB", "RUB", "USDT", "BTC"))
        length_ns = chance.choice((1_200, 7_200, 90_000, 400_000)) * NS_PER_SECOND
        return self.listing(
            f"F{self.series}",
            codes.FUTURE,
            "ETH",
            quote,
            *chance.choice(((0, 0), (0, 0), (-500, 3_000), (1_000_000, 1_000_000))),
            underlying=chance.choice(("ETH", "ETH", "I2")),
            expiry_ns=self.time_ns + length_ns,
            averaging_ns=chance.choice((0, 600 * NS_PER_SECOND)),
            mark_interval_ns=chance.choice((0, 60, 600)) * NS_PER_SECOND,
            max_position_e8=chance.choice((0, 0, 60 * ONE_E8)),
        )

    def rules(self, name: str) -> commands.SetTradingRules:
        chance = self.chance
        static = chance.choice((0, 100_000, 300_000, 999_999)) if "/" in name else 150_000
        static = static if chance.random() < 0.9 else chance.choice((0, 1, 500_000))
        return commands.SetTradingRules(
            name,
            static,
            chance.choice((0, 0, 60_000, 10_000)),
            chance.choice((0, 5, 20)) * NS_PER_SECOND,
            chance.choice((0, 0, 3)) * NS_PER_SECOND,
            chance.randrange(3),
            chance.choice((0, 0, 0, 0, NS_PER_SECOND)),
        )

    # ── parts of commands ──────────────────────────────────────────────────────────────────────────────────────────

    def living(self) -> int:
        return sum(
            1
            for each in self.exchange.books.values()
            if each.instrument.future is not None and not each.instrument.future.expired
        )

    def instrument(self, future: bool = False) -> str:
        chance = self.chance
        futures = [name for name in self.exchange.books if "/" not in name][-2:]
        if futures and (future or chance.random() < 0.45):
            return chance.choice(futures)
        return chance.choice((*SPOTS, *NOTES, *["BTC/RUB"] * 8, *["USDT/RUB"] * 4))

    def account(self) -> tuple[str, str]:
        account, participant, _, _ = self.chance.choice(ACCOUNTS)
        return account, participant

    def price(self, name: str) -> int:
        chance = self.chance
        book = self.exchange.books.get(name)
        middle = 100 if book is None else book.last_trade_ticks or book.reference_ticks or 100
        if book is not None and book.instrument.future is not None:
            middle = book.reference_ticks or 100
        if chance.random() < 0.03 and self.rich:
            return chance.choice((10**4, 10**7, 9 * 10**10)) * ONE_E8
        return max(middle + chance.randint(-6, 6), 1) * ONE_E8

    def quantity(self) -> int:
        chance = self.chance
        if self.rich and chance.random() < 0.3:
            return chance.choice((10**4, 10**7, 9 * 10**10)) * ONE_E8
        return chance.randint(1, 25) * ONE_E8

    def order(self, name: str = "", **fields: Any) -> commands.NewOrder:
        chance = self.chance
        name = name or self.instrument()
        account, participant = self.account()
        self.number += 1
        kind = chance.choices(range(7), (60, 8, 5, 5, 4, 10, 5))[0]
        life = chance.choices((codes.GTC, codes.DAY, codes.GTD), (80, 8, 8))[0]
        if kind in (codes.LIMIT, codes.MARKET) and chance.random() < 0.3:
            life = chance.choice((codes.IOC, codes.FOK, codes.AT_OPEN, codes.AT_CLOSE))
        side, quantity = chance.randrange(2), self.quantity()
        held = self.exchange.accounts[account].positions if account in self.exchange.accounts else {}
        book = self.exchange.books.get(name)
        position = None if book is None else held.get(book.instrument.number)
        if position is not None and position.lots and chance.random() < 0.35:
            fields["reduce_only"] = True
            side = codes.SELL if position.lots > 0 else codes.BUY
            quantity = chance.randint(1, abs(position.lots)) * ONE_E8
        if kind == codes.MARKET and chance.random() < 0.3:
            fields["funds"], quantity, life = chance.randint(1, 300_000), 0, chance.choice((codes.GTC, codes.IOC))
        if life == codes.IOC and quantity and chance.random() < 0.3:
            fields["min_quantity_e8"] = chance.randint(1, quantity // ONE_E8) * ONE_E8
        if kind in (codes.LIMIT, codes.ICEBERG) and life in (codes.GTC, codes.DAY, codes.GTD):
            fields["post_only"] = chance.choice((0, 0, 0, 0, 1, 2))
        return commands.NewOrder(
            participant,
            account,
            f"n{self.number}",
            name,
            side,
            kind,
            life,
            self.price(name)
            if kind in (codes.LIMIT, codes.STOP_LIMIT, codes.ICEBERG)
            or (kind == codes.PEGGED and chance.random() < 0.8)
            else 0,
            quantity,
            self_trade=chance.choice((-1, -1, 0, 1, 2, 3, 4)),
            display_e8=chance.randint(1, quantity // ONE_E8) * ONE_E8 if kind == codes.ICEBERG else 0,
            stop_price_e8=self.price(name) if kind in (codes.STOP, codes.STOP_LIMIT) else 0,
            trail_e8=(trail := chance.choice((0, 1, 4)) * ONE_E8) if kind == codes.TRAILING_STOP else 0,
            trail_bps=chance.randint(1, 400) if kind == codes.TRAILING_STOP and not trail else 0,
            peg=chance.randrange(3) if kind == codes.PEGGED else -1,
            peg_offset_e8=chance.randint(-2, 2) * ONE_E8 if kind == codes.PEGGED else 0,
            expire_ns=self.time_ns + chance.choice((1, 30, 4_000, 90_000)) * NS_PER_SECOND if life == codes.GTD else 0,
            **fields,
        )

    def named(self) -> tuple[str, str, int, str]:
        """Participant, account and one of the ids of an open order."""
        account, participant = self.account()
        known = self.exchange.accounts.get(account)
        orders = [] if known is None else list(known.open_orders.values())
        if not orders:
            return participant, account, self.number, ""
        order = self.chance.choice(orders)
        if self.chance.random() < 0.5:
            return participant, account, order.order_id, ""
        return participant, account, 0, order.client_order_id

    def amend(self) -> commands.AmendOrder:
        chance = self.chance
        participant, account, order_id, client_id = self.named()
        found = self.exchange.accounts.get(account)
        order = None if found is None else found.open_orders.get(order_id) or found.order(client_id)
        price = self.price(order.instrument_name if order is not None else "BTC/RUB")
        return commands.AmendOrder(
            participant,
            account,
            order_id,
            client_id,
            price if chance.random() < 0.5 else 0,
            self.quantity() if chance.random() < 0.6 else 0,
            price if chance.random() < 0.15 else 0,
            ONE_E8 if chance.random() < 0.15 else 0,
        )

    def mass_cancel(self) -> commands.MassCancel:
        account, participant = self.account()
        return commands.MassCancel(
            participant, account, self.chance.choice(("", self.instrument())), self.chance.choice((-1, 0, 1))
        )

    def pair(self) -> AnyCommand:
        chance = self.chance
        account, participant = self.account()
        name = self.instrument()
        self.number += 1
        side, quantity = chance.randrange(2), self.quantity()
        away = (3 if side == codes.SELL else -3) * ONE_E8
        reducing = "/" not in name and chance.random() < 0.5
        legs = []
        for number, kind in enumerate((codes.LIMIT, chance.choice((codes.STOP, codes.STOP_LIMIT)))):
            price = self.price(name)
            limit = max(price + (away if number == 0 else 0), ONE_E8) if kind != codes.STOP else 0
            legs.append(
                commands.NewOrder(
                    participant, account, f"n{self.number}.{number}", name, side, kind, codes.GTC, limit, quantity,
                    stop_price_e8=max(price - away, ONE_E8) if number else 0, reduce_only=reducing,
                )
            )  # fmt: skip
        if chance.random() < 0.4:
            return commands.NewOrderPair(participant, account, *legs)
        entry = commands.NewOrder(
            participant,
            account,
            f"n{self.number}.e",
            name,
            1 - side,
            codes.LIMIT,
            codes.GTC,
            self.price(name),
            quantity,
        )
        return commands.NewBracket(participant, account, entry, *legs)

    def mass_quote(self) -> commands.MassQuote:
        chance = self.chance
        account, participant = self.account()
        name = self.instrument()
        middle = self.price(name)
        steps = range(1, chance.randint(1, 4))
        return commands.MassQuote(
            participant,
            account,
            f"q{self.exchange.seq}",
            name,
            tuple((middle - step * ONE_E8, self.quantity()) for step in steps if middle > step * ONE_E8),
            tuple((middle + step * ONE_E8, self.quantity()) for step in steps),
            chance.choice((0, 0, 1, 2)),
            chance.choice((-1, 0, 1, 2, 3)),
        )

    # ── money and holdings ─────────────────────────────────────────────────────────────────────────────────────────

    def asset(self) -> str:
        return self.chance.choice(("RUB", "RUB", "BTC", "ETH", "USDT", "A7A5", "DFA", "XMR", "FINE"))

    def amount(self) -> int:
        chance = self.chance
        return chance.choice((0, 1, 5, 1_000, 30_000, 200_000, MAX_SUPPLY // 9 if self.rich else 10**6))

    def money(self) -> AnyCommand:
        kind = commands.Deposit if self.chance.random() < 0.5 else commands.Withdraw
        account, asset = self.account()[0], self.asset()
        found, known = self.exchange.accounts.get(account), self.exchange.assets.get(asset)
        amount = self.amount()
        if kind is commands.Withdraw and found and known and self.chance.random() < 0.3:
            amount = found.available(known)
        return kind(account, asset, amount, "drawn")

    def transfer(self) -> commands.Transfer:
        chance = self.chance
        if self.transferred is not None and chance.random() < 0.1:
            return self.transferred
        account, participant = self.account()
        self.number += 1
        purpose = chance.randrange(3)
        to = "a2" if account == "a" and purpose == 0 else self.account()[0]
        told = f"t{self.number}", to, self.asset(), self.amount(), purpose, chance.choice(("", "contract"))
        self.transferred = commands.Transfer(participant, account, *told)
        return self.transferred

    def delivery(self) -> commands.RequestDelivery:
        account, participant = self.account()
        return commands.RequestDelivery(participant, account, self.instrument(), ONE_E8)

    def issuance(self) -> AnyCommand:
        chance = self.chance
        kind = commands.IssueAsset if chance.random() < 0.6 else commands.RedeemAsset
        return kind(chance.choice(("A7A5", "DFA")), self.account()[0], self.amount(), chance.choice(("", "a", "b")))

    def freeze(self) -> commands.FreezeAsset:
        chance = self.chance
        asset = chance.choice(("USDT", "USDT", "A7A5", "DFA", "BTC"))
        return commands.FreezeAsset(
            asset,
            chance.choice((0, 0, 1, 333_333, 900_000, 1_000_000)),
            chance.choice(("", self.account()[0])),
            by="sue",
        )

    # ── operator and supervisor ────────────────────────────────────────────────────────────────────────────────────

    def index_price(self) -> commands.SetIndexPrice:
        chance = self.chance
        name = chance.choice(("ETH", "ETH", "I2"))
        last = self.indices.get(name, 100)
        last = chance.choice((30, 100, 350)) if chance.random() < 0.12 else max(last + chance.randint(-4, 4), 2)
        if self.rich and chance.random() < 0.1:
            last = chance.choice((1, 10**6, MAX_E8 // ONE_E8))
        self.indices[name] = min(last, 10**6)
        return commands.SetIndexPrice(name, min(last * ONE_E8 + chance.choice((0, ONE_E8 // 2)), MAX_E8), "drawn")

    def mark(self) -> commands.MarkFuture:
        chance = self.chance
        price = 0 if chance.random() < 0.6 else chance.randint(60, 220) * ONE_E8
        if self.rich and chance.random() < 0.1:
            price = MAX_E8 // ONE_E8 * ONE_E8
        return commands.MarkFuture(self.instrument(True), price, "drawn")

    def correction(self) -> AnyCommand:
        chance = self.chance
        trade_id = max(self.exchange.trades - chance.randrange(25), 1)
        if chance.random() < 0.5:
            return commands.BustTrade(trade_id, "drawn", self.supervisor())
        price_e8 = chance.choice((1, chance.randint(50, 220))) * ONE_E8
        return commands.RepriceTrade(trade_id, price_e8, "drawn", self.supervisor())

    def supervisor(self) -> str:
        return self.chance.choice(("supervisor", "second supervisor"))

    def approval(self) -> AnyCommand:
        """What needs a second approval, or a decision about what waits for one."""
        chance, waiting = self.chance, list(self.exchange.proposals)
        if not waiting or chance.random() < 0.1:
            second = tuple(chance.sample(APPROVAL_KINDS, chance.choice((0, 1, 1, 2))))
            return commands.SetApproval(second, "drawn", self.supervisor())
        number = chance.choice(waiting)
        if chance.random() < 0.2:
            return commands.Decline(number, "drawn", self.supervisor(), "supervisor")
        return commands.Approve(number, "drawn", self.supervisor(), "supervisor")

    def schedule(self) -> commands.SetSchedule:
        chance = self.chance
        count = chance.randrange(5)
        return commands.SetSchedule(
            self.instrument(),
            tuple(
                (second, chance.choice((3, 3, 2, 5, chance.randrange(8))))
                for second in sorted(chance.sample(range(86_400), count))
            ),
        )

    def kill(self) -> commands.SetKillSwitch:
        chance = self.chance
        scope = chance.randrange(4)
        key = chance.choice(((self.account()[1],), (chance.choice(ACCOUNTS)[2],), (self.instrument(),), ("",))[scope])
        return commands.SetKillSwitch(scope, key, chance.random() < 0.6, "drawn", "sue")

    def limits(self) -> commands.SetLimits:
        chance = self.chance
        return commands.SetLimits(
            self.account()[1], chance.choice((0, 0, 3)), chance.choice((0, 0, 2_000_00)), chance.choice((0, 0, 500))
        )

    def halt(self) -> commands.SetMarketHalt:
        chance = self.chance
        names = tuple(name for name in SPOTS if chance.random() < 0.4)
        return commands.SetMarketHalt(chance.choice((0, 100, 10_000)), chance.choice((0, 10)) * NS_PER_SECOND, names)

    def resend(self) -> AnyCommand:
        return self.chance.choice(self.history[-40:]).command
