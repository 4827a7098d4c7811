"""Numbers of JSON and decimals of the venue, each made of the other as text: no value is ever a binary fraction here."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import Final

import msgspec

from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import DECIMALS, MAX_E8

_FORM: Final = re.compile(r"(-?)(\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?)", re.ASCII)
# What is divided is shown with so many digits: more than any binary fraction of a client keeps.
_DIGITS: Final = 18


class NumberText(str):
    """A number of a JSON document, as it was written."""

    __slots__ = ()


class NotANumber(ValueError):
    """A text that is no number of this port; the message says why."""


def number(text: str) -> msgspec.Raw:
    """A decimal of the venue as a number of JSON: the same digits."""
    return msgspec.Raw(text.encode())


def maybe(text: str | None) -> msgspec.Raw | None:
    """The same, of what there may be none of."""
    return None if text is None else number(text)


def exact(text: str) -> str:
    """A number that a client wrote (`1`, `0.10`, `1e-3`) as a decimal of the venue.

    Raises:
        NotANumber: it is none, is below zero, or has more decimals or is larger than the venue takes.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise NotANumber("not a number")
    if found[1]:
        raise NotANumber("below zero")
    with localcontext() as context:
        # As many as the form may have, exponents included: nothing is rounded.
        context.prec = 150
        value = Decimal(found[2]).scaleb(DECIMALS)
        whole = value.to_integral_value()
    if whole != value:
        raise NotANumber(f"more than {DECIMALS} decimals")
    if whole > MAX_E8:
        raise NotANumber(f"larger than {MAX_E8 // 10**DECIMALS}")
    return decimal_e8(int(whole))


def e8(text: str) -> int:
    """A decimal of the venue, which may begin with `-`, as an integer scaled by 10**8."""
    return int(Decimal(text).scaleb(DECIMALS))


def difference(text: str, less: str) -> str:
    """One decimal less another."""
    return decimal_e8(e8(text) - e8(less)) if e8(text) >= e8(less) else "-" + decimal_e8(e8(less) - e8(text))


def quotient(dividend: str | int, divisor: str | int) -> str:
    """One value through another that is not zero, to 18 digits, for those who want an average."""
    with localcontext() as context:
        context.prec = _DIGITS
        return format(Decimal(dividend) / Decimal(divisor), "f")


def product(text: str, other: str) -> str:
    """Two decimals multiplied, exactly."""
    with localcontext() as context:
        context.prec = 60
        return format(Decimal(text) * Decimal(other), "f")


def millionths(ppm: int) -> msgspec.Raw:
    """A fee in millionths as a part of one."""
    return number(format(Decimal(ppm).scaleb(-6), "f"))


def milliseconds(time_ns: int) -> int:
    """Nanoseconds as Deribit tells a time."""
    return time_ns // 1_000_000
