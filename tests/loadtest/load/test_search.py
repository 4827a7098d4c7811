"""The search for the highest rate, on venues whose limit is known."""

from __future__ import annotations

import random

import pytest

from loadtest.load.results.result import MARKET_DATA, Run
from loadtest.load.search import WITHIN, Objective, capacity_of, find_knee, verdict
from tests.support.loadtest.single_runs import make_run

OBJECTIVE = Objective(5_000_000)


def ran(rate: float, limit: float, *, chance: random.Random | None = None, hiccup: float = 0.0) -> Run:
    """A run of a venue that takes so much and no more; now and then one is spoilt."""
    is_spoilt = chance is not None and chance.random() < hiccup
    return make_run(rate=rate, p99_ns=800_000 if rate <= limit and not is_spoilt else 60_000_000)


@pytest.mark.parametrize("limit", [11.0, 180.0, 2_000.0, 15_432.0, 400_000.0])
@pytest.mark.parametrize("first", [50.0, 1_000.0, 20_000.0])
async def test_the_limit_is_found_from_above_and_below(limit, first):
    tried = []

    async def attempt(rate: float) -> Run:
        tried.append(rate)
        return ran(rate, limit)

    found, steps, best = await find_knee(attempt, OBJECTIVE, first, lambda step: None)
    assert limit / (1 + WITHIN) <= found <= limit
    assert best is not None and best.rate_asked == pytest.approx(found)
    assert [step.rate for step in steps] == tried
    assert len(tried) < 60
    assert all(step.held == (step.rate <= limit) for step in steps)


async def test_one_spoilt_run_does_not_end_the_search():
    chance = random.Random(3)

    async def attempt(rate: float) -> Run:
        return ran(rate, 5_000.0, chance=chance, hiccup=0.1)

    found = [(await find_knee(attempt, OBJECTIVE, 1_000.0, lambda step: None))[0] for _ in range(20)]
    assert sum(4_500 <= rate <= 5_000 for rate in found) >= 16
    assert max(found) <= 5_000


async def test_a_venue_that_holds_nothing_has_no_knee():
    async def attempt(rate: float) -> Run:
        return ran(rate, 0.0)

    found, steps, best = await find_knee(attempt, OBJECTIVE, 1_000.0, lambda step: None)
    assert (found, best) == (0.0, None)
    assert len(steps) < 40 and not any(step.held for step in steps)


def test_what_holds_holds_in_spite_of_a_late_generator_and_what_does_not_may_be_its_fault():
    late = make_run(rate=100, p99_ns=800_000, is_behind=True)
    assert verdict(late, OBJECTIVE).held
    slow = make_run(rate=100, p99_ns=9_000_000, is_behind=True)
    assert verdict(slow, OBJECTIVE).is_generator
    assert not verdict(make_run(rate=100, p99_ns=9_000_000), OBJECTIVE).is_generator


def test_replies_that_fall_behind_do_not_hold():
    assert verdict(make_run(rate=100, p99_ns=800_000, rate_done=99.5), OBJECTIVE).held
    assert not verdict(make_run(rate=100, p99_ns=800_000, rate_done=98.0), OBJECTIVE).held
    assert not verdict(make_run(rate=100, p99_ns=800_000, connections_lost=1), OBJECTIVE).held
    assert "nothing came back" in verdict(make_run(rate=100, p99_ns=0), Objective(10, MARKET_DATA)).why


def test_capacity_is_twice_the_peak_in_every_run():
    good, bad = make_run(rate=2_000, p99_ns=800_000), make_run(rate=2_000, p99_ns=9_000_000)
    yes = capacity_of(1_000, [good, good, good], OBJECTIVE)
    assert (yes.holds, yes.asked) == (True, 2_000)
    no = capacity_of(1_000, [good, bad, good], OBJECTIVE)
    assert not no.holds
    assert "1 of 3 runs" in no.detail and "9.00 ms" in no.detail
