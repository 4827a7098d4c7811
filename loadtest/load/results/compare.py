"""Are two results apart, or is it noise? Figure by figure, with intervals that hold together, and a word for each.

Runs of the two that were taken in turns (A B A B, or A B B A) are compared in pairs, so that what the machine does to both
cancels. The words are of B: `better` or `worse` only if the whole interval is, by more than what a histogram resolves. All
intervals together hold with 95 %: each may miss the truth in 5 % divided by the number of figures (Bonferroni).

Runs that were not taken in turns have no such interval: the machine may have changed in between. If it drifts by three
times the noise, an interval for unrelated runs calls 8 to 30 of 100 equal figures different. So it is not enough: every
run of one side must lie beyond every run of the other, by more than the runs of a side are apart. That errs in 2 of 1000.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from loadtest.load.results.difference import Difference, fewest_runs, of_pairs, of_sides, rank_of_pairs, rank_of_sides
from loadtest.load.results.histogram import Latency
from loadtest.load.results.result import MARKET_DATA, ROUND_TRIP, Result, Run

CONFIDENCE: Final = 0.95
"""Of all figures of a comparison together."""
RESOLUTION: Final = 0.001
"""Of a figure: histograms keep three digits, so that less is no difference."""
ENOUGH_RUNS: Final = 10
"""What is advised: pairs of fewer than 8 or 9 can't be told apart as pairs, and a tenth run costs little."""

HIGHEST_RATE: Final = "highest rate held"

Verdict = Literal["better", "worse", "cannot tell"]


class Figure(msgspec.Struct):
    """One figure of both, and whether they are apart."""

    name: str
    unit: Literal["ns", "/s"]
    is_lower_better: bool
    a: list[float]
    """Of each run; in pairs, place by place, if `method` is `paired`."""
    b: list[float]
    median_a: float
    median_b: float
    method: Literal["paired", "unpaired", "none"]
    """Unpaired: runs not in turns, or too few pairs. None: too few runs."""
    verdict: Verdict
    """Of B."""
    why: str = ""
    """If it is `cannot tell`."""
    difference: float | None = None
    """B less A; of runs, not of their medians. Absent: too few runs."""
    low: float | None = None
    high: float | None = None
    """The ends of its interval."""
    ratio: float | None = None
    """B by A: the difference on A's median."""


class Comparison(msgspec.Struct):
    """What comparing two results came to."""

    a: str
    """Which venue it was, in words."""
    b: str
    verdict: Verdict
    """Of B as a whole."""
    why: str
    is_interleaved: bool
    confidence_each: float
    """Of one interval, so that all together hold with 95 %."""
    figures: list[Figure]
    warnings: list[str]
    """What is not alike, and what else makes the comparison weak."""


class CompareError(Exception):
    """The two can't be compared; the message says why."""


def compare(a: Result, b: Result) -> Comparison:
    """Compare B with A.

    Raises:
        CompareError: one of them is not sound, or its figures are the generator's.
    """
    for name, result in (("A", a), ("B", b)):
        _require_figures(name, result)
    together = in_turns(a.runs, b.runs)
    found = list(_values(a, b, together))
    if not found:
        raise CompareError("A and B have no figure in common: one has runs where the other has only a search")
    outside = (1 - CONFIDENCE) / len(found)
    for figure in found:
        # Nobody noted when a search for the highest rate was made.
        _judge(figure, outside, is_in_turns=together is not None and figure.name != HIGHEST_RATE)
    verdict, why = _whole(found, outside)
    warnings = [*unlike(a, b)]
    if not together and a.runs and b.runs:
        warnings.append(
            "A and B were not run in turns, so that only large differences count: what changed on the machine between "
            "them would read as one; run one of A, one of B, and so on"
        )
    if "closed" in (a.arrivals, b.arrivals):
        warnings.append("a closed loop hides stalls: its latencies say little")
    return Comparison(_called(a), _called(b), verdict, why, together is not None, 1 - outside, found, warnings)


