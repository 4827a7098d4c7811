"""What a venue has from its event loop and its thread that syncs: callbacks that come later, and a sync that takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.vocabulary.limits import NS_PER_SECOND
from tests.simulator.machine import Machine
from tests.simulator.plan import Plan
from tests.simulator.stage import NS_PER_MS, Stage

SOON_NS: Final = 200_000
"""The longest that a callback waits for what the loop does before it."""
SLOW_NS: Final = 400 * NS_PER_MS
"""The longest that a disk takes that is slow now and then."""


class Handle:
    """A callback that may be called off."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Final = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        """Don't call it."""
        self.is_cancelled = True


class Loop:
    """As much of an event loop as `gateway.server.scheduler` uses. What its process does acts on the disk as the venue."""

    def __init__(self, stage: Stage, machine: Machine) -> None:
        self._stage: Final = stage
        self._machine: Final = machine

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Handle:
        """Call after a while."""
        handle = Handle(callback)
        self._stage.after(int(seconds * NS_PER_SECOND), lambda: self._call(handle))
        return handle

    def call_soon(self, callback: Callable[[], Any]) -> Handle:
        """Call when what is ready before it is done."""
        return self.call_later(self._stage.between(0, SOON_NS) / NS_PER_SECOND, callback)

    call_soon_threadsafe = call_soon

    def _call(self, handle: Handle) -> None:
        if not handle.is_cancelled:
            with self._machine.disk.acting("venue"):
                handle.callback()


class SlowSync:
    """Syncs as a thread does: it takes its time, and the venue goes on meanwhile. All that befalls a sync befalls it at its end."""

    def __init__(self, stage: Stage, plan: Plan, machine: Machine, tell: Callable[[], None]) -> None:
        self._stage: Final = stage
        self._plan: Final = plan
        self._machine: Final = machine
        self._tell: Final = tell
        self._descriptor = -1
        """Of the sync that runs."""
        self._begun = 0
        """Syncs so far."""
        self._began_ns = 0
        self._error: OSError | None = None

    def begin(self, descriptor: int) -> None:
        """Sync what is open."""
        self._descriptor, self._began_ns = descriptor, self._stage.now_ns
        self._begun += 1
        number = self._begun
        most_ns = SLOW_NS if self._stage.happens(self._plan.slow_sync_rate) else 2 * NS_PER_MS
        self._stage.after(self._stage.between(NS_PER_MS // 10, most_ns), lambda: self._end(number))

    def end(self) -> int:
        """Wait for it."""
        if self._descriptor >= 0:
            self._sync()
        if self._error is not None:
            raise self._error
        return self._stage.now_ns - self._began_ns

    def close(self) -> None:
        """The process is gone, or the journal closed."""
        self._begun += 1

    def _end(self, number: int) -> None:
        # Else somebody has waited for it, or nobody is there any more.
        if number == self._begun and self._descriptor >= 0:
            with self._machine.disk.acting("venue"):
                self._sync()
            self._tell()

    def _sync(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        try:
            self._machine.disk.sync(descriptor)
        except OSError as error:
            self._error = error
