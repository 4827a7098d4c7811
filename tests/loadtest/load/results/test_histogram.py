"""What is read off a histogram is what the library reads off it."""

from __future__ import annotations

import numpy as np
import pytest

from loadtest.load.results.histogram import Latency, empty, record


@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("count", [1, 5_000])
def test_the_mean_is_that_of_the_library(spread: float, count: int) -> None:
    histogram = empty()
    record(histogram, np.random.default_rng(1).lognormal(np.log(400_000), spread, count).astype(np.int64))
    # What is beyond its range counts as its ends.
    record(histogram, np.array([0, 10**15]))
    assert Latency.of(histogram).mean_ns == round(histogram.get_mean_value())
