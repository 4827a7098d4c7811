"""What a recorded order flow is once it is read: actions to feed, and the truth to compare with.

Both readers (`bitstamp`, `lobster`) give a `Recording`; both ways to feed it (`engine`, `gateway`)
take one. Prices are ticks and quantities lots of the recording's own market; times are nanoseconds since the epoch.
"""

from __future__ import annotations

import lzma
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from engine.vocabulary.limits import DECIMALS, MAX_E8, ONE_E8

Levels = list[tuple[int, int]]
"""(price_ticks, quantity_lots) of price levels, best first."""


Progress = Callable[[int, int], None]
"""Called with actions done and actions in all."""


_MOST_DIGITS = 40


class FlowError(Exception):
    """A recording could not be read, or could not be fed; the message says what to do."""


class Enter(NamedTuple):
    """Enter a limit order; `immediate` orders never rest."""

    time_ns: int
    reference: str
    side: int
    price_ticks: int
    quantity_lots: int
    immediate: bool = False


class Reprice(NamedTuple):
    """Move a resting order to another price; no more than `leaves_lots` of it stay open."""

    time_ns: int
    reference: str
    price_ticks: int
    leaves_lots: int


class Reduce(NamedTuple):
    """Take `lots` off a resting order; it keeps its place."""

    time_ns: int
    reference: str
    lots: int


class Withdraw(NamedTuple):
    """Cancel a resting order, if it still rests."""

    time_ns: int
    reference: str


class TradeSeen(NamedTuple):
    """Truth: a trade that was recorded. `maker` names the resting order where the recording does ("": it does not).

    `note` is the reason, if the recording itself shows one, why no engine can be expected to make this trade.
    """

    time_ns: int
    price_ticks: int
    quantity_lots: int
    maker: str = ""
    note: str = ""


class BookSeen(NamedTuple):
    """Truth: the best price levels of both sides, as recorded."""

    time_ns: int
    bids: Levels
    asks: Levels


Action = Enter | Reprice | Reduce | Withdraw | TradeSeen | BookSeen
Order = Enter | Reprice | Reduce | Withdraw


@dataclass
class Recording:
    """One recorded session, ready to be fed: `opening` orders first, then `actions` in recorded order."""

    file_format: str
    base: str
    quote: str
    quote_scale: int
    tick_e8: int
    lot_e8: int
    opening: list[Enter] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    """How many of each kind of record went into the orders that are fed."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many records could not be used, by reason."""
    unfinished: set[tuple[int, int]] = field(default_factory=set)
    """(side, price_ticks) of orders whose end the recording does not carry."""
    seen_depth: tuple[int, int] = (0, 0)
    """Worst bid and ask price, in ticks, of the first recorded book; beyond it nothing is known of the opening book."""
    depth: int = 0
    """How many levels a side a recorded book shows at most; 0: as many as there are."""
    books_used: int = 0
    """Recorded books that made up the opening book; they are not compared."""

    @property
    def instrument(self) -> str:
        """The market's name, `BASE/QUOTE`."""
        return f"{self.base}/{self.quote}"


def to_e8(text: str) -> int:
    """Turn a plain decimal string into an integer scaled by 10**8.

    Raises `FlowError` if it is not one, or has more than eight decimals.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()) or not whole or len(fraction) > DECIMALS:
        raise FlowError(f"not a decimal with at most {DECIMALS} places: {text!r}")
    if len(digits) > _MOST_DIGITS:
        raise FlowError(f"too large: {text[:_MOST_DIGITS]!r}...")
    value = int(digits + "0" * (DECIMALS - len(fraction)))
    if value > MAX_E8:
        raise FlowError(f"larger than {MAX_E8 // ONE_E8}: {text!r}")
    return value


@contextmanager
def open_lines(path: Path) -> Iterator[BinaryIO]:
    """Open a recording for reading line by line, plain or `.xz`."""
    if path.suffix == ".xz":
        with lzma.open(path, "rb") as compressed:
            yield cast("BinaryIO", compressed)
    else:
        with path.open("rb") as plain:
            yield plain
