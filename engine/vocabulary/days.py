"""The trading day, which is Moscow's."""

from __future__ import annotations

from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_DAY


def moscow_day(time_ns: int) -> int:
    """The Moscow day of a time (nanoseconds since the epoch, UTC), in days since 1970-01-01."""
    return (time_ns + MOSCOW_OFFSET_NS) // NS_PER_DAY


def midnight_ns(day: int) -> int:
    """When a Moscow day begins, nanoseconds since the epoch, UTC."""
    return day * NS_PER_DAY - MOSCOW_OFFSET_NS


def time_of_day_ns(time_ns: int) -> int:
    """How long a time is after the beginning of its Moscow day, in nanoseconds."""
    return (time_ns + MOSCOW_OFFSET_NS) % NS_PER_DAY
