"""Times of a venue as Python has them, and back."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.reporting.tables.times import MOSCOW


def moscow_datetime(time_ns: int) -> datetime:
    """Nanoseconds since the epoch as a time in Moscow, to the microsecond below."""
    seconds, rest = divmod(time_ns, NS_PER_SECOND)
    return datetime.fromtimestamp(seconds, MOSCOW) + timedelta(microseconds=rest // 1_000)


def to_ns(time: datetime) -> int:
    """A time as nanoseconds since the epoch, UTC. Raises `TypeError` for one without a time zone."""
    if time.tzinfo is None:
        raise TypeError(f"{time!r} has no time zone: write datetime(..., tzinfo=sbx.MOSCOW), or the time as a string")
    whole = int(time.replace(microsecond=0).timestamp())
    return whole * NS_PER_SECOND + time.microsecond * 1_000
