"""What generators noted, put together: the figures are those of the raw numbers."""

from __future__ import annotations

from array import array
from itertools import pairwise

import numpy as np
import pytest

from loadtest.load.drive.gathering import Gathering
from loadtest.load.drive.notes import Notes
from loadtest.load.results.result import HEAT_BOUNDS_NS, MARKET_DATA, ROUND_TRIP, SEND_LAG

SECOND = 1_000_000_000


def fill(
    notes: Notes, due: np.ndarray, latency: np.ndarray, kinds: list[tuple[str, str, str]], which: np.ndarray
) -> None:
    numbers = [notes.kind_of(*kind) for kind in kinds]
    notes.due = array("q", due.tolist())
    notes.latency = array("q", latency.tolist())
    notes.kind = array("H", [numbers[each] for each in which])
    notes.lag_due = array("q", due.tolist())
    notes.lag = array("q", [5_000] * len(due))


KINDS = [
    ("new_order", "accepted", ""),
    ("new_order", "rejected", "RET-1"),
    ("cancel_order", "request_rejected", "unknown_order"),
]


@pytest.mark.parametrize("generators", [1, 3])
def test_figures_are_those_of_the_raw_numbers(generators):
    source = np.random.default_rng(1)
    count = 30_000
    due = np.sort(source.integers(0, 12 * SECOND, count))
    latency = source.lognormal(13.5, 1.0, count).astype(np.int64)
    which = source.choice(3, count, p=[0.9, 0.07, 0.03])
    gathering = Gathering(seconds=10.0, warm_up_s=2.0)
    for generator in range(generators):
        notes = Notes()
        mine = np.arange(count) % generators == generator
        # Some chunks hold replies of requests that were due seconds before.
        for piece in np.array_split(np.flatnonzero(mine), 7):
            fill(notes, due[piece], latency[piece], KINDS, which[piece])
            gathering.add(generator, notes.take())
    measured = due >= 2 * SECOND
    assert gathering.requests == gathering.answered == measured.sum()
    whole = gathering.latency(ROUND_TRIP)
    assert whole.count == measured.sum()
    assert whole.p99_ns == pytest.approx(np.percentile(latency[measured], 99), rel=0.002)
    assert gathering.refused == {
        "RET-1": (measured & (which == 1)).sum(),
        "unknown_order": (measured & (which == 2)).sum(),
    }
    received = due + latency
    assert gathering.received == ((received >= 2 * SECOND) & (received < 12 * SECOND)).sum()
    timeline = gathering.timeline()
    assert [second.is_warm_up for second in timeline] == [True] * 2 + [False] * 10
    for second in timeline:
        chosen = due // SECOND == second.start_s
        assert second.sent == chosen.sum()
        assert second.refused == (chosen & (which > 0)).sum()
        assert second.max_ns == latency[chosen].max()
        assert second.p99_ns == pytest.approx(np.percentile(latency[chosen], 99), rel=0.06)
        bounds = [0, *HEAT_BOUNDS_NS, 2**62]
        assert second.heat == [
            ((latency[chosen] > low) & (latency[chosen] <= high)).sum() for low, high in pairwise(bounds)
        ]
        assert second.answered == (received // SECOND == second.start_s).sum()


def test_a_late_answer_belongs_to_the_second_in_which_its_request_was_due():
    gathering = Gathering(seconds=5.0, warm_up_s=0.0)
    notes = Notes()
    fill(notes, np.array([SECOND // 2]), np.array([3 * SECOND]), KINDS, np.array([0]))
    gathering.add(0, notes.take())
    timeline = gathering.timeline()
    assert [second.sent for second in timeline] == [1, 0, 0, 0]
    assert timeline[0].max_ns == 3 * SECOND
    assert [second.answered for second in timeline] == [0, 0, 0, 1]


def test_an_answer_that_never_came_is_asked_and_not_answered():
    gathering = Gathering(seconds=5.0, warm_up_s=0.0)
    notes = Notes()
    notes.lag_due, notes.lag = array("q", [SECOND]), array("q", [7])
    gathering.add(0, notes.take())
    assert (gathering.requests, gathering.answered) == (1, 0)
    assert gathering.latency(SEND_LAG).count == 1


def test_market_data_of_the_warm_up_is_in_no_figure():
    gathering = Gathering(seconds=5.0, warm_up_s=1.0)
    notes = Notes()
    at, late = notes.deliveries("book")
    at.extend([SECOND // 2, 2 * SECOND, 3 * SECOND])
    late.extend([9, 2_000_000, 4_000_000])
    gathering.add(0, notes.take())
    assert gathering.delivered == 2
    assert gathering.latency(MARKET_DATA).count == 2
    assert notes.take().delivery == {"book": (b"", b"")}
