"""Marks of futures and prices of indices: what the public is told of the money side, mirrored from events alone.

marks  per instrument: its marks; `seq` counts them, without gaps
index  per index, by its name: its prices; `seq` counts them, without gaps
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.messages.events import FutureMarked, IndexPriceSet
from gateway.outbound.outbox import Outbox
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import IndexPrice, Mark


class MarkFeed:
    """The marks of one instrument."""

    def __init__(self, format_: InstrumentFormat) -> None:
        self._format: Final = format_
        self.subscribers: Final[list[Outbox]] = []
        self.last: Mark | None = None

    @property
    def seq(self) -> int:
        """How many there were."""
        return 0 if self.last is None else self.last.seq

    def follow(self, event: FutureMarked, time_ns: int) -> Mark:
        """Take in a mark; returns its message."""
        self.last = Mark(
            instrument=event.instrument,
            seq=self.seq + 1,
            price=self._format.price[event.price_ticks],
            open_interest=self._format.quantity[event.open_interest_lots],
            time=time_ns,
            final=event.final,
        )
        return self.last


class IndexFeed:
    """The prices of one index."""

    def __init__(self, event: IndexPriceSet, time_ns: int) -> None:
        self.subscribers: Final[list[Outbox]] = []
        self.last: IndexPrice
        self._count = 0
        self.follow(event, time_ns)

    @property
    def seq(self) -> int:
        """How many there were."""
        return self._count

    def follow(self, event: IndexPriceSet, time_ns: int) -> IndexPrice:
        """Take in a price; returns its message."""
        self._count += 1
        self.last = IndexPrice(
            index=event.index,
            seq=self._count,
            price=decimal_e8(event.price_e8),
            time=time_ns,
            source=event.source,
        )
        return self.last
