from __future__ import annotations

import random
import statistics
from dataclasses import fields

import pytest

from loadtest.flow import run as flow
from loadtest.flow.fitted import BITSTAMP_2015_05_01, LEVELS, FlowSampler, fit, interpolate, main
from loadtest.flow.format import FlowError
from tests.loadtest.test_flow import RECORDING
from tests.support.loadtest.recordings import BitstampWriter, generated_bitstamp


def test_samples_follow_the_fit():
    sampler = FlowSampler(random.Random(7))
    drawn = 20_000
    sizes = sorted(sampler.size() for _ in range(drawn))
    assert statistics.median(sizes) == pytest.approx(1.0, rel=0.02)
    assert sizes[int(0.9 * drawn)] == pytest.approx(2.853, rel=0.05)
    assert sizes[0] >= BITSTAMP_2015_05_01.size[0]
    assert sizes[-1] <= BITSTAMP_2015_05_01.size[-1]
    assert sum(sampler.buys() for _ in range(drawn)) / drawn == pytest.approx(0.6904, abs=0.015)
    assert sum(sampler.aggressive() for _ in range(drawn)) / drawn == pytest.approx(0.01406, abs=0.004)
    assert statistics.fmean(sampler.arrival_seconds(5.0) for _ in range(drawn)) == pytest.approx(0.2, rel=0.05)
    assert statistics.median(sampler.distance_bp() for _ in range(drawn)) == pytest.approx(79.19, rel=0.05)


def test_the_same_seed_draws_the_same():
    one, other = FlowSampler(random.Random(3)), FlowSampler(random.Random(3))
    assert [one.lifetime_s() for _ in range(50)] == [other.lifetime_s() for _ in range(50)]
    assert one.through_bp() != FlowSampler(random.Random(4)).through_bp()


def test_quantiles_are_interpolated_between_their_points():
    quantiles = tuple(float(index) for index in range(len(LEVELS)))
    assert interpolate(quantiles, 0.0) == 0.0
    assert interpolate(quantiles, 0.5) == LEVELS.index(0.5)
    assert interpolate(quantiles, 0.55) == pytest.approx(LEVELS.index(0.5) + 0.5)
    assert len(LEVELS) - 2 < interpolate(quantiles, 0.9999) < len(LEVELS) - 1


def test_a_recording_of_known_shape_gives_its_shape_back(tmp_path):
    writer = BitstampWriter()
    writer.order("created", 1, "sell", "101.00", "50.00000000", after_ms=1000)
    writer.order("created", 2, "buy", "100.00", "50.00000000", after_ms=1000)
    for number in range(10, 90, 4):
        # A quarter takes 0.5 through a touch of 101; the rest quotes 1 % behind the touch for two seconds.
        writer.order("created", number, "buy", "101.50", "0.50000000", after_ms=1000)
        for passive in range(number + 1, number + 4):
            writer.order("created", passive, "buy", "99.00", "1.00000000", after_ms=1000)
            writer.order("deleted", passive, "buy", "99.00", "1.00000000", after_ms=2000)
    found = fit(flow.read(writer.write(tmp_path / "orders.log")), "made up")
    assert found.orders == 82
    assert found.aggressive_share == pytest.approx(20 / 82, rel=1e-3)
    assert found.buy_share == pytest.approx(81 / 82, rel=1e-3)
    assert found.distance_bp[7] == pytest.approx(100.0)
    assert found.through_bp[7] == pytest.approx(0.5 / 101 * 10_000, rel=1e-3)
    assert found.lifetime_s[7] == 2.0
    # The ask at 101 was filled in part; no other passive order was.
    assert found.cancelled_share == pytest.approx(60 / 61, rel=1e-3)
    assert found.size[7] == 1.0


def test_too_small_a_recording_is_refused(tmp_path):
    path, _, _ = generated_bitstamp(tmp_path / "orders.log", 1, 20)
    with pytest.raises(FlowError, match="too few"):
        fit(flow.read(path), "small")
    assert main([str(path)]) == 1
    assert main([]) == 2


@pytest.mark.skipif(not RECORDING.exists(), reason="the recorded order flow is not part of the project")
def test_the_numbers_in_the_code_come_from_the_recording():
    found = fit(flow.read(RECORDING), BITSTAMP_2015_05_01.origin)
    for field in fields(found):
        assert getattr(found, field.name) == getattr(BITSTAMP_2015_05_01, field.name), field.name
