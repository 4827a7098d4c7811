"""The busiest second so far: how many messages came in it, and what they cost (rule OPS-2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND

SLOTS: Final = 10
SLOT_NS: Final = NS_PER_SECOND // SLOTS


class BusiestSecond:
    """The most messages in ten adjacent tenths of a second, and the loop's time in them. O(1) in time and memory.

    A second that slides freely may have a few more: those that share a tenth with its ends. For that, each message of
    the last second would have to be kept.

    Attributes:
        messages: of the busiest second.
        spent_ns: what the venue spent in it.
    """

    def __init__(self, spent_ns: Callable[[], int]) -> None:
        self.messages = 0
        self.spent_ns = 0
        self._read_spent_ns: Final = spent_ns
        """What the venue has spent since any moment. Read once a tenth of a second: it may be a system call."""
        self._slot = 0
        """Number of the tenth that is filled now, since the epoch."""
        self._counts: Final = [0] * SLOTS
        self._marks_ns: Final = [0] * SLOTS
        """What had been spent when each tenth began."""

    def count(self, time_ns: int, messages: int) -> None:
        """Count messages at a time, nanoseconds since the epoch."""
        slot = time_ns // SLOT_NS
        if slot > self._slot:
            self._move(slot)
        self._counts[self._slot % SLOTS] += messages

    def settle(self, time_ns: int) -> None:
        """Take into account all that came until a time; before that, the tenth that is filled now may be missing."""
        slot = time_ns // SLOT_NS
        if slot > self._slot:
            self._move(slot)
        else:
            self._look(self._read_spent_ns())

    def _move(self, slot: int) -> None:
        """Begin another tenth; those that passed in between were empty."""
        spent_ns = self._read_spent_ns()
        self._look(spent_ns)
        for begun in range(max(self._slot, slot - SLOTS) + 1, slot + 1):
            self._counts[begun % SLOTS] = 0
            self._marks_ns[begun % SLOTS] = spent_ns
        self._slot = slot

    def _look(self, spent_ns: int) -> None:
        """Note the second that ends now, if it is the busiest."""
        messages = sum(self._counts)
        if messages > self.messages:
            self.messages = messages
            self.spent_ns = spent_ns - self._marks_ns[(self._slot + 1) % SLOTS]