def _require_figures(name: str, result: Result) -> None:
    """Refuse a result whose figures mean nothing."""
    for place, run in enumerate(result.runs, 1):
        failed = [check for check in run.checks if check.status == "failed"]
        if failed:
            raise CompareError(
                f"{name} has no figures: in run {place} the check `{failed[0].name}` failed: {failed[0].detail}"
            )
        if run.generator.is_behind:
            raise CompareError(
                f"the figures of {name} are the generator's, which was behind in run {place}: {run.generator.detail}; "
                "ask for less, or use more generators"
            )
    if not result.runs and result.knee is None:
        raise CompareError(f"{name} has no runs")


def in_turns(a: Sequence[Run], b: Sequence[Run]) -> list[tuple[Run, Run]] | None:
    """The pairs of runs, if the two were run in turns: each two that follow one another are one of A and one of B."""
    if not a or len(a) != len(b):
        return None
    by_time = sorted(
        [(run.started_at, "a", run) for run in a] + [(run.started_at, "b", run) for run in b], key=lambda x: x[:2]
    )
    pairs = []
    for first, second in zip(by_time[::2], by_time[1::2], strict=True):
        if first[1] == second[1]:
            return None
        pairs.append((first[2], second[2]) if first[1] == "a" else (second[2], first[2]))
    return pairs


def _values(a: Result, b: Result, together: list[tuple[Run, Run]] | None) -> Iterator[Figure]:
    """The figures that both have, not yet judged."""
    runs_a = [pair[0] for pair in together] if together else a.runs
    runs_b = [pair[1] for pair in together] if together else b.runs
    method: Literal["paired", "unpaired"] = "paired" if together else "unpaired"
    if runs_a and runs_b:
        yield from _latencies(ROUND_TRIP, "round trips", (runs_a, runs_b), method)
        done = [[run.rate_done for run in runs] for runs in (runs_a, runs_b)]
        yield _figure("requests done", "/s", done[0], done[1], method)
        if all(run.delivered for run in (*runs_a, *runs_b)):
            yield from _latencies(MARKET_DATA, "market data", (runs_a, runs_b), method, only=("p99",))
            delivered = [[run.delivered_per_second for run in runs] for runs in (runs_a, runs_b)]
            yield _figure("market data delivered", "/s", delivered[0], delivered[1], method)
    if a.knee is not None and b.knee is not None and a.knee.rates and b.knee.rates:
        yield _figure(HIGHEST_RATE, "/s", a.knee.rates, b.knee.rates, "unpaired")


def _latencies(
    group: str,
    called: str,
    sides: tuple[Sequence[Run], Sequence[Run]],
    method: Literal["paired", "unpaired"],
    *,
    only: Sequence[str] = ("p50", "p99", "p99.9", "mean"),
) -> Iterator[Figure]:
    """Some figures of a group; each run's histograms are added once for all of them."""
    a, b = ([run.latency(group) for run in runs] for runs in sides)
    for title, of in _READ_OFF.items():
        if title in only:
            yield _figure(f"{title} of {called}", "ns", [of(each) for each in a], [of(each) for each in b], method)


_READ_OFF: Final[dict[str, Callable[[Latency], float]]] = {
    "p50": lambda latency: latency.p50_ns,
    "p99": lambda latency: latency.p99_ns,
    "p99.9": lambda latency: latency.p999_ns,
    "mean": lambda latency: latency.mean_ns,
}


def _figure(
    name: str, unit: Literal["ns", "/s"], a: list[float], b: list[float], method: Literal["paired", "unpaired"]
) -> Figure:
    return Figure(
        name, unit, unit == "ns", list(a), list(b), statistics.median(a), statistics.median(b), method, "cannot tell"
    )


