"""One call of `sbx load`: venues started, runs done in turn, journals looked at, a result made of each side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from loadtest.bench.engines.measure import machine
from loadtest.load.checks import journal_checks
from loadtest.load.conduct import Order, Progress, conduct
from loadtest.load.plan.arrivals import parse_arrivals
from loadtest.load.plan.shapes import parse_shape
from loadtest.load.results.result import FORMAT, Capacity, Check, Knee, MixFacts, Result, Run, Step
from loadtest.load.search import WITHIN, Objective, capacity_of, find_knee, knee_of, verdict
from loadtest.load.target import LoadError, Target
from loadtest.load.venues import Wanted, replay_command, serve_command, target_for

LIBRARIES: Final = ("picows", "uvloop", "msgspec", "websockets", "numpy", "hdrhistogram")
COUNTED: Final = "the venue counts for its metrics, which costs it up to a tenth: docs/METRICS.md has the figures"
NO_LIMITS: Final = (
    "the venue limits nobody's rate of orders: `sbx init` sets no limits, and what a load asks for is meant"
)
CLOSED: Final = "closed"
AGAIN: Final = 0.6
"""Of a knee that was found, where the next search begins."""


@dataclass(frozen=True)
class Plan:
    """What to do with a venue."""

    order: Order
    mix_name: str
    repeats: int = 1
    objective: Objective | None = None
    is_search: bool = False
    within: float = WITHIN
    """How close the search comes."""
    peak: float | None = None
    start_at_ns: int | None = None
    replays: bool = True
    notes: tuple[str, ...] = ()
    command_line: tuple[str, ...] = ()


@dataclass
class Side:
    """One venue of a call, and what was found of it."""

    wanted: Wanted
    target: Target
    runs: list[Run]
    checks: list[Check]
    knee: Knee | None = None
    capacity: Capacity | None = None


@dataclass(frozen=True)
class Told:
    """Whom to tell what while it goes on."""

    progress: Progress
    phase: Callable[[str], None]
    step: Callable[[Step], None]


async def load(plan: Plan, venues: Sequence[Wanted], told: Told) -> list[Result]:
    """Load one venue, or two in turn.

    Args:
        plan: what to do with each.
        venues: one, or two that are compared: their runs alternate.
        told: who hears how it goes.

    Returns:
        A result for each venue.

    Raises:
        LoadError: a venue or a generator broke off.
        VenueError: a venue can't be used, or none be written.
    """
    started_ns = time.time_ns()
    sides: list[Side] = []
    # Entered here and left in the middle, so that journals are looked at after the venues stopped, before they are gone.
    async with AsyncExitStack() as stack:
        for number, wanted in enumerate(venues):
            name = f"venue {number + 1}" if len(venues) > 1 else "the venue"
            told.phase(f"starting {name}" if not wanted.url else f"looking at {wanted.url}")
            sides.append(Side(wanted, await stack.enter_async_context(target_for(wanted)), [], []))
        if plan.is_search:
            for side in sides:
                await _search(plan, side, told)
        else:
            await _repeat(plan, sides, told)
        for side in sides:
            await _look_at_journal(plan, side, told)
    return [_result(plan, side, started_ns) for side in sides]


async def _repeat(plan: Plan, sides: Sequence[Side], told: Told) -> None:
    """Runs in turn: of two sides first the one, then the other begins, so that a drift of the machine hits both alike."""
    for repeat in range(plan.repeats):
        # The same requests on both sides, others each time.
        order = replace(plan.order, seed=plan.order.seed + repeat)
        for side in sides if repeat % 2 == 0 else reversed(sides):
            where = f", venue {sides.index(side) + 1}" if len(sides) > 1 else ""
            told.phase(f"run {repeat + 1} of {plan.repeats}{where}")
            side.runs.append(await conduct(order, side.target, told.progress, plan.start_at_ns))
    if plan.peak is not None:
        assert plan.objective is not None
        for side in sides:
            side.capacity = capacity_of(plan.peak, side.runs, plan.objective)


async def _search(plan: Plan, side: Side, told: Told) -> None:
    """Look for the knee, as often as asked."""
    assert plan.objective is not None
    found: list[tuple[float, list[Step], Run | None]] = []
    rate = plan.order.rate
    for repeat in range(plan.repeats):
        tried = 0

        async def attempt(rate: float, repeat: int = repeat) -> Run:
            nonlocal tried
            tried += 1
            told.phase(f"search {repeat + 1} of {plan.repeats}: {rate:,.0f}/s")
            order = replace(plan.order.at(rate), seed=plan.order.seed + repeat * 1_000 + tried)
            return await conduct(order, side.target, told.progress)

        found.append(await find_knee(attempt, plan.objective, rate, told.step, plan.within))
        if found[-1][0]:
            rate = found[-1][0] * AGAIN
    side.knee = knee_of(plan.objective, found)
    side.runs.extend(run for _, _, run in found if run is not None)


async def _look_at_journal(plan: Plan, side: Side, told: Told) -> None:
    """Stop a venue of our own, and verify and replay what it wrote."""
    target = side.target
    command: Sequence[str] | None = None
    why = "left out, as asked"
    if not target.facts.is_own:
        why = "the venue is not ours: `sbx replay` says it on its machine"
    else:
        told.phase("stopping the venue")
        await target.stop()
        if plan.replays:
            told.phase("verifying and replaying the journal")
            command = replay_command(side.wanted.serve or serve_command())
    side.checks = await journal_checks(target.directory, command, target.expected_sequenced, why)


def _result(plan: Plan, side: Side, started_ns: int) -> Result:
    order = plan.order
    for run in side.runs:
        run.checks.extend(side.checks)
    if not side.runs:
        raise LoadError("no rate was held, not even the lowest that was tried: there are no figures")
    mix = order.mix
    held: bool | None = None
    if plan.objective is not None:
        held = all(verdict(run, plan.objective).held for run in side.runs)
    shape = parse_shape(order.shape, order.rate, order.seconds).words()
    if order.window:
        shape = f"{order.window} under way on each connection for {order.seconds:g} s"
    return Result(
        format=FORMAT,
        command_line=list(plan.command_line),
        started_at=started_ns,
        machine=machine(),
        versions={name: _version(name) for name in ("sandbox-exchange", *LIBRARIES)},
        venue=side.target.facts,
        mix=MixFacts(plan.mix_name, mix.title, mix.about, mix.text),
        shape=f"a search from {order.rate:,.0f}/s, {order.seconds:g} s a step" if plan.is_search else shape,
        arrivals=CLOSED if order.window else parse_arrivals(order.arrivals).words(),
        seed=order.seed,
        warm_up_s=order.warm_up_s,
        notes=[*plan.notes, *([COUNTED] if side.target.metrics_url else []), NO_LIMITS],
        runs=side.runs,
        knee=side.knee,
        capacity=side.capacity,
        share=order.share,
        slo=plan.objective.words() if plan.objective is not None else None,
        slo_held=held,
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
