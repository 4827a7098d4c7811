"""Lengths of candles, and when each begins. All that divide a day begin at midnight in Moscow, as the trading day does."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND

SECOND_NS: Final = NS_PER_SECOND
MINUTE_NS: Final = 60 * NS_PER_SECOND
HOUR_NS: Final = 60 * MINUTE_NS
INTERVALS: Final[dict[str, int]] = {
    "1s": SECOND_NS,
    "10s": 10 * SECOND_NS,
    "1m": MINUTE_NS,
    "5m": 5 * MINUTE_NS,
    "15m": 15 * MINUTE_NS,
    "1h": HOUR_NS,
    "4h": 4 * HOUR_NS,
    "1d": NS_PER_DAY,
}
"""What the venue tells, by name. Each is a whole number of the one before it, so that candles are made of shorter ones."""


def start_of(time_ns: int, interval_ns: int) -> int:
    """When the interval begins in which a time is, nanoseconds since the epoch, UTC.

    Intervals that do not divide a day are counted from Moscow's midnight of 1970-01-01.
    """
    return time_ns - (time_ns + MOSCOW_OFFSET_NS) % interval_ns


def window_start(time_ns: int) -> int:
    """Where the figures of 24 hours begin at a time: by the minute, so that they are of 24 hours, and a minute more at most."""
    return start_of(time_ns, MINUTE_NS) - NS_PER_DAY
