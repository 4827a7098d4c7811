"""A siege: the same load on a venue without bad connections and among them, in turn, and what the difference was."""

from __future__ import annotations

import asyncio
import re
import statistics
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from loadtest.abuse.connections.army import Army, besieging, firms
from loadtest.abuse.connections.attacker import Assault
from loadtest.abuse.connections.memory import Allowed, allowed
from loadtest.load.checks import journal_checks
from loadtest.load.conduct import Order, conduct
from loadtest.load.results.result import Check, Run, VenueFacts
from loadtest.load.sampling import parse
from loadtest.load.session import Told
from loadtest.load.target import LoadError, Target
from loadtest.load.venues import Wanted, replay_command, serve_command, target_for

LATENCY: Final = "the 99th percentile of the honest stays within its bound"
MEMORY: Final = "the venue's memory stays within its bound"
GENERATOR: Final = "the generator kept its schedule"
_COUNTER: Final = re.compile(r'sbx_(connections_closed|connections_refused|errors)_total\{\w+="(\w+)"\}')
RATE_WAITS: Final = "sbx_rate_waits_total"
SCRAPE_S: Final = 5.0
_PEAK: Final = "VmHWM:"


@dataclass(frozen=True)
class Plan:
    """What to do."""

    order: Order
    """The load of the honest."""
    wanted: Wanted
    strength: dict[str, int]
    """Connections of each attack."""
    addresses: str
    """Where attackers come from."""
    pairs: int
    """Of a run in peace and a besieged one; which comes first alternates: A B B A."""
    within: float
    """How many times the 99th percentile may grow."""
    nice: int
    replays: bool


class Round(msgspec.Struct):
    """One run, in peace or besieged."""

    besieged: bool
    run: Run
    """Of the honest, with all checks."""
    assaults: list[Assault]
    venue_cpu_share: float
    """Of one core."""
    peak_bytes: int
    """The most memory that the venue had."""
    rate_waits: int
    counted: dict[str, dict[str, int]]
    """What the venue counted: connections closed and refused, and errors, by their reasons."""

    @property
    def p99_ns(self) -> int:
        """Of all round trips."""
        return self.run.latency().p99_ns


class Siege(msgspec.Struct):
    """All that came of it."""

    seed: int
    rate: float
    seconds: float
    honest: int
    addresses: str
    nice: int
    venue: VenueFacts
    rounds: list[Round]
    ratios: list[float]
    """Of the 99th percentiles, of each pair of a run in peace and a besieged one."""
    allowed: list[Allowed]
    """What the bad may take of the venue's memory."""
    checks: list[Check]
    """Over all rounds: if one failed, so did the venue."""

    @property
    def has_held(self) -> bool:
        """Whether those who mean well noticed nothing that they must not."""
        return all(check.status != "failed" for check in self.checks)


async def besiege(plan: Plan, told: Told) -> Siege:
    """Load venues in peace and besieged, in turn. Raises `LoadError` or `VenueError`."""
    rounds: list[Round] = []
    facts: VenueFacts | None = None
    for pair in range(plan.pairs):
        # The same requests in both.
        order = replace(plan.order, seed=plan.order.seed + pair)
        for is_besieged in (pair % 2 == 1, pair % 2 == 0):
            told.phase(f"run {len(rounds) + 1} of {2 * plan.pairs}, {'besieged' if is_besieged else 'in peace'}")
            found, facts = await _round(plan, order, is_besieged, told)
            rounds.append(found)
    assert facts is not None
    return judged(plan, rounds, facts)


def judged(plan: Plan, rounds: list[Round], venue: VenueFacts) -> Siege:
    """What the rounds say together: whether the honest were served as before."""
    pairs = [sorted(rounds[place : place + 2], key=lambda each: each.besieged) for place in range(0, len(rounds), 2)]
    ratios = [besieged.p99_ns / max(peace.p99_ns, 1) for peace, besieged in pairs]
    order = plan.order
    parts = allowed(plan.strength, order.warm_up_s + order.seconds)
    checks = [_latency(ratios, plan.within), _memory(pairs, parts)]
    behind = [each for each in rounds if each.run.generator.is_behind]
    words = behind[0].run.generator.detail if behind else "in all runs"
    checks.append(Check(GENERATOR, "unchecked" if behind else "held", f"it fell behind: {words}" if behind else words))
    names = dict.fromkeys(check.name for each in rounds for check in each.run.checks)
    checks += [_over_all(name, rounds) for name in names]
    return Siege(
        seed=order.seed,
        rate=order.rate,
        seconds=order.seconds,
        honest=order.connections + (order.subscribers.connections if order.subscribers is not None else 0),
        addresses=plan.addresses,
        nice=plan.nice,
        venue=venue,
        rounds=rounds,
        ratios=ratios,
        allowed=parts,
        checks=checks,
    )


