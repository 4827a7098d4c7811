"""What one connection sends, request by request.

`Script.next` is called when a request is due, beside the sending itself, so all that can be is drawn and made beforehand.
"""

from __future__ import annotations

import numpy as np

from loadtest.load.plan.arrivals import SCRIPT_STREAM
from loadtest.load.plan.behaviours import Behaviour, behaviour_of
from loadtest.load.plan.desk import Desk, Request
from loadtest.load.plan.mixes import Mix
from loadtest.load.plan.seats import Listed, Seat

__all__ = ["Listed", "Script", "Seat"]

_DRAWS = 128
"""Requests that are drawn at a time: numpy is quick for many and slow for one, and there are thousands of scripts."""


class Script:
    """The requests of one connection.

    They follow from the mix, the seat, the seed and the calls so far; from nothing else.
    """

    def __init__(self, mix: Mix, seat: Seat, seed: int, seconds: float) -> None:
        """Prepare it.

        Args:
            mix: what is sent.
            seat: who sends.
            seed: of the run.
            seconds: how long the run takes, its warm-up included: parts have their windows in it.
        """
        desk = Desk(mix, seat, seconds)
        self._source = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SCRIPT_STREAM, seat.number)))
        self._behaviours = [behaviour_of(part, desk) for part in mix.part]
        self._parts = mix.part
        self._seconds = seconds
        self._next_window_s = 0.0
        self._upto = np.zeros(0)
        self._due: list[tuple[Behaviour, int]] = []

    def next(self, request_id: int, at_s: float) -> Request:
        """The next request.

        Args:
            request_id: its `id`.
            at_s: when it is due, in seconds from the start of the run; never less than before.

        Returns:
            The kind of request, as `new_order`, and its payload in JSON.
        """
        if at_s >= self._next_window_s:
            self._enter_window(at_s)
        if not self._due:
            self._draw()
        behaviour, draw = self._due.pop()
        return behaviour(request_id, at_s, draw)

    def _enter_window(self, at_s: float) -> None:
        """Let the parts of this time have their shares, until one begins or ends."""
        # What is sent after the end (late, or in a longer run) is what was sent last.
        share = min(at_s / self._seconds, np.nextafter(1.0, 0.0))
        weights = [part.weight if part.from_ <= share < part.to else 0.0 for part in self._parts]
        self._upto = np.cumsum(weights) / sum(weights)
        edges = [edge for part in self._parts for edge in (part.from_, part.to) if share < edge < 1]
        self._next_window_s = min(edges, default=float("inf")) * self._seconds
        self._due.clear()

    def _draw(self) -> None:
        """Draw who makes the next requests, and the bits that they spend."""
        chosen = np.searchsorted(self._upto, self._source.random(_DRAWS), "right").tolist()
        draws = self._source.integers(0, 2**63 - 1, _DRAWS, endpoint=True).tolist()
        self._due = [(self._behaviours[place], draw) for place, draw in zip(chosen, draws, strict=True)]
