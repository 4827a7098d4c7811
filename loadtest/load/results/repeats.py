"""Results of the same load, run again and again, as one with all their runs.

Two versions are best run in turns, and then each turn has a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loadtest.load.results.compare import unlike
from loadtest.load.results.result import Result


class RepeatError(Exception):
    """The results are not of the same load; the message says what differs."""


def together(results: Sequence[Result]) -> Result:
    """One result with the runs of all, in the order of time.

    Raises:
        RepeatError: there are none, or they are not of the same load and venue.
    """
    if not results:
        raise RepeatError("there is no result")
    first, *others = sorted(results, key=lambda result: result.started_at)
    for other in others:
        differ = list(unlike(first, other))
        ours, theirs = first.venue, other.venue
        if (ours.version, ours.build) != (theirs.version, theirs.build):
            differ.append(f"venue: {ours.version} {ours.build} and {theirs.version} {theirs.build}")
        if differ:
            raise RepeatError("the results are not of the same load: " + "; ".join(differ))
    if not others:
        return first
    all_results = [first, *others]
    knee = first.knee
    if knee is not None:
        knees = [result.knee for result in all_results if result.knee is not None]
        knee = msgspec.structs.replace(
            knee,
            rates=[rate for each in knees for rate in each.rates],
            steps=[search for each in knees for search in each.steps],
            deliveries=[rate for each in knees for rate in each.deliveries],
        )
    runs = sorted((run for result in all_results for run in result.runs), key=lambda run: run.started_at)
    held = [result.slo_held for result in all_results]
    return msgspec.structs.replace(
        first,
        notes=list(dict.fromkeys(note for result in all_results for note in result.notes)),
        runs=runs,
        knee=knee,
        slo_held=None if None in held else all(held),
    )
