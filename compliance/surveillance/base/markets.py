"""What is seen of an instrument: its book, who stands in it, its last prices. Mirrored from events alone."""

from __future__ import annotations

from collections import deque
from typing import Final

from sortedcontainers import SortedDict

from compliance.surveillance.base.people import Holder
from engine.vocabulary.codes import BUY, CLOSED
from engine.vocabulary.limits import NS_PER_SECOND

BUCKET_NS: Final = 10 * NS_PER_SECOND
BUCKETS: Final = 180
"""Half an hour of prices."""
MILLION: Final = 1_000_000


class Bucket:
    """Ten seconds of trades."""

    def __init__(self, number: int) -> None:
        self.number: Final = number
        self.lots: int = 0
        self.sum: int = 0
        """Price in ticks times lots."""


class Live:
    """An order that has not ended."""

    def __init__(
        self, order_id: int, holder: Holder, market: Market, *, side: int, price_ticks: int, lots: int
    ) -> None:
        self.order_id: Final = order_id
        self.holder: Final = holder
        self.market: Final = market
        self.side: Final = side
        self.key: Final = f"{holder.root}|{market.name}"
        """Whose it is, and where: those linked count as one."""
        self.price_ticks: int = price_ticks
        self.quantity_lots: int = lots
        """0: a market order by funds."""
        self.filled_lots: int = 0
        self.leaves_lots: int = lots
        self.shown_lots: int = 0
        self.seq: int = 0
        """Of the command that entered it."""
        self.entered_ns: int = 0
        self.mid2: int = 0
        """Twice the middle of the book before it was entered, in ticks; 0: a side was empty."""


class Market:
    """One instrument."""

    def __init__(self, name: str, kind: int, base: str, quote: str, *, tick_e8: int, lot_e8: int, unit: int) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.base: Final = base
        self.quote: Final = quote
        self.tick_e8: Final = tick_e8
        self.lot_e8: Final = lot_e8
        self.unit: Final = unit
        self.phase: int = CLOSED
        self.last_ticks: int = 0
        """Of the last trade; until there is one, the reference that it was listed with."""
        self.indicative_ticks: int = 0
        self.indicative_lots: int = 0
        self.levels: Final[tuple[SortedDict[int, int], SortedDict[int, int]]] = (SortedDict(), SortedDict())
        """Lots shown by price, of buys and sells."""
        self.shown: Final[dict[int, Live]] = {}
        self._buckets: Final[deque[Bucket]] = deque(maxlen=BUCKETS)

    def best(self, side: int) -> int:
        """The best price of a side in ticks; 0: it is empty."""
        levels = self.levels[side]
        if not levels:
            return 0
        price: int = levels.peekitem(-1 if side == BUY else 0)[0]
        return price

    def mid2(self) -> int:
        """Twice the middle of the book in ticks; 0: a side is empty."""
        bid, ask = self.best(0), self.best(1)
        return bid + ask if bid and ask else 0

    def depth(self, side: int, levels: int) -> int:
        """Lots shown at the best levels of a side. O(levels)."""
        table = self.levels[side]
        total = 0
        prices = reversed(table) if side == BUY else iter(table)
        for price in prices:
            total += table[price]
            levels -= 1
            if not levels:
                break
        return total

    def show(self, order: Live, price_ticks: int, lots: int) -> None:
        """Let an order show so many lots at a price; 0: it is off the book."""
        levels = self.levels[order.side]
        if order.shown_lots:
            left = levels.get(order.price_ticks, 0) - order.shown_lots
            if left > 0:
                levels[order.price_ticks] = left
            else:
                levels.pop(order.price_ticks, None)
        order.shown_lots = lots
        if lots:
            order.price_ticks = price_ticks
            levels[price_ticks] = levels.get(price_ticks, 0) + lots
            self.shown[order.order_id] = order
        else:
            self.shown.pop(order.order_id, None)

    def traded(self, time_ns: int, price_ticks: int, lots: int) -> None:
        """Take in a trade."""
        number = time_ns // BUCKET_NS
        self.last_ticks = price_ticks
        if not self._buckets or self._buckets[-1].number != number:
            self._buckets.append(Bucket(number))
        bucket = self._buckets[-1]
        bucket.lots += lots
        bucket.sum += price_ticks * lots

    def mean_ticks(self, from_ns: int, to_ns: int) -> int:
        """The mean price between two moments, by volume, to ten seconds; 0: nothing traded, or it is forgotten."""
        first, last = from_ns // BUCKET_NS, to_ns // BUCKET_NS
        lots = total = 0
        for bucket in self._buckets:
            if first <= bucket.number < last:
                lots += bucket.lots
                total += bucket.sum
        return total // lots if lots else 0

    def value(self, price_ticks: int, lots: int) -> int:
        """What lots cost at a price, in minor units of the quote."""
        return price_ticks * lots * self.unit


def part_ppm(part: int, whole: int) -> int:
    """A part in millionths of a whole, rounded down; 0 of nothing."""
    return part * MILLION // whole if whole else 0
