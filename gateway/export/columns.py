"""What a table of an export is declared with, and what its values are made of."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.vocabulary.limits import DECIMALS

WORD: Final = "word"
"""A text of which there are few: a code, a name. Kept as a dictionary."""
TEXT: Final = "text"
COUNT: Final = "count"
DECIMAL: Final = "decimal"
"""An integer scaled by 10**8 in a row, an exact decimal in the table."""
TIME: Final = "time"
"""Nanoseconds since the epoch, UTC."""
DAY: Final = "day"
"""Moscow's, in days since 1970-01-01."""
FLAG: Final = "flag"

Value = str | int | bool | None
Row = tuple[Value, ...]
"""Values in the order of the columns. None, and a text that is empty, do not apply or are not known."""


class Column(NamedTuple):
    """A column."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    """Of a decimal."""
    is_supervisory: bool = False
    """Whether it says of market data what the public is not told: whose it is."""


class Declared(NamedTuple):
    """A table: what it is called, what one row of it is, and its columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


class TooFine(ValueError):
    """An asset has more decimals than the tables."""


def scaled(amount: int, scale: int) -> int:
    """An amount in minor units of so many decimals, scaled by 10**8.

    Raises:
        TooFine: the decimals of the tables are too few. No venue file has such an asset.
    """
    if scale > DECIMALS:
        raise TooFine(f"an asset has {scale} decimals, and the tables have {DECIMALS}: it can't be exported exactly")
    return int(amount * 10 ** (DECIMALS - scale))


def parsed(text: str) -> int | None:
    """A decimal of the wire, scaled by 10**8; None: there is none."""
    if not text:
        return None
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(DECIMALS, "0"))
