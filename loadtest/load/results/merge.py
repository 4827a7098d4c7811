"""The parts of one load that ran on several machines, as one result.

Histograms and counts add exactly. Percentiles don't: those of the whole come from the added histograms, and those of a second
from its latency buckets, as the upper bound of the bucket they fall in. The venue's own figures are taken from one part, for
all parts saw the same venue.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from loadtest.load.results.histogram import Latency, merged
from loadtest.load.results.result import HEAT_BOUNDS_NS, Check, Generator, Measured, Result, Run, Second

MAX_APART_S: Final = 1.0
"""How far apart the parts may have begun."""
NOTE: Final = "Put together from parts. In each second, percentiles are upper bounds, up to a third too high; all other figures are exact."
_GRAVITY: Final = ("held", "unchecked", "failed")
_NOT_REACHED: Final = "none reached"


class MergeError(Exception):
    """The results are not parts of one load; the message says why."""


def merge(results: Sequence[Result]) -> Result:
    """Put the parts of one load together; parts that are missing are named in a note.

    Args:
        results: each with its `share`, in any order.

    Raises:
        MergeError: they don't belong together, or one of them is no part.
    """
    if not results:
        raise MergeError("there is nothing to merge")
    parts = sorted(results, key=_place)
    _require_together(parts)
    places = [_place(part) for part in parts]
    first = next((part for part in parts if part.venue.is_own), parts[0])
    runs = [_run([part.runs[number] for part in parts], places) for number in range(len(first.runs))]
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    slo_held = {part.slo_held for part in parts}
    if len(slo_held) > 1:
        notes.append("Some parts held the objective and others did not: whether the whole did is not decided here.")
    return msgspec.structs.replace(
        first,
        started_at=min(part.started_at for part in parts),
        notes=[*notes, *_notes(parts, places)],
        runs=runs,
        share=None,
        # What holds of each part's percentiles holds of the whole, and what holds of none, of the whole neither.
        slo_held=slo_held.pop() if len(slo_held) == 1 else None,
    )


def _place(result: Result) -> int:
    if result.share is None:
        raise MergeError("a result is no part of a load: it was not run with --share")
    return result.share[0]


def _require_together(parts: Sequence[Result]) -> None:
    """Refuse parts of different loads."""
    told: list[tuple[str, Callable[[Result], object]]] = [
        ("mix", lambda part: part.mix.text),
        ("seed", lambda part: part.seed),
        ("shape", lambda part: part.shape),
        ("arrivals", lambda part: part.arrivals),
        ("warm-up", lambda part: part.warm_up_s),
        ("number of parts", lambda part: part.share and part.share[1]),
        ("number of runs", lambda part: len(part.runs)),
        ("objective", lambda part: part.slo),
        ("durability of the venue", lambda part: part.venue.durability),
        ("version of the venue", lambda part: (part.venue.version, part.venue.build)),
    ]
    for before, after in itertools.pairwise(parts):
        if before.share == after.share:
            raise MergeError(f"two results are part {_place(before)}")
        for name, of in told:
            if of(before) != of(after):
                raise MergeError(f"parts {_place(before)} and {_place(after)} have not the same {name}")
    if any(part.knee is not None or part.capacity is not None for part in parts):
        raise MergeError("a search for the knee or the capacity can't be put together: each part searched alone")
    for number in range(len(parts[0].runs)):
        began = [part.runs[number].started_at for part in parts]
        apart_s = (max(began) - min(began)) / 1e9
        if apart_s > MAX_APART_S:
            raise MergeError(
                f"run {number + 1} of the parts began {apart_s:.1f} s apart; at most {MAX_APART_S:g} s is one load"
            )


def _notes(parts: Sequence[Result], places: list[int]) -> list[str]:
    """What a reader of the whole must know."""
    found = [NOTE]
    assert parts[0].share is not None
    of = parts[0].share[1]
    missing = [str(place) for place in range(1, of + 1) if place not in places]
    if missing:
        found.append(f"Missing of {of} parts: {', '.join(missing)}. So much of the load stands in no figure.")
    machines = {f"{part.machine.cpu}, {part.machine.cores} cores" for part in parts}
    if len(machines) > 1:
        found.append("Generated on: " + "; ".join(sorted(machines)) + ".")
    return found


def _run(runs: list[Run], places: list[int]) -> Run:
    """The same run of every part."""
    refused: Counter[str] = Counter()
    for run in runs:
        refused.update(run.refused)
    limit, limit_detail = _limit(runs, places)
    return Run(
        started_at=min(run.started_at for run in runs),
        seconds=max(run.seconds for run in runs),
        rate_asked=sum(run.rate_asked for run in runs),
        rate_done=sum(run.rate_done for run in runs),
        requests=sum(run.requests for run in runs),
        answered=sum(run.answered for run in runs),
        refused=dict(refused),
        fills=sum(run.fills for run in runs),
        delivered=sum(run.delivered for run in runs),
        delivered_per_second=sum(run.delivered_per_second for run in runs),
        connections_refused=sum(run.connections_refused for run in runs),
        connections_lost=sum(run.connections_lost for run in runs),
        measured=_measured(runs),
        timeline=_timeline(runs),
        samples=max((run.samples for run in runs), key=len),
        generator=_generator(runs, places),
        checks=_checks(runs, places),
        limit=limit,
        limit_detail=limit_detail,
    )


def _measured(runs: list[Run]) -> list[Measured]:
    gathered: dict[tuple[str, str, str], list[Latency]] = {}
    for run in runs:
        for each in run.measured:
            gathered.setdefault((each.group, each.name, each.outcome), []).append(each.latency)
    return [Measured(*key, merged(latencies)) for key, latencies in gathered.items()]


def _timeline(runs: list[Run]) -> list[Second]:
    gathered: dict[int, list[Second]] = {}
    for run in runs:
        for second in run.timeline:
            gathered.setdefault(round(second.start_s), []).append(second)
    return [_second(gathered[start]) for start in sorted(gathered)]


def _second(parts: list[Second]) -> Second:
    """One second of all parts."""
    if len(parts) == 1:
        return parts[0]
    heat = [sum(counts) for counts in zip(*(part.heat for part in parts), strict=True)]
    longest = max(part.max_ns for part in parts)
    return Second(
        start_s=parts[0].start_s,
        asked=sum(part.asked for part in parts),
        sent=sum(part.sent for part in parts),
        answered=sum(part.answered for part in parts),
        refused=sum(part.refused for part in parts),
        p50_ns=at_most(heat, 2, longest),
        p99_ns=at_most(heat, 100, longest),
        p999_ns=at_most(heat, 1_000, longest),
        max_ns=longest,
        heat=heat,
        is_warm_up=any(part.is_warm_up for part in parts),
    )


def at_most(heat: list[int], parts: int, longest_ns: int) -> int:
    """An upper bound of a percentile, from latency buckets.

    Args:
        heat: as in `Second.heat`.
        parts: one in how many lies beyond the percentile: 100 for p99.
        longest_ns: the largest latency, which bounds it too.
    """
    total = sum(heat)
    # Rounded as an HdrHistogram does it, so that both speak of the same request.
    wanted = max((2 * total * (parts - 1) + parts) // (2 * parts), 1)
    reached = 0
    for count, bound in zip(heat, HEAT_BOUNDS_NS, strict=False):
        reached += count
        if reached >= wanted:
            return min(bound, longest_ns)
    return longest_ns


def _generator(runs: list[Run], places: list[int]) -> Generator:
    each = [run.generator for run in runs]
    return Generator(
        processes=sum(generator.processes for generator in each),
        connections=sum(generator.connections for generator in each),
        subscribers=sum(generator.subscribers for generator in each),
        is_behind=any(generator.is_behind for generator in each),
        detail=_by_part([generator.detail for generator in each], places),
        cpu_share=max(generator.cpu_share for generator in each),
        busy_share=max(generator.busy_share for generator in each),
    )


def _checks(runs: list[Run], places: list[int]) -> list[Check]:
    """Each check once, with the gravest status; of parts that don't have it, as only one keeps the books, nothing is asked."""
    found = []
    for name in dict.fromkeys(check.name for run in runs for check in run.checks):
        told = [
            (check, place)
            for run, place in zip(runs, places, strict=True)
            for check in run.checks
            if check.name == name
        ]
        statuses = [check.status for check, _ in told]
        details = [check.detail if len(set(statuses)) == 1 else f"{check.status}: {check.detail}" for check, _ in told]
        found.append(Check(name, max(statuses, key=_GRAVITY.index), _by_part(details, [place for _, place in told])))
    return found


def _limit(runs: list[Run], places: list[int]) -> tuple[str, str]:
    """What limited the whole: what limited a part."""
    reached = [(run, place) for run, place in zip(runs, places, strict=True) if run.limit != _NOT_REACHED]
    told = reached or list(zip(runs, places, strict=True))
    limits = list(dict.fromkeys(run.limit for run, _ in told))
    return " and ".join(limits), _by_part([run.limit_detail for run, _ in told], [place for _, place in told])


def _by_part(texts: list[str], places: list[int]) -> str:
    """What the parts say, once if they say the same."""
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"part {place}: {text}" for place, text in zip(places, texts, strict=True))
