"""The one way in which millionths become whole units."""

from __future__ import annotations

from typing import Final

PPM: Final = 1_000_000


def round_up(numerator: int) -> int:
    """Millionths to units, towards the venue: the ceiling, for rebates too."""
    return -(-numerator // PPM)


def nearest_tick(numerator: int, divisor: int) -> int:
    """A fraction of ticks to whole ticks: half up, at least one."""
    return max((2 * numerator + divisor) // (2 * divisor), 1)
