"""What must be so: what was sequenced and told while the run went on, and what the journal says of it afterwards."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any, Final

import msgspec

from engine.exchange import Exchange
from engine.record.rows import Batch, StoredRow, decode_command
from engine.replay import Replay
from engine.snapshot.encoding import state_digest
from engine.vocabulary.codes import SELL
from engine.vocabulary.limits import MAX_BATCH_EVENTS
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.messages.events import DayEnded, OrderAccepted, OrderRejected, Transferred
from gateway.core import new_exchange
from gateway.index.index import Index
from gateway.index.keys import ACCOUNT, CLIENT_ORDER, INVESTOR, ORDER, Postings
from gateway.journal.head import read_head
from gateway.journal.reader import JournalReader
from gateway.outbound.fanout import Fanout
from gateway.protocol import messages as m
from gateway.server.sequencing.startup import Started
from tests.simulator.machine import JOURNAL, Machine
from tests.simulator.stage import Failed
from tests.simulator.trader import Received, Trader

MOST_ASKED: Final = 5
"""Of each kind, the index is asked for."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(m.AnyMessage).decode


class Log:
    """What the venue has sequenced so far, over all its starts, and what of it anybody may have heard."""

    def __init__(self) -> None:
        self.entries: Final[dict[int, tuple[int, bytes]]] = {}
        """Time and command by sequence number."""
        self.at_ns: Final[dict[int, int]] = {}
        """When each was sequenced, by the steady clock."""
        self.told_seq = 0
        """Everything up to here was told to somebody."""
        self.lost = 0
        """How much of that a lying disk has lost beyond what the head had."""

        self.snapshot_starts = 0
        """From a snapshot: of what was before it, reports come from the journal by the index."""

    def sequenced(self, batch: Batch, now_ns: int) -> None:
        """A batch goes to the journal."""
        for seq, time_ns, command, _ in batch.rows:
            self.entries[seq] = time_ns, _encode(command)
            self.at_ns[seq] = now_ns

    def told(self, seq: int, machine: Machine, started: Started) -> None:
        """Frames leave the venue: all that they speak of must be on the disk (P1)."""
        path = vars(started.writer)["_path"]
        if not machine.disk.is_synced(path):
            raise Failed(f"P1: sequence number {seq} is told, and {path.name} is not synced")
        self.told_seq = max(self.told_seq, seq)

    def started(self, machine: Machine, started: Started, now_ns: int) -> None:
        """The venue has started: compare what it found with what was told (P2), and with what was sequenced (P6)."""
        recovered = started.recovered
        self.snapshot_starts += started.snapshot_seq > 0
        with machine.undisturbed():
            head = read_head(JOURNAL, machine.disk)
            rows = list(JournalReader(JOURNAL, disk=machine.disk).rows())
        known_seq = self.told_seq
        if machine.disk.lies:
            # Beyond the head nothing shows that a lying disk has lost the end.
            known_seq = min(known_seq, head.seq if head is not None else 0)
        if recovered < known_seq:
            raise Failed(f"P2: sequence number {known_seq} was told or in the head, and the start found {recovered}")
        self.lost += max(self.told_seq - recovered, 0)
        self.told_seq = min(self.told_seq, recovered)
        for seq in [seq for seq in self.entries if seq > recovered]:
            del self.entries[seq], self.at_ns[seq]
        for place, (seq, time_ns, command, _) in enumerate(rows, start=1):
            if seq != place:
                raise Failed(f"P3: row {place} of the journal has sequence number {seq}")
            entry = self.entries.setdefault(seq, (time_ns, bytes(command)))
            if entry != (time_ns, bytes(command)):
                raise Failed(f"P6: sequence number {seq} is not what was sequenced, and nothing said so")
            self.at_ns.setdefault(seq, now_ns)


