"""A session of the whole default venue: everybody trades and moves assets, some what they may not. Drawn, at stated times."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

from compliance.registry.calendar import moscow_midnight_ns
from engine.record.rows import Row
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    Arrest,
    BustTrade,
    CancelOrder,
    CancelWithdrawal,
    Deposit,
    FreezeAsset,
    ListInstrument,
    NewOrder,
    OpenAccount,
    RefuseMovement,
    RegisterInvestor,
    ReleaseMovement,
    RepriceTrade,
    RequestWithdrawal,
    Sequenced,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import MovementEnded, MovementHeld, Trade
from gateway.core import new_exchange
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue
from tests.support.gateway.journal.journals import write_journal

TODAY = datetime.date(2026, 11, 2)
E8 = 10**8
FREELY = 0.02
"""How far from the reference price somebody asks at most."""


class Company:
    """The venue, set up at ten of a Monday in Moscow, and the rows of everything sent to it.

    Args:
        directory: for its files.
        seed: what is drawn from.
        day: how many days after 2 November 2026 it is.
        rulebook: in force.
    """

    def __init__(self, directory: Path, seed: int, day: int = 0, rulebook: str = "general-2026") -> None:
        self.chance = random.Random(seed)
        self.exchange = new_exchange()
        self.rows: list[Row] = []
        self.waiting: dict[int, str] = {}
        """What waits to leave an account, and that account."""
        self.traded: list[Trade] = []
        """In spot markets: only these are corrected, so that positions can be recounted by hand."""
        self.time_ns = moscow_midnight_ns(2026, 11, 2 + day) + 10 * 3600 * NS_PER_SECOND
        if not (directory / "venue.toml").exists():
            write_default_venue(directory, TODAY, rulebook)
        self.genesis = load_venue(directory, now_ns=self.time_ns).genesis()
        for command in self.genesis:
            self.send(command, 0)
        self.accounts = [each for each in self.genesis if isinstance(each, OpenAccount)]
        self.listed = [each for each in self.genesis if isinstance(each, ListInstrument)]
        # What she moves waits for a supervisor's word (AML-2).
        self.send(RegisterInvestor("anna", codes.INDIVIDUAL, risk_level="high", reason="reviewed", by="sue"))
        self.send(
            Arrest(
                *("case 7/2026", "Arbitration court", "2026-10-30", "boris"), share_ppm=500_000, reason="debt", by="sue"
            )
        )
        self.contracts = ["contract 17/2026", "contract 19/2026", "contract 1/1999", ""]

    def send(self, command: AnyCommand, after_ns: int = NS_PER_SECOND) -> None:
        self.time_ns += after_ns
        seq = self.exchange.seq + 1
        events = self.exchange.apply(Sequenced(seq, self.time_ns, command))
        self.rows.append((seq, self.time_ns, command, events))
        for event in events:
            if isinstance(event, MovementHeld):
                self.waiting[event.movement] = event.account
            elif isinstance(event, MovementEnded):
                del self.waiting[event.movement]
        self.traded += [event for event in events if isinstance(event, Trade) and "/" in event.instrument]

    def draw(self, count: int) -> None:
        """Send so many commands."""
        for number in range(count):
            self.send(self.one(number), self.chance.randrange(2 * NS_PER_SECOND))

    def one(self, number: int) -> AnyCommand:
        chance = self.chance
        account = chance.choice(self.accounts)
        roll = chance.random()
        if roll < 0.72:
            return self.order(account, f"o{number}")
        if roll < 0.76:
            return CancelOrder(account.participant, account.account, 0, f"o{chance.randrange(number + 1)}")
        if roll < 0.80:
            name = f"o{chance.randrange(number + 1)}"
            return AmendOrder(account.participant, account.account, 0, name, 0, chance.randint(1, 40) * E8)
        if roll < 0.92:
            return self.transfer(account, f"t{number}")
        if roll < 0.93 and self.waiting:
            return self.word()
        if roll < 0.94:
            return Deposit(account.account, chance.choice(("RUB", "BTC", "USDT")), chance.randint(1, 10**8), "salary")
        if roll < 0.95:
            asset = chance.choice(("RUB", "BTC"))
            return RequestWithdrawal(
                account.participant, account.account, f"w{number}", asset, chance.randint(1, 10**6), "own bank"
            )
        if roll < 0.96:
            return Withdraw(account.account, chance.choice(("RUB", "BTC")), chance.randint(1, 10**6), "own bank")
        if roll < 0.97:
            share = chance.choice((0, 10_000, 250_000))
            return FreezeAsset("USDT", share, account.account, reason="asked for", by="sue")
        if roll < 0.99 and self.traded:
            trade = chance.choice(self.traded)
            if roll < 0.98:
                return BustTrade(trade.trade_id, "erroneous", "sue")
            tick_e8 = next(each.tick_e8 for each in self.listed if each.instrument == trade.instrument)
            return RepriceTrade(trade.trade_id, (trade.price_ticks - chance.randint(1, 9)) * tick_e8, "mistyped", "sue")
        name = chance.choice(("vera", "gleb"))
        worth = chance.choice((900_000, 70_000_000))
        return RegisterInvestor(name, codes.INDIVIDUAL, True, worth, worth, reason="new papers", by="sue")

    def word(self) -> AnyCommand:
        """About something that waits."""
        movement = self.chance.choice(list(self.waiting))
        roll = self.chance.random()
        if roll < 0.4:
            return ReleaseMovement(movement, "papers seen", "sue")
        if roll < 0.65:
            return RefuseMovement(movement, "no papers", "sue")
        account = next(each for each in self.accounts if each.account == self.waiting[movement])
        return CancelWithdrawal(account.participant, account.account, movement)

    def order(self, account: OpenAccount, name: str) -> NewOrder:
        """Of retail always in bitcoin for roubles: only that can be counted against the cap by hand."""
        chance = self.chance
        is_retail = account.investor in ("daria", "olga", "lev", "kira")
        listed = self.listed[0] if is_retail else chance.choice(self.listed)
        side = chance.choice((codes.BUY, codes.BUY, codes.SELL) if is_retail else (codes.BUY, codes.SELL))
        away = 1 + (chance.random() - 0.4 if side == codes.BUY else chance.random() - 0.6) * FREELY
        price = int(listed.reference_price_e8 * away) // listed.tick_e8 * listed.tick_e8
        most = min(50_000 if is_retail else 3_000_000, listed.max_notional // 100)
        lots = max(int(most * E8 * E8 * chance.random() / price) // listed.lot_e8, 1)
        quantity = max(lots * listed.lot_e8, listed.min_quantity_e8)
        time_in_force = chance.choice((codes.GTC, codes.GTC, codes.IOC))
        return NewOrder(
            account.participant,
            account.account,
            name,
            listed.instrument,
            side,
            codes.LIMIT,
            time_in_force,
            price,
            quantity,
        )

    def transfer(self, account: OpenAccount, name: str) -> Transfer:
        chance = self.chance
        to = chance.choice(self.accounts).account
        purpose = chance.choice((codes.OWN_ACCOUNT, codes.DOMESTIC_PAYMENT, codes.CROSS_BORDER, codes.CROSS_BORDER))
        asset, amount = chance.choice((("USDT", 10**8), ("BTC", 10**6), ("RUB", 10**6), ("XMR", 10**6)))
        reference = chance.choice(self.contracts) if purpose == codes.CROSS_BORDER else ""
        if reference in self.contracts[:2] and chance.random() < 0.8:
            payer = "delta-fund.main" if reference == self.contracts[0] else "anna.main"
            parties = [payer, "gulf-trade.main"]
            if chance.random() < 0.3:
                parties.reverse()
            account = next(each for each in self.accounts if each.account == parties[0])
            to = parties[1]
        return Transfer(account.participant, account.account, name, to, asset, amount, purpose, reference)

    def write(self, directory: Path) -> Path:
        """The journal of it, in a folder."""
        write_journal(directory, self.rows, batch=20)
        return directory
