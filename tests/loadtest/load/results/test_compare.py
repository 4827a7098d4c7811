"""What `sbx load compare` says: the words, what it warns of, and what it refuses."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from loadtest.load.results import difference
from loadtest.load.results.compare import CompareError, Comparison, are_far_apart, compare, in_turns
from loadtest.load.results.repeats import RepeatError, together
from loadtest.load.results.result import Check, MixFacts, Result
from tests.support.loadtest.results import a_knee, figures_result, result

SECOND = 1_000_000_000


def sides(shift_us: float, *, runs: int = 10, in_blocks: bool = False, seed: int = 1) -> tuple[Result, Result]:
    """Results of about 400 us +- 15 us, one slower by so much, run in turns or one after the other."""
    chance = np.random.default_rng(seed)
    starts = [place * 30 * SECOND for place in range(2 * runs)]
    of_a, of_b = (starts[:runs], starts[runs:]) if in_blocks else (starts[0::2], starts[1::2])
    a = figures_result(chance.normal(400, 15, runs).tolist(), of_a)
    b = figures_result(chance.normal(400 + shift_us, 15, runs).tolist(), of_b)
    return a, b


def words(found: Comparison) -> dict[str, str]:
    return {figure.name: figure.verdict for figure in found.figures}


def test_50_us_more_are_worse_and_of_that_size() -> None:
    found = compare(*sides(50))
    assert (found.verdict, found.is_interleaved) == ("worse", True)
    p50 = found.figures[0]
    assert (p50.name, p50.method, p50.verdict, p50.unit) == ("p50 of round trips", "paired", "worse", "ns")
    assert p50.low is not None and p50.high is not None and p50.ratio is not None
    assert 20_000 < p50.low < 50_000 < p50.high < 80_000
    assert p50.ratio == pytest.approx(1.125, abs=0.03)
    assert words(found)["requests done"] == "cannot tell"
    assert found.why.startswith("in p50 of round trips")


def test_50_us_less_are_better() -> None:
    assert compare(*sides(-50)).verdict == "better"


def test_the_same_cannot_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "RESAMPLES", 1_000)
    found = [compare(*sides(0, seed=seed)).verdict for seed in range(4)]
    assert found == ["cannot tell"] * 4


def test_with_too_few_runs_nothing_can_be_told_and_it_says_what_to_do() -> None:
    found = compare(*sides(300, runs=4))
    assert found.verdict == "cannot tell"
    assert "too few runs: 4 of A, 4 of B" in found.why
    assert "at least 5 of each" in found.why
    assert "--repeat 10" in found.why
    assert {figure.method for figure in found.figures} == {"none"}
    assert found.figures[0].difference is None


def test_six_turns_are_too_few_for_pairs_but_not_for_sides() -> None:
    found = compare(*sides(300, runs=6))
    assert (found.verdict, found.figures[0].method, found.is_interleaved) == ("worse", "unpaired", True)


def test_runs_not_in_turns_are_apart_only_if_far_apart() -> None:
    near = compare(*sides(50, in_blocks=True))
    assert near.verdict == "cannot tell"
    assert not near.is_interleaved
    assert near.figures[0].low is not None and near.figures[0].low > 0
    assert "drift" in near.figures[0].why
    assert any("not run in turns" in warning for warning in near.warnings)
    assert compare(*sides(400, in_blocks=True)).verdict == "worse"
    assert are_far_apart([1, 2], [4, 5])
    assert not are_far_apart([1, 2], [2.9, 3])


def test_a_step_of_the_machine_between_blocks_is_no_verdict() -> None:
    """Half of the drift within a side, which is what an interval for unrelated runs would take for a difference."""
    chance = np.random.default_rng(5)
    values = (400 + np.linspace(0, 120, 20) + chance.normal(0, 5, 20)).tolist()
    starts = [place * SECOND for place in range(20)]
    blocks = compare(figures_result(values[:10], starts[:10]), figures_result(values[10:], starts[10:]))
    turns = compare(figures_result(values[0::2], starts[0::2]), figures_result(values[1::2], starts[1::2]))
    assert (blocks.verdict, turns.verdict) == ("cannot tell", "cannot tell")


def test_turns_may_be_taken_either_way_around() -> None:
    runs = result(runs=4).runs
    a, b, c, d = runs
    assert in_turns([a, c], [b, d]) == [(a, b), (c, d)]
    assert in_turns([a, d], [b, c]) == [(a, b), (d, c)]
    assert in_turns([a, b], [c, d]) is None
    assert in_turns([a, b], [c]) is None
    assert in_turns([], []) is None


def test_better_here_and_worse_there_is_no_word_for_the_whole() -> None:
    a, b = sides(-80)
    for run, other in zip(b.runs, a.runs, strict=True):
        run.rate_done = other.rate_done * 0.8
    found = compare(a, b)
    assert found.verdict == "cannot tell"
    assert found.why.startswith("worse in requests done; better in p50")


def test_what_is_less_than_a_histogram_resolves_is_no_difference() -> None:
    a, b = sides(0)
    for run, other in zip(b.runs, a.runs, strict=True):
        run.rate_done = other.rate_done * 0.9995
    assert words(compare(a, b))["requests done"] == "cannot tell"


def test_market_data_and_the_knee_are_compared_where_both_have_them() -> None:
    with_knee = result(knee=a_knee())
    found = compare(with_knee, with_knee)
    names = [figure.name for figure in found.figures]
    assert names[-3:] == ["p99 of market data", "market data delivered", "highest rate held"]
    assert found.figures[-1].a == [8_000, 8_500]
    assert found.confidence_each == pytest.approx(1 - 0.05 / 8)
    assert "highest rate held" not in words(compare(with_knee, result()))


def test_a_search_of_both_sides_alone_is_enough() -> None:
    a = result(runs=0, knee=a_knee())
    assert [figure.name for figure in compare(a, a).figures] == ["highest rate held"]
    with pytest.raises(CompareError, match="A has no runs"):
        compare(result(runs=0), a)
    with pytest.raises(CompareError, match="no figure in common"):
        compare(result(), a)


def test_a_failed_check_and_a_generator_that_was_behind_are_refused() -> None:
    a, b = sides(0)
    b.runs[3].checks.append(Check("no order lost", "failed", "3 orders have no answer"))
    with pytest.raises(CompareError, match="B has no figures: in run 4 the check `no order lost` failed: 3 orders"):
        compare(a, b)
    a, b = sides(0)
    a.runs[0].generator.is_behind = True
    with pytest.raises(CompareError, match="figures of A are the generator's"):
        compare(a, b)


def test_it_says_what_is_not_alike() -> None:
    a, b = sides(0)
    assert compare(a, b).warnings == []
    b.mix = MixFacts("takers", "", "", "other")
    b.shape, b.warm_up_s, b.arrivals = "ramp", 5, "closed"
    b.venue = msgspec.structs.replace(b.venue, durability="os")
    b.machine = msgspec.structs.replace(b.machine, cores=2)
    b.runs[0].generator.connections = 11
    told = "\n".join(compare(a, b).warnings)
    for word in (
        "day and takers",
        "shape: ",
        "warm-up: 2 s in A, 5 s in B",
        "closed loop",
        "os in B",
        "2 cores",
        "11, 10",
    ):
        assert word in told


def test_a_comparison_is_plain_data() -> None:
    found = compare(*sides(50))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Comparison) == found


def test_results_of_one_load_are_one_with_all_runs() -> None:
    a, b = sides(0, runs=3)
    a.started_at, b.started_at = 2, 1
    both = together([a, b])
    assert [run.started_at for run in both.runs] == sorted(run.started_at for run in [*a.runs, *b.runs])
    assert together([a]) is a
    b.shape = "ramp"
    with pytest.raises(RepeatError, match="shape"):
        together([a, b])
    with pytest.raises(RepeatError, match="no result"):
        together([])
