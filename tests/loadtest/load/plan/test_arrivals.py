from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.vocabulary.limits import NS_PER_SECOND
from loadtest.load.plan.arrivals import (
    CHUNK_S,
    Arrivals,
    Times,
    parse_arrivals,
    recorded_arrivals,
    schedule,
    schedule_chunks,
)
from loadtest.load.plan.shapes import PlanError, Shape, constant, ramp, spike
from tests.support.loadtest.recordings import BitstampWriter

POISSON, CONSTANT, HAWKES = Arrivals("poisson"), Arrivals("constant"), Arrivals("hawkes")
RECORDED = Arrivals("recording", recorded=np.array([0.0, 0.5, 0.5, 3.0]), origin="four")
ALL = [POISSON, CONSTANT, HAWKES, RECORDED]


def together(arrivals: Arrivals, shape: Shape, connections: int, seed: int = 1) -> Times:
    """What all connections send."""
    each = [
        schedule(arrivals, shape, seed=seed, connection=number, connections=connections)
        for number in range(connections)
    ]
    return np.sort(np.concatenate(each))


def dispersion(times: Times, seconds: float, window_s: float = 1.0) -> float:
    """Variance of the counts in windows, in means: 1 for Poisson arrivals."""
    counts = np.bincount((times // int(window_s * NS_PER_SECOND)), minlength=int(seconds / window_s))
    return float(counts.var() / counts.mean())


@pytest.mark.parametrize("arrivals", ALL, ids=Arrivals.words)
def test_a_schedule_is_the_same_again_and_sorted_and_within_the_run(arrivals: Arrivals):
    shape = ramp(500, 25, to=1500)
    one = schedule(arrivals, shape, seed=7, connection=2, connections=5)
    assert one.dtype == np.int64
    assert (np.diff(one) >= 0).all()
    assert one[0] >= 0
    assert one[-1] < 25 * NS_PER_SECOND
    assert (one == schedule(arrivals, shape, seed=7, connection=2, connections=5)).all()
    chunks = list(schedule_chunks(arrivals, shape, seed=7, connection=2, connections=5))
    assert len(chunks) == 3
    assert (np.concatenate(chunks) == one).all()
    for number, chunk in enumerate(chunks):
        assert (chunk // int(CHUNK_S * NS_PER_SECOND) == number).all()


@pytest.mark.parametrize("arrivals", [POISSON, HAWKES], ids=Arrivals.words)
def test_connections_and_seeds_draw_apart(arrivals: Arrivals):
    shape = constant(1000, 10)
    drawn = [
        schedule(arrivals, shape, seed=seed, connection=number, connections=2) for seed in (1, 2) for number in (0, 1)
    ]
    assert len({tuple(each[:20].tolist()) for each in drawn}) == 4
    counts = [np.bincount(each // (NS_PER_SECOND // 10), minlength=100) for each in drawn]
    apart = np.corrcoef(counts) - np.eye(4)
    # The correlation of 100 independent counts has a standard deviation of 0.1.
    assert np.abs(apart).max() < 0.35


@pytest.mark.parametrize("connections", [1, 7, 40])
@pytest.mark.parametrize("arrivals", ALL, ids=Arrivals.words)
def test_the_rate_is_that_of_the_shape_however_many_connections_carry_it(arrivals: Arrivals, connections: int):
    shape = constant(2000, 50)
    times = together(arrivals, shape, connections)
    # Five standard deviations of the count: 11 times the variance of Poisson at a branching ratio of 0.7.
    spread = {"poisson": 1.0, "hawkes": 11.1}.get(arrivals.kind, 1e-4)
    assert len(times) == pytest.approx(shape.requests, abs=5 * (shape.requests * spread) ** 0.5)


@pytest.mark.parametrize("connections", [1, 7, 40])
def test_counts_are_dispersed_as_their_kind_is(connections: int):
    shape = constant(500, 400)
    # The variance of 400 counts is known to 7 %.
    assert dispersion(together(POISSON, shape, connections), 400) == pytest.approx(1.0, rel=0.3)
    assert dispersion(together(HAWKES, shape, connections), 400) == pytest.approx(1 / 0.3**2, rel=0.35)
    milder = Arrivals("hawkes", branching=0.5, delay_s=0.02)
    assert dispersion(together(milder, shape, connections), 400) == pytest.approx(4.0, rel=0.35)
    assert dispersion(together(CONSTANT, shape, connections), 400) == 0


def test_intervals_of_poisson_arrivals_are_exponential():
    gaps = np.diff(together(POISSON, constant(1000, 50), 5)) / NS_PER_SECOND * 1000
    assert gaps.mean() == pytest.approx(1.0, rel=0.03)
    assert gaps.std() == pytest.approx(1.0, rel=0.05)
    assert (gaps > 2).mean() == pytest.approx(np.exp(-2), rel=0.1)


def test_constant_arrivals_are_evenly_spaced_over_all_connections():
    times = together(CONSTANT, constant(1000, 20), 8)
    assert len(times) == 20_000
    assert set(np.diff(times).tolist()) <= {999_999, 1_000_000, 1_000_001}
    one = schedule(CONSTANT, constant(1000, 20), seed=1, connection=3, connections=8)
    assert one[0] == pytest.approx(3.5e6, abs=2)
    assert one[1] == pytest.approx(11.5e6, abs=2)


@pytest.mark.parametrize("arrivals", [POISSON, CONSTANT, HAWKES], ids=Arrivals.words)
def test_they_follow_a_rate_that_changes(arrivals: Arrivals):
    shape = ramp(0, 40, to=4000)
    times = together(arrivals, shape, 10) / NS_PER_SECOND
    for from_s, to_s in ((0, 10), (10, 20), (20, 30), (30, 40)):
        due = float(np.diff(shape.cumulative([from_s, to_s]))[0])
        assert ((times >= from_s) & (times < to_s)).sum() == pytest.approx(due, rel=0.12)


def test_a_spike_begins_and_ends_when_it_should():
    shape = spike(100, 10, to=5000, at=4, width=1)
    times = together(POISSON, shape, 4) / NS_PER_SECOND
    assert ((times >= 4) & (times < 5)).sum() == pytest.approx(5000, rel=0.1)
    assert ((times >= 3) & (times < 4)).sum() == pytest.approx(100, abs=50)
    assert ((times >= 5) & (times < 6)).sum() == pytest.approx(100, abs=50)


def test_bursts_are_under_way_when_a_run_begins():
    slow = Arrivals("hawkes", branching=0.8, delay_s=0.5)
    shape = constant(200, 4)
    first, last = (
        np.mean(
            [
                ((times >= from_s) & (times < from_s + 1)).sum()
                for seed in range(60)
                for times in [together(slow, shape, 4, seed) / NS_PER_SECOND]
            ]
        )
        for from_s in (0, 3)
    )
    # Without those from before the start, the first second would have a third of them.
    assert first == pytest.approx(200, rel=0.12)
    assert last == pytest.approx(200, rel=0.12)


def test_a_recording_is_dealt_scaled_and_goes_round():
    # Four requests in four mean gaps; at 2 a second those take two seconds.
    assert together(RECORDED, constant(2, 4), 1).tolist() == [
        0,
        250_000_000,
        250_000_000,
        1_500_000_000,
        2_000_000_000,
        2_250_000_000,
        2_250_000_000,
        3_500_000_000,
    ]
    dealt = [schedule(RECORDED, constant(2, 4), seed=1, connection=number, connections=3) for number in range(3)]
    assert [each.tolist() for each in dealt] == [
        [0, 1_500_000_000, 2_250_000_000],
        [250_000_000, 2_000_000_000, 3_500_000_000],
        [250_000_000, 2_250_000_000],
    ]


def test_a_recorded_flow_gives_its_times(tmp_path: Path):
    writer = BitstampWriter()
    for number, after_ms in enumerate((100, 100, 100, 700)):
        writer.order("created", number, "buy", "100", "1", after_ms=after_ms)
        writer.book([("100", "1")], [])
    found = recorded_arrivals(writer.write(tmp_path / "orders.log"))
    # A book, which is no request, comes 10 ms after each order: the orders span 930 ms, and a mean gap of 310 ms follows.
    assert found.recorded.tolist() == pytest.approx([0, 110 / 310, 220 / 310, 3])
    assert found.words() == "recording orders.log"
    assert parse_arrivals(f"recording:{tmp_path / 'orders.log'}") == found


def test_a_recording_without_times_is_refused(tmp_path: Path):
    writer = BitstampWriter()
    writer.order("created", 1, "buy", "100", "1")
    with pytest.raises(PlanError, match="fewer than two requests at different times"):
        recorded_arrivals(writer.write(tmp_path / "orders.log"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("poisson", POISSON),
        ("constant", CONSTANT),
        ("hawkes", HAWKES),
        ("hawkes:branching=0.8,delay_ms=20", Arrivals("hawkes", 0.8, 0.02)),
    ],
)
def test_arrivals_are_read_from_a_command_line(text: str, expected: Arrivals):
    assert parse_arrivals(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("uniform", "unknown arrivals 'uniform'; known: poisson, constant, hawkes, recording:FILE"),
        ("poisson:branching=1", "arrivals poisson: unknown key 'branching'; it has no settings"),
        ("hawkes:decay=1", "arrivals hawkes: unknown key 'decay'; known keys: branching, delay_ms"),
        ("hawkes:branching=1", "branching: at most 0.98"),
        ("hawkes:delay_ms=0", "delay_ms: must be above zero"),
        ("recording:nowhere.txt", "arrivals recording: nowhere.txt can't be read"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str):
    with pytest.raises(PlanError) as caught:
        parse_arrivals(text)
    assert says in str(caught.value)


def test_words():
    assert [each.words() for each in ALL] == [
        "poisson",
        "constant",
        "hawkes (branching 0.7, mean delay 50 ms)",
        "recording four",
    ]
