"""What the benchmarks run in this process: the bare book, and the whole core in layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from compliance.hook import ComplianceHook
from engine.book.entities import Order
from engine.exchange import Exchange
from engine.record.rows import BATCH, FIRST_LINK, Row, encode_batch, encode_frame
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import CONTINUOUS, CRYPTO, FIAT, FIRM, GTC, LIMIT, SPOT
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import DECIMALS, MAX_TURN_COMMANDS, ONE_E8
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    CancelOrder,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    RegisterInvestor,
    Sequenced,
    SetPhase,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderAccepted, OrderCancelled, Trade
from gateway.inbound.plain import SCANS
from gateway.inbound.translate import TRANSLATE, Known, to_command
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol import messages
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON, Codec
from gateway.venue.venue import load_rulebook_documents
from gateway.words.titles import RuleTitles
from loadtest.bench.engines.bare import BareBook
from loadtest.bench.engines.stream import ADD, START_TICKS, Stream

START_NS: Final = 1_767_214_800_000_000_000
"""2026-01-01 00:00 in Moscow; a command a microsecond stays within one trading day."""
RULEBOOK: Final = "elr-2025"
ACCOUNTS: Final = 8
INSTRUMENT: Final = "BTC/RUB"
DEPOSIT: Final = 10**17


def run_book(stream: Stream, bare: BareBook) -> tuple[int, int]:
    """Send the stream through a bare book; return trades and traded lots."""
    orders: dict[int, Order] = {}
    for number, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        if kind == ADD:
            orders[number] = bare.add(number, side, price_ticks, lots)
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
        commands += [OpenAccount(name, name, name), Deposit(name, "RUB", DEPOSIT), Deposit(name, "BTC", DEPOSIT)]
    commands.append(SetPhase(INSTRUMENT, CONTINUOUS))
    return commands


class JsonReports:
    """The private reports of every account as WebSocket frames of JSON, as the gateway makes them."""

    def __init__(self, setup: list[Row]) -> None:
        self._formats: Final = Formats()
        self._reports: Final = PrivateReports(self._formats, RuleTitles())
        self.setup: Final = setup
        """What was done before the first command that is reported."""
        self.bytes = 0
        for seq, time_ns, _, events in setup:
            for event in events:
                self._formats.learn(event)
            self._reports.follow(seq, time_ns, events)

    def add(self, row: Row) -> None:
        """PrivateReport what happened in one row of the journal, with the command as the request that is answered."""
        seq, time_ns, _, events = row
        for report in self._reports.follow(seq, time_ns, events):
            self.bytes += len(self._reports.frame(JSON, report, seq))


class Prepared(NamedTuple):
    """An exchange ready to trade, the stream's commands for it, and how to report what becomes of them."""

    exchange: Exchange
    commands: list[Sequenced]
    reports: JsonReports

    def requests(self, codec: Codec = JSON) -> list[tuple[str, bytes]]:
        """Return the commands as participants would send them: who, and the request."""
        found: list[tuple[str, bytes]] = []
        for sequenced in self.commands:
            command = sequenced.command
            request: messages.AnyRequest
            if isinstance(command, NewOrder):
                request = messages.NewOrder(
                    id=sequenced.seq,
                    account=command.account,
                    client_order_id=command.client_order_id,
                    instrument=command.instrument,
                    side="sell" if command.side else "buy",
                    quantity=decimal(command.quantity_e8, DECIMALS),
                    price=decimal(command.price_e8, DECIMALS),
                )
            else:
                assert isinstance(command, CancelOrder)
                request = messages.CancelOrder(id=sequenced.seq, account=command.account, order_id=command.order_id)
            found.append((command.participant, codec.encode(request)))
        return found


def prepare_core(stream: Stream, rules: bool) -> Prepared:
    """Set up an exchange, with the compliance rules or with a hook that passes all."""
    exchange = Exchange(ComplianceHook() if rules else PreTradeHook())
    setup: list[Row] = []
    for each in setup_commands(rules):
        sequenced = Sequenced(exchange.seq + 1, START_NS, each)
        events = exchange.apply(sequenced)
        assert not any(type(event) is CommandRejected for event in events), events
        setup.append((sequenced.seq, sequenced.time_ns, each, events))
    first = exchange.seq + 1
    commands: list[Sequenced] = []
    for number, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        # Buyers and sellers are different firms: none meets its own order, so every engine makes the same trades.
        name = f"firm-{target % (ACCOUNTS // 2) * 2 + side}"
        command: AnyCommand
        if kind == ADD:
            price_e8, quantity_e8 = price_ticks * 100 * ONE_E8, lots * (ONE_E8 // 10_000)
            command = NewOrder(name, name, str(number), INSTRUMENT, side, LIMIT, GTC, price_e8, quantity_e8)
        else:
            command = CancelOrder(name, name, first + target, "")
        commands.append(Sequenced(first + number, START_NS + number * 1_000, command))
    return Prepared(exchange, commands, JsonReports(setup))


def run_core(exchange: Exchange, commands: list[Sequenced]) -> list[list[Event]]:
    """Apply the commands; return the events of each."""
    apply = exchange.apply
    return [apply(sequenced) for sequenced in commands]


def run_journaled(
    exchange: Exchange, commands: list[Sequenced], report: Callable[[Row], None] | None = None
) -> list[list[Event]]:
    """Apply the commands in full batches, encode each batch as its journal frame, then report each of its rows."""
    results: list[list[Event]] = []
    link = FIRST_LINK
    for start in range(0, len(commands), MAX_TURN_COMMANDS):
        rows: list[Row] = [
            (sequenced.seq, sequenced.time_ns, sequenced.command, exchange.apply(sequenced))
            for sequenced in commands[start : start + MAX_TURN_COMMANDS]
        ]
        _, link = encode_frame(BATCH, rows[0][0], len(rows), encode_batch(rows), previous_link=link, salt=0)
        for row in rows:
            results.append(row[3])
            if report is not None:
                report(row)
    return results


def commands_of(codec: Codec, requests: list[tuple[str, bytes]], known: Known) -> list[AnyCommand]:
    """The commands that requests to trade ask for, each with its participant, read as sessions read them."""
    commands: list[AnyCommand] = []
    scan = SCANS.get(codec.name)
    for participant, payload in requests:
        plain = None if scan is None else scan(payload, participant)
        if plain is not None:
            commands.append(plain[1])
            continue
        request = codec.decode(payload)
        assert type(request) in TRANSLATE
        commands.append(to_command(request, participant, known))
    return commands


def run_pipeline(exchange: Exchange, requests: list[tuple[str, bytes]], reports: JsonReports) -> list[list[Event]]:
    """Take JSON requests to JSON reports as a venue does, all but sockets and disk: decode, apply, frame, report."""
    results: list[list[Event]] = []
    known = Known(exchange.instruments, exchange.assets)
    for start in range(0, len(requests), MAX_TURN_COMMANDS):
        batch: list[Sequenced] = []
        for command in commands_of(JSON, requests[start : start + MAX_TURN_COMMANDS], known):
            seq = exchange.seq + len(batch) + 1
            batch.append(Sequenced(seq, START_NS + seq * 1_000, command))
        results += run_journaled(exchange, batch, reports.add)
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
