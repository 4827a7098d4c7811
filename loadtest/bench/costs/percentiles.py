"""What one command of the core takes: percentiles, and which command took the longest.

Each command is timed by itself, in a pass of its own: the clock would add to the means of the other benchmarks. Frames of
the journal hold many commands, so there are no percentiles of `core_rules_journal`.
"""

from __future__ import annotations

import functools
import gc
import statistics
import time
from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import msgspec

from engine.exchange import Exchange
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import Trade
from loadtest.bench.engines.core import ACCOUNTS, prepare_core
from loadtest.bench.engines.measure import CORE_BENCHMARKS, Machine, machine, timed, workload
from loadtest.bench.engines.stream import Stream

PERCENTILE_BENCHMARKS: Final[dict[str, str]] = {"core_percentiles": "core", "core_rules_percentiles": "core_rules"}
"""Name -> the benchmark whose commands are timed one by one."""
CLOCK_READINGS: Final = 10_000


class OneCommand(msgspec.Struct):
    """A command of the stream, and what it took."""

    ns: int
    """In the slowest of the repeats."""
    collector_ns: int
    """Of `ns`: spent in Python's garbage collector, which comes when it comes, whatever the command is."""
    ns_least: int
    """In the fastest of the repeats, without the collector: what the command itself takes."""
    kind: str
    place: int
    """In the stream, from 0."""
    events: int
    fills: int


class PercentilesLine(msgspec.Struct):
    """What single commands take, the clock's own cost included; over all commands of all repeats."""

    benchmark: str
    engine: str
    build: str
    ns_p50: int
    ns_p99: int
    ns_p999: int
    ns_max: int
    worst: OneCommand
    """The one that took the longest, in any repeat."""
    dearest: OneCommand
    """The one with the largest `ns_least`: what it does is dear, whatever else ran."""
    clock_ns: int
    """What reading the clock adds to each figure, at the median."""
    operations: int
    repeats: int
    workload: str
    seed: int
    trades: int
    agrees: bool
    """Whether there were as many trades as in the generator's own book."""
    left_out: str
    machine: Machine


class Timings(NamedTuple):
    """What each command took and made, in order of the stream."""

    elapsed_ns: list[int]
    collector_ns: list[int]
    events: list[int]
    fills: list[int]


class CollectorClock:
    """Adds up the time that the garbage collector takes."""

    def __init__(self) -> None:
        self.ns = 0
        self._start_ns = 0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._start_ns = time.perf_counter_ns()
        else:
            self.ns += time.perf_counter_ns() - self._start_ns


def run_timed(exchange: Exchange, commands: list[Sequenced]) -> Timings:
    """Apply the commands, and read the clock before and after each."""
    clock, apply = time.perf_counter_ns, exchange.apply
    timings = Timings([], [], [], [])
    with CollectorClock() as collector:
        for sequenced in commands:
            collector.ns = 0
            start_ns = clock()
            made = apply(sequenced)
            timings.elapsed_ns.append(clock() - start_ns)
            timings.collector_ns.append(collector.ns)
            # Counted and let go, as a venue does: events that pile up would be walked by the collector.
            timings.events.append(len(made))
            timings.fills.append(sum(type(event) is Trade for event in made))
    return timings


def measure_percentiles(name: str, build: str, stream: Stream, repeats: int) -> PercentilesLine:
    """Run one of `PERCENTILE_BENCHMARKS`, from scratch each time."""
    of = PERCENTILE_BENCHMARKS[name]
    runs: list[Timings] = []
    commands: list[Sequenced] = []
    for _ in range(repeats):
        exchange, commands, _ = prepare_core(stream, rules=of != "core")
        runs.append(timed(functools.partial(run_timed, exchange, commands))[1])
    first = runs[0]
    agrees = all((run.events, run.fills) == (first.events, first.fills) for run in runs)
    in_order = sorted(elapsed for run in runs for elapsed in run.elapsed_ns)
    # Of each command: its times, and what of them the collector took.
    pairs = list(zip(*(zip(run.elapsed_ns, run.collector_ns, strict=True) for run in runs), strict=True))
    least_ns = [min(elapsed - collector for elapsed, collector in each) for each in pairs]

    def describe(place: int) -> OneCommand:
        elapsed_ns, collector_ns = max(pairs[place])
        kind = type(commands[place].command).__name__
        return OneCommand(
            elapsed_ns, collector_ns, least_ns[place], kind, place, first.events[place], first.fills[place]
        )

    trades = sum(first.fills)
    return PercentilesLine(
        name,
        "sandbox-exchange",
        build,
        percentile(in_order, 500),
        percentile(in_order, 990),
        percentile(in_order, 999),
        in_order[-1],
        describe(pairs.index(max(pairs, key=max))),
        describe(least_ns.index(max(least_ns))),
        clock_cost_ns(),
        len(commands),
        repeats,
        workload(stream, ACCOUNTS),
        stream.seed,
        trades,
        agrees and trades == stream.trades,
        f"{CORE_BENCHMARKS[of]}; the collector runs at Python's own thresholds, in a venue more rarely",
        machine(),
    )


def percentile(in_order: Sequence[int], permille: int) -> int:
    """The least of the values, in ascending order, that so many thousandths of them do not exceed."""
    return in_order[max(-(-len(in_order) * permille // 1_000) - 1, 0)]


def clock_cost_ns() -> int:
    """What lies between two readings of the clock with nothing between them, at the median."""
    clock = time.perf_counter_ns
    return round(statistics.median([-(clock() - clock()) for _ in range(CLOCK_READINGS)]))
