"""The venue's clock: the only one that commands know. It goes at a steady pace, and nears the machine's date slowly.

The machine's date ("wall clock") can be set, by hand, by a time service, by mistake. A venue that followed at once would let
orders expire and trading days end at a slip of a hand; set back, its time would stand still, and with it every rate limit. So
the venue counts on a clock that nobody sets, one that goes on while the machine sleeps, and makes up for the difference to the
wall clock by one part in `SLEW_PART` at most, whatever happens to that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from engine.phases.advancing import MAX_MOVED_NS
from engine.vocabulary.limits import (
    CLOCK_STEP_NS,
    MAX_AHEAD_NS,
    MAX_BEHIND_NS,
    NS_PER_DAY,
    NS_PER_SECOND,
    SLEW_PART,
    SLEW_SPAN_NS,
)

Clock = Callable[[], int]
"""Returns nanoseconds since the epoch, UTC; a steady clock: since any instant."""

MAX_TIME_SCALE: Final = 1_000_000
"""How many times as fast as a clock the time of a venue for tests may go: then a year takes half a minute."""
_LOGGER: Final = logging.getLogger("gateway.clock")
# Of what a clock that is set again and again is told: one line in so long.
_TOLD_EVERY_NS: Final = 60 * NS_PER_SECOND


steady_ns: Final[Clock] = partial(time.clock_gettime_ns, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
"""A clock that nobody sets and that, where the system has such a one, counts what the machine slept."""


class VenueClock:
    """A clock that never decreases, and never stands still while time passes.

    It begins with the wall clock, or with `last_ns` if that is later. From then on each second of the steady clock is a second
    here, more or less the share of it by which the wall clock is neared.

    Args:
        last_ns: of the last command of the past.
        steady: never decreases.
        wall: the date of the machine.
    """

    def __init__(self, last_ns: int = 0, steady: Clock = steady_ns, wall: Clock = time.time_ns) -> None:
        self._steady: Final = steady
        self._wall: Final = wall
        self._steady_ns = steady()
        wall_ns = wall()
        self._time_ns = max(wall_ns, last_ns)
        self._gap_ns = wall_ns - self._steady_ns
        """Of the two clocks when it was last told: it changes by nothing but a step of the wall clock."""
        self._told_ns = self._steady_ns - _TOLD_EVERY_NS
        if self._time_ns - wall_ns >= CLOCK_STEP_NS:
            self._tell("the machine's clock is behind the journal's last time", wall_ns)

    def __call__(self) -> int:
        """The venue's time, nanoseconds since the epoch, UTC."""
        steady_ns = self._steady()
        wall_ns = self._wall()
        passed_ns = steady_ns - self._steady_ns
        self._steady_ns = steady_ns
        missing_ns = wall_ns - self._time_ns - passed_ns
        # A long sleep makes up for no more than a waking venue would between two looks.
        most_ns = (passed_ns if passed_ns < SLEW_SPAN_NS else SLEW_SPAN_NS) // SLEW_PART
        if -most_ns <= missing_ns <= most_ns:
            self._time_ns = wall_ns
        else:
            self._time_ns += passed_ns + (most_ns if missing_ns > 0 else -most_ns)
            if not -CLOCK_STEP_NS < missing_ns < CLOCK_STEP_NS:
                self._notice(wall_ns)
        return self._time_ns

    def _notice(self, wall_ns: int) -> None:
        """The wall clock is far off: tell it, unless it was told."""
        stepped_ns = wall_ns - self._steady_ns - self._gap_ns
        if abs(stepped_ns) >= CLOCK_STEP_NS and self._steady_ns - self._told_ns >= _TOLD_EVERY_NS:
            self._gap_ns += stepped_ns
            self._told_ns = self._steady_ns
            way = "forward" if stepped_ns > 0 else "back"
            self._tell(f"the machine's clock was set {way} by {_seconds(stepped_ns)}", wall_ns)

    def _tell(self, what: str, wall_ns: int) -> None:
        apart_ns = self._time_ns - wall_ns
        hours = abs(apart_ns) * SLEW_PART / (3_600 * NS_PER_SECOND)
        _LOGGER.warning(
            "%s. The venue's time goes on steadily: it is %s %s that clock now, and nears it in %.1f hours",
            what,
            _seconds(apart_ns),
            "ahead of" if apart_ns > 0 else "behind",
            hours,
        )


class MovedClock:
    """The clock of a venue for tests: it goes on from where it was, by a steady clock alone, faster if asked to, and can be moved forward.

    Args:
        begin_ns: where it begins.
        scale: how many times as fast as the steady clock it goes.
        steady: never decreases.
    """

    def __init__(self, begin_ns: int, scale: int = 1, steady: Clock = steady_ns) -> None:
        assert 1 <= scale <= MAX_TIME_SCALE
        self.scale: Final = scale
        self._steady: Final = steady
        self._from_ns = begin_ns
        self._since_ns = steady()

    def __call__(self) -> int:
        """The venue's time, nanoseconds since the epoch, UTC. It stands still once it is at the last that there is."""
        moved_ns = self._from_ns + (self._steady() - self._since_ns) * self.scale
        return min(moved_ns, max(MAX_MOVED_NS, self._from_ns))

    def move_to(self, until_ns: int) -> None:
        """Go on from then, if that is later."""
        self._from_ns = max(self(), until_ns)
        self._since_ns = self._steady()


def jump_problem(last_ns: int, now_ns: int) -> str:
    """Why a venue whose last command is of `last_ns` is not to start at `now_ns` unasked; empty: it may.

    So far off the clock is more likely wrong than the venue was idle, and what it does is in the journal for good.
    """
    if not last_ns or -MAX_BEHIND_NS <= now_ns - last_ns <= MAX_AHEAD_NS:
        return ""
    way, most_ns = ("ahead of", MAX_AHEAD_NS) if now_ns > last_ns else ("behind", MAX_BEHIND_NS)
    days = abs(now_ns - last_ns) / NS_PER_DAY
    then = (
        "all that was due since then happens at the start"
        if now_ns > last_ns
        else "its time goes on from the journal's last"
    )
    return (
        f"the machine's clock is {days:.1f} days {way} the journal's last time, and up to {most_ns // NS_PER_DAY} are ordinary. "
        f"If that clock is right, start with --accept-jump: {then}, and can't be undone. No command was sequenced"
    )


def _seconds(duration_ns: int) -> str:
    return f"{abs(duration_ns) / NS_PER_SECOND:.3f} s"
