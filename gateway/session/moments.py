"""A moment of a session as people write it: a time, a time since the beginning, or a sequence number."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from compliance.registry.calendar import parse_iso_date
from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND

_UNITS_NS: Final = {
    "d": NS_PER_DAY,
    "h": 3_600 * NS_PER_SECOND,
    "m": 60 * NS_PER_SECOND,
    "ms": NS_PER_SECOND // 1_000,
    "s": NS_PER_SECOND,
}
_AMOUNT: Final = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,9}))?(ms|[dhms])", re.ASCII)
_CLOCK: Final = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ](?=[0-9])|\Z))?"
    r"(?:(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?\Z",
    re.ASCII,
)
FORMS: Final = (
    "12.3s or 1h30m from the beginning, 10:04:07 on the first day, 2026-06-01, 2026-06-01T10:04:07.5 (Moscow; or with Z or +03:00 "
    "behind it), or a sequence number"
)


class MomentError(ValueError):
    """A text is no moment; the message says which forms there are."""


class Moment(NamedTuple):
    """Either a sequence number or a time."""

    seq: int = 0
    """0: it is a time."""
    time_ns: int = 0
    """Nanoseconds since the epoch, UTC."""

    def is_reached(self, seq: int, time_ns: int) -> bool:
        """Whether a command with this number and time is at the moment or after it."""
        return seq >= self.seq if self.seq else time_ns >= self.time_ns


def parse_moment(text: str, begin_ns: int) -> Moment:
    """Read a moment of a session.

    Args:
        text: in one of `FORMS`.
        begin_ns: the time of the session's first command, nanoseconds since the epoch, UTC.

    Raises:
        MomentError: it is none.
    """
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text):
        return Moment(seq=int(text))
    length_ns = parse_length(text)
    if length_ns is not None:
        return Moment(time_ns=begin_ns + length_ns)
    time_ns = _clock(text, begin_ns)
    if time_ns is None:
        raise MomentError(f"{text!r} is no moment: write {FORMS}")
    return Moment(time_ns=time_ns)


def parse_length(text: str) -> int | None:
    """A length of time such as `5m`, `1h30m`, `0.5s`, `250ms`, in nanoseconds; None: it is none."""
    total = place = 0
    while place < len(text):
        found = _AMOUNT.match(text, place)
        if found is None:
            return None
        whole, part, unit = found.groups()
        unit_ns = _UNITS_NS[unit]
        total += int(whole) * unit_ns + int((part or "0").ljust(9, "0")) * unit_ns // NS_PER_SECOND
        place = found.end()
    return total if text else None


def _clock(text: str, begin_ns: int) -> int | None:
    """A date, a time of day, or both, as nanoseconds since the epoch, UTC; None: it is none of these."""
    found = _CLOCK.match(text)
    if not text or found is None:
        return None
    day = moscow_day(begin_ns)
    if found["date"]:
        date = parse_iso_date(found["date"])
        if date is None:
            return None
        day = date
    if not found["hour"]:
        return midnight_ns(day)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    zone_ns = _zone_ns(found["zone"])
    if hour > 23 or minute > 59 or second > 59 or zone_ns is None:
        return None
    of_day_ns = (hour * 3_600 + minute * 60 + second) * NS_PER_SECOND + int((found["part"] or "0").ljust(9, "0"))
    return day * NS_PER_DAY + of_day_ns - zone_ns


def _zone_ns(zone: str | None) -> int | None:
    """How far a time zone is ahead of UTC; Moscow's if none is named; None: there is no such zone."""
    if zone is None:
        return MOSCOW_OFFSET_NS
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        return None
    offset_ns = (hours * 60 + minutes) * 60 * NS_PER_SECOND
    return -offset_ns if zone[0] == "-" else offset_ns
