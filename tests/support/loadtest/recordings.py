"""Small recordings, written by hand or from a seed, in the formats that `sbx flow` reads."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

START_MS = 1_430_438_404_000


class BitstampWriter:
    """Writes events in the form of the real recording."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.time_ms = START_MS

    def order(self, kind: str, order_id: int, side: str, price: str, amount: str, *, after_ms: int = 100) -> None:
        body = {
            "price": price,
            "amount": amount,
            "datetime": str(self.time_ms // 1000),
            "id": order_id,
            "order_type": ("buy", "sell").index(side),
        }
        self._add(f"order_{kind}", body, after_ms)

    def trade(self, price: float, amount: float, after_ms: int = 10) -> None:
        self._add("trade", {"price": price, "amount": amount, "id": len(self.lines)}, after_ms)

    def book(self, bids: list[tuple[str, str]], asks: list[tuple[str, str]], after_ms: int = 10) -> None:
        self._add("order_book", {"bids": bids, "asks": asks}, after_ms)

    def _add(self, kind: str, body: dict[str, Any], after_ms: int) -> None:
        self.time_ms += after_ms
        self.lines.append(f"{self.time_ms} {kind} {json.dumps(body)}\n")

    def write(self, path: Path) -> Path:
        path.write_text("".join(self.lines))
        return path


class NaiveBook:
    """A slow price-time book of whole numbers, the truth of a generated recording."""

    def __init__(self) -> None:
        self.orders: list[list[Any]] = []
        """[arrival, id, side, price, lots], side 0 buys."""

    def enter(self, arrival: int, order_id: int, side: int, price: int, lots: int) -> list[tuple[int, int, int]]:
        """Trade, then rest; returns (maker id, price, lots) of each fill."""
        fills = []
        while lots:
            crossing = [
                row for row in self.orders if row[2] != side and (row[3] <= price if side == 0 else row[3] >= price)
            ]
            if not crossing:
                break
            maker = min(crossing, key=lambda row: (row[3] if side == 0 else -row[3], row[0]))
            filled = min(lots, maker[4])
            fills.append((maker[1], maker[3], filled))
            lots -= filled
            maker[4] -= filled
            if not maker[4]:
                self.orders.remove(maker)
        if lots:
            self.orders.append([arrival, order_id, side, price, lots])
        return fills

    def take(self, order_id: int, lots: int | None = None) -> int:
        """Take lots (None: all) off a resting order; returns how many there were to take."""
        for row in self.orders:
            if row[1] == order_id:
                taken = row[4] if lots is None else lots
                row[4] -= taken
                if not row[4]:
                    self.orders.remove(row)
                return int(taken)
        return 0

    def levels(self, side: int, depth: int) -> list[tuple[int, int]]:
        sums: dict[int, int] = {}
        for row in self.orders:
            if row[2] == side:
                sums[row[3]] = sums.get(row[3], 0) + row[4]
        return sorted(sums.items(), reverse=side == 0)[:depth]


def generated_bitstamp(path: Path, seed: int, events: int) -> tuple[Path, int, int]:
    """A perfect recording: nothing rested before it, nothing is out of order. Returns path, trades, books."""
    source = random.Random(seed)
    book, writer = NaiveBook(), BitstampWriter()
    alive: list[tuple[int, str, int]] = []
    trades = books = 0
    for number in range(1, events + 1):
        if alive and source.random() < 0.4:
            order_id, side, price = alive.pop(source.randrange(len(alive)))
            left = book.take(order_id)
            writer.order("deleted", order_id, side, _cents(price), _satoshi(left))
        else:
            side = source.choice(("buy", "sell"))
            price, lots = 23_500 + source.randint(-20, 20), source.randint(1, 5) * 12_345_678
            writer.order("created", number, side, _cents(price), _satoshi(lots))
            alive.append((number, side, price))
            for _, at, filled in book.enter(number, number, ("buy", "sell").index(side), price, lots):
                writer.trade(at / 100, filled / 10**8)
                trades += 1
        if number % 5 == 0:
            bids, asks = ([(_cents(price), _satoshi(lots)) for price, lots in book.levels(side, 20)] for side in (0, 1))
            writer.book(bids, asks)
            books += 1
    return writer.write(path), trades, books


def _cents(price: int) -> str:
    return f"{price // 100}.{price % 100:02d}"


def _satoshi(lots: int) -> str:
    return f"{lots // 10**8}.{lots % 10**8:08d}"


def generated_lobster(directory: Path, seed: int, events: int, window: int = 0) -> tuple[Path, int]:
    """Message and order book files, with orders that rested before. Returns message file and executions.

    With a window of so many levels, what happens outside it stands in neither file, as in LOBSTER's own.
    """
    source = random.Random(seed)
    book = NaiveBook()
    for order_id in range(1, 41):
        side = order_id % 2
        book.enter(order_id, order_id, side, 1_000_000 + (100 if side else -100) * source.randint(1, 15), 100)
    messages: list[str] = []
    rows: list[str] = []
    executions = 0

    shown = {}

    def look() -> None:
        """Note what the window shows before an event."""
        for side in (0, 1):
            shown[side] = {price for price, _ in book.levels(side, window)}

    def add(kind: int, order_id: int, lots: int, price: int, side: int) -> None:
        after = {at for at, _ in book.levels(side, window)}
        if window and price not in shown[side] | after:
            return
        moment = f"{34_200 + number}.{number:09d}"
        messages.append(f"{moment},{kind},{order_id},{lots},{price},{1 if side == 0 else -1}\n")
        rows.append(_lobster_row(book, window or 10))

    for number in range(events):
        look()
        choice = source.random()
        if choice < 0.45 or len(book.orders) < 20:
            side = source.randint(0, 1)
            best = book.levels(1 - side, 1)[0][0]
            price = best + (100 if side else -100) * source.randint(1, 15)
            lots = source.randint(1, 5) * 20
            book.enter(100 + number, 100 + number, side, price, lots)
            add(1, 100 + number, lots, price, side)
            continue
        _, order_id, side, price, lots = source.choice(book.orders)
        if choice < 0.55 and lots > 10:
            book.take(order_id, 10)
            add(2, order_id, 10, price, side)
        elif choice < 0.75:
            book.take(order_id)
            add(3, order_id, lots, price, side)
        elif choice < 0.95 and len(book.orders) > 10:
            limit = book.levels(side, 2)[-1][0]
            wanted = source.randint(1, 12) * 20
            for maker, at, filled in _execute(book, 1 - side, limit, wanted):
                # The book shown beside each execution is that after the whole aggressive order.
                add(4, maker, filled, at, side)
                executions += 1
        else:
            add(5, 0, 10, price, side)
    message_file = directory / "TEST_2012-06-21_34200000_57600000_message_10.csv"
    message_file.write_text("".join(messages))
    message_file.with_name(message_file.name.replace("message", "orderbook")).write_text("".join(rows))
    return message_file, executions


def _execute(book: NaiveBook, side: int, price: int, lots: int) -> list[tuple[int, int, int]]:
    fills = book.enter(0, -1, side, price, lots)
    book.take(-1)
    return fills


def _lobster_row(book: NaiveBook, depth: int) -> str:
    values: list[int] = []
    bids, asks = book.levels(0, depth), book.levels(1, depth)
    for rank in range(depth):
        values += asks[rank] if rank < len(asks) else (9_999_999_999, 0)
        values += bids[rank] if rank < len(bids) else (-9_999_999_999, 0)
    return ",".join(map(str, values)) + "\n"
