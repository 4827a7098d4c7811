"""Time that passes when the simulation says so: a steady clock, and a date that somebody sets now and then."""

from __future__ import annotations

from typing import Final

FIRST_WALL_NS: Final = 1_790_000_000_000_000_000
"""2026-09-21, a Monday, 14:13:20 UTC."""


class Clocks:
    """Both clocks of the simulated machine, in nanoseconds."""

    def __init__(self) -> None:
        self.steady_ns = 1
        self._ahead_ns = FIRST_WALL_NS

    def steady(self) -> int:
        """What nobody sets."""
        return self.steady_ns

    def wall(self) -> int:
        """The date: nanoseconds since the epoch, UTC."""
        return self.steady_ns + self._ahead_ns

    def pass_time(self, duration_ns: int) -> None:
        """Let time pass."""
        self.steady_ns += duration_ns

    def set_wall(self, by_ns: int) -> None:
        """Somebody sets the date forward or back."""
        self._ahead_ns += by_ns
