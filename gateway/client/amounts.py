"""Prices and quantities as a program writes them."""

from __future__ import annotations

from decimal import Decimal

Amount = str | int | Decimal
"""A price or quantity: never a binary float, which can't hold most decimals."""


def decimal_text(value: Amount) -> str:
    """Write a price or quantity as the venue reads it. Raises `TypeError` for a float."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f'{value!r}: write prices and quantities as str, int or Decimal, as in "0.01"')
    return format(value, "f") if isinstance(value, Decimal) else str(value)
