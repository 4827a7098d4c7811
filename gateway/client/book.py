"""A participant's own copy of an order book, kept from the `book` channel and checked with every message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Final
from zlib import crc32

from sortedcontainers import SortedDict

from gateway.client.errors import ClientError
from gateway.client.values import Level
from gateway.protocol.messages import BookSnapshot, BookUpdate, Side

CHECKSUM_LEVELS: Final = 10
Written = tuple[str, str]
"""Price and quantity of one level, in the very strings that the venue sent."""


class BookOutOfStep(Exception):
    """An update did not continue the book, or its checksum differs; a new snapshot is needed."""


class LocalBook:
    """The price levels of one instrument: all, or the best so many of each side."""

    def __init__(self, instrument: str, depth: int | None = None, interval: str | None = None) -> None:
        self.instrument = instrument
        self.depth = depth
        """Levels of each side, as asked for; None: all there are."""
        self.interval = interval
        """How often it changes at most, as asked for; None: with every turn of the venue."""
        self.seq = -1
        """Of the last message applied; -1 before the first snapshot."""
        self.time = 0
        """The venue's clock at that message, nanoseconds since the epoch, UTC."""
        self.resyncs = 0
        """How often the copy was found out of step and fetched anew."""
        self.is_current = False
        """Whether it follows the venue; not before the first snapshot, nor while the connection is lost."""
        # By price, negated for bids: the best level comes first on both sides.
        self._bids: SortedDict[Decimal, Written] = SortedDict()
        self._asks: SortedDict[Decimal, Written] = SortedDict()
        self._waiting: list[asyncio.Future[None]] = []
        self._error: ClientError | None = None

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

    async def changed(self) -> None:
        """Wait until the next message has been applied. Raises what ended the book: no message will come any more."""
        if self._error is not None:
            raise self._error
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def apply(self, message: BookSnapshot | BookUpdate) -> None:
        """Apply a message of the `book` channel. Raises `BookOutOfStep` if it does not fit; the copy is then stale."""
        if isinstance(message, BookSnapshot):
            self._bids.clear()
            self._asks.clear()
        elif message.prev_seq != self.seq:
            raise BookOutOfStep(f"{self.instrument}: update follows {message.prev_seq}, the book is at {self.seq}")
        for levels, sign, changes in ((self._bids, -1, message.bids), (self._asks, 1, message.asks)):
            for price, quantity in changes:
                key = sign * Decimal(price)
                if quantity == "0":
                    levels.pop(key, None)
                else:
                    levels[key] = (price, quantity)
        self.seq, self.time = message.seq, message.time
        if self.checksum() != message.checksum:
            raise BookOutOfStep(f"{self.instrument}: the checksum differs at {message.seq}")
        self.is_current = True
        self._wake(None)

    def end(self, error: ClientError) -> None:
        """Note that no message will come any more, and why."""
        self.is_current = False
        self._error = error
        self._wake(error)

    def _wake(self, error: ClientError | None) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                if error is None:
                    each.set_result(None)
                else:
                    each.set_exception(error)
