"""Parts of a load put together are the load: exactly, but for the percentiles of a second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loadtest.load.results.merge import NOTE, MergeError, at_most, merge
from loadtest.load.results.result import HEAT_BOUNDS_NS, ROUND_TRIP, Check, Measured, Result, Run
from tests.support.loadtest.results import STARTED_AT, a_knee, latency_of, requests, result, result_of, run_of

SENT = requests(3, rate=100, seconds=4)
WHOLE = run_of(SENT, has_subscribers=False)


def part_result(run: Run, place: int, of: int, **changes: Any) -> Result:
    return result_of([run], share=(place, of), **changes)


def round_trips(run: Run) -> dict[tuple[str, str], Measured]:
    return {(each.name, each.outcome): each for each in run.measured if each.group == ROUND_TRIP}


@settings(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(parts=st.integers(1, 4), seed=st.integers(0, 1_000))
def test_randomly_split_parts_are_the_whole_again(parts: int, seed: int) -> None:
    chosen = np.random.default_rng(seed).integers(0, parts, len(SENT.due_s))
    runs = [
        run_of(SENT.where(chosen == place), started_at=STARTED_AT + place, has_subscribers=False)
        for place in range(parts)
    ]
    found = merge([part_result(run, place + 1, parts) for place, run in reversed(list(enumerate(runs)))]).runs[0]
    # Every histogram, as it is kept: counts, percentiles, mean and maximum.
    assert round_trips(found) == round_trips(WHOLE)
    assert (found.requests, found.answered, found.fills) == (
        WHOLE.requests,
        WHOLE.answered,
        sum(run.fills for run in runs),
    )
    assert sum(found.refused.values()) == sum(WHOLE.refused.values())
    assert found.rate_done == pytest.approx(WHOLE.rate_done)
    for second, exact in zip(found.timeline, WHOLE.timeline, strict=True):
        assert (second.heat, second.asked, second.refused) == (exact.heat, exact.asked, exact.refused)
        assert (second.start_s, second.is_warm_up) == (exact.start_s, exact.is_warm_up)
        assert second.max_ns == exact.max_ns
        for bound, value in (
            (second.p50_ns, exact.p50_ns),
            (second.p99_ns, exact.p99_ns),
            (second.p999_ns, exact.p999_ns),
        ):
            # A bucket is a third wide, and a histogram keeps three digits.
            assert value * 0.999 <= bound <= value * 10 ** (1 / 8) * 1.001


@pytest.mark.parametrize("parts", [1, 2, 50, 1_000])
def test_a_bound_is_the_least_bound_that_holds(parts: int) -> None:
    latencies = np.sort(requests(4, rate=300, seconds=1).latencies_ns)
    heat = np.bincount(np.searchsorted(HEAT_BOUNDS_NS, latencies), minlength=len(HEAT_BOUNDS_NS) + 1).tolist()
    for share in (2, 100, 1_000):
        within = round(len(latencies) * (1 - 1 / share))
        exact = int(latencies[within - 1])
        expected = min(*(bound for bound in HEAT_BOUNDS_NS if bound >= exact), int(latencies[-1]))
        assert at_most(heat, share, int(latencies[-1])) == expected
    # Beyond the last bound, and of nothing.
    assert at_most([0] * len(HEAT_BOUNDS_NS) + [parts], 2, 11_000_000_000) == 11_000_000_000
    assert at_most([0] * (len(HEAT_BOUNDS_NS) + 1), 2, 0) == 0


def two_parts() -> tuple[Result, Result]:
    is_first = np.arange(len(SENT.due_s)) % 2 == 0
    return part_result(run_of(SENT.where(is_first)), 1, 2), part_result(run_of(SENT.where(~is_first)), 2, 2)


def test_the_whole_says_that_it_was_put_together() -> None:
    first, second = two_parts()
    whole = merge([second, first])
    assert whole.share is None
    assert whole.notes == [*first.notes, NOTE]
    assert whole.runs[0].generator.connections == 200
    assert whole.runs[0].delivered == first.runs[0].delivered + second.runs[0].delivered


def test_missing_parts_are_a_note() -> None:
    of_four = [part_result(run_of(SENT), place, 4) for place in (1, 3)]
    assert merge(of_four).notes[-1].startswith("Missing of 4 parts: 2, 4.")


def test_a_check_has_its_gravest_status() -> None:
    first, second = two_parts()
    first.runs[0].checks = [
        Check("journal", "held", "sound"),
        Check("answers", "held", "all"),
        Check("fills", "held", ""),
    ]
    second.runs[0].checks = [Check("answers", "failed", "3 missing"), Check("journal", "unchecked", "elsewhere")]
    assert merge([first, second]).runs[0].checks == [
        Check("journal", "unchecked", "part 1: held: sound; part 2: unchecked: elsewhere"),
        Check("answers", "failed", "part 1: held: all; part 2: failed: 3 missing"),
        # That is for one part to look at.
        Check("fills", "held", ""),
    ]


def test_a_part_that_was_behind_or_limited_is_told() -> None:
    first, second = two_parts()
    second.runs[0].generator.is_behind = True
    second.runs[0].generator.detail = "2 s late"
    second.runs[0].limit, second.runs[0].limit_detail = "generator", "its core was full"
    whole = merge([first, second]).runs[0]
    assert whole.generator.is_behind
    assert "part 2: 2 s late" in whole.generator.detail
    assert (whole.limit, whole.limit_detail) == ("generator", "its core was full")


@pytest.mark.parametrize(
    ("held", "expected"), [((True, True), True), ((False, False), False), ((True, False), None), ((None, None), None)]
)
def test_an_objective_holds_of_the_whole_if_of_every_part(held: tuple[bool, bool], expected: bool | None) -> None:
    first, second = two_parts()
    first.slo_held, second.slo_held = held
    whole = merge([first, second])
    assert whole.slo_held is expected
    assert any("not decided" in note for note in whole.notes) == (held == (True, False))


def test_what_does_not_belong_together_is_refused() -> None:
    run = run_of(SENT)
    first = part_result(run, 1, 2)
    late = run_of(SENT, started_at=STARTED_AT + 1_500_000_000)
    for other, why in (
        (part_result(run, 2, 2, seed=9), "not the same seed"),
        (part_result(run, 2, 2, shape="ramp"), "not the same shape"),
        (part_result(run, 2, 3), "not the same number of parts"),
        (part_result(run, 1, 2), "two results are part 1"),
        (part_result(late, 2, 2), "1.5 s apart"),
        (result_of([run]), "not run with --share"),
        (part_result(run, 2, 2, knee=a_knee()), "can't be put together"),
        (result(runs=2, share=(2, 2)), "not the same number of runs"),
    ):
        with pytest.raises(MergeError, match=why):
            merge([first, other])
    with pytest.raises(MergeError, match="nothing"):
        merge([])


def test_a_distribution_that_one_part_alone_has_is_kept() -> None:
    first, second = two_parts()
    alone = Measured("market_data", "ticker", "", latency_of(np.array([5_000, 7_000])))
    second.runs[0].measured.append(alone)
    assert alone in merge([first, second]).runs[0].measured
