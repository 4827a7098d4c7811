"""Figures of findings as text."""

from __future__ import annotations

from engine.vocabulary.decimals import decimal


def roubles(kopecks: int) -> str:
    """`1234.50 RUB`."""
    return f"{decimal(kopecks, 2)} RUB"


def percent(ppm: int) -> str:
    """Millionths as `93.21 %`."""
    sign = "-" if ppm < 0 else ""
    return f"{sign}{decimal(abs(ppm) // 100, 2)} %"


def seconds(ns: int) -> str:
    """Nanoseconds as `2.500 s`."""
    return f"{decimal(ns // 1_000_000, 3)} s"
