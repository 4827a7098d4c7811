"""What changes in the queue of a book, order by order, while anybody is told.

An order is known by a public id. A book gives them in the order in which orders, or their next parts, join it, and only to what
is still there when the command is over: so they say nothing of what never showed.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

from mypy_extensions import mypyc_attr

from engine.vocabulary.codes import BUY, SIDES
from gateway.protocol.formats import InstrumentFormat

ADD: Final = "add"
EXECUTE: Final = "execute"
REDUCE: Final = "reduce"
REFRESH: Final = "refresh"
REMOVE: Final = "remove"
QueueChange = tuple[str, str, int, str, str]
"""What happened, the side, the public id, the price, and what the order shows now."""
QueueRow = tuple[int, str, str]
"""Of an order: its public id, the price, and what it shows."""
_MODULUS: Final = 1 << 32


@mypyc_attr(acyclic=True)
class Displayed:
    """What an order shows in the book."""

    __slots__ = ("lots", "price_ticks", "public_id", "side")

    def __init__(self, side: int, price_ticks: int, lots: int, public_id: int) -> None:
        self.side = side
        self.price_ticks = price_ticks
        self.lots = lots
        self.public_id = public_id
        """Not for good before the command is over with which it joined."""


def checksum_part(side: str, public_id: int, price: str, quantity: str) -> int:
    """What one order adds to the checksum of a queue: CRC-32 (zlib) of `id:side:price:quantity`, in the wire's own strings."""
    return crc32(f"{public_id}:{side}:{price}:{quantity}".encode())


class QueueCopy:
    """The orders of a book as they stood: taken off bit by bit while the book goes on."""

    def __init__(self, orders: list[Displayed]) -> None:
        self._orders: Final = orders
        self._place = 0
        self.then: Final[dict[Displayed, int]] = {}
        """What those showed that have changed since."""

    def __len__(self) -> int:
        """How many are left."""
        return len(self._orders) - self._place

    def take(self, most: int) -> list[tuple[Displayed, int]]:
        """Take off the next ones, at most so many, each with the lots that it showed."""
        orders = self._orders[self._place : self._place + most]
        self._place += len(orders)
        then = self.then
        return [(order, then.get(order, order.lots)) for order in orders]


class QueueWatch:
    """Gathers what the commands of a turn change."""

    def __init__(self, format_: InstrumentFormat) -> None:
        self._format: Final = format_
        self._before: Final[dict[Displayed, int]] = {}
        """What orders showed before the present command, of those that it has changed."""
        self._traded: Final[dict[Displayed, int]] = {}
        """What of it the command has traded."""
        self.changes: list[QueueChange] = []
        """Of the present turn."""
        self.copies: Final[dict[QueueCopy, None]] = {}
        """Those of which not all is taken off yet."""
        self.is_summed = False
        """Whether `checksum` is that of the whole queue; else of what has changed since this began."""
        self._sum = 0

    @property
    def checksum(self) -> int:
        """The sum of what its orders add, modulo 2**32."""
        return self._sum % _MODULUS

    def add_sum(self, parts: int) -> None:
        """Add what the orders of the beginning come to: from now on it is that of the whole queue."""
        self._sum += parts
        self.is_summed = True

    def touch(self, order: Displayed) -> None:
        """Note an order that was there before the present command, and is about to show something else."""
        if order not in self._before:
            self._before[order] = order.lots
            for copy in self.copies:
                copy.then.setdefault(order, order.lots)

    def trade(self, order: Displayed, lots: int) -> None:
        """Note what a fill takes of what such an order shows."""
        self._traded[order] = self._traded.get(order, 0) + lots

    def end_command(self, joined: list[Displayed]) -> None:
        """Add what the command comes to: of each order once, those that were there first; those that have joined and are still there have their ids."""
        for order, before in self._before.items():
            self._changed(order, before, self._traded.get(order, 0))
        self._before.clear()
        self._traded.clear()
        for order in joined:
            self._say(ADD, order, 0, order.lots)

    def _changed(self, order: Displayed, before: int, traded: int) -> None:
        """Say what became of an order: it traded, then perhaps was cut; or, in an auction, shows more at its old place."""
        now = order.lots
        if now > before:
            self._say(REFRESH, order, before, now)
            return
        traded = min(traded, before - now)
        if traded:
            self._say(EXECUTE, order, before, before - traded)
        if now < before - traded:
            self._say(REDUCE if now else REMOVE, order, before - traded, now)

    def _say(self, what: str, order: Displayed, before: int, now: int) -> None:
        format_, side, number = self._format, SIDES[order.side], order.public_id
        price = format_.price[order.price_ticks]
        quantity = format_.quantity[now] if now else "0"
        if before:
            self._sum -= checksum_part(side, number, price, format_.quantity[before])
        if now:
            self._sum += checksum_part(side, number, price, quantity)
        self.changes.append((what, side, number, price, quantity))

    def take_changes(self) -> list[QueueChange]:
        """Those of the turn, in the order in which they happened."""
        changes, self.changes = self.changes, []
        return changes


def rows_of(taken: list[tuple[Displayed, int]], format_: InstrumentFormat) -> tuple[list[QueueRow], list[QueueRow]]:
    """Bids and asks among orders that were taken off a copy."""
    bids: list[QueueRow] = []
    asks: list[QueueRow] = []
    for order, lots in taken:
        row = (order.public_id, format_.price[order.price_ticks], format_.quantity[lots])
        (bids if order.side == BUY else asks).append(row)
    return bids, asks
