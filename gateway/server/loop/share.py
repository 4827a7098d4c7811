"""How much of the loop's time strangers may have: a share of it, as long as participants are there who would wait meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import (
    NS_PER_SECOND,
    STRANGERS_BURST_NS,
    STRANGERS_FIRST_NS,
    STRANGERS_PART,
    STRANGERS_PIECE_NS,
    STRANGERS_QUIET_NS,
)


class Share:
    """Time that comes back steadily, and is spent by what is done for strangers.

    What a piece of work takes too much is owed. Where no participant has been heard for a while, nothing is spent.
    """

    __slots__ = ("_at_ns", "_clock", "_is_free", "_left_ns", "_others_ns", "have_others_come", "worked_ns")

    def __init__(
        self, clock: Callable[[], int] = time.monotonic_ns, worked_ns: Callable[[], int] = time.thread_time_ns
    ) -> None:
        """Prepare.

        Args:
            clock: steady; nanoseconds since any instant.
            worked_ns: what the loop has worked, in nanoseconds: not the clock, so that nobody pays for what others on the machine do.
        """
        self._clock: Final = clock
        self.worked_ns: Final = worked_ns
        self.have_others_come = False
        """Set when something was read of a participant."""
        self._at_ns = clock()
        self._others_ns = self._at_ns - STRANGERS_QUIET_NS
        """When that was noticed last."""
        self._left_ns = STRANGERS_FIRST_NS
        """Below zero: what is owed."""
        self._is_free = True
        """Nobody else is there."""

    def is_left(self) -> bool:
        """Whether something may be done for strangers now."""
        now_ns = self._clock()
        back_ns = (now_ns - self._at_ns) // STRANGERS_PART
        self._left_ns = max(self._left_ns, min(self._left_ns + back_ns, STRANGERS_BURST_NS))
        self._at_ns = now_ns
        if self.have_others_come:
            self.have_others_come = False
            self._others_ns = now_ns
        self._is_free = now_ns - self._others_ns >= STRANGERS_QUIET_NS
        return self._is_free or self._left_ns > 0

    def spend(self, ns: int) -> None:
        """So much was done for strangers."""
        if not self._is_free:
            self._left_ns -= ns

    def wait_s(self) -> float:
        """How long until there is something left again, and a piece of work worth waking up for."""
        return max(STRANGERS_PIECE_NS - self._left_ns, 0) * STRANGERS_PART / NS_PER_SECOND
