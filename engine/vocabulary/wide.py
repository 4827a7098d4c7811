"""Integers as MessagePack can hold them: it has 64 bits, and money may need more."""

from __future__ import annotations

from typing import Final

_MAX_INTEGER: Final = 2**63

Wide = int | str
"""An integer, or its decimal digits where 64 bits do not hold it. `int` makes it one again."""


def wide(number: int) -> Wide:
    """An integer that may be stored whatever its size."""
    return number if -_MAX_INTEGER <= number < _MAX_INTEGER else str(number)
