from __future__ import annotations

import gc

from gateway.metrics.histogram import DURATIONS_NS, Histogram
from gateway.metrics.pauses import CollectorPauses


def test_each_collection_is_observed_while_it_looks_on():
    histogram = Histogram(DURATIONS_NS)
    pauses = CollectorPauses(histogram)
    callbacks = list(gc.callbacks)
    gc.collect()
    assert histogram.total == 0
    pauses.begin()
    gc.collect()
    gc.collect()
    pauses.end()
    seen = histogram.total
    assert seen >= 2 and histogram.sum > 0
    gc.collect()
    assert histogram.total == seen
    pauses.end()
    assert gc.callbacks == callbacks
