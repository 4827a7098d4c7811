"""Where the time of a command goes in a venue, stage by stage: from the bytes of a request to the bytes of its reports.

Each stage is timed on its own, over whole batches, in processor time: so neither the clock nor a busy machine counts for much.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from engine.exchange import Exchange
from engine.record.rows import BATCH, FIRST_LINK, Row, encode_batch, encode_frame
from engine.vocabulary.limits import MAX_TURN_COMMANDS
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.inbound.translate import Known
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import JSON, MSGPACK, Codec
from loadtest.bench.engines.core import ACCOUNTS, INSTRUMENT, START_NS, Prepared, commands_of, prepare_core
from loadtest.bench.engines.measure import Machine, machine, workload
from loadtest.bench.engines.stream import Stream

STAGES_NAME: Final = "stages"
_Result = TypeVar("_Result")

CODECS: Final = {"json": JSON, "msgpack": MSGPACK}
SUBSCRIBED: Final = ("trades", "top", "book")
"""The channels of the one who hears market data."""
STAGES: Final[dict[str, str]] = {
    "read": "a request from its bytes, each key once, to the command that it is",
    "core": "matching, money, events; every order passes",
    "rules": "what the rulebook's hook adds to the core",
    "journal": "events and command as a frame, its checksum and link",
    "reports": "private reports and replies as frames, each account on a connection",
    "books": "the books, tickers and counts of market data that nobody gets",
    "market data": f"what one who subscribes to {', '.join(SUBSCRIBED)} adds",
    "write": "the frames of each connection joined to one write",
}
"""Name -> what it is, in the order of the flow."""
TOTAL: Final = "total"
WIDTH: Final = 100
"""Of the table in a file or pipe."""
LEFT_OUT: Final = "sockets, the loop, writing and syncing the journal"


class StagesLine(msgspec.Struct):
    """Nanoseconds of processor time a command, by stage: the median of the repeats."""

    benchmark: str
    build: str
    codec: str
    stages_ns: dict[str, int]
    total_ns: int
    operations: int
    repeats: int
    workload: str
    seed: int
    left_out: str
    machine: Machine


class Fanned:
    """The mirrors of a venue, each participant on a connection, and perhaps one who hears market data."""

    def __init__(self, prepared: Prepared, codec: Codec, channels: Sequence[str] = ()) -> None:
        self._fanout: Final = Fanout()
        self._outboxes: Final[dict[str, Outbox]] = {}
        for row in prepared.reports.setup:
            self._fanout.replay(row)
        for name in self._fanout.reports.accounts:
            self._outboxes[name] = Outbox(codec)
            self._fanout.listen(self._outboxes[name], name)
        hearer = Outbox(codec)
        for name in channels:
            channel = self._fanout.channels.find(name, INSTRUMENT)
            assert channel is not None
            channel.subscribers[hearer] = None

    def publish(self, rows: list[Row]) -> None:
        """Hand out the rows of a turn, each as the reply to its request."""
        fanout, outboxes = self._fanout, self._outboxes
        for row in rows:
            command: Any = row[2]
            fanout.publish(row, outboxes[command.participant], row[0])
        fanout.end_turn()

    def follow(self, rows: list[Row]) -> None:
        """Let the channels alone take in the rows of a turn."""
        channels = self._fanout.channels
        for seq, time_ns, _, events in rows:
            channels.follow(seq, time_ns, events)
        channels.end_turn()

    def write(self) -> int:
        """Join what waits for each connection; returns how many bytes that is."""
        size = 0
        for outbox in self._fanout.dirty:
            size += len(b"".join(outbox.frames))
            outbox.frames.clear()
        self._fanout.dirty.clear()
        return size


def applied(exchange: Exchange, commands: list[AnyCommand]) -> list[Row]:
    """Apply a batch; its rows."""
    rows: list[Row] = []
    for command in commands:
        seq = exchange.seq + 1
        time_ns = START_NS + seq * 1_000
        rows.append((seq, time_ns, command, exchange.apply(Sequenced(seq, time_ns, command))))
    return rows


def framed(rows: list[Row], link: bytes) -> bytes:
    """Make a frame of a batch; its link."""
    return encode_frame(BATCH, rows[0][0], len(rows), encode_batch(rows), previous_link=link, salt=0)[1]


def measure_stages(build: str, codec: str, stream: Stream, repeats: int) -> StagesLine:
    """Take the stream through all stages, from scratch each time.

    Args:
        build: name of the build that runs here.
        codec: one of `CODECS`.
        stream: of the operations.
        repeats: runs.
    """
    runs: list[dict[str, int]] = []
    for _ in range(repeats):
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            runs.append(run_stages(CODECS[codec], stream))
        finally:
            gc.enable()
            gc.unfreeze()
    count = len(stream.operations)
    stages_ns = {stage: round(statistics.median(run[stage] for run in runs) / count) for stage in STAGES}
    return StagesLine(
        STAGES_NAME,
        build,
        codec,
        stages_ns,
        sum(stages_ns.values()),
        count,
        repeats,
        workload(stream, ACCOUNTS),
        stream.seed,
        LEFT_OUT,
        machine(),
    )


def run_stages(codec: Codec, stream: Stream) -> dict[str, int]:
    """Time each stage once; nanoseconds of the whole stream by stage."""
    spent_ns = dict.fromkeys(STAGES, 0)

    def timed(stage: str, run: Callable[..., _Result], *arguments: Any) -> _Result:
        start_ns = time.thread_time_ns()
        result = run(*arguments)
        spent_ns[stage] += time.thread_time_ns() - start_ns
        return result

    bare, ruled = prepare_core(stream, rules=False).exchange, prepare_core(stream, rules=True)
    known = Known(ruled.exchange.instruments, ruled.exchange.assets)
    alone, quiet, heard = Fanned(ruled, codec), Fanned(ruled, codec), Fanned(ruled, codec, SUBSCRIBED)
    payloads = ruled.requests(codec)
    link = FIRST_LINK
    for start in range(0, len(payloads), MAX_TURN_COMMANDS):
        piece = payloads[start : start + MAX_TURN_COMMANDS]
        commands = timed("read", commands_of, codec, piece, known)
        timed("core", applied, bare, commands)
        rows = timed("rules", applied, ruled.exchange, commands)
        link = timed("journal", framed, rows, link)
        timed("books", alone.follow, rows)
        timed("reports", quiet.publish, rows)
        timed("write", quiet.write)
        timed("market data", heard.publish, rows)
        heard.write()
    # Those that are more than one stage, without what they have in common with another.
    spent_ns["rules"] -= spent_ns["core"]
    spent_ns["market data"] -= spent_ns["reports"]
    spent_ns["reports"] -= spent_ns["books"]
    return spent_ns


def show_stages(lines: Iterable[bytes]) -> None:
    """Print a table of lines of this benchmark: a stage a row, a build and codec a column."""
    found: dict[str, dict[str, int]] = {}
    missing: list[str] = []
    for encoded in lines:
        line = msgspec.json.decode(encoded)
        if "skipped" in line:
            missing.append(line["skipped"])
            continue
        found[f"{line['build']}, {line['codec']}"] = {**line["stages_ns"], TOTAL: line["total_ns"]}
    terminal = Terminal(width=WIDTH)
    rows = [(stage, *(each[stage] for each in found.values())) for stage in (*STAGES, TOTAL)]
    show_small(terminal, ("ns a command", *found), rows)
    for stage, about in STAGES.items():
        terminal.tell((stage, "bold"), f": {about}")
    terminal.tell(f"Left out: {LEFT_OUT}.")
    for why in missing:
        terminal.tell(why)
