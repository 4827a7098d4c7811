from __future__ import annotations

import numpy as np
import pytest

from loadtest.load.plan.shapes import (
    SHAPES,
    PlanError,
    Shape,
    constant,
    day,
    parse_shape,
    ramp,
    soak,
    spike,
    steps,
)

ALL = [
    constant(1000, 20),
    ramp(1000, 60, to=20_000),
    ramp(0, 10, to=100),
    ramp(100, 10, to=0),
    steps(100, 10, to=1000, n=4),
    spike(100, 10),
    spike(100, 10, to=0),
    soak(10, 7200),
    day(500, 30),
]


@pytest.mark.parametrize("shape", ALL, ids=Shape.words)
def test_the_inverse_undoes_the_sum(shape: Shape):
    # Where nothing is sent no time belongs to a number of requests, so compare the numbers.
    wanted = np.linspace(0, shape.requests, 2_001)
    assert np.allclose(shape.cumulative(shape.inverse(wanted)), wanted, rtol=0, atol=1e-6)
    times = shape.inverse(wanted)
    assert (np.diff(times) >= 0).all()
    assert times[0] >= 0
    assert times[-1] == pytest.approx(shape.seconds)


@pytest.mark.parametrize("shape", ALL, ids=Shape.words)
def test_the_sum_is_that_of_the_rate(shape: Shape):
    edges = np.linspace(0, shape.seconds, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    by_rate = np.cumsum([shape.rate_at(float(at_s)) for at_s in middles]) * (edges[1] - edges[0])
    assert np.allclose(by_rate, shape.cumulative(edges[1:]), rtol=1e-3, atol=shape.requests * 1e-4)
    assert shape.requests == pytest.approx(shape.mean_rate * shape.seconds)


def test_figures_of_each_shape():
    assert ramp(1000, 60, to=20_000).requests == 630_000
    assert ramp(1000, 60, to=20_000).rate_at(30) == 10_500
    assert [steps(100, 10, to=1000, n=4).rate_at(at_s) for at_s in (0, 2.5, 6, 9.9)] == [100, 400, 700, 1000]
    assert [spike(100, 10, to=900, at=3, width=2).rate_at(at_s) for at_s in (2.9, 3, 4.9, 5)] == [100, 900, 900, 100]
    assert spike(100, 10).peak_rate == 1000
    assert day(500, 30).mean_rate == pytest.approx(500)
    assert day(500, 30).rate_at(0) > 500 > day(500, 30).rate_at(15)


def test_words():
    assert [shape.words() for shape in ALL[:2]] == [
        "constant 1000/s for 20 s",
        "ramp from 1000/s to 20000/s over 60 s",
    ]
    assert soak(10, 7200).words() == "soak at 10/s for 2 h"
    assert spike(100, 10).words() == "100/s with a spike to 1000/s at 4.5 s for 1 s over 10 s"
    assert steps(100, 300, to=1000, n=4).words() == "4 steps from 100/s to 1000/s over 5 min"


def test_shapes_are_read_from_a_command_line():
    assert parse_shape("constant", 500, 10) == constant(500, 10)
    assert parse_shape("ramp:to=20000", 1000, 60) == ramp(1000, 60, to=20_000)
    assert parse_shape("steps:to=1000,n=4", 100, 10) == steps(100, 10, to=1000, n=4)
    assert parse_shape("spike:to=900,at=3,width=2", 100, 10) == spike(100, 10, to=900, at=3, width=2)
    assert {parse_shape(name, 5, 5).name for name in SHAPES if name not in {"ramp", "steps"}} == {
        "constant",
        "spike",
        "soak",
        "day",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hill", "unknown shape 'hill'; known: constant, ramp, steps, spike, soak, day"),
        ("ramp", "shape ramp needs `to`"),
        ("ramp:top=5", "shape ramp: unknown key 'top'; known keys: to"),
        ("constant:to=5", "shape constant: unknown key 'to'; it has no settings"),
        ("ramp:to", "write `ramp:key=value"),
        ("ramp:to=1,to=2", "each key once"),
        ("ramp:to=-1", "shape ramp, to: '-1' is no number from zero up"),
        ("ramp:to=nan", "'nan' is no number"),
        ("steps:to=5,n=1", "n must be from 2"),
        ("steps:to=5,n=2.5", "no whole number"),
        ("spike:at=9.5,width=1", "must leave time before and after it, within 10 s"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str):
    with pytest.raises(PlanError) as caught:
        parse_shape(text, 100, 10)
    assert says in str(caught.value)


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(PlanError, match="above zero"):
        constant(0, 10)
    with pytest.raises(PlanError, match="takes some time"):
        constant(10, 0)
