"""Seeds of the simulator, that it repeats itself, and that it finds what was planted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulator.planted import PLANTED
from tests.simulator.running import Tally, simulate
from tests.simulator.stage import Failed
from tests.support.places import ROOT

SEEDS = 200
PART = 25
SOAKED = 2_000
"""More than that with `make simulate SEEDS=...`."""


@pytest.mark.parametrize("first", range(0, SEEDS, PART))
def test_every_promise_is_kept(first: int) -> None:
    tally = simulate_all(range(first, first + PART))
    # A lying disk may end a run early; most runs go to their end.
    assert tally.outcomes["whole"] > PART * 0.7
    assert tally.faults["cut"] and tally.done["starts"] > PART and tally.done["snapshots"]


@pytest.mark.soak
def test_many_seeds() -> None:
    tally = simulate_all(range(SEEDS, SEEDS + SOAKED))
    assert set(tally.outcomes) == {"whole", "refused", "cut"}
    assert set(tally.faults) == {"cut", "torn", "kill", "full", "fails", "short", "elsewhere"}


@pytest.mark.parametrize(
    ("bug", "first", "within", "promise"),
    [("ack-before-sync", 0, 1, "P1"), ("lost-tail-is-sound", 60, 40, "P2"), ("snapshot-ahead", 0, 60, "P2")],
)
def test_a_planted_bug_is_found(bug: str, first: int, within: int, promise: str) -> None:
    with PLANTED[bug](), pytest.raises(Failed, match=f"{promise}: .*\nrepeat it: make simulate SEED="):
        simulate_all(range(first, first + within))


PRINT_DIGEST = "from tests.simulator.running import simulate; print(simulate({seed}).stage.digest())"


def simulate_all(seeds: range) -> Tally:
    tally = Tally()
    for seed in seeds:
        tally.add(simulate(seed))
    return tally


def test_a_seed_is_the_same_run_every_time() -> None:
    digests = [simulate(7).stage.digest() for _ in range(2)]
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        program = (sys.executable, "-c", PRINT_DIGEST.format(seed=7))
        told = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        digests.append(told.stdout.strip())
    assert len(set(digests)) == 1
    assert simulate(8).stage.digest() not in digests
