"""Sessions for the sections of a report: a venue of the compliance tests that keeps its rows, and much that may happen on it."""

from __future__ import annotations

import random
from pathlib import Path

from engine.record.rows import Row
from engine.vocabulary.codes import BUY, CROSS_BORDER, DOMESTIC_PAYMENT, FIRM, GTC, IOC, LIMIT, OWN_ACCOUNT, SELL
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    Arrest,
    CancelOrder,
    CancelWithdrawal,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    NewOrder,
    RecordTest,
    RedeemAsset,
    RefuseMovement,
    RegisterInvestor,
    ReleaseMovement,
    RequestWithdrawal,
    Sequenced,
    SetBlocked,
    SetParameter,
    Tick,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import Event
from gateway.reporting.part import Part
from gateway.reporting.reported import Reported, tables_of
from gateway.reporting.searches.settings import DEFAULTS, Settings
from gateway.reporting.steps.sessions import in_order
from gateway.reporting.tables.tables import Table
from tests.support.compliance.venue import PARTICIPANT, Venue, e8
from tests.support.gateway.journal.journals import write_journal

PRICES = {
    "BTC/RUB": "8000000",
    "ETH/RUB": "250000",
    "USDT/RUB": "80",
    "XMR/RUB": "28000",
    "SOL/RUB": "12000",
    "BTC-NOTE": "100",
}
BUYERS = ("retail", "retail@beta", "qualified", "super", "firm", "newcomer", "nameless", "importer", "dealer")
PAYERS = ("firm", "importer", "importer@2", "dealer", "super", "qualified", "abroad")


class ReportedVenue(Venue):
    """A venue that keeps all that was sent to it."""

    def __init__(self, rulebook: str = "general-2026", changes: tuple[tuple[str, str, str], ...] = ()) -> None:
        self.rows: list[Row] = []
        super().__init__(rulebook, changes)

    def apply(self, command: AnyCommand) -> list[Event]:
        """As the venue does, the events as they are; the row is kept."""
        self.happened = self.exchange.apply(Sequenced(self.exchange.seq + 1, self.time_ns, command))
        self.log += self.happened
        self.rows.append((self.exchange.seq, self.time_ns, command, self.happened))
        return self.happened

    def later(self, seconds: int) -> None:
        """Let time pass."""
        self.time_ns += seconds * NS_PER_SECOND

    def pay(self, sender: str, receiver: str, amount: int, asset: str = "RUB", purpose: int = DOMESTIC_PAYMENT) -> None:
        """Ask for a transfer between two accounts; amount in minor units."""
        name = f"t{self.exchange.seq + 1}"
        self.apply(Transfer(PARTICIPANT, sender, name, receiver, asset, amount, purpose))

    def write(self, directory: Path) -> Path:
        """The journal of all that happened."""
        write_journal(directory, self.rows)
        return directory


def sections(
    directory: Path, *parts: type[Part], day: int | None = None, settings: Settings = DEFAULTS
) -> dict[str, Table]:
    """The tables of some sections of a journal, by name."""
    (session,) = in_order([directory])
    reported = Reported(session, parts, day, settings)
    for step in reported.source.steps():
        reported.take(step)
    reported.finish()
    source = reported.source
    assert source.damage is None
    assert source.difference is None
    assert source.failure is None
    return {table.name: table for tables in tables_of([reported], parts).values() for table in tables}


def drive(venue: ReportedVenue, seed: int, count: int) -> ReportedVenue:
    """So many commands: orders of all kinds of investors, changes of them, payments, and what a supervisor does."""
    chance = random.Random(seed)
    for key, value in (("hours", "2"), ("classes", "retail,qualified"), ("enabled", "true")):
        venue.do(SetParameter("COOL-1", key, value, "try", "sue"))
    for instrument, price in PRICES.items():
        if instrument != "XMR/RUB":
            venue.sell("dealer", "1", instrument, price)
            venue.buy("firm", "0.5", instrument, price)
    while len(venue.rows) < count:
        venue.later(chance.choice((1, 5, 20, 90, 700)))
        roll = chance.random()
        if roll < 0.48:
            _enter(venue, chance)
        elif roll < 0.56:
            account = chance.choice(BUYERS)
            name = f"c{chance.randrange(1, venue.exchange.seq + 2)}"
            if roll < 0.52:
                venue.apply(AmendOrder(PARTICIPANT, account, 0, name, 0, e8("0.0002")))
            else:
                venue.apply(CancelOrder(PARTICIPANT, account, 0, name))
        elif roll < 0.7:
            _pay(venue, chance)
        else:
            venue.apply(_of_others(venue, chance))
    return venue


