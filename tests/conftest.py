"""Settings of the whole test run: reproducible random tests, and the build that is meant is the one that runs."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from itertools import islice

import hypothesis
import pytest

# Of those who run the tests: what commands say is looked at in English, unless a test asks for another language.
os.environ["SBX_LANG"] = "en"

# Derandomised: a failure on one machine is a failure on every machine. To search further:
# HYPOTHESIS_PROFILE=explore pytest ...
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1_000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that a collection makes is garbage: the collector need not look."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal out the tests that keep a processor busy for long to the processes, first of all that each has to do.

    Each process begins with a run of neighbouring tests, as many as the others have, and the long ones are neighbours: one
    process would go on with them when all the others have nothing left to do.
    """
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long")]
    others = iter([item for item in items if not item.get_closest_marker("long")])
    dealt: list[pytest.Item] = []
    for hand in range(hands):
        mine = long[hand::hands]
        # As `--dist worksteal` counts them.
        share = (len(items) - len(dealt)) // (hands - hand)
        dealt += [*mine, *islice(others, max(share - len(mine), 0))]
    items[:] = [*dealt, *others]


def pytest_collection_finish() -> None:
    """Let the collector pass over what stays to the end: thousands of tests, and all modules.

    It saves a tenth of all processor time: many tests make garbage, and each full collection would look at all of this again.
    So nobody lets go of it, as benchmarks would after what they measure.
    """
    gc.collect()
    gc.freeze()
    gc.unfreeze = _stays_frozen


def _stays_frozen() -> None:
    """Stands in for `gc.unfreeze`: what is frozen stays so."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop at once if SBX_EXPECT_BUILD names another build than the one that would be tested."""
    expected = os.environ.get("SBX_EXPECT_BUILD")
    if expected is None:
        return
    from engine.build import core_file, is_compiled

    actual = "compiled" if is_compiled() else "interpreted"
    if expected != actual:
        raise pytest.UsageError(f"these tests are for the {expected} build; engine.exchange is {core_file()}")
