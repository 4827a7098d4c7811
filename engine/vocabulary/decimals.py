"""Amounts as people read them."""

from __future__ import annotations


def decimal(amount: int, scale: int) -> str:
    """An amount in minor units as a decimal string, all its decimals shown."""
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


def decimal_e8(value: int) -> str:
    """A value scaled by 10**8 as a decimal string without trailing zeros."""
    text = decimal(value, 8).rstrip("0")
    return text.rstrip(".")
