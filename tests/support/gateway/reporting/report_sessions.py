"""Sessions of the small venue to report on: commands at stated times through the real core, as the rows of a journal."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from compliance.registry.calendar import moscow_midnight_ns
from engine.exchange import Exchange
from engine.record.rows import Row
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    BustTrade,
    CancelOrder,
    Deposit,
    MassQuote,
    NewOrder,
    OpenAccount,
    RegisterInvestor,
    RepriceTrade,
    Sequenced,
    SetPhase,
    Tick,
    Withdraw,
)
from engine.vocabulary.messages.events import DayEnded, Event
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.reporting.report import Report
from gateway.reporting.steps.source import Source, Step
from gateway.reporting.sums.settlement import check_table
from gateway.venue.venue import parse_venue
from tests.support.engine.desks.desk import E8
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.venues.small_venue import venue_text

MONDAY_NS = moscow_midnight_ns(2026, 6, 1)
NOON_NS = MONDAY_NS + NS_PER_DAY // 2
MONDAY, TUESDAY = "2026-06-01", "2026-06-02"


class Journaled:
    """The small venue, set up at noon of Monday 1 June 2026 in Moscow, and the rows of everything sent to it."""

    def __init__(self, rulebook: str = "elr-2025") -> None:
        self.exchange = new_exchange()
        self.rows: list[Row] = []
        self.time_ns = NOON_NS
        venue = parse_venue(venue_text().replace("elr-2025", rulebook), "", Path())
        for command in venue.genesis():
            self.send(command, 0)

    def send(self, command: AnyCommand, after_seconds: int = 1) -> list[Event]:
        self.time_ns += after_seconds * NS_PER_SECOND
        seq = self.exchange.seq + 1
        events = self.exchange.apply(Sequenced(seq, self.time_ns, command))
        self.rows.append((seq, self.time_ns, command, events))
        return events

    def write(self, directory: Path, close: bool = True) -> Path:
        write_journal(directory, self.rows, close=close)
        return directory


def limit(account: str, name: str, side: int, quantity: str, price: str, **terms: int) -> NewOrder:
    """A limit order of the participant who is named like the account; quantity and price as decimals."""
    time_in_force = terms.pop("time_in_force", codes.GTC)
    return NewOrder(
        account, account, name, "BTC/RUB", side, codes.LIMIT, time_in_force, e8(price), e8(quantity), **terms
    )


def e8(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole) * E8 + int(fraction.ljust(8, "0"))


def scripted() -> Journaled:
    """One of each: what `supervision.test_report` has golden outputs of."""
    venue = Journaled()
    venue.send(RegisterInvestor("carl", codes.INDIVIDUAL, by="sue", reason="applied"))
    venue.send(OpenAccount("carl", "carl", "carl"))
    venue.send(Deposit("carl", "RUB", 1_000_00, "cash"))
    venue.send(limit("alice", "a1", codes.SELL, "2", "100"))
    venue.send(limit("bob", "b1", codes.BUY, "0.5", "101"))
    venue.send(limit("carl", "c1", codes.BUY, "1", "100"))
    venue.send(AmendOrder("alice", "alice", 0, "a1", 0, e8("1.7")))
    venue.send(limit("bob", "b2", codes.BUY, "1", "99.5", time_in_force=codes.DAY))
    venue.send(CancelOrder("alice", "alice", 0, "nothing"))
    venue.send(limit("bob", "b3", codes.BUY, "2", "100", time_in_force=codes.IOC))
    venue.send(
        NewOrder(
            "alice", "alice", "a2", "BTC/RUB", codes.SELL, codes.STOP, codes.GTC, 0, e8("0.3"), stop_price_e8=e8("99.5")
        )
    )
    venue.send(limit("alice", "a3", codes.SELL, "0.1", "99.5"))
    venue.send(RepriceTrade(1, e8("99"), "mistyped"))
    venue.send(BustTrade(2, "erroneous"))
    venue.send(MassQuote("alice", "alice", "q", "BTC/RUB", (), ((e8("105"), e8("1")), (e8("106"), 5)), 1))
    venue.send(MassQuote("alice", "alice", "r", "BTC/RUB", (), ((e8("105"), e8("1")), (e8("99.5"), e8("1"))), 1))
    venue.send(limit("stranger", "s1", codes.BUY, "1", "100"))
    venue.send(Withdraw("bob", "RUB", 5_00, "home"), NS_PER_DAY // NS_PER_SECOND)
    venue.send(limit("bob", "b4", codes.BUY, "0.2", "105"))
    return venue


def random_session(seed: int, count: int) -> Journaled:
    """Three days of orders, amends, cancels, quotes, calls, halts, deposits, withdrawals and corrections."""
    chance = random.Random(seed)
    venue = Journaled()
    for number in range(count):
        account = chance.choice(("alice", "bob"))
        side, price = chance.choice((codes.BUY, codes.SELL)), (200 + chance.randint(-12, 12)) * E8 // 2
        roll = chance.random()
        command: AnyCommand
        if roll < 0.55:
            time_in_force = chance.choice((codes.GTC, codes.GTC, codes.DAY, codes.IOC, codes.FOK))
            quantity = chance.randint(1, 40) * E8 // 10
            command = NewOrder(
                account, account, f"o{number}", "BTC/RUB", side, codes.LIMIT, time_in_force, price, quantity
            )
        elif roll < 0.62:
            command = NewOrder(
                account,
                account,
                f"m{number}",
                "BTC/RUB",
                side,
                codes.MARKET,
                codes.IOC,
                0,
                0,
                funds=chance.randint(1, 10**5),
            )
        elif roll < 0.7:
            command = AmendOrder(account, account, 0, f"o{chance.randrange(number + 1)}", price, 0)
        elif roll < 0.76:
            command = CancelOrder(account, account, 0, f"o{chance.randrange(number + 1)}")
        elif roll < 0.8:
            ladder = ((price, E8), (price - E8, 2 * E8))
            command = MassQuote(account, account, f"q{number}", "BTC/RUB", ladder, ())
        elif roll < 0.86:
            command = BustTrade(chance.randint(1, venue.exchange.trades + 1), "test")
        elif roll < 0.92:
            command = RepriceTrade(chance.randint(1, venue.exchange.trades + 1), price, "test")
        elif roll < 0.95:
            command = Deposit(account, chance.choice(("RUB", "BTC")), chance.randint(-5, 10**6))
        elif roll < 0.97:
            command = Withdraw(account, chance.choice(("RUB", "BTC")), chance.randint(1, 10**6))
        elif roll < 0.99:
            phase = chance.choice((codes.OPENING_AUCTION, codes.HALTED, *[codes.CONTINUOUS] * 4))
            command = SetPhase("BTC/RUB", phase, "test")
        else:
            command = Tick()
        venue.send(command, chance.randint(0, 2 * 3 * 86_400 // count))
    return venue


def report_of(directory: Path) -> tuple[Source, Report]:
    """The whole report of a journal, as `sbx report` makes it."""
    source = Source(JournalReader(directory))
    report = Report()
    for step in source.steps():
        report.reference.venue = source.venue
        report.take(step, source.exchange)
    report.finish(source.exchange)
    return source, report


def report_of_commands(history: list[Sequenced], look: Callable[[Report, Exchange], None] | None = None) -> Report:
    """The report of commands given to a core without rules; `look` is called after each of them."""
    exchange, report = Exchange(PreTradeHook()), Report()
    day = moscow_day(history[0].time_ns)
    for sequenced in history:
        events = exchange.apply(sequenced)
        step = Step(
            sequenced.seq, sequenced.time_ns, sequenced.command, events, due_events=exchange.due_events, day=day
        )
        report.take(step, exchange)
        day = next((event.day for event in reversed(events) if type(event) is DayEnded), day)
        if look is not None:
            look(report, exchange)
    report.finish(exchange)
    check(report, exchange)
    return report


def check(report: Report, exchange: Exchange) -> None:
    """Every column adds up to zero, every balance is explained, and the records know which orders are open."""
    days = report.settlement_days()
    rows = check_table(days).rows
    assert [row[2:] for row in rows] == [("zero", "equal", "")] * len(rows)
    assert report.records.open_orders == sum(len(each.open_orders) for each in exchange.accounts.values())
    # What the outside world and the issuers gave is what there is.
    for asset in exchange.assets.values():
        given = sum(
            -amount
            for (kind, _, name), amount in report.settlement.holdings.items()
            if name == asset.asset and kind in ("outside", "issuer")
        )
        assert given == asset.supply
