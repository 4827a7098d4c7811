"""A span of time in slices of one length."""

from __future__ import annotations

from typing import Final

SLICES: Final = 100
"""For what is shown along time."""


class Slices:
    """A span of time, in nanoseconds since the epoch, UTC, cut into `SLICES`; what is outside belongs to the first or last one."""

    def __init__(self, begin_ns: int, end_ns: int) -> None:
        self._begin_ns: Final = begin_ns
        self._length_ns: Final = max(end_ns - begin_ns, 1)

    def until_ns(self, place: int) -> int:
        """The end of a slice, which belongs to it."""
        return self._begin_ns + self._length_ns * (place + 1) // SLICES

    def place(self, time_ns: int) -> int:
        """The slice of a time, from 0."""
        since_ns = max(time_ns - self._begin_ns, 0)
        # The smallest place whose end is not before it.
        return max(min(-(-since_ns * SLICES // self._length_ns) - 1, SLICES - 1), 0)
