"""Times as people and other programs read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from compliance.registry.calendar import iso_date
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND

MOSCOW: Final = timezone(timedelta(microseconds=MOSCOW_OFFSET_NS // 1_000))


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


def moscow_time(time_ns: int, digits: int = 6) -> str:
    """What a clock in Moscow shows, with so many decimals of a second: `2026-02-01 02:59:59.000000`."""
    return utc(time_ns + MOSCOW_OFFSET_NS)[: len("2026-01-31T23:59:59.") + digits].rstrip(".").replace("T", " ")


def moscow_of(text: str) -> str:
    """What a clock in Moscow shows at a time as `UtcTimes` wrote it, to the millisecond."""
    moscow = datetime.fromisoformat(text).astimezone(MOSCOW)
    return moscow.replace(tzinfo=None).isoformat(" ", "milliseconds")


def moscow_date(time_ns: int) -> str:
    """The Moscow date of a time, as YYYY-MM-DD."""
    return iso_date(moscow_day(time_ns))
