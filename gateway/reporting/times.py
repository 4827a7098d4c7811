"""Times as people and other programs read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from compliance.registry.calendar import iso_date
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND

_FRACTION: Final = re.compile(r"[.,]([0-9]{1,9})(?![0-9])")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTimes:
    """Nanoseconds since the epoch as ISO 8601 in UTC, all nine decimals; the text of the last second is kept."""

    def __init__(self) -> None:
        self._second: int = -1
        self._text: str = ""

    def __call__(self, time_ns: int) -> str:
        """`2026-01-31T23:59:59.000000001Z`."""
        second, rest = divmod(time_ns, NS_PER_SECOND)
        if second != self._second:
            self._second = second
            days, of_day = divmod(second, NS_PER_DAY // NS_PER_SECOND)
            minutes, seconds = divmod(of_day, 60)
            self._text = f"{iso_date(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        return f"{self._text}.{rest:09d}Z"


def utc(time_ns: int) -> str:
    """One time as `UtcTimes` writes it."""
    return UtcTimes()(time_ns)


def time_ns_of(text: str) -> int:
    """Nanoseconds since the epoch of an ISO 8601 time, in UTC unless it says otherwise; to the nanosecond.

    Raises:
        ValueError: it is none.
    """
    # A datetime has microseconds alone.
    fraction = _FRACTION.search(text)
    digits = fraction[1] if fraction is not None else ""
    moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_SECOND + int(digits.ljust(9, "0"))


def moscow_date(time_ns: int) -> str:
    """The Moscow date of a time, as YYYY-MM-DD."""
    return iso_date(moscow_day(time_ns))
