"""Where it breaks: the highest rate that is held, and whether a stated one is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.vocabulary.limits import NS_PER_SECOND
from loadtest.load.judge import NOTHING, PAUSES, ms
from loadtest.load.results.result import MARKET_DATA, ROUND_TRIP, Capacity, Knee, Run, Step

FALLS_BEHIND: Final = 0.99
"""Of what was asked in the measured time, so much is answered in it; with less, replies fall behind."""
CLIMB: Final = 1.5
WITHIN: Final = 0.05
"""The search ends when the lowest rate that failed is closer to the highest that held."""
LOWEST_RATE: Final = 10.0
HIGHEST_RATE: Final = 1_000_000.0
RTS_7_MULTIPLE: Final = 2.0
"""A venue's capacity is at least twice its historical peak (Commission Delegated Regulation (EU) 2017/584, article 11)."""


@dataclass(frozen=True)
class Objective:
    """What must hold."""

    p99_ns: int
    group: str = ROUND_TRIP
    """`round_trip` or `market_data`."""

    def words(self) -> str:
        """It for people."""
        what = "market-data delivery" if self.group == MARKET_DATA else "round trips"
        return f"p99 of {what} at most {ms(self.p99_ns)}"


class Verdict(NamedTuple):
    """Whether a run held, and why."""

    held: bool
    why: str
    p99_ns: int = 0
    is_generator: bool = False
    """It did not, for the generator's sake."""


Try = Callable[[float], Awaitable[Run]]
"""Runs a rate."""
Said = Callable[[Step], None]


def verdict(run: Run, objective: Objective) -> Verdict:
    """Whether a run held an objective.

    Latencies count from the intended time, so they have the generator's lateness in them: what holds, holds in spite of
    it, and what does not may be its fault.
    """
    latency = run.latency(objective.group)
    if run.connections_lost:
        return Verdict(False, f"{run.connections_lost} connections were lost")
    if not latency.count:
        return Verdict(False, "nothing came back")
    # What was due at the very end may still be under way, for as long as the objective gives it.
    under_way = run.rate_asked * objective.p99_ns / NS_PER_SECOND / run.seconds
    if latency.p99_ns <= objective.p99_ns and run.rate_done >= FALLS_BEHIND * run.rate_asked - under_way:
        return Verdict(True, f"p99 {ms(latency.p99_ns)}", latency.p99_ns)
    why = f"p99 {ms(latency.p99_ns)}, {run.rate_done:,.0f}/s answered of {run.rate_asked:,.0f}/s"
    if run.generator.is_behind:
        why = f"{why}; the generator fell behind: {run.generator.detail}"
    return Verdict(False, why, latency.p99_ns, run.generator.is_behind)


async def find_knee(
    attempt: Try, objective: Objective, first_rate: float, said: Said, within: float = WITHIN
) -> tuple[float, list[Step], Run | None]:
    """Climb until a rate is not held, then halve the distance to the last one that was.

    A rate that is not held is tried once more, since a single pause of the machine spoils a short run; it has failed when
    it failed twice. A generator at its limit ends the search: the venue can do more, and the steps say so.

    Args:
        attempt: runs a rate.
        objective: what must hold.
        first_rate: where to begin, requests a second.
        said: told of each step.
        within: how close the search comes, as a share of the rate.

    Returns:
        The highest rate held (0: none), all steps, and the run at that rate.
    """
    steps: list[Step] = []
    best: Run | None = None

    async def holds(rate: float) -> Verdict:
        nonlocal best
        for _ in range(2):
            run = await attempt(rate)
            found = verdict(run, objective)
            steps.append(_step(rate, run, found))
            said(steps[-1])
            if found.held:
                best = run
                return found
        return found

    low, high = await _bracket(holds, first_rate)
    while low and high / low > 1 + within:
        rate = (low * high) ** 0.5
        if (await holds(rate)).held:
            low = rate
        else:
            high = rate
    return low, steps, best


def _step(rate: float, run: Run, found: Verdict) -> Step:
    """One rate that was tried; one that was not held says what the limit was."""
    limit = "" if found.held else PAUSES if run.limit == NOTHING else run.limit
    detail = "" if found.held else run.limit_detail
    return Step(rate, run.rate_done, found.p99_ns, found.held, found.why, limit, detail, run.delivered_per_second)


def _lowest_failed(steps: list[Step], held: float) -> Step | None:
    """The lowest rate above a held one that was not."""
    failed = [step for step in steps if not step.held and step.rate > held]
    return min(failed, key=lambda step: step.rate) if failed else None


async def _bracket(holds: Callable[[float], Awaitable[Verdict]], rate: float) -> tuple[float, float]:
    """The highest rate found to be held by steps up or down (0: none), and the next one, which was not."""
    if (await holds(rate)).held:
        while rate * CLIMB <= HIGHEST_RATE and (await holds(rate * CLIMB)).held:
            rate *= CLIMB
        return rate, rate * CLIMB
    while rate > LOWEST_RATE:
        failed, rate = rate, max(rate / CLIMB, LOWEST_RATE)
        if (await holds(rate)).held:
            return rate, failed
    return 0.0, rate


def knee_of(objective: Objective, found: list[tuple[float, list[Step], Run | None]]) -> Knee:
    """Several searches together."""
    failed = [_lowest_failed(steps, rate) for rate, steps, _ in found]
    return Knee(
        slo=objective.words(),
        rates=[rate for rate, _, _ in found],
        steps=[steps for _, steps, _ in found],
        limits=[step.limit if step is not None else NOTHING for step in failed],
        limit_details=[step.limit_detail if step is not None else "" for step in failed],
        deliveries=[
            max([step.delivered_per_second for step in steps if step.held], default=0.0) for _, steps, _ in found
        ],
    )


def capacity_of(peak: float, runs: list[Run], objective: Objective) -> Capacity:
    """Whether twice a peak was held in every run."""
    asked = peak * RTS_7_MULTIPLE
    verdicts = [verdict(run, objective) for run in runs]
    failed = [each.why for each in verdicts if not each.held]
    detail = f"{len(runs)} of {len(runs)} runs at {asked:,.0f}/s held {objective.words()}"
    if failed:
        detail = f"{len(failed)} of {len(runs)} runs at {asked:,.0f}/s did not hold {objective.words()}: {failed[0]}"
    return Capacity(peak, RTS_7_MULTIPLE, asked, not failed, detail)
