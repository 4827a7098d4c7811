"""Figures that several sections have: percents, shares, concentration, amounts by asset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.vocabulary.decimals import decimal
from gateway.reporting.tables.joined import minor, scale_of

TOP: Final = 10
"""How many of the largest concentration looks at."""
WHOLE: Final = 10_000
"""Hundredths of a percent; the Herfindahl index of one who has all."""


def percent(part: int, whole: int) -> str | None:
    """Part of whole in percent with two decimals, rounded down; None of a whole of nothing or less."""
    return None if whole <= 0 else decimal(part * WHOLE // whole, 2)


def herfindahl(amounts: Sequence[int]) -> str | None:
    """The Herfindahl index of shares in percent: 10 000 where one has all, 0 where there are very many. Two decimals, rounded down."""
    total = sum(amounts)
    if total <= 0:
        return None
    return decimal(sum(amount * amount for amount in amounts) * WHOLE * 100 // (total * total), 2)


def in_minor(texts: Sequence[str]) -> tuple[list[int], int]:
    """Decimal strings as integers of one scale, and that scale: they may have come from sessions with different decimals."""
    scale = max(map(scale_of, texts), default=0)
    return [minor(text, scale) for text in texts], scale


def roubles(kopecks: int) -> str:
    """Kopecks as roubles."""
    return decimal(kopecks, 2)
