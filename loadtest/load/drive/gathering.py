"""What the generators of a run noted, put together as it comes: memory grows with the seconds of a run, not its requests."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from loadtest.load.drive.pipe import Chunk
from loadtest.load.drive.trader import REFUSALS
from loadtest.load.results.histogram import Latency, empty, record
from loadtest.load.results.result import (
    FILL,
    HEAT_BOUNDS_NS,
    LOOP_GAP,
    MARKET_DATA,
    REPORT,
    ROUND_TRIP,
    SEND_LAG,
    Measured,
    Second,
)

Ints = npt.NDArray[np.int64]

_STEPS_PER_OCTAVE: Final = 24
_FINE_BUCKETS: Final = 40 * _STEPS_PER_OCTAVE
"""Latencies of one second are kept in steps of 3 %, up to 2**40 ns."""


class _Second:
    """What is known of the requests that were due in one second."""

    def __init__(self) -> None:
        self.sent = 0
        self.answered = 0
        self.refused = 0
        self.max_ns = 0
        self.fine: Final = np.zeros(_FINE_BUCKETS, np.int64)
        self.heat: Final = np.zeros(len(HEAT_BOUNDS_NS) + 1, np.int64)

    def percentile(self, share: float) -> int:
        """The latency that so large a share did not exceed, within 3 %."""
        return _percentile(self.fine, share, self.max_ns)


class Gathering:
    """All figures of a run."""

    def __init__(self, seconds: float, warm_up_s: float) -> None:
        self.fills = 0
        self.delivered = 0
        """Market-data messages, without those of the warm-up."""
        self.refused: Final[Counter[str]] = Counter()
        """By rule or code, without the warm-up."""
        self.requests = 0
        """Sent, without the warm-up."""
        self.answered = 0
        """Of those."""
        self.received = 0
        """Replies that came in the measured time, whenever their requests were due."""
        self._measured_from_ns: Final = int(warm_up_s * 1e9)
        self._end_ns: Final = int((warm_up_s + seconds) * 1e9)
        self._warm_up_s: Final = warm_up_s
        self._names: Final[dict[int, list[tuple[str, str, str]]]] = {}
        """By generator: its kinds."""
        self._round_trips: Final[dict[tuple[str, str], HdrHistogram]] = {}
        self._others: Final[dict[tuple[str, str], HdrHistogram]] = {}
        self._seconds: Final[list[_Second]] = []
        self._last: Final[dict[int, Chunk]] = {}

    def add(self, generator: int, chunk: Chunk) -> None:
        """Take in what one generator noted."""
        self._last[generator] = chunk
        names = self._names.setdefault(generator, [])
        names.extend(chunk.names)
        self._sent(_ints(chunk.lag_due), _ints(chunk.lag))
        self._answered(_ints(chunk.due), _ints(chunk.latency), np.frombuffer(chunk.kind, np.uint16), names)
        self._other(FILL, "", _ints(chunk.fill))
        self._other(REPORT, "", _ints(chunk.report))
        self._other(LOOP_GAP, "", _ints(chunk.gaps))
        for channel, (at, late) in chunk.delivery.items():
            is_measured = self._is_measured(_ints(at))
            self.delivered += int(is_measured.sum())
            self._other(MARKET_DATA, channel, _ints(late)[is_measured])
        self.fills += chunk.fills

    def measured(self) -> list[Measured]:
        """All distributions, the largest of each group first."""
        found = [Measured(ROUND_TRIP, name, outcome, Latency.of(h)) for (name, outcome), h in self._round_trips.items()]
        found += [Measured(group, name, "", Latency.of(each)) for (group, name), each in self._others.items()]
        order = (ROUND_TRIP, FILL, REPORT, MARKET_DATA, SEND_LAG, LOOP_GAP)
        return sorted(
            (each for each in found if each.latency.count),
            key=lambda each: (order.index(each.group), -each.latency.count, each.name, each.outcome),
        )

    def timeline(self) -> list[Second]:
        """Each second of the run."""
        return [
            Second(
                start_s=place,
                # Every request of an open loop is sent, be it late.
                asked=second.sent,
                sent=second.sent,
                answered=second.answered,
                refused=second.refused,
                p50_ns=second.percentile(0.5),
                p99_ns=second.percentile(0.99),
                p999_ns=second.percentile(0.999),
                max_ns=second.max_ns,
                heat=second.heat.tolist(),
                is_warm_up=place < self._warm_up_s,
            )
            for place, second in enumerate(self._seconds)
            if place * 1e9 < self._end_ns
        ]

    def last_chunks(self) -> dict[int, Chunk]:
        """The last of each generator: its running totals."""
        return self._last

    def latency(self, group: str) -> Latency:
        """The distribution of all of a group so far."""
        total = empty()
        if group == ROUND_TRIP:
            histograms = list(self._round_trips.values())
        else:
            histograms = [each for (name, _), each in self._others.items() if name == group]
        for each in histograms:
            total.add(each)
        return Latency.of(total)

    def _is_measured(self, at: Ints) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = (at >= self._measured_from_ns) & (at < self._end_ns)
        return found

    def _second(self, place: int) -> _Second:
        while len(self._seconds) <= place:
            self._seconds.append(_Second())
        return self._seconds[place]

    def _sent(self, due: Ints, lag: Ints) -> None:
        is_measured = self._is_measured(due)
        self.requests += int(is_measured.sum())
        self._other(SEND_LAG, "", lag[is_measured])
        for place, count in zip(*np.unique(due // 1_000_000_000, return_counts=True), strict=True):
            self._second(int(place)).sent += int(count)

    def _answered(
        self, due: Ints, latency: Ints, kind: npt.NDArray[np.uint16], names: list[tuple[str, str, str]]
    ) -> None:
        if not len(due):
            return
        is_measured = self._is_measured(due)
        self.answered += int(is_measured.sum())
        self.received += int(self._is_measured(due + latency).sum())
        is_refusal = np.array([outcome in REFUSALS for _, outcome, _ in names])
        for number in np.unique(kind).tolist():
            request, outcome, why = names[number]
            chosen = latency[is_measured & (kind == number)]
            record(self._round_trips.setdefault((request, outcome), empty()), chosen)
            if outcome in REFUSALS and len(chosen):
                self.refused[why or outcome] += len(chosen)
        received = (due + latency) // 1_000_000_000
        for place, count in zip(*np.unique(received, return_counts=True), strict=True):
            if place * 1_000_000_000 < self._end_ns:
                self._second(int(place)).answered += int(count)
        seconds = due // 1_000_000_000
        for place in np.unique(seconds).tolist():
            chosen = seconds == place
            second, values = self._second(place), latency[chosen]
            second.refused += int(is_refusal[kind[chosen]].sum())
            second.max_ns = max(second.max_ns, int(values.max()))
            fine = np.log2(np.maximum(values, 1)) * _STEPS_PER_OCTAVE
            second.fine[:] += np.bincount(np.minimum(fine.astype(np.int64), _FINE_BUCKETS - 1), minlength=_FINE_BUCKETS)
            second.heat[:] += np.bincount(
                np.searchsorted(HEAT_BOUNDS_NS, values, side="left"), minlength=len(second.heat)
            )

    def _other(self, group: str, name: str, values: Ints) -> None:
        if len(values):
            record(self._others.setdefault((group, name), empty()), values)


def _percentile(fine: Ints, share: float, most: int) -> int:
    total = int(fine.sum())
    if not total:
        return 0
    place = int(np.searchsorted(np.cumsum(fine), math.ceil(share * total)))
    return min(round(2 ** ((place + 1) / _STEPS_PER_OCTAVE)), most)


def _ints(content: bytes) -> Ints:
    return np.frombuffer(content, np.int64)
