"""Prices and quantities as a program writes them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

Amount = str | int | Decimal
"""A price, quantity or sum of money: never a binary float, which can't hold most decimals."""

_WRITTEN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def decimal_text(value: Amount, name: str = "") -> str:
    """Write a price or quantity as the venue reads it: digits, at most one point, no exponent.

    Args:
        value: as a program has it.
        name: what it is, for the error.

    Raises:
        TypeError: it is a float, or no number at all.
        ValueError: it is a text that is no number, or a number without an end.
    """
    about = f"{name}: " if name else ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        what = "is a float, which can't hold most decimals" if isinstance(value, float) else "is no number"
        raise TypeError(f'{about}{value!r} {what}: write it as str, int or Decimal, as in "0.01" or Decimal("0.01")')
    if isinstance(value, str) and _WRITTEN.fullmatch(value):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f'{about}{value!r} is no decimal number: write it as in "0.01"')
    return format(number, "f")


def optional_text(value: Amount | None, name: str) -> str | None:
    """Write an amount that may be left out. Raises as `decimal_text` does."""
    return None if value is None else decimal_text(value, name)


def optional_decimal(text: str | None) -> Decimal | None:
    """Read a decimal of the venue that may be left out."""
    return None if text is None else Decimal(text)
