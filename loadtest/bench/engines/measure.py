"""Run each benchmark on a stream, and put the figures into the line that is printed."""

from __future__ import annotations

import functools
import gc
import importlib
import logging
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from engine.state.letting_go import forget
from engine.vocabulary.limits import MAX_TURN_COMMANDS
from engine.vocabulary.messages.events import Event
from loadtest.bench.engines.bare import BareBook
from loadtest.bench.engines.core import (
    ACCOUNTS,
    RULEBOOK,
    prepare_core,
    run_book,
    run_core,
    run_journaled,
    run_pipeline,
    trades_in,
)
from loadtest.bench.engines.peers import installed_version, run_bourse, run_pyorderbook
from loadtest.bench.engines.stream import DISTRIBUTION, Stream

_Result = TypeVar("_Result")
Traded = tuple[int, int]
"""Trades, and lots traded in them."""

CORE_BENCHMARKS: Final[dict[str, str]] = {
    "book": "accounts, money, rules, events, journal, network; the loop around the book is interpreted in both builds",
    "core": "rules (the hook passes all), journal, network, decoding of requests",
    "core_rules": f"journal, network, decoding of requests; includes the checks of {RULEBOOK}",
    "core_rules_journal": f"writing and syncing, network, decoding of requests; includes frames of {MAX_TURN_COMMANDS}",
    "core_rules_journal_reports": "writing and syncing, network, market data, decoding; includes JSON execution reports",
    "pipeline": "writing and syncing, network, market data; from JSON request to JSON report",
}
"""Name -> what is left out."""

PEERS: Final[dict[str, tuple[str, str, Callable[[Stream], Traded]]]] = {
    "bourse": (
        "Rust, called from Python",
        "accounts, money, rules, journal, network; setting its clock before each operation is included",
        run_bourse,
    ),
    "pyorderbook": (
        "pure Python",
        "accounts, money, rules, journal, network; making its order objects (Decimal, UUID) is included",
        run_pyorderbook,
    ),
}
"""Name on PyPI -> language, what is left out, and how to run it."""


class Machine(msgspec.Struct):
    """Where a figure was measured."""

    cpu: str
    cores: int
    python: str
    system: str
    load_average: float
    """Of the last minute, when the benchmark ended."""


class Line(msgspec.Struct):
    """The result of one benchmark."""

    benchmark: str
    engine: str
    build: str
    """`interpreted` or `compiled`; of another engine, its language."""
    ns_per_operation_min: int
    ns_per_operation_median: int
    operations: int
    repeats: int
    workload: str
    seed: int
    trades: int
    traded_lots: int
    agrees: bool
    """Whether trades and lots are those of the generator's own book."""
    left_out: str
    machine: Machine


class Skipped(msgspec.Struct):
    """A benchmark that could not be run, and why."""

    benchmark: str
    build: str
    skipped: str


def machine() -> Machine:
    """Describe this machine."""
    cpu = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return Machine(cpu, os.cpu_count() or 0, python, platform.platform(), round(os.getloadavg()[0], 2))


def workload(stream: Stream, accounts: int = 0) -> str:
    """Say what a stream is made of."""
    adds, cancels = stream.adds * 100 // len(stream.operations), stream.cancels * 100 // len(stream.operations)
    described = (
        f"{DISTRIBUTION}: {adds} % limit orders, {cancels} % cancels, about {stream.resting} resting, 1 instrument"
    )
    return f"{described}, {accounts} accounts" if accounts else described


def timed(run: Callable[[], _Result]) -> tuple[int, _Result]:
    """Run once, with what was allocated before out of the collector's way; return nanoseconds and the result.

    `sbx bench --against` counts instructions from the call of `gc.freeze` to that of `gc.unfreeze`, in older versions too.
    """
    gc.collect()
    gc.freeze()
    try:
        start_ns = time.perf_counter_ns()
        result = run()
        return time.perf_counter_ns() - start_ns, result
    finally:
        gc.unfreeze()


def measure_core(name: str, build: str, stream: Stream, repeats: int) -> Line:
    """Run one of `CORE_BENCHMARKS`, from scratch each time."""
    elapsed_ns: list[int] = []
    traded = (0, 0)
    for _ in range(repeats):
        if name == "book":
            bare = BareBook()
            elapsed, traded = timed(functools.partial(run_book, stream, bare))
            forget(bare.book)
        else:
            elapsed, results = timed(core_run(name, stream))
            traded = trades_in(stream, results)
        elapsed_ns.append(elapsed)
    accounts = 0 if name == "book" else ACCOUNTS
    return _line(
        name,
        stream,
        elapsed_ns,
        traded,
        engine="sandbox-exchange",
        build=build,
        left_out=CORE_BENCHMARKS[name],
        accounts=accounts,
    )


def core_run(name: str, stream: Stream) -> Callable[[], list[list[Event]]]:
    """Prepare one of the layers of the core, down to what `timed` calls."""
    prepared = prepare_core(stream, rules=name != "core")
    exchange, commands, reports = prepared
    if name == "pipeline":
        return functools.partial(run_pipeline, exchange, prepared.requests(), reports)
    if name == "core_rules_journal":
        return functools.partial(run_journaled, exchange, commands)
    if name == "core_rules_journal_reports":
        return functools.partial(run_journaled, exchange, commands, reports.add)
    return functools.partial(run_core, exchange, commands)


def measure_peer(name: str, stream: Stream, repeats: int) -> Line | Skipped:
    """Run another engine on the stream, from scratch each time."""
    language, left_out, run = PEERS[name]
    version = installed_version(name)
    if not version:
        return Skipped(name, language, "not installed; pip install 'sandbox-exchange[bench]'")
    # pyorderbook sets up logging for the whole process when it is imported, unless somebody has done so before.
    logging.getLogger().addHandler(logging.NullHandler())
    importlib.import_module(name)
    elapsed_ns: list[int] = []
    traded = (0, 0)
    for _ in range(repeats):
        elapsed, traded = timed(functools.partial(run, stream))
        elapsed_ns.append(elapsed)
    return _line(
        name,
        stream,
        elapsed_ns,
        traded,
        engine=f"{name} {version}",
        build=language,
        left_out=left_out,
        accounts=0,
    )


def _line(
    name: str,
    stream: Stream,
    elapsed_ns: list[int],
    traded: Traded,
    *,
    engine: str,
    build: str,
    left_out: str,
    accounts: int,
) -> Line:
    count = len(stream.operations)
    return Line(
        name,
        engine,
        build,
        min(elapsed_ns) // count,
        round(statistics.median(elapsed_ns)) // count,
        count,
        len(elapsed_ns),
        workload(stream, accounts),
        stream.seed,
        traded[0],
        traded[1],
        traded == (stream.trades, stream.traded_lots),
        left_out,
        machine(),
    )
