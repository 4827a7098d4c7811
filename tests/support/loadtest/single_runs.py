"""Runs of which only the verdict on them matters."""

from __future__ import annotations

from functools import cache

import numpy as np

from loadtest.load.results.histogram import Latency
from loadtest.load.results.result import ROUND_TRIP, Generator, Measured, Run
from tests.support.loadtest.results import latency_of


def make_run(
    *, rate: float, p99_ns: int, rate_done: float | None = None, is_behind: bool = False, connections_lost: int = 0
) -> Run:
    """A run at a rate, all of whose latencies are as stated; 0: nothing came back."""
    return Run(
        started_at=0,
        seconds=5.0,
        rate_asked=rate,
        rate_done=rate if rate_done is None else rate_done,
        requests=round(rate * 5),
        answered=round(rate * 5),
        refused={},
        fills=0,
        delivered=0,
        delivered_per_second=0.0,
        connections_refused=0,
        connections_lost=connections_lost,
        measured=[Measured(ROUND_TRIP, "new_order", "accepted", _latency(p99_ns))],
        timeline=[],
        samples=[],
        generator=Generator(1, 8, 0, is_behind, "requests left late by 9.00 ms", 1.0, 0.2),
        checks=[],
        limit="none reached",
        limit_detail="",
    )


@cache
def _latency(nanoseconds: int) -> Latency:
    return latency_of(np.full(100 if nanoseconds else 0, nanoseconds, np.int64))
