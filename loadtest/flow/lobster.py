"""Reads LOBSTER message files (`time,type,order id,size,price,direction`) and the order book file beside them.

Prices are in 1/10 000 dollar, sizes in shares, times in seconds after midnight. A message file shows resting orders only:
an aggressive order appears as the executions it caused. Executions of one moment on one side are therefore fed back as one
immediate order of their total size at their worst price; which orders it meets, and in which order, is up to the book, and
that is what is compared. Hidden executions (5) and crosses (6) leave no trace in a visible book and are only counted.

An order that rested before the recording began is opened with all that the messages later take off it, oldest id first;
the first row of the order book file tops up its levels behind them: nothing ever happens to that part.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from engine.vocabulary.codes import BUY, SELL, SIDES
from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_SECOND, ONE_E8
from loadtest.flow.format import BookSeen, Enter, FlowError, Levels, Recording, Reduce, TradeSeen, Withdraw, open_lines

FORMAT = "lobster"
TICK_E8 = ONE_E8 // 10_000
LOT_E8 = ONE_E8
USD_SCALE = 4
NEW, PARTIAL_CANCEL, DELETION, VISIBLE, HIDDEN, CROSS, HALT = range(1, 8)
SOME_DAY = "2012-06-21"
"""A day's midnight when the file's name carries no date."""


class Message(NamedTuple):
    """One row of the message file; `side` is that of the resting order."""

    time_ns: int
    kind: int
    order_id: int
    lots: int
    price_ticks: int
    side: int


def messages(path: Path) -> Iterator[Message]:
    """Read a message file row by row. Raises `FlowError` with the line number for a row that is no message."""
    midnight_ns = _midnight_ns(path)
    for number, row in enumerate(_rows(path), 1):
        try:
            moment, kind, order_id, size, price, direction = row[:6]
            seconds, _, fraction = moment.partition(".")
            time_ns = int(seconds) * NS_PER_SECOND + int(fraction[:9].ljust(9, "0"))
            side = BUY if int(direction) == 1 else SELL
            message = Message(midnight_ns + time_ns, int(kind), int(order_id), int(size), int(price), side)
        except ValueError as error:
            raise FlowError(f"{path}, line {number}: not time,type,order id,size,price,direction: {error}") from error
        if not NEW <= message.kind <= HALT:
            raise FlowError(f"{path}, line {number}: unknown type {message.kind}")
        yield message


def book_file(path: Path) -> Path | None:
    """The order book file that belongs to a message file, if it is there."""
    beside = path.with_name(path.name.replace("message", "orderbook"))
    return beside if beside != path and beside.exists() else None


def _rows(path: Path) -> Iterator[list[str]]:
    with open_lines(path) as lines, io.TextIOWrapper(lines, newline="") as text:
        yield from csv.reader(text)


def _books(path: Path) -> Iterator[tuple[Levels, Levels]]:
    """Bids and asks after each message. A row is ask price, ask size, bid price, bid size, and so on outwards."""
    for number, row in enumerate(_rows(path), 1):
        try:
            values = [int(value) for value in row]
        except ValueError as error:
            raise FlowError(f"{path}, line {number}: not an order book row: {error}") from error
        # Levels that do not exist are filled with a price far away and the size 0.
        asks = [(price, lots) for price, lots in zip(values[0::4], values[1::4], strict=True) if lots]
        bids = [(price, lots) for price, lots in zip(values[2::4], values[3::4], strict=True) if lots]
        yield bids, asks


def _midnight_ns(path: Path) -> int:
    """The day's midnight, taken as Moscow's so that no recorded day crosses the venue's."""
    dated = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
    day = datetime.fromisoformat(dated.group() if dated else SOME_DAY).replace(tzinfo=UTC)
    return int(day.timestamp()) * NS_PER_SECOND - MOSCOW_OFFSET_NS


