"""A participant's own copy of a queue: every visible order, kept from the `orders` channel and checked with every message."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from zlib import crc32

from sortedcontainers import SortedDict

from gateway.client.copies.local_copy import LocalCopy, OutOfStep
from gateway.client.values.values import QueuedOrder
from gateway.protocol.messages import OrdersSnapshot, OrdersUpdate, Side

_MODULUS: Final = 1 << 32
Place = tuple[Decimal, int]
"""The price, negated for bids, and the public id: orders match in this order."""


class LocalQueue(LocalCopy):
    """Every order of one instrument that shows, in the order in which they match. Nobody is told whose they are."""

    def __init__(self, instrument: str) -> None:
        super().__init__(instrument)
        self._sides: dict[str, SortedDict[Place, QueuedOrder]] = {"buy": SortedDict(), "sell": SortedDict()}
        self._places: dict[int, tuple[str, Place, int]] = {}
        """By public id: the side, the place there, and what it adds to the checksum."""
        self._sum = 0

    def __len__(self) -> int:
        """How many orders show."""
        return len(self._places)

    def orders(self, side: Side) -> Iterator[QueuedOrder]:
        """The orders of a side, the one that matches first in front. The queue must not change while they are read."""
        return iter(self._sides[side].values())

    def find(self, public_id: int) -> QueuedOrder | None:
        """An order by its public id; `open_orders` has those of your own. None: it does not show."""
        found = self._places.get(public_id)
        return None if found is None else self._sides[found[0]][found[1]]

    def ahead(self, public_id: int) -> Decimal | None:
        """What shows at an order's price and matches before it. O(orders ahead). None: it does not show."""
        found = self._places.get(public_id)
        if found is None:
            return None
        side, (price, _), _ = found
        orders = self._sides[side]
        return sum((orders[place].quantity for place in orders.irange((price, 0), found[1], (True, False))), Decimal())

    def checksum(self) -> int:
        """The sum, modulo 2**32, of the CRC-32 of `id:side:price:quantity` of every order."""
        return self._sum % _MODULUS

    def _take(self, message: OrdersSnapshot | OrdersUpdate) -> None:
        if isinstance(message, OrdersSnapshot):
            for orders in self._sides.values():
                orders.clear()
            self._places.clear()
            self._sum = 0
            for side, rows in (("buy", message.bids), ("sell", message.asks)):
                for public_id, price, quantity in rows:
                    self._set(side, public_id, price, quantity)
            return
        for what, side, public_id, price, quantity in message.changes:
            if (public_id in self._places) != (what != "add"):
                raise OutOfStep(f"{self.instrument}: {what} of {public_id}")
            self._set(side, public_id, price, quantity)

    def _set(self, side: str, public_id: int, price: str, quantity: str) -> None:
        """Have an order show a quantity; "0": it is gone."""
        before = self._places.pop(public_id, None)
        if before is not None:
            del self._sides[before[0]][before[1]]
            self._sum -= before[2]
        if quantity != "0":
            value = Decimal(price)
            place = (-value if side == "buy" else value, public_id)
            part = crc32(f"{public_id}:{side}:{price}:{quantity}".encode())
            self._places[public_id] = side, place, part
            self._sides[side][place] = QueuedOrder(public_id, value, Decimal(quantity))
            self._sum += part
