"""What is told no more often than once an interval, whatever happens: conflation, by a steady clock that a caller reads."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

from engine.vocabulary.limits import PACED_STEPS
from gateway.outbound.channels.channel import Published

INTERVALS: Final = {"10ms": 10_000_000, "100ms": 100_000_000, "1s": 1_000_000_000}
"""In nanoseconds, by what a subscription calls it."""


class Paced:
    """One that has something to tell from time to time."""

    def __init__(self, interval: str) -> None:
        self.interval_ns: Final = INTERVALS.get(interval, 0)
        self.free_ns = 0
        """When the interval is over that began when it last told something."""
        self.is_waiting = False
        """Whether it has something to tell."""

    def tell(self, out: list[Published]) -> int:
        """Add all there is to tell; returns the steps it took."""
        raise NotImplementedError


class Pacer:
    """Those who have something to tell, by when they may."""

    def __init__(self) -> None:
        self._waiting: Final[list[tuple[int, int, Paced]]] = []
        """A heap: when, a number that decides between those of one time, and who."""
        self._number = 0

    @property
    def are_waiting(self) -> bool:
        """Whether there is anything to tell, now or later."""
        return bool(self._waiting)

    @property
    def next_ns(self) -> int:
        """When the next one may be told; there must be one."""
        return self._waiting[0][0]

    def wait(self, paced: Paced, *, at_once: bool = False) -> None:
        """Note that one has something to tell; `at_once`: it is too much to wait for the end of the interval."""
        if at_once and paced.free_ns:
            paced.free_ns = 0
        elif paced.is_waiting:
            return
        paced.is_waiting = True
        self._number += 1
        heappush(self._waiting, (paced.free_ns, self._number, paced))

    def tell(self, now_ns: int) -> list[Published]:
        """Tell what is due at a time of a steady clock, in as many steps as one pass may have; the rest has the next one."""
        out: list[Published] = []
        waiting, steps = self._waiting, 0
        while waiting and waiting[0][0] <= now_ns and steps < PACED_STEPS:
            _, _, paced = heappop(waiting)
            # One that could not wait stands on the list twice.
            if paced.is_waiting:
                paced.is_waiting = False
                paced.free_ns = now_ns + paced.interval_ns
                steps += paced.tell(out)
        return out