def _enter(venue: ReportedVenue, chance: random.Random) -> None:
    instrument = chance.choice(list(PRICES))
    around = e8(PRICES[instrument]) * chance.randint(97, 103) // 100 // 10**10 * 10**10
    # A tenth of them of an account that is not there.
    account = chance.choice(BUYERS) if chance.random() < 0.95 else "ghost"
    quantity = chance.choice(("0.0001", "0.001", "0.01", "1", "40"))
    side, until = chance.choice((BUY, SELL)), chance.choice((GTC, GTC, IOC))
    name = f"c{venue.exchange.seq + 1}"
    price_e8 = around or 100 * 10**8
    venue.apply(NewOrder(PARTICIPANT, account, name, instrument, side, LIMIT, until, price_e8, e8(quantity)))


def _pay(venue: ReportedVenue, chance: random.Random) -> None:
    sender, receiver = chance.sample(PAYERS, 2)
    asset, purpose = chance.choice(
        (
            ("RUB", DOMESTIC_PAYMENT),
            ("RUB", DOMESTIC_PAYMENT),
            ("BTC", DOMESTIC_PAYMENT),
            ("USDT", CROSS_BORDER),
            ("XMR", OWN_ACCOUNT),
            ("BTC", OWN_ACCOUNT),
        )
    )
    if purpose == OWN_ACCOUNT:
        sender, receiver = "importer", "importer@2"
    venue.pay(sender, receiver, chance.choice((1, 10_000, 99_999_999, 100_000_000, 3 * 10**8)), asset, purpose)


def _of_others(venue: ReportedVenue, chance: random.Random) -> AnyCommand:
    account, asset = chance.choice(PAYERS), chance.choice(("RUB", "BTC", "USDT", "XMR"))
    amount = chance.choice((1, 10**6, 10**8, 2 * 10**8))
    commands: list[AnyCommand] = [
        Deposit(account, asset, amount, "top up", "otto", chance.choice(("", "bank transfer"))),
        Withdraw(account, asset, chance.choice((amount, 10**17)), "home", "otto"),
        IssueAsset("METAL", account, 100, "", "subscribed", "otto"),
        RedeemAsset("METAL", account, 50, "", "matured", "otto"),
        FreezeAsset("USDT", chance.choice((0, 100_000, 500_000)), account, "", "order 18", "sue"),
        SetBlocked(chance.choice(("super", "abroad")), chance.random() < 0.5, "list", "sue"),
        RecordTest("newcomer", "knowledge", chance.choice((60, 90)), venue.time_ns, "sue"),
        SetParameter("RET-1", "retail_cap_rub", chance.choice(("300000.00", "5000.00")), "try", "sue"),
        SetParameter("AML-1", "report_from_rub", chance.choice(("1000000.00", "900000.00")), "try", "sue"),
        RegisterInvestor("importer", FIRM, risk_level=chance.choice(("low", "high")), reason="assessed", by="sue"),
        SetParameter("COOL-1", "enabled", chance.choice(("true", "false")), "try", "sue"),
        Arrest(
            str(chance.randrange(3)),
            "court",
            "2026-05-05",
            account=account,
            asset=chance.choice(("USDT", "BTC")),
            share_ppm=chance.choice((100_000, 333_333, 1_000_000)),
            sales_allowed=chance.random() < 0.5,
            reason="case 7",
            by="sue",
        ),
        LiftArrest(str(chance.randrange(3)), "closed", "sue"),
        Tick(),
    ]
    waiting = list(venue.exchange.movements)
    if waiting and chance.random() < 0.2:
        movement, held = chance.choice(list(venue.exchange.movements.items()))
        commands = [
            ReleaseMovement(movement, "papers seen", "sue"),
            RefuseMovement(movement, "papers forged", "sue"),
            CancelWithdrawal(PARTICIPANT, held.account, movement),
        ]
    elif chance.random() < 0.5:
        name, account = f"w{venue.exchange.seq + 1}", chance.choice((*PAYERS, "retail", "retail@beta", "qualified"))
        kind = chance.choice(("RUB", "BTC", "BTC", "USDT"))
        commands = [RequestWithdrawal(PARTICIPANT, account, name, kind, chance.choice((amount, 10**17)), "a wallet")]
    return chance.choice(commands)
