"""Parts of a whole as percents, exactly and as text."""

from __future__ import annotations


def percent(part: int, whole: int) -> str | None:
    """A part in percent of a whole, two decimals, rounded half up; None where there is no whole.

    Args:
        part: not below 0.
        whole: in the same unit.
    """
    if whole <= 0:
        return None
    hundredths = (part * 20_000 + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
