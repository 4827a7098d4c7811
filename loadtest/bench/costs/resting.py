"""What a resting order takes of the memory: how much a process grows while as many rest, by the operating system's count.

What Python counts by itself does not know the fields of compiled objects. Run as a program it fills one core, in a process of
its own: freed memory of what ran before would be used again, and would not be seen.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from engine.vocabulary.codes import SELL
from loadtest.bench.costs.scale import LEVELS, MIDDLE_TICKS, Crowd
from loadtest.bench.engines.measure import Machine, Skipped, machine

RESTING_BYTES: Final = "resting_bytes"
SIZES: Final = (10_000, 100_000)
WORKLOAD: Final = (
    f"plain limit orders resting on {LEVELS} levels of each side of one book, 9 999 or fewer of an account"
)
LEFT_OUT: Final = "rules (the hook passes all), journal, gateway; accounts, levels and what Python itself takes"
_FIRST: Final = 2 * LEVELS
_ROLLUP: Final = "/proc/{}/smaps_rollup"


class RestingLine(msgspec.Struct):
    """Bytes that each resting order takes, by how many rest."""

    benchmark: str
    engine: str
    build: str
    workload: str
    bytes_per_order: dict[str, int]
    left_out: str
    machine: Machine


def measure_resting(build: str, sizes: tuple[int, ...] = SIZES) -> RestingLine | Skipped:
    """Fill a core with each of so many orders, each in a process of its own."""
    if not Path(_ROLLUP.format("self")).exists():
        return Skipped(
            RESTING_BYTES,
            build,
            f"this system has no {_ROLLUP.format('self')}, where the memory of a process is counted",
        )
    found: dict[str, int] = {}
    for size in sizes:
        run = [sys.executable, "-m", "loadtest.bench.costs.resting", str(size)]
        found[str(size)] = int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    return RestingLine(RESTING_BYTES, "sandbox-exchange", build, WORKLOAD, found, LEFT_OUT, machine())


def grown(size: int) -> int:
    """Let so many orders rest in a new core; returns bytes for each, those of the orders that made its levels left out."""
    crowd = Crowd()
    _let_rest(crowd, _FIRST)
    gc.collect()
    before = resident_bytes()
    _let_rest(crowd, size)
    gc.collect()
    after = resident_bytes()
    assert sum(len(account.open_orders) for account in crowd.exchange.account_list) == _FIRST + size
    return (after - before) // size


def _let_rest(crowd: Crowd, count: int) -> None:
    for number in range(count):
        side = number % 2
        away = 1 + number // 2 % LEVELS
        crowd.send(crowd.order(side, MIDDLE_TICKS + (away if side == SELL else -away)))


def resident_bytes(process: int | str = "self") -> int:
    """Bytes of memory that a process has, as Linux counts them."""
    for line in Path(_ROLLUP.format(process)).read_text(encoding="ascii").splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1_024
    raise AssertionError(f"{_ROLLUP.format(process)} has no line of the whole")


if __name__ == "__main__":
    print(grown(int(sys.argv[1])))