def read(path: Path) -> Recording:
    """Read a message file, and the order book file beside it, into orders to feed and truth to compare with.

    Raises `FlowError` if the files are not LOBSTER's, or do not belong together.
    """
    rows = list(messages(path))
    if not rows:
        raise FlowError(f"{path} is empty")
    truth = book_file(path)
    books = list(_books(truth)) if truth else []
    if books and len(books) != len(rows):
        raise FlowError(f"{truth} has {len(books)} rows, {path} has {len(rows)}: they do not belong together")
    recording = Recording(FORMAT, path.name.split("_")[0].split(".")[0], "USD", USD_SCALE, TICK_E8, LOT_E8)
    _opening_book(recording, rows, books[:1])
    _actions(recording, rows, books)
    return recording


def _opening_book(recording: Recording, rows: list[Message], first_books: list[tuple[Levels, Levels]]) -> None:
    created: set[int] = set()
    known: dict[int, Message] = {}
    for row in rows:
        if row.kind == NEW:
            created.add(row.order_id)
        elif row.kind in (PARTIAL_CANCEL, DELETION, VISIBLE) and row.order_id not in created:
            before = known.get(row.order_id)
            known[row.order_id] = row if before is None else before._replace(lots=before.lots + row.lots)
    start_ns = rows[0].time_ns
    standing: defaultdict[tuple[int, int], int] = defaultdict(int)
    for order_id, row in sorted(known.items()):
        recording.opening.append(Enter(start_ns, str(order_id), row.side, row.price_ticks, row.lots))
        standing[row.side, row.price_ticks] += row.lots
    recording.used["opening orders known from later messages"] = len(known)
    first = rows[0]
    if first.kind in (NEW, PARTIAL_CANCEL, DELETION, VISIBLE):
        standing[first.side, first.price_ticks] += first.lots if first.kind == NEW else -first.lots
    for bids, asks in first_books:
        recording.books_used = 1
        recording.seen_depth = (bids[-1][0] if bids else 0, asks[-1][0] if asks else 0)
        for side, levels in ((BUY, bids), (SELL, asks)):
            for price_ticks, lots in levels:
                rest = lots - standing[side, price_ticks]
                if rest > 0:
                    reference = f"opening-{SIDES[side]}-{price_ticks}"
                    recording.opening.append(Enter(start_ns, reference, side, price_ticks, rest))
                    recording.used["opening levels topped up from the first row of the order book file"] += 1


def _actions(recording: Recording, rows: list[Message], books: list[tuple[Levels, Levels]]) -> None:
    used, left_out, actions = recording.used, recording.left_out, recording.actions
    position = 0
    while position < len(rows):
        row = rows[position]
        last = position
        if row.kind == VISIBLE:
            while last + 1 < len(rows) and _same_aggressor(row, rows[last + 1]):
                last += 1
            group = rows[position : last + 1]
            actions.append(_aggressor(position, group))
            actions.extend(TradeSeen(seen.time_ns, seen.price_ticks, seen.lots, str(seen.order_id)) for seen in group)
            used["visible executions"] += len(group)
            used["aggressive orders inferred from them"] += 1
            if books and last > position:
                left_out["order book rows inside one aggressive order"] += last - position
        elif row.kind == NEW:
            used["new orders"] += 1
            actions.append(Enter(row.time_ns, str(row.order_id), row.side, row.price_ticks, row.lots))
        elif row.kind == PARTIAL_CANCEL:
            used["partial cancels"] += 1
            actions.append(Reduce(row.time_ns, str(row.order_id), row.lots))
        elif row.kind == DELETION:
            used["deletions"] += 1
            actions.append(Withdraw(row.time_ns, str(row.order_id)))
        else:
            left_out[{HIDDEN: "executions of hidden orders", CROSS: "crosses", HALT: "trading halts"}[row.kind]] += 1
        if books:
            actions.append(BookSeen(rows[last].time_ns, *books[last]))
        position = last + 1


def _same_aggressor(first: Message, other: Message) -> bool:
    return other.kind == VISIBLE and other.time_ns == first.time_ns and other.side == first.side


def _aggressor(position: int, group: list[Message]) -> Enter:
    resting = group[0].side
    prices = [row.price_ticks for row in group]
    price_ticks = min(prices) if resting == BUY else max(prices)
    lots = sum(row.lots for row in group)
    return Enter(group[0].time_ns, f"aggressor-{position}", 1 - resting, price_ticks, lots, immediate=True)
