"""A participant's own copy of an order book, kept from the `book` channel and checked with every message."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Final
from zlib import crc32

from sortedcontainers import SortedDict

from gateway.client.copies.local_copy import LocalCopy
from gateway.client.values.values import Level
from gateway.protocol.messages import BookSnapshot, BookUpdate, Side

CHECKSUM_LEVELS: Final = 10
Written = tuple[str, str]
"""Price and quantity of one level, in the very strings that the venue sent."""


class LocalBook(LocalCopy):
    """The price levels of one instrument: all, or the best so many of each side."""

    def __init__(self, instrument: str, depth: int | None = None, interval: str | None = None) -> None:
        super().__init__(instrument)
        self.depth = depth
        """Levels of each side, as asked for; None: all there are."""
        self.interval = interval
        """How often it changes at most, as asked for; None: with every turn of the venue."""
        # By price, negated for bids: the best level comes first on both sides.
        self._bids: SortedDict[Decimal, Written] = SortedDict()
        self._asks: SortedDict[Decimal, Written] = SortedDict()

    def written(self, side: Side) -> Iterator[Written]:
        """The levels on which orders of a side rest, best first, as the venue wrote them. The book must not change meanwhile."""
        return iter((self._bids if side == "buy" else self._asks).values())

    def levels(self, side: Side) -> Iterator[Level]:
        """The levels on which orders of a side rest, best first. The book must not change while they are read."""
        return (Level(Decimal(price), Decimal(quantity)) for price, quantity in self.written(side))

    @property
    def bids(self) -> list[Level]:
        """Every buy level, best first."""
        return list(self.levels("buy"))

    @property
    def asks(self) -> list[Level]:
        """Every sell level, best first."""
        return list(self.levels("sell"))

    @property
    def best_bid(self) -> Level | None:
        """The best buy level; None if nobody buys."""
        return next(self.levels("buy"), None)

    @property
    def best_ask(self) -> Level | None:
        """The best sell level; None if nobody sells."""
        return next(self.levels("sell"), None)

    @property
    def mid(self) -> Decimal | None:
        """The middle of the best bid and ask; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    def checksum(self) -> int:
        """CRC-32 of `price:quantity` of the ten best bids, then of the ten best asks, joined by `|`."""
        best = (*islice(self.written("buy"), CHECKSUM_LEVELS), *islice(self.written("sell"), CHECKSUM_LEVELS))
        return crc32("|".join(f"{price}:{quantity}" for price, quantity in best).encode())

    def _take(self, message: BookSnapshot | BookUpdate) -> None:
        if isinstance(message, BookSnapshot):
            self._bids.clear()
            self._asks.clear()
        for levels, sign, changes in ((self._bids, -1, message.bids), (self._asks, 1, message.asks)):
            for price, quantity in changes:
                key = sign * Decimal(price)
                if quantity == "0":
                    levels.pop(key, None)
                else:
                    levels[key] = (price, quantity)
