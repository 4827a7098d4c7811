"""The loop of a generator: sends what is due, in order, and lets the sockets be read in between.

Timers of the event loop count in milliseconds, which is too coarse for a schedule in microseconds. So the loop sleeps
while the next request is far away, and spins through the event loop while it is near: a generator wants a core of its own.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from loadtest.load.drive.notes import Notes
from loadtest.load.drive.trader import Trader

NEAR_NS: Final = 2_000_000
"""A request that is nearer is waited for by spinning: the timers round to a millisecond, and may be late by one."""
IDLE_NS: Final = 20_000
"""A turn of the loop that took no longer sent and received nothing: it only looked."""
BURST: Final = 32
"""Requests sent before the sockets are read again, when many are due."""
Piece = tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", "np.ndarray[tuple[int], np.dtype[np.int64]]"]
"""Due times, nanoseconds since the start, and who sends."""

_now: Final = time.perf_counter_ns


class Pacer:
    """Sends the requests of all traders of a process, each at its time."""

    def __init__(self, traders: Sequence[Trader], pieces: Iterator[Piece], notes: Notes, delay_ns: int) -> None:
        self.done: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        self.asked = 0
        """Requests in the schedule so far."""
        self._traders: Final = traders
        self._pieces: Final = pieces
        self._notes: Final = notes
        self._delay_ns: Final = delay_ns
        self._loop: Final = asyncio.get_running_loop()
        self._times: list[int] = []
        self._who: list[int] = []
        self._next = 0
        self._last_ns = 0
        self._was_idle = True

    def begin(self) -> None:
        """Load the first piece and start to wait for it."""
        self._load()
        self._last_ns = _now()
        self._tick()

    def _load(self) -> bool:
        """Go on with the next piece of the schedule; False: there is none."""
        for due, who in self._pieces:
            if len(due):
                self._times = due.tolist()
                self._who = who.tolist()
                self._next = 0
                self.asked += len(due)
                return True
        return False

    def _tick(self) -> None:
        try:
            self._turn()
        except Exception as error:  # noqa: BLE001 - the loop would swallow it; whoever waits for the end must see it
            if not self.done.done():
                self.done.set_exception(error)

    def _turn(self) -> None:
        """Send what is due, then come back when the next is."""
        notes = self._notes
        start_ns = notes.start_ns
        began_ns = _now()
        if not self._was_idle:
            gap_ns = began_ns - self._last_ns
            if gap_ns > IDLE_NS:
                notes.gaps.append(gap_ns)
                notes.busy_ns += gap_ns
        self._last_ns = began_ns
        place, times = self._next, self._times
        end = min(place + BURST, len(times))
        while place < end and times[place] + start_ns <= began_ns:
            due_ns = times[place]
            if self._delay_ns:
                _spin(self._delay_ns)
            self._traders[self._who[place]].send(due_ns + start_ns, due_ns / 1e9)
            place += 1
        self._next = place
        if place == len(times) and not self._load():
            self.done.set_result(None)
            return
        wait_ns = self._times[self._next] + start_ns - _now()
        self._was_idle = wait_ns > NEAR_NS
        if self._was_idle:
            self._loop.call_later((wait_ns - NEAR_NS) / 1e9, self._tick)
        else:
            self._loop.call_soon(self._tick)


class ClosedLoop:
    """Keeps a window of requests under way on each connection: what many tools do, and what hides a stall.

    A request that would have been sent during a pause is not, so it does not count as late.
    """

    def __init__(self, traders: Sequence[Trader], window: int, seconds: float, notes: Notes) -> None:
        self.done: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        self.asked = 0
        self._traders: Final = traders
        self._window: Final = window
        self._notes: Final = notes
        self._until_ns = notes.start_ns + int(seconds * 1e9)

    def begin(self) -> None:
        """Fill all windows."""
        for trader in self._traders:
            trader.answered_one = functools.partial(self._send, trader)
            for _ in range(self._window):
                self._send(trader)
        asyncio.get_running_loop().call_later((self._until_ns - _now()) / 1e9, self.done.set_result, None)

    def _send(self, trader: Trader) -> None:
        now_ns = _now()
        if now_ns < self._until_ns:
            self.asked += 1
            trader.send(now_ns, (now_ns - self._notes.start_ns) / 1e9)


def _spin(nanoseconds: int) -> None:
    until_ns = _now() + nanoseconds
    while _now() < until_ns:
        pass


def in_order(pieces: Sequence[Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]]) -> Iterator[Piece]:
    """Merge the schedules of many connections, piece by piece, in order of time; who is the place in `pieces`."""
    while True:
        parts = [next(each, None) for each in pieces]
        if all(part is None for part in parts):
            return
        arrays = [np.empty(0, np.int64) if part is None else part for part in parts]
        due = np.concatenate(arrays) if arrays else np.empty(0, np.int64)
        who = np.repeat(np.arange(len(arrays)), [len(each) for each in arrays])
        order = np.argsort(due, kind="stable")
        yield due[order], who[order]
