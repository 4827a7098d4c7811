"""The price levels of a book as the public sees them, and the checksum over the best of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Final
from zlib import crc32

from engine.book.ladder import Ladder
from engine.vocabulary.codes import BUY
from gateway.outbound.channels.outbox import Outboxes
from gateway.protocol.formats import InstrumentFormat

CHECKSUM_LEVELS: Final = 10
Levels = list[tuple[str, str]]


def checksum(bids: Iterable[Sequence[str]], asks: Iterable[Sequence[str]]) -> int:
    """What a client's book must come to after a snapshot or an update.

    Args:
        bids: levels as `(price, quantity)` in the wire's own strings, best first; beyond the tenth they don't count.
        asks: likewise.

    Returns:
        CRC-32 (zlib) of `price:quantity` of the ten best bids, then of the ten best asks, joined by `|`.
    """
    text = "|".join(f"{level[0]}:{level[1]}" for levels in (bids, asks) for level in islice(levels, CHECKSUM_LEVELS))
    return crc32(text.encode())


class SideCopy:
    """One side of a book as it stood: its levels are taken off bit by bit, best first."""

    def __init__(self, ladder: list[int], lots: dict[int, int], sign: int) -> None:
        """Keep `price * sign` of each level, the best last, and the lots by price."""
        self._ladder: Final = ladder
        self._lots: Final = lots
        self._sign: Final = sign

    def __len__(self) -> int:
        """How many levels are left."""
        return len(self._ladder)

    def take(self, format_: InstrumentFormat, most: int) -> Levels:
        """Take off the next levels, at most so many, as strings."""
        keys = self._ladder[-most:]
        del self._ladder[-most:]
        keys.reverse()
        return [(format_.price[key * self._sign], format_.quantity[self._lots[key * self._sign]]) for key in keys]


class SideMirror:
    """One side of a book as the public sees it: lots by price, best price cached, and what changed since it was told."""

    def __init__(self, side: int) -> None:
        self.sign: Final = 1 if side == BUY else -1
        self.lots: Final[dict[int, int]] = {}
        self.best: int = 0
        """In ticks; 0: the side is empty."""
        self.is_best_touched = False
        """Whether the best price, or what is there, may be another since somebody has set this to False."""
        self.told: Final[dict[int, int]] = {}
        """By price: the lots that were last published of a level that has been touched since."""
        self.heard_by: Outboxes = {}
        """Who is told of changes. Nobody: then what was told before is not kept."""
        self._ladder: Final = Ladder()
        """`price * sign`, the best last."""

    def change(self, price: int, by_lots: int) -> None:
        """Add lots (negative: take them) at a price. O(1), O(log levels) where a level is born or dies."""
        lots = self.lots
        before = lots.get(price, 0)
        after = before + by_lots
        assert after >= 0, "more was taken from a level than it held"
        if self.heard_by and price not in self.told:
            self.told[price] = before
        if price == self.best:
            self.is_best_touched = True
        key = price if self.sign > 0 else -price
        if not after:
            del lots[price]
            ladder = self._ladder
            ladder.remove(key)
            if price == self.best:
                self.best = abs(ladder.last) if ladder.runs else 0
            return
        lots[price] = after
        if not before:
            self._ladder.add(key)
            if abs(self._ladder.last) == price:
                self.best = price
                self.is_best_touched = True

    def copy(self) -> SideCopy:
        """All levels as they are. O(levels), some 20 ns each."""
        return SideCopy(list(chain.from_iterable(self._ladder.runs)), self.lots.copy(), self.sign)

    def levels(self, format_: InstrumentFormat, depth: int) -> Levels:
        """The best `depth` levels as strings, best first."""
        prices = [abs(key) for key in islice(chain.from_iterable(map(reversed, reversed(self._ladder.runs))), depth)]
        return [(format_.price[price], format_.quantity[self.lots[price]]) for price in prices]

    def take_changes(self, format_: InstrumentFormat) -> Levels:
        """The levels that differ from what was last published, best first, `"0"` for those that are gone."""
        changed = [price for price, before in self.told.items() if self.lots.get(price, 0) != before]
        changed.sort(reverse=self.sign > 0)
        self.told.clear()
        lots = self.lots
        return [(format_.price[price], format_.quantity[lots[price]] if price in lots else "0") for price in changed]
