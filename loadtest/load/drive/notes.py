"""What a generator notes while it runs: raw numbers in arrays, handed on when they are many, or at the end."""

from __future__ import annotations

import time
from array import array
from typing import Final

import numpy as np

from loadtest.load.drive.pipe import Chunk, Pulse

Kind = tuple[str, str, str]
"""Request, outcome, rule or code."""


MAX_SENTENCES: Final = 20
MUCH: Final = 1_000_000
"""Entries of an array: some tens of megabytes in all."""


def keep(sentences: list[str], what: str) -> None:
    """Keep a sentence about what does not add up; a flood of them says nothing more."""
    if len(sentences) < MAX_SENTENCES:
        sentences.append(what)


class Notes:
    """Of all connections of one process. Appending is all that happens between two chunks."""

    def __init__(self) -> None:
        self.start_ns = 0
        """By the steady clock of this process."""
        self.wall_offset_ns = 0
        """The wall clock less the steady one."""
        self.due: array[int] = array("q")
        self.latency: array[int] = array("q")
        self.kind: array[int] = array("H")
        self.lag: array[int] = array("q")
        self.lag_due: array[int] = array("q")
        self.fill: array[int] = array("q")
        self.report: array[int] = array("q")
        self.gaps: array[int] = array("q")
        self.delivery: dict[str, tuple[array[int], array[int]]] = {}
        self.fills = 0
        self.sent = 0
        self.answered = 0
        self.refused = 0
        self.lost = 0
        self.busy_ns = 0
        self.report_gaps: Final[list[str]] = []
        self.market_gaps: Final[list[str]] = []
        self._pulsed = 0
        """How many of the latencies the last pulse has seen."""
        self._kinds: Final[dict[Kind, int]] = {}
        self._new: list[Kind] = []

    def kind_of(self, request: str, outcome: str, why: str) -> int:
        """The number of a kind of answered request."""
        kind = request, outcome, why
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds[kind] = len(self._kinds)
            self._new.append(kind)
        return number

    def deliveries(self, channel: str) -> tuple[array[int], array[int]]:
        """Where messages of a channel are noted."""
        found = self.delivery.get(channel)
        if found is None:
            found = self.delivery[channel] = array("q"), array("q")
        return found

    @property
    def is_much(self) -> bool:
        """Whether so much is noted that it should be handed on."""
        return len(self.lag) > MUCH or len(self.gaps) > MUCH or any(len(at) > MUCH for at, _ in self.delivery.values())

    def pulse(self) -> Pulse:
        """How it goes, since the last call."""
        latest = np.array(self.latency[self._pulsed :])
        self._pulsed = len(self.latency)
        p50, p99, p999 = np.percentile(latest, (50, 99, 99.9)).tolist() if len(latest) else (0, 0, 0)
        at_ns = time.perf_counter_ns() - self.start_ns
        return Pulse(at_ns, self.sent, self.answered, self.refused, self.lost, int(p50), int(p99), int(p999))

    def take(self) -> Chunk:
        """All since the last call, and the arrays are empty again."""
        chunk = Chunk(
            names=self._new,
            due=self.due.tobytes(),
            latency=self.latency.tobytes(),
            kind=self.kind.tobytes(),
            lag=self.lag.tobytes(),
            lag_due=self.lag_due.tobytes(),
            fill=self.fill.tobytes(),
            report=self.report.tobytes(),
            gaps=self.gaps.tobytes(),
            delivery={name: (at.tobytes(), late.tobytes()) for name, (at, late) in self.delivery.items()},
            fills=self.fills,
            at_ns=time.perf_counter_ns() - self.start_ns,
            busy_ns=self.busy_ns,
            cpu_ns=time.process_time_ns(),
        )
        self._new = []
        for each in (self.due, self.latency, self.kind, self.lag, self.lag_due, self.fill, self.report, self.gaps):
            del each[:]
        for pair in self.delivery.values():
            for each in pair:
                del each[:]
        self.fills = 0
        self._pulsed = 0
        return chunk
