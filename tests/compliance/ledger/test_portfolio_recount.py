"""What a financial firm has twice: the ledger beside a recount from the events alone, equal after every command.

Random sessions go through a venue in which a bank and a financial firm trade spot, notes and futures, priced in roubles, in a stablecoin
and in other money, through two accounts, beside a market of others. Holdings come and go, notes of the bank's own are issued and redeemed,
trades are corrected, records change, and the hook is restored from its snapshot. The recount adds up what events say, from nothing.
SBX_STEPS and SBX_SEED: how many steps a session of the soak takes, and its first seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from compliance.ledger.portfolio import HELD
from compliance.registry.listings import COINS, FUTURES, ISSUED, ROUBLE_COINS, SECURITIES
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import CommandRejected, Event, RequestRejected
from tests.support.compliance.holdings_recount import HoldingsRecount
from tests.support.compliance.recount import RestartingVenue
from tests.support.compliance.venue import INVESTORS, PARTICIPANT, ROUBLE, WARNING_DIGEST, e8
from tests.support.engine.streams import blocks_of

FIRMS = ("bank", "broker")
"""Of them one is a bank. `bank@2` is its other account."""
ACCOUNTS = ("bank", "bank@2", "broker", "dealer", "firm", "dealer", "firm")
PRICES = {"BTC/RUB": 1_000, "BTC/USDT": 1_000, "USDT/RUB": 2, "A7A5/RUB": 5, "BTC-NOTE": 100, "BANK-DFA": 100}
PRICES |= {"BTC/CNY": 1_000, "BTC-FUT": 1_000, "USDT-FUT": 1_000, "BTC/A7A5": 1_000}
LOTS = {"USDT/RUB": 300_000, "A7A5/RUB": 2_000, "BTC/USDT": 30, "USDT-FUT": 9}
PARTS = (HELD, COINS, SECURITIES, FUTURES, COINS | SECURITIES | ISSUED | FUTURES, ROUBLE_COINS, SECURITIES | ISSUED)
FEW_SEEDS = range(1)


class Session:
    """A venue, what is drawn for it, and the recount of what it told."""

    def __init__(self, seed: int, rulebook: str) -> None:
        self.chance = random.Random(seed)
        self.recount = HoldingsRecount()
        self.venue = RestartingVenue(rulebook)
        self.number = 0
        self.seen: Counter[str] = Counter()
        for command in self.setup():
            self.venue.do(command)
        self.told = 0

    def setup(self) -> list[AnyCommand]:
        """Two firms of little capital, more instruments, and something to begin with for everybody."""
        one = ROUBLE
        spot = [
            commands.ListInstrument(
                f"BTC/{quote}", codes.SPOT, "BTC", quote, 100 * one, 10**4, 10**4, 10**16, 10**15, 10**5, e8("100000")
            )
            for quote in ("CNY", "A7A5")
        ]
        future = commands.ListInstrument(
            "USDT-FUT", codes.FUTURE, "BTC-FUT", "USDT", one, 10**6, 10**6, 10**16, 10**15, 10**5, e8("1000"),
            underlying="BTC", expiry_ns=4_102_444_800 * 10**9,
        )  # fmt: skip
        market = commands.ListInstrument(
            "CNY/RUB", codes.SPOT, "CNY", "RUB", one, 10**6, 10**6, 10**16, 10**15, 10**5, e8("10"), taker_fee_ppm=1_000
        )
        bank = next(each for each in INVESTORS if each.bank)
        broker = commands.RegisterInvestor(
            "broker", codes.FIRM, assets_rub=10**9, financial=True, capital_rub=10_000_000
        )
        found: list[AnyCommand] = [
            commands.AddAsset("CNY", codes.FIAT, 2),
            market,
            *spot,
            future,
            msgspec.structs.replace(bank, capital_rub=40_000_000),
            broker,
            commands.OpenAccount("bank@2", PARTICIPANT, "bank", "alfa"),
            commands.OpenAccount("broker", PARTICIPANT, "broker"),
            commands.RecordAcknowledgement("broker", digest=WARNING_DIGEST),
        ]
        found += [commands.Deposit(account, "RUB", 10**15) for account in ("bank@2", "broker")]
        found += [
            commands.Deposit(account, "CNY", 10**14) for account in ("bank", "bank@2", "broker", "dealer", "firm")
        ]
        found += [commands.Deposit("bank", "USDT", 300 * 10**6), commands.Deposit("broker", "USDT", 200 * 10**6)]
        for instrument in ("CNY/RUB", "BTC/CNY", "BTC/A7A5"):
            found.append(commands.SetPhase(instrument, codes.CONTINUOUS))
        found.append(commands.SetTradingRules("BTC/A7A5", 400_000))
        for instrument, mark in (("BTC-FUT", "100000"), ("USDT-FUT", "1000")):
            found.append(commands.SetTradingRules(instrument, 400_000))
            found.append(commands.MarkFuture(instrument, e8(mark), "start"))
            found.append(commands.SetPhase(instrument, codes.CONTINUOUS))
        found += [
            commands.SetParameter(*each, "drawn", "ann") for each in (("DER-4", "qualified_firm_rub", "1000000000"),)
        ]
        known = self.venue.hook.intake.table
        assert known is not None
        return [
            each for each in found if not isinstance(each, commands.SetParameter) or each.rule in known.rulebook.rules
        ]

    def apply(self, command: AnyCommand) -> list[Event]:
        """Let the venue and then the recount do it; both must say the same of every firm."""
        events = self.venue.apply(command)
        for event in self.venue.log[self.told :]:
            self.recount.add(event)
        self.told = len(self.venue.log)
        self.recount.note(command, not any(isinstance(each, (CommandRejected, RequestRejected)) for each in events))
        self.compare()
        return events

    def compare(self) -> None:
        """What the ledger says each firm has, against the recount."""
        intake = self.venue.hook.intake
        for name in FIRMS:
            for parts in PARTS:
                found = intake.ledger.worth(name, parts)
                wanted = self.recount.worth(name, parts)
                said = (found.coins, found.securities, found.rouble_coins, found.futures, found.issued, found.open)
                assert said == wanted, (name, parts)

    def step(self) -> None:
        chance = self.chance
        kinds: tuple[tuple[int, Callable[[], AnyCommand]], ...] = (
            (60, self.order),
            (10, self.amend),
            (8, self.cancel),
            (6, self.correction),
            (9, self.moves),
            (4, self.issue),
            (4, self.mark),
            (3, self.record),
        )
        draw = chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        command = draw()
        events = self.apply(command)
        self.seen.update({type(event).__name__: 1 for event in events})
        for event in events:
            self.seen[getattr(event, "rule", "")] += 1
        if chance.random() < 0.05:
            self.venue.restart()
            self.compare()

    def order(self) -> AnyCommand:
        chance = self.chance
        self.number += 1
        name, account = chance.choice(list(PRICES)), chance.choice(ACCOUNTS)
        instrument = self.venue.exchange.instruments[name]
        ticks = PRICES[name] + (chance.randint(-2, 2) * PRICES[name] // 50)
        lots = chance.randint(1, LOTS.get(name, 300))
        kind = chance.choice((codes.LIMIT, codes.LIMIT, codes.LIMIT, codes.MARKET))
        return commands.NewOrder(
            PARTICIPANT, account, f"p{self.number}", name, chance.choice((BUY, SELL)), kind,
            codes.IOC if kind == codes.MARKET else codes.GTC,
            0 if kind == codes.MARKET else max(ticks, 1) * instrument.tick_e8, lots * instrument.lot_e8,
        )  # fmt: skip

    def resting(self) -> tuple[str, int]:
        account = self.chance.choice(ACCOUNTS[:3])
        orders = list(self.venue.exchange.accounts[account].open_orders)
        return account, self.chance.choice(orders) if orders else 0

    def amend(self) -> AnyCommand:
        account, order_id = self.resting()
        order = self.venue.exchange.accounts[account].open_orders.get(order_id)
        if order is None or (order.instrument.future is not None and order.side == SELL):
            # An amend that is refused has a sale counted at the band of now, which no event says.
            return commands.Tick()
        quantity = self.chance.randint(1, 2 * order.quantity_lots) * order.instrument.lot_e8
        price = self.chance.choice(
            (0, max(order.price_ticks + self.chance.randint(-9, 9), 1) * order.instrument.tick_e8)
        )
        return commands.AmendOrder(PARTICIPANT, account, order_id, "", price, quantity)

    def cancel(self) -> AnyCommand:
        account, order_id = self.resting()
        return commands.CancelOrder(PARTICIPANT, account, order_id, "")

    def correction(self) -> AnyCommand:
        trade_id = max(self.venue.exchange.trades - self.chance.randrange(9), 1)
        if self.chance.random() < 0.6:
            return commands.BustTrade(trade_id, "drawn")
        return commands.RepriceTrade(trade_id, self.chance.choice((900, 1_100)) * 100 * ROUBLE, "drawn")

    def moves(self) -> AnyCommand:
        """Holdings that are brought in, taken out or moved between accounts."""
        chance = self.chance
        account, asset = (
            chance.choice(ACCOUNTS[:3]),
            chance.choice(("BTC", "USDT", "BTC-NOTE", "BANK-DFA", "A7A5", "SOL")),
        )
        amount = chance.choice((1, 777, 100_000))
        self.number += 1
        roll = chance.randrange(3)
        if roll == 0:
            return commands.Deposit(account, asset, amount, "drawn")
        if roll == 1:
            return commands.Withdraw(account, asset, amount, "drawn")
        # Of what anybody may pay with; the dealer has enough.
        sender, receiver = chance.sample(("bank", "bank@2", "broker", "dealer", "dealer"), 2)
        asset = chance.choice(("BTC-NOTE", "BANK-DFA"))
        return commands.Transfer(
            PARTICIPANT, sender, f"m{self.number}", receiver, asset, amount, codes.DOMESTIC_PAYMENT, "contract"
        )

    def issue(self) -> AnyCommand:
        account, amount = self.chance.choice(("bank", "dealer", "firm")), self.chance.choice((1, 3_000, 50_000))
        kind = self.chance.choice((commands.IssueAsset, commands.IssueAsset, commands.RedeemAsset))
        return kind("BANK-DFA", account, amount, "bank")

    def mark(self) -> AnyCommand:
        name, tick = self.chance.choice((("BTC-FUT", 100), ("USDT-FUT", 1)))
        return commands.MarkFuture(name, self.chance.randint(900, 1_100) * tick * ROUBLE, "drawn")

    def record(self) -> AnyCommand:
        """Somebody's record changes: the capital, or whether the broker is a financial firm at all."""
        if self.chance.random() < 0.5:
            return commands.RegisterInvestor("bank", codes.FIRM, capital_rub=self.chance.choice((5, 20, 60)) * 10**6)
        return commands.RegisterInvestor("broker", codes.FIRM, financial=self.chance.random() < 0.7)


@pytest.mark.parametrize("seeds", blocks_of([range(3)], FEW_SEEDS))
@pytest.mark.parametrize("rulebook", ["general-2026", "elr-2025"])
def test_what_firms_have_is_what_the_recount_says(rulebook: str, seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        session = Session(seed, rulebook)
        for step in range(250):
            try:
                session.step()
            except AssertionError as error:
                error.add_note(f"seed {seed}, step {step}")
                raise
        seen += session.seen
    if seeds is FEW_SEEDS:
        return
    assert seen["DER-3" if rulebook == "general-2026" else "ELR-2"] > 20
    assert seen["Transferred"] and seen["AssetIssued"] and seen["TradeCorrected"] and seen["FundsMoved"]


@pytest.mark.soak
def test_what_firms_have_is_what_the_recount_says_for_long() -> None:
    first = int(os.environ.get("SBX_SEED", "1000"))
    for seed in range(first, first + 40):
        session = Session(seed, "general-2026" if seed % 2 else "elr-2025")
        for _ in range(int(os.environ.get("SBX_STEPS", "2000"))):
            session.step()
