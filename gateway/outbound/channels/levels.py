"""The price levels of a book as the public sees them, and the checksum over the best of them."""

from __future__ import annotations

from bisect import bisect_left
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


Change = tuple[int, int, int]
"""Of a level: its `price * sign`, its lots before, and now."""
EVERYTHING: Final = -(2**62)
"""Below every `price * sign`: the edge of a side that is told as deep as it is."""


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

    def best(self, format_: InstrumentFormat, most: int) -> Levels:
        """The best levels, at most so many; they stay."""
        return [
            (format_.price[key * self._sign], format_.quantity[self._lots[key * self._sign]])
            for key in reversed(self._ladder[-most:])
        ]

    @property
    def edge(self) -> int:
        """The `price * sign` of the worst level; there must be one."""
        return self._ladder[0]


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
        """Who is told of all changes."""
        self.is_watched = False
        """Whether others are told of some. Nobody at all: then what was told before is not kept."""
        self._ladder: Final = Ladder()
        """`price * sign`, the best last."""

    def change(self, price: int, by_lots: int) -> None:
        """Add lots (negative: take them) at a price. O(1), O(log levels) where a level is born or dies."""
        lots = self.lots
        before = lots.get(price, 0)
        after = before + by_lots
        assert after >= 0, "more was taken from a level than it held"
        if (self.heard_by or self.is_watched) and price not in self.told:
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

    def copy_as_told(self, told: dict[int, int], depth: int) -> SideCopy:
        """The best `depth` levels (0: all) as they were when those in `told` had the lots there. O(depth + told), or O(levels)."""
        if not (depth or told):
            return self.copy()
        lots = self.lots
        if depth:
            keys = self._best_keys(depth + len(told))
            lots = {abs(key): lots[abs(key)] for key in keys}
        else:
            keys = list(chain.from_iterable(self._ladder.runs))
            lots = lots.copy()
        if told:
            for price, before in told.items():
                if before:
                    lots[price] = before
                else:
                    lots.pop(price, None)
            # Nearly in order, for the most part.
            keys = sorted([price * self.sign for price in lots])
        return SideCopy(keys[-depth:] if depth else keys, lots, self.sign)

    def edge(self, depth: int) -> int:
        """The `price * sign` of the level that is the `depth`th; `EVERYTHING`: there are no more. O(runs)."""
        if depth and len(self.lots) > depth:
            left = depth
            for run in reversed(self._ladder.runs):
                if left <= len(run):
                    return run[-left]
                left -= len(run)
        return EVERYTHING

    def keys(self, low: int, high: int) -> list[int]:
        """The `price * sign` of the levels from `low` on and below `high`. O(log levels + levels found)."""
        found: list[int] = []
        for run in reversed(self._ladder.runs):
            if run[0] < high:
                found += run[bisect_left(run, low) : bisect_left(run, high)]
            if run[0] < low:
                break
        return found

    def _best_keys(self, most: int) -> list[int]:
        """The best so many, the best last."""
        parts: list[list[int]] = []
        for run in reversed(self._ladder.runs):
            parts.append(run[-most:])
            most -= len(run)
            if most <= 0:
                break
        parts.reverse()
        return list(chain.from_iterable(parts))

    def levels(self, format_: InstrumentFormat, depth: int) -> Levels:
        """The best `depth` levels as strings, best first."""
        prices = [abs(key) for key in islice(chain.from_iterable(map(reversed, reversed(self._ladder.runs))), depth)]
        return [(format_.price[price], format_.quantity[self.lots[price]]) for price in prices]

    def changes(self, told: dict[int, int]) -> list[Change]:
        """The levels that differ from what they were in `told`, best first."""
        lots, sign = self.lots, self.sign
        changed = [
            (price * sign, before, after) for price, before in told.items() if (after := lots.get(price, 0)) != before
        ]
        changed.sort(reverse=True)
        return changed


class Window:
    """The best levels of a side, as far as somebody is told of them; and what of a change is to be told."""

    def __init__(self, side: SideMirror, depth: int) -> None:
        """Of `depth` levels; 0: all."""
        self._side: Final = side
        self._depth: Final = depth
        self._edge = EVERYTHING
        """Of what was told."""

    def begin(self, copy: SideCopy) -> None:
        """Have told what was copied."""
        self._edge = copy.edge if self._depth and len(copy) == self._depth else EVERYTHING

    def tell(self, changed: list[Change], format_: InstrumentFormat) -> Levels:
        """What brings who was told the levels of before to those of now, best first: `"0"` for each that is gone or no longer one of the best.

        O(changed + runs): no more levels come into the window, or leave it, than were born or have died.
        """
        sign = self._side.sign
        if not self._depth:
            prices, quantities = format_.price, format_.quantity
            return [(prices[key * sign], quantities[new] if new else "0") for key, _, new in changed]
        before, edge = self._edge, self._side.edge(self._depth)
        self._edge = edge
        rows: list[tuple[int, int]] = []
        for key, old, new in changed:
            if new and key >= edge:
                rows.append((key, new))
            elif old and key >= before:
                rows.append((key, 0))
        if edge != before:
            self._shift(rows, {key for key, _, _ in changed}, edge, before)
        return [(format_.price[key * sign], format_.quantity[lots] if lots else "0") for key, lots in rows]

    def _shift(self, rows: list[tuple[int, int]], changed: set[int], edge: int, before: int) -> None:
        """Add the levels that stayed as they were, but are in the window now and were not, or the other way round."""
        lots, sign = self._side.lots, self._side.sign
        keys = self._side.keys(min(edge, before), max(edge, before))
        rows += [(key, lots[key * sign] if edge < before else 0) for key in keys if key not in changed]
        rows.sort(reverse=True)
