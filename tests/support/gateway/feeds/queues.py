"""A client's copy of a queue, kept by what the protocol says alone."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from gateway.outbound.channels.orders import Orders, QueueInPieces, QueueSum
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.wire import JSON, Codec


class NaiveQueue:
    """Every visible order by its public id; put in order whenever it is looked at."""

    def __init__(self) -> None:
        self.seq = -1
        self.orders: dict[int, tuple[str, str, str]] = {}
        """Side, price, quantity."""
        self.last_id = 0

    def apply(self, message: dict[str, Any]) -> None:
        if message["type"] == "orders_snapshot":
            self.orders = {}
            for side in ("buy", "sell"):
                rows = message["bids" if side == "buy" else "asks"]
                assert [row[0] for row in rows] == sorted(row[0] for row in rows)
                self.orders |= {number: (side, price, quantity) for number, price, quantity in rows}
            self.last_id = max(self.orders, default=self.last_id)
        else:
            assert message["prev_seq"] == self.seq < message["seq"]
            assert message["changes"]
            for change in message["changes"]:
                self.change(*change)
        self.seq = message["seq"]
        parts = (f"{number}:{side}:{price}:{left}" for number, (side, price, left) in self.orders.items())
        assert sum(zlib.crc32(part.encode()) for part in parts) % 2**32 == message["checksum"]

    def change(self, what: str, side: str, number: int, price: str, quantity: str) -> None:
        if what == "add":
            assert number > self.last_id and quantity != "0"
            self.last_id = number
        else:
            was_side, was_price, before = self.orders.pop(number)
            assert (was_side, was_price) == (side, price)
            assert (float(quantity) < float(before)) != (what == "refresh")
            assert (quantity == "0") >= (what == "remove") and not (what == "reduce" and quantity == "0")
        if quantity != "0":
            self.orders[number] = (side, price, quantity)

    def side(self, side: str) -> list[tuple[str, str]]:
        """Price and quantity of the orders of a side, in the order in which they match."""
        sign = -1 if side == "buy" else 1
        rows = [
            (sign * float(price), number, price, left)
            for number, (of, price, left) in self.orders.items()
            if of == side
        ]
        return [(price, left) for _, _, price, left in sorted(rows)]


def begun(orders: Orders, codec: Codec) -> QueueInPieces:
    """What is told first to who subscribes now, made at once; it listens until it is ended."""
    summing = QueueSum(orders)
    while not summing.is_done:
        summing.make()
    making = QueueInPieces(orders, codec)
    while not making.is_done:
        making.make()
    summing.end()
    return making


class QueueReader:
    """One subscription of channel `orders`."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.outbox = Outbox(JSON)
        self.queue = NaiveQueue()
        self.messages: list[dict[str, Any]] = []
        making = begun(orders, JSON)
        self.apply(content(making.frame))
        orders.subscribers[self.outbox] = None
        making.end()

    def apply(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.queue.apply(message)

    def leave(self) -> None:
        del self.orders.subscribers[self.outbox]


def content(frame: bytes) -> dict[str, Any]:
    """The message in a frame of JSON."""
    decoded: dict[str, Any] = msgspec.json.decode(frame[frame.index(b"{") :])
    return decoded