async def _round(plan: Plan, order: Order, is_besieged: bool, told: Told) -> tuple[Round, VenueFacts]:
    """One run on a venue of its own."""
    async with target_for(replace(plan.wanted, lifted=False)) as target:
        assert target.pid is not None
        _room_for_all(plan, target)
        army = None
        if is_besieged:
            army = Army(target, plan.strength, order.cores, addresses=plan.addresses, nice=plan.nice)
        async with besieging(army):
            run = await conduct(order, target, told.progress)
            counted = await asyncio.to_thread(_scrape, target)
            peak_bytes = peak_of(target.pid)
            assaults = await army.retreat() if army is not None else []
        await target.stop()
        told.phase("verifying and replaying the journal")
        command = replay_command(plan.wanted.serve or serve_command()) if plan.replays else None
        bad = [member.participant for member in firms(target, len(plan.strength))]
        run.checks += await journal_checks(
            target.directory, command, target.expected_sequenced, "left out, as asked", without=bad
        )
        shares = [each.cpu_share for each in run.samples if each.cpu_share is not None]
        waits = int(counted.get(RATE_WAITS, 0))
        share = statistics.fmean(shares) if shares else 0.0
        return Round(is_besieged, run, assaults, share, peak_bytes, waits, _reasons(counted)), target.facts


def _room_for_all(plan: Plan, target: Target) -> None:
    """Nobody honest is a participant that attackers log in as. Raises `LoadError`."""
    needed = plan.order.connections + len(plan.strength)
    if needed > len(target.members):
        raise LoadError(
            f"{needed} participants are needed, the venue has {len(target.members)}: --participants {needed}"
        )


def _scrape(target: Target) -> dict[str, float]:
    """The venue's counters; none if it does not answer: then it has other troubles, which the run shows."""
    assert target.metrics_url is not None
    with suppress(OSError), urllib.request.urlopen(target.metrics_url, timeout=SCRAPE_S) as reply:
        return parse(reply.read().decode())
    return {}


def _reasons(counted: dict[str, float]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, value in counted.items():
        match = _COUNTER.fullmatch(name)
        if match is not None and value:
            found.setdefault(match[1], {})[match[2]] = int(value)
    return found


def peak_of(pid: int) -> int:
    """The most memory that a process had so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition(_PEAK)[2].split()[0]) * 1024


def _latency(ratios: Sequence[float], within: float) -> Check:
    median = statistics.median(ratios)
    words = f"{median:.2f} times as long, {min(ratios):.2f} to {max(ratios):.2f}; at most {within:g} times"
    return Check(LATENCY, "held" if median <= within else "failed", words)


def _memory(pairs: Sequence[Sequence[Round]], parts: Sequence[Allowed]) -> Check:
    """Compare what a siege took beyond peace with what it may take."""
    taken = max(besieged.peak_bytes - peace.peak_bytes for peace, besieged in pairs)
    most = sum(each.size_bytes for each in parts)
    words = f"{max(taken, 0) / 2**20:,.0f} MiB more than in peace; at most {most / 2**20:,.0f}"
    return Check(MEMORY, "held" if taken <= most else "failed", words)


def _over_all(name: str, rounds: Sequence[Round]) -> Check:
    """A check of the load over all runs: the first that failed, else the last."""
    found = [(each, check) for each in rounds for check in each.run.checks if check.name == name]
    for each, check in found:
        if check.status == "failed":
            return Check(name, "failed", f"{'besieged' if each.besieged else 'in peace'}: {check.detail}")
    return found[-1][1]
