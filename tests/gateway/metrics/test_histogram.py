from __future__ import annotations

import itertools

import pytest

from gateway.metrics.histogram import BATCHES, DURATIONS_NS, Histogram


def test_a_value_counts_under_the_smallest_bound_that_is_not_below_it():
    histogram = Histogram((10, 20))
    for value in (0, 10, 11, 20, 21, 1_000):
        histogram.observe(value)
    assert histogram.counts == [2, 2, 2]
    assert histogram.cumulative() == [2, 4, 6]
    assert (histogram.total, histogram.sum) == (6, 1_062)


def test_the_bounds_of_durations_and_batches():
    assert DURATIONS_NS[:4] == (10_000, 20_000, 50_000, 100_000)
    assert DURATIONS_NS[-1] == 5_000_000_000
    assert list(DURATIONS_NS) == sorted(set(DURATIONS_NS))
    assert [after // before for before, after in itertools.pairwise(BATCHES)] == [2] * 12


@pytest.mark.parametrize("since", [[100], [99, 100, 100], [0, 40, 90, 95, 99], [80, 90]])
def test_waits_count_as_they_do_one_by_one(since):
    together, singly = Histogram((10, 20)), Histogram((10, 20))
    together.observe_waits(100, since)
    for each in since:
        singly.observe(100 - each)
    assert (together.counts, together.sum) == (singly.counts, singly.sum)
