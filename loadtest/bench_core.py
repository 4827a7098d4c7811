"""What the benchmarks run in this process: the bare book, and the whole core in layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from compliance.hook import ComplianceHook
from engine.codes import CONTINUOUS, CRYPTO, FIAT, FIRM, GTC, LIMIT, SPOT
from engine.commands import (
    AddAsset,
    AnyCommand,
    CancelOrder,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    RecordAcknowledgement,
    RegisterInvestor,
    Sequenced,
    SetPhase,
)
from engine.events import CommandRejected, Event, OrderAccepted, OrderCancelled, Trade
from engine.exchange import Exchange
from engine.hook import PreTradeHook
from engine.limits import MAX_BATCH_COMMANDS, ONE_E8
from engine.orders import Order
from engine.record import BATCH, FIRST_LINK, Row, encode_batch, encode_frame
from gateway.venue import load_rulebook_documents
from loadtest.bench_stream import ADD, START_TICKS, BareBook, Stream

START_NS: Final = 1_767_214_800_000_000_000
"""2026-01-01 00:00 in Moscow; a command a microsecond stays within one trading day."""
RULEBOOK: Final = "elr-2025"
ACCOUNTS: Final = 8
INSTRUMENT: Final = "BTC/RUB"
DEPOSIT: Final = 10**17


def run_book(stream: Stream) -> tuple[int, int]:
    """Send the stream through a bare book; return trades and traded lots."""
    bare = BareBook()
    orders: dict[int, Order] = {}
    for index, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        if kind == ADD:
            orders[index] = bare.add(index, side, price_ticks, lots)
        else:
            bare.cancel(orders[target])
    return bare.trades, bare.traded_lots


def setup_commands(rules: bool) -> list[AnyCommand]:
    """List one instrument and open the accounts of super-qualified firms with more than any stream can spend."""
    commands: list[AnyCommand] = []
    if rules:
        name, documents = load_rulebook_documents(RULEBOOK)
        commands.append(LoadRulebook(name, documents))
    commands += [
        AddAsset("RUB", FIAT, 2),
        AddAsset("BTC", CRYPTO, 8),
        # Ticks of 100 RUB and lots of 0.0001 BTC: one tick times one lot is a kopeck.
        ListInstrument(
            INSTRUMENT,
            SPOT,
            "BTC",
            "RUB",
            100 * ONE_E8,
            ONE_E8 // 10_000,
            ONE_E8 // 10_000,
            1_000_000 * ONE_E8,
            DEPOSIT,
            50_000,
            START_TICKS * 100 * ONE_E8,
        ),
    ]
    for number in range(ACCOUNTS):
        name = f"firm-{number}"
        if rules:
            commands.append(RegisterInvestor(name, FIRM, assets_rub=5_000_000_000, income_rub=9_000_000_000))
            commands.append(RecordAcknowledgement(name, 1))
        commands += [OpenAccount(name, name, name), Deposit(name, "RUB", DEPOSIT), Deposit(name, "BTC", DEPOSIT)]
    commands.append(SetPhase(INSTRUMENT, CONTINUOUS))
    return commands


def prepare_core(stream: Stream, rules: bool) -> tuple[Exchange, list[Sequenced]]:
    """Make an exchange ready to trade and the stream's commands for it."""
    exchange = Exchange(ComplianceHook() if rules else PreTradeHook())
    for setup in setup_commands(rules):
        for event in exchange.apply(Sequenced(exchange.seq + 1, START_NS, setup)):
            assert type(event) is not CommandRejected, event
    first = exchange.seq + 1
    commands: list[Sequenced] = []
    for index, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        name = f"firm-{target % ACCOUNTS}"
        command: AnyCommand
        if kind == ADD:
            price_e8, quantity_e8 = price_ticks * 100 * ONE_E8, lots * (ONE_E8 // 10_000)
            command = NewOrder(name, name, str(index), INSTRUMENT, side, LIMIT, GTC, price_e8, quantity_e8)
        else:
            command = CancelOrder(name, name, first + target, "")
        commands.append(Sequenced(first + index, START_NS + index * 1_000, command))
    return exchange, commands


def run_core(exchange: Exchange, commands: list[Sequenced]) -> list[list[Event]]:
    """Apply the commands; return the events of each."""
    apply = exchange.apply
    return [apply(sequenced) for sequenced in commands]


def run_journaled(
    exchange: Exchange, commands: list[Sequenced], report: Callable[[list[Event]], object] | None = None
) -> list[list[Event]]:
    """Apply the commands in full batches, encode each batch as its journal frame, then report each command's events."""
    results: list[list[Event]] = []
    link = FIRST_LINK
    for start in range(0, len(commands), MAX_BATCH_COMMANDS):
        rows: list[Row] = []
        for sequenced in commands[start : start + MAX_BATCH_COMMANDS]:
            events = exchange.apply(sequenced)
            rows.append((sequenced.seq, sequenced.time_ns, sequenced.command, events))
        _, link = encode_frame(BATCH, rows[0][0], len(rows), encode_batch(rows), link, 0)
        for row in rows:
            results.append(row[3])
            if report is not None:
                report(row[3])
    return results


def trades_in(stream: Stream, results: list[list[Event]]) -> tuple[int, int]:
    """Count trades and traded lots, having made sure that every operation did what the stream says."""
    trades = lots = accepted = cancelled = 0
    for events in results:
        for event in events:
            if type(event) is Trade:
                trades += 1
                lots += event.quantity_lots
            elif type(event) is OrderAccepted:
                accepted += 1
            elif type(event) is OrderCancelled:
                cancelled += 1
    assert (accepted, cancelled) == (stream.adds, stream.cancels), "the core refused part of the stream"
    return trades, lots
