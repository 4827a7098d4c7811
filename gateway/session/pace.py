"""The pace of a session that is shown again: which of its commands are due by now, by a clock that it is handed. It never waits itself.

pace = Pace(time.monotonic_ns, session.begin_ns, parse_speed("10x"))
while pace.due_in_ns(row_time_ns) == 0:
    ...                          # the command is carried out
    pace.reached(row_time_ns)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

FORMS: Final = "10x or 0.5x (times as fast as it was), max, or step"
_FACTOR: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,3}))?x", re.ASCII)
_WHOLE: Final = 1_000
"""Thousandths in one."""


class SpeedError(ValueError):
    """A text is no speed; the message says which forms there are."""


class Speed(NamedTuple):
    """How fast a session goes by."""

    name: str
    """As people write it."""
    thousandths: int = 0
    """Of the speed that it had; 0: its commands wait for no clock."""


MAX: Final = Speed("max")
"""Each command is due at once."""
STEP: Final = Speed("step")
"""None is due until somebody asks for it."""


def parse_speed(text: str) -> Speed:
    """Read a speed.

    Raises:
        SpeedError: it is none.
    """
    for speed in (MAX, STEP):
        if text == speed.name:
            return speed
    found = _FACTOR.fullmatch(text)
    thousandths = 0 if found is None else int(found[1]) * _WHOLE + int((found[2] or "0").ljust(3, "0"))
    if not thousandths:
        raise SpeedError(f"{text!r} is no speed: write {FORMS}")
    return Speed(text, thousandths)


class Pace:
    """Where a session that is shown again has come to, and when its next command is due. All is O(1).

    Args:
        clock: never decreases; nanoseconds since any instant.
        time_ns: the session's time to begin with, nanoseconds since the epoch, UTC.
        speed: to begin with.
    """

    def __init__(self, clock: Callable[[], int], time_ns: int, speed: Speed) -> None:
        self.speed = speed
        self.is_paused = False
        self._clock: Final = clock
        self._time_ns = time_ns
        self._clock_ns = clock()
        """At that time of the session."""
        self._steps = 0
        """Commands that were asked for one by one and did not come yet."""

    @property
    def now_ns(self) -> int:
        """The session's time. It goes with the clock; where it pauses or waits for none, it is that of the last command."""
        if not self._is_running:
            return self._time_ns
        return self._time_ns + (self._clock() - self._clock_ns) * self.speed.thousandths // _WHOLE

    def due_in_ns(self, time_ns: int) -> int | None:
        """How long until the next command is due, by the clock; None: not before somebody says so.

        Args:
            time_ns: of that command.
        """
        if self._steps:
            return 0
        if self.is_paused or self.speed == STEP:
            return None
        if self.speed == MAX:
            return 0
        away_ns = -((self._time_ns - time_ns) * _WHOLE // self.speed.thousandths)
        return max(away_ns - (self._clock() - self._clock_ns), 0)

    def reached(self, time_ns: int) -> None:
        """A command of that time was carried out."""
        if self._steps:
            self._steps -= 1
        if not self._is_running:
            self._time_ns = time_ns

    def pause(self) -> None:
        """Let nothing more be due."""
        self._stand(self.now_ns)
        self.is_paused = True

    def go_on(self) -> None:
        """Undo `pause`: the session's time goes on from where it stands."""
        self._stand(self.now_ns)
        self.is_paused = False

    def step(self) -> None:
        """Let one command more be due, whenever it was, and pause."""
        if not self.is_paused and self.speed != STEP:
            self.pause()
        self._steps += 1

    def jump(self, time_ns: int) -> None:
        """Be at another time; whether it pauses stays as it is."""
        self._stand(time_ns)

    def set_speed(self, speed: Speed) -> None:
        """Go on at another speed from where it stands."""
        self._stand(self.now_ns)
        self.speed = speed

    @property
    def _is_running(self) -> bool:
        """Whether the session's time goes with the clock."""
        return bool(self.speed.thousandths) and not self.is_paused

    def _stand(self, time_ns: int) -> None:
        """The session's time is this, now; what was asked for before is forgotten."""
        self._time_ns, self._clock_ns, self._steps = time_ns, self._clock(), 0
