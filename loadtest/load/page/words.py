"""Figures in words: durations, rates, times of day, and what a run came to in a few sentences."""

from __future__ import annotations

import datetime
import statistics
from typing import Final, Literal, NamedTuple

from loadtest.load.results.histogram import Latency, merged
from loadtest.load.results.result import FILL, LOOP_GAP, MARKET_DATA, REPORT, ROUND_TRIP, SEND_LAG, Result

ABSENT: Final = "–"
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))
GROUP_WORDS: Final = {
    ROUND_TRIP: "round trip",
    FILL: "acknowledgement to fill",
    REPORT: "private reports",
    MARKET_DATA: "market data",
    SEND_LAG: "send lag (the generator's)",
    LOOP_GAP: "loop gap (the generator's)",
}
"""The groups in the order in which they are told of."""

Tone = Literal["good", "plain", "warn", "bad"]


class Sentence(NamedTuple):
    """One sentence of the verdict, and how it is meant."""

    text: str
    tone: Tone = "plain"


def duration(nanoseconds: float) -> str:
    """A duration with three digits: `412 µs`, `1.08 ms`."""
    for size, unit in _UNITS:
        # What would round up to 1000 belongs to the next unit.
        if abs(nanoseconds) >= size * 0.9995:
            return f"{_three_digits(nanoseconds / size)} {unit}"
    return f"{nanoseconds:.0f} ns"


def _three_digits(value: float) -> str:
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def number(value: float) -> str:
    """A rate or count: `4,998`, `12.5`, `0.8`."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def counted(count: int, thing: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def when(nanoseconds: int) -> str:
    """A moment, as UTC to the second."""
    moment = datetime.datetime.fromtimestamp(nanoseconds // 1_000_000_000, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def percentile(latency: Latency, parts: int, nanoseconds: int) -> str:
    """A percentile, unless fewer than one of its observations lie beyond it: then it would be the maximum by another name.

    Args:
        latency: whose it is.
        parts: one in how many lies beyond it: 1000 for p99.9.
        nanoseconds: its value.
    """
    return duration(nanoseconds) if latency.count >= parts else ABSENT


def is_behind(result: Result) -> bool:
    """Whether a run's figures are the generator's."""
    return any(run.generator.is_behind for run in result.runs)


def is_sound(result: Result) -> bool:
    """Whether no check of any run failed."""
    return all(run.is_sound for run in result.runs)


def verdict(result: Result) -> list[Sentence]:
    """What came of it, the gravest first. If a check failed, no figure stands in it."""
    if not is_sound(result):
        return _failures(result)
    if not result.runs:
        return [Sentence("Nothing was run."), *_searched(result)]
    return [*_warnings(result), *_figures(result), *_searched(result), *_limits(result)]


def _failures(result: Result) -> list[Sentence]:
    found = [
        Sentence("A check failed, so there are no figures: what was measured is not what a correct venue does.", "bad")
    ]
    for place, run in enumerate(result.runs, 1):
        which = f"Run {place}: " if len(result.runs) > 1 else ""
        found += [
            Sentence(f"{which}{check.name}: {check.detail}", "bad") for check in run.checks if check.status == "failed"
        ]
    return found


def _warnings(result: Result) -> list[Sentence]:
    found = []
    for place, run in enumerate(result.runs, 1):
        if run.generator.is_behind:
            which = f" in run {place}" if len(result.runs) > 1 else ""
            found.append(
                Sentence(
                    f"The generator was behind its own schedule{which}: every figure here is the generator's, not the "
                    f"venue's. {run.generator.detail}",
                    "bad",
                )
            )
    if result.arrivals == "closed":
        found.append(
            Sentence(
                "This was a closed loop: a request waits until the one before it is answered. While the venue stalls, "
                "nothing is sent, so the stall is counted once instead of for all that would have come. Don't read these "
                "latencies as what clients see.",
                "warn",
            )
        )
    return found


def _figures(result: Result) -> list[Sentence]:
    runs = result.runs
    asked = statistics.median(run.rate_asked for run in runs)
    done = statistics.median(run.rate_done for run in runs)
    several = f" (medians of {len(runs)} runs)" if len(runs) > 1 else ""
    found = [Sentence(f"Asked {number(asked)} requests a second, answered {number(done)}{several}: {result.shape}.")]
    total = merged([run.latency() for run in runs])
    if total.count:
        tail = f", 99.9 % within {duration(total.p999_ns)}" if total.count >= 1000 else ""
        found.append(
            Sentence(
                f"Half of {total.count:,} requests were answered within {duration(total.p50_ns)}, 99 % within "
                f"{duration(total.p99_ns)}{tail}; the slowest took {duration(total.max_ns)}."
            )
        )
    return found


def _searched(result: Result) -> list[Sentence]:
    found = []
    if (knee := result.knee) is not None and knee.rates:
        rates = sorted(knee.rates)
        spread = f", {number(rates[0])} to {number(rates[-1])} in {len(rates)} searches" if len(rates) > 1 else ""
        found.append(
            Sentence(
                f"The highest rate held is {number(statistics.median(rates))} requests a second{spread}. "
                f"Held means: {knee.slo}.",
                "good" if rates[0] else "bad",
            )
        )
    if (capacity := result.capacity) is not None:
        word = "has" if capacity.holds else "does not have"
        found.append(
            Sentence(
                f"The venue {word} {capacity.multiple:g} times the capacity of its peak of {number(capacity.peak)} a "
                f"second: {capacity.detail}",
                "good" if capacity.holds else "bad",
            )
        )
    # The runs of a search are those that held.
    if result.slo is not None and result.slo_held is not None and result.knee is None:
        held = result.slo_held
        found.append(Sentence(f"{result.slo}: {'held' if held else 'not held'}.", "good" if held else "bad"))
    return found


def _limits(result: Result) -> list[Sentence]:
    by_limit: dict[str, str] = {}
    knee = result.knee
    if knee is not None and knee.limits:
        for limit, detail in zip(knee.limits, knee.limit_details, strict=True):
            by_limit.setdefault(limit, detail)
        return [
            Sentence(f"Just above that rate the limit was {limit}{f': {detail}' if detail else ''}")
            for limit, detail in by_limit.items()
        ]
    for run in result.runs:
        by_limit.setdefault(run.limit, run.limit_detail)
    return [
        Sentence(f"What the limit was: {limit}{f': {detail}' if detail else ''}") for limit, detail in by_limit.items()
    ]