def _judge(figure: Figure, outside: float, *, is_in_turns: bool) -> None:
    """Find the interval of a figure and its word."""
    found: Difference
    if figure.method == "paired" and rank_of_pairs(len(figure.a), outside):
        found = of_pairs(figure.a, figure.b, outside)
    elif rank_of_sides(len(figure.b), len(figure.a), outside):
        # A few pairs can't be told apart as pairs; as two sides they can, and turns do no harm.
        figure.method = "unpaired"
        found = of_sides(figure.a, figure.b, outside)
    else:
        figure.method = "none"
        figure.why = f"too few runs: {len(figure.a)} of A, {len(figure.b)} of B"
        return
    figure.difference, figure.low, figure.high = found
    if figure.median_a:
        figure.ratio = 1 + found.estimate / figure.median_a
    least = RESOLUTION * abs(figure.median_a)
    if found.low <= least and found.high >= -least:
        figure.why = "the interval has no difference in it"
    elif not is_in_turns and not are_far_apart(figure.a, figure.b):
        figure.why = "apart, but no further than a machine may drift between runs that are not taken in turns"
    else:
        is_more = found.low > least
        figure.verdict = "worse" if is_more == figure.is_lower_better else "better"


def are_far_apart(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether a gap lies between the two that is wider than either."""
    gap = max(min(b) - max(a), min(a) - max(b))
    return gap > max(max(a) - min(a), max(b) - min(b))


def _whole(figures: list[Figure], outside: float) -> tuple[Verdict, str]:
    """The word for all, and why."""
    if all(figure.method == "none" for figure in figures):
        return "cannot tell", (
            f"{figures[0].why}; at least {fewest_runs(outside)} of each are needed to tell {len(figures)} figures apart "
            f"at {CONFIDENCE:.0%}: run both again, in turns, with --repeat {ENOUGH_RUNS}"
        )
    worse = [figure.name for figure in figures if figure.verdict == "worse"]
    better = [figure.name for figure in figures if figure.verdict == "better"]
    if worse and better:
        return "cannot tell", f"worse in {', '.join(worse)}; better in {', '.join(better)}"
    if worse:
        return "worse", f"in {', '.join(worse)}"
    if better:
        return "better", f"in {', '.join(better)}"
    return "cannot tell", "no figure is apart by more than its noise"


def unlike(a: Result, b: Result) -> Iterator[str]:
    """What was not the same, although it should be, in words."""
    told: list[tuple[str, Callable[[Result], object]]] = [
        ("shape", lambda result: result.shape),
        ("arrivals", lambda result: result.arrivals),
        ("warm-up", lambda result: f"{result.warm_up_s:g} s"),
        ("durability", lambda result: result.venue.durability),
        ("rulebook", lambda result: result.venue.rulebook),
        ("participants", lambda result: result.venue.participants),
        ("instruments", lambda result: result.venue.instruments),
        ("CPU", lambda result: f"{result.machine.cpu}, {result.machine.cores} cores"),
        ("system", lambda result: result.machine.system),
        ("Python", lambda result: result.machine.python),
        ("connections", lambda result: _of_generators(result, lambda run: run.generator.connections)),
        ("subscribers", lambda result: _of_generators(result, lambda run: run.generator.subscribers)),
        ("seconds measured", lambda result: _of_generators(result, lambda run: f"{run.seconds:g}")),
    ]
    if a.mix.text != b.mix.text:
        yield f"the mixes are not the same: {a.mix.name} and {b.mix.name} differ in their text"
    for name, of in told:
        if of(a) != of(b):
            yield f"{name}: {of(a)} in A, {of(b)} in B"


def _of_generators(result: Result, of: Callable[[Run], object]) -> str:
    return ", ".join(dict.fromkeys(str(of(run)) for run in result.runs))


def _called(result: Result) -> str:
    venue = result.venue
    return f"{venue.version} {venue.build}, {venue.durability}, mix {result.mix.name}, {len(result.runs)} runs"
