"""The venue's figures between two scrapes."""

from __future__ import annotations

import os

from loadtest.load.sampling import Sampler, parse, quantile

BEFORE = """\
# HELP sbx_sync_seconds Time to write and sync.
sbx_sync_seconds_bucket{le="0.001"} 10.0
sbx_sync_seconds_bucket{le="0.002"} 10.0
sbx_sync_seconds_bucket{le="+Inf"} 10.0
sbx_sync_seconds_sum 0.004
"""
AFTER = """\
sbx_sync_seconds_bucket{le="0.001"} 60.0
sbx_sync_seconds_bucket{le="0.002"} 100.0
sbx_sync_seconds_bucket{le="+Inf"} 110.0
sbx_sync_seconds_sum 0.2
"""


def test_a_quantile_lies_in_the_bucket_that_grew():
    before, after = parse(BEFORE), parse(AFTER)
    assert quantile(before, after, "sbx_sync_seconds", 0.25) == 0.0005
    assert quantile(before, after, "sbx_sync_seconds", 0.5) == 0.001
    assert quantile(before, after, "sbx_sync_seconds", 0.7) == 0.0015
    # Above the last bound nothing is known but that.
    assert quantile(before, after, "sbx_sync_seconds", 0.99) == 0.002
    assert quantile(after, after, "sbx_sync_seconds", 0.5) is None
    assert quantile(before, after, "sbx_turn_seconds", 0.5) is None


async def test_a_venue_that_does_not_answer_has_samples_without_its_figures():
    sampler = Sampler("http://127.0.0.1:1/metrics", os.getpid())
    await sampler.take(1.0)
    await sampler.take(2.0)
    (sample,) = sampler.samples()
    assert sample.at_s == 2.0
    assert sample.cpu_share is not None
    assert sample.commands_per_second is None