class Truth:
    """What the journal says in the end: replayed by itself, apart from the venue."""

    def __init__(self, machine: Machine) -> None:
        self.exchange: Final[Exchange] = new_exchange()
        self.reports: Final[dict[tuple[str, int], tuple[m.AnyMessage, int]]] = {}
        """Every report by account and number, and the sequence number of the command that it is of."""
        self.orders: Final[dict[int, NewOrder]] = {}
        """The commands that entered or tried to enter an order."""
        self.stood: Final[dict[int, tuple[str, str]]] = {}
        """Status and filled quantity of each order after its last report."""
        self.commands = 0
        self._postings: Final = Postings()
        self._ids: Final[dict[tuple[str, str], int]] = {}
        self._replay: Final = Replay(self.exchange)
        self._fanout: Final = Fanout()
        self._lies: Final = machine.disk.lies
        with machine.undisturbed():
            reader = JournalReader(JOURNAL, disk=machine.disk)
            for batch in reader.batches():
                if len(batch) > MAX_BATCH_EVENTS:
                    raise Failed(f"P9: a batch of {len(batch)} commands")
                for row in batch:
                    self._take(row)
        if reader.torn is not None or not reader.segments[-1].is_signed:
            raise Failed("P6: a venue that stopped in order left its last segment unsigned")
        self._collect_reports()

    def _take(self, row: StoredRow) -> None:
        seq, time_ns, stored, _ = row
        command = decode_command(stored)
        events = self._replay.feed(row)
        if self._replay.difference is not None:
            raise Failed(f"P4: sequence number {seq} replays otherwise: {self._replay.difference.replayed!r}")
        self.commands += 1
        self._postings.add(seq, time_ns, stored, row[3])
        self._fanout.replay((seq, time_ns, command, events))
        if isinstance(command, NewOrder):
            self.orders[seq] = command
        for event in events:
            if isinstance(event, DayEnded):
                self._ids.clear()
            elif isinstance(event, OrderAccepted | Transferred) and event.client_order_id:
                account = event.account if isinstance(event, OrderAccepted) else event.from_account
                self._use(account, event.client_order_id, seq)
            elif isinstance(event, OrderRejected) and event.rule and self._only_sells(command):
                raise Failed(f"P10: sequence number {seq} only lowers exposure, and {event.rule} refused it")

    def _use(self, account: str, name: str, seq: int) -> None:
        before = self._ids.setdefault((account, name), seq)
        if before != seq:
            raise Failed(f"P5: {name} of {account} acted at {before}, and again at {seq}")

    @staticmethod
    def _only_sells(command: object) -> bool:
        return isinstance(command, NewOrder) and command.side == SELL

    def _collect_reports(self) -> None:
        mirror = self._fanout.reports
        for account in mirror.owners:
            for report in mirror.after(account, 0, self.commands * MAX_BATCH_EVENTS) or ():
                message = _decode(_encode(mirror.message(report)))
                self.reports[account, report.seq] = message, report.command_seq
                if isinstance(message, m.ExecutionReport) and message.order_id:
                    filled = message.filled_quantity or self.stood.get(message.order_id, ("", "0"))[1]
                    self.stood[message.order_id] = message.order_status, filled

    # ── against the run ────────────────────────────────────────────────────────────────────────────────────────────

    def check_index(self, machine: Machine, chance: random.Random) -> None:
        """Whatever the index answers is what the journal says (it may be built again on the way)."""
        with machine.undisturbed():
            index = Index(JOURNAL, disk=machine.disk)
            for _ in index.catch_up():
                pass
            if index.last_seq != self.commands:
                raise Failed(f"the index knows {index.last_seq} commands, the journal has {self.commands}")
            for kind in (ACCOUNT, ORDER, CLIENT_ORDER, INVESTOR):
                table = self._postings.tables[kind]
                for key in chance.sample(list(table), min(len(table), MOST_ASKED)):
                    seqs = table[key]
                    found = list(index.find(kind, key))
                    if found != seqs:
                        raise Failed(f"the index finds {kind} {key} at {found}, the journal has it at {seqs}")
            for seq in range(1, self.commands + 1, 11):
                if next(index.rows([seq]))[0] != seq:
                    raise Failed(f"the index seeks {seq} and finds another")
            index.close()

    def check_log(self, log: Log) -> None:
        """The journal is what was sequenced, and all of it."""
        if self.commands != len(log.entries):
            raise Failed(f"P3: {len(log.entries)} commands were sequenced, {self.commands} are in the journal")

    def check_state(self, exchange: Exchange) -> None:
        """The replay ends where the venue ended (P4)."""
        if state_digest(self.exchange) != state_digest(exchange):
            raise Failed("P4: the replay ends in another state")

    def check_client(self, trader: Trader, log: Log) -> None:
        """Everything that a client heard is in the log, once, between its request and its reply; and it heard all."""
        # A journal that its disk has damaged may not have them any more, and the client is told so.
        may_forget = bool(self._lies)
        for received in trader.received:
            self._check_received(trader, received, log)
        self._check_reports(trader, may_forget)
        for act in trader.acts:
            if act.order is not None and act.order.order_id:
                self._check_order(act.order.order_id, act.order.status, f"{act.order.filled_quantity:f}", may_forget)
        seqs = [message.seq for message in trader.trades.messages]
        if sorted(set(seqs)) != seqs:
            raise Failed(f"P3: {trader.name} got trades out of order: {seqs}")
        if seqs and seqs[-1] - seqs[0] + 1 - len(seqs) > trader.trades.missed:
            raise Failed(f"P3: {trader.name} missed trades and was not told: {seqs}")

    def _check_received(self, trader: Trader, received: Received, log: Log) -> None:
        message = received.message
        seq = 0
        if isinstance(message, m.AnyReport) and getattr(message, "seq", None) is not None:
            expected, seq = self.reports.get((message.account, message.seq or 0), (None, 0))
            if _plain(message) != expected:
                raise Failed(f"P2: {trader.name} was told {message}, and the journal says {expected}")
        elif isinstance(message, m.Done | m.Rejected) and message.seq:
            seq = message.seq
        elif isinstance(message, m.ExecutionReport) and message.exec_type == "status":
            seq = message.order_id
        if not seq:
            return
        at_ns = log.at_ns.get(seq)
        if at_ns is None:
            raise Failed(f"P2: {trader.name} was told {message}, of which the journal knows nothing")
        began_ns = (
            received.act.began_ns if received.act is not None and not self._is_reused(received.act.request) else 0
        )
        if not began_ns <= at_ns <= received.now_ns:
            raise Failed(
                f"{message} answers a request of {began_ns}, was sequenced at {at_ns}, heard at {received.now_ns}"
            )

    def _is_reused(self, request: m.AnyRequest) -> bool:
        """Whether it may be answered by what an earlier request with the same id of an order did."""
        return isinstance(request, m.NewOrder)

    def _check_reports(self, trader: Trader, may_forget: bool) -> None:
        numbers: dict[str, int] = {}
        for report in trader.reports.messages:
            number = getattr(report, "seq", None)
            if number is None:
                continue
            if isinstance(report, m.Resumed):
                if not may_forget:
                    raise Failed(f"P3: {trader.name} is told that reports are lost, and none was: {report}")
                numbers[report.account] = number
                continue
            last = numbers.get(report.account, number - 1)
            if number != last + 1:
                raise Failed(f"P3: {trader.name} got report {number} of {report.account} after {last}")
            numbers[report.account] = number
        if trader.reports.missed and not may_forget:
            raise Failed(f"P3: {trader.name} missed {trader.reports.missed} reports")
        for account, number in numbers.items():
            if (account, number + 1) in self.reports:
                raise Failed(f"P3: {trader.name} never got report {number + 1} of {account}")

    def _check_order(self, order_id: int, status: str, filled: str, may_forget: bool) -> None:
        stood = self.stood.get(order_id)
        if stood is None:
            raise Failed(f"P2: order {order_id} is known to a client and to nobody else")
        if status == "unknown" and may_forget:
            return
        if (stood[0], Decimal(stood[1])) != (status, Decimal(filled)):
            raise Failed(
                f"P2: a client has order {order_id} as {status}, {filled} filled; the journal has it as {stood[0]}, {stood[1]} filled"
            )


def _plain(message: Any) -> Any:
    """A report without the id of the request that it answers."""
    return msgspec.structs.replace(message, id=None) if getattr(message, "id", None) is not None else message
