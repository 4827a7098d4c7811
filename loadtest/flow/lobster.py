"""Reads LOBSTER message files (`time,type,order id,size,price,direction`) and the order book file beside them.

Prices are in 1/10 000 dollar, sizes in shares, times in seconds after midnight. A message file shows resting orders only:
an aggressive order appears as the executions it caused. Executions of one moment on one side are therefore fed back as one
immediate order of their total size at their worst price; which orders it meets, and in which order, is up to the book, and
that is what is compared. Hidden executions (5) and crosses (6) leave no trace in a visible book and are only counted.

An order book file beside it shows a window of so many levels; what happens outside is in neither file. An order that rested
before, or comes into the window, is found by what the messages later take off it and by what the order book file shows of its
level then (`loadtest.flow.window`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.limits import MAX_E8, MOSCOW_OFFSET_NS, NS_PER_SECOND, ONE_E8
from loadtest.flow.format import BookSeen, Enter, FlowError, Levels, Recording, TradeSeen, open_lines
from loadtest.flow.window import (
    CROSS,
    DELETION,
    HALT,
    HIDDEN,
    NEW,
    PARTIAL_CANCEL,
    VISIBLE,
    Message,
    WindowedBook,
    last_of_group,
)

FORMAT = "lobster"
TICK_E8 = ONE_E8 // 10_000
LOT_E8 = ONE_E8
USD_SCALE = 4
SOME_DAY = "2012-06-21"
"""A day's midnight when the file's name carries no date."""
_COLUMNS = "time,type,order id,size,price,direction"
_WIDTH = 6
_YEARS = range(1971, 2201)
"""In which a day can be: a venue's clock begins in 1970."""
_TIME = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,18}))?")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_SECONDS_A_DAY = 86_400
_MAX_LOTS = MAX_E8 // LOT_E8
_MAX_PRICE = MAX_E8 // TICK_E8
_USED: Final = {NEW: "new orders", PARTIAL_CANCEL: "partial cancels", DELETION: "deletions"}
_LEFT_OUT: Final = {HIDDEN: "executions of hidden orders", CROSS: "crosses", HALT: "trading halts"}


def messages(path: Path) -> Iterator[Message]:
    """Read a message file row by row. Raises `FlowError` with the line number for a row that is no message."""
    midnight_ns = _midnight_ns(path)
    last_ns = 0
    created: set[int] = set()
    for line, row in _rows(path):
        message = _message(path, line, row, midnight_ns)
        if message.time_ns < last_ns:
            raise FlowError(f"{path}, line {line}: time: {row[0]} is before that of the line above")
        last_ns = message.time_ns
        if message.kind == NEW:
            if message.order_id in created:
                raise FlowError(f"{path}, line {line}: order {message.order_id} is entered for the second time")
            created.add(message.order_id)
        yield message


def _message(path: Path, line: int, row: list[str], midnight_ns: int) -> Message:
    """One row of a message file, every field of which is looked at."""
    where = f"{path}, line {line}"
    if len(row) != _WIDTH:
        raise FlowError(f"{where}: not {_COLUMNS}: {len(row)} columns")
    moment = _TIME.fullmatch(row[0])
    if moment is None or int(moment[1]) >= _SECONDS_A_DAY:
        raise FlowError(f"{where}: time: {_shown(row[0])} is no number of seconds after midnight")
    time_ns = int(moment[1]) * NS_PER_SECOND + int((moment[2] or "")[:9].ljust(9, "0"))
    kind, order_id, lots, price, direction = (_integer(where, text) for text in row[1:])
    if not NEW <= kind <= HALT:
        raise FlowError(f"{where}: unknown type {kind}")
    # A halt has no order, and a cross no side.
    is_order = kind <= HIDDEN
    if direction not in ((-1, 1) if is_order else (-1, 0, 1)):
        raise FlowError(f"{where}: direction: {direction} is neither 1 (buy) nor -1 (sell)")
    if is_order and not (order_id >= 0 and 0 < lots <= _MAX_LOTS and 0 < price <= _MAX_PRICE):
        raise FlowError(f"{where}: order id, size or price: not above zero, or too large: {','.join(row[2:5])}")
    return Message(midnight_ns + time_ns, kind, order_id, lots, price, BUY if direction == 1 else SELL)


def _integer(where: str, text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise FlowError(f"{where}: not {_COLUMNS}: {_shown(text)} is no whole number")
    return int(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")


def book_file(path: Path) -> Path | None:
    """The order book file that belongs to a message file, if it is there."""
    beside = path.with_name(path.name.replace("message", "orderbook"))
    return beside if beside != path and beside.exists() else None


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with its line number; a byte order mark and empty lines are passed over."""
    with open_lines(path) as lines, io.TextIOWrapper(lines, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except csv.Error as error:
            raise FlowError(f"{path}, line {reader.line_num}: {error}") from error


def _books(path: Path) -> Iterator[tuple[Levels, Levels]]:
    """Bids and asks after each message. A row is ask price, ask size, bid price, bid size, and so on outwards."""
    width = 0
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        width = width or len(row)
        if len(row) != width or width % 4:
            raise FlowError(f"{where}: not an order book row: {len(row)} columns")
        if any(_INTEGER.fullmatch(text) is None for text in row):
            raise FlowError(f"{where}: not an order book row: a cell is no whole number")
        values = [int(value) for value in row]
        # Levels that do not exist are filled with a price far away and the size 0.
        asks = [(price, lots) for price, lots in zip(values[0::4], values[1::4], strict=True) if lots]
        bids = [(price, lots) for price, lots in zip(values[2::4], values[3::4], strict=True) if lots]
        if any(lots < 0 for _, lots in bids + asks) or not (
            _falls(bids) and _falls([(-price, 0) for price, _ in asks])
        ):
            raise FlowError(f"{where}: not an order book row: its levels are not in order outwards")
        yield bids, asks


def _falls(levels: Levels) -> bool:
    return all(levels[rank][0] > levels[rank + 1][0] for rank in range(len(levels) - 1))


def _depth(path: Path) -> int:
    """How many levels a side an order book file shows."""
    return next((len(row) // 4 for _, row in _rows(path)), 0)


def _midnight_ns(path: Path) -> int:
    """The day's midnight, taken as Moscow's so that no recorded day crosses the venue's."""
    dated = re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", path.name)
    text = dated.group() if dated else SOME_DAY
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise FlowError(f"{path}: the date in its name is none: {text}") from error
    if day.year not in _YEARS:
        raise FlowError(f"{path}: the date in its name is not from {_YEARS[0]} to {_YEARS[-1]}: {text}")
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
    # What is deeper than the first book is found as it comes into the window.
    recording.seen_depth = (0, _MAX_PRICE)
    window = WindowedBook(recording, rows, books)
    if books and truth:
        recording.depth = _depth(truth)
        recording.books_used = 1
        last = last_of_group(rows, 0)
        recording.opening += window.open(rows[: last + 1])
    else:
        recording.opening += window.open_all(rows[0].time_ns)
    found = sum(not order.reference.isdigit() for order in recording.opening)
    recording.used["opening orders known from later messages"] = len(recording.opening) - found
    if found:
        recording.used["opening levels topped up from the first row of the order book file"] = found
    _actions(recording, window, rows, books)
    return recording


def _actions(
    recording: Recording, window: WindowedBook, rows: list[Message], books: list[tuple[Levels, Levels]]
) -> None:
    used, left_out, actions = recording.used, recording.left_out, recording.actions
    position = 0
    while position < len(rows):
        row = rows[position]
        last = last_of_group(rows, position)
        before = position - 1 if position else last
        if row.kind == VISIBLE:
            group = rows[position : last + 1]
            actions.append(_aggressor(position, group))
            actions.extend(
                TradeSeen(seen.time_ns, seen.price_ticks, seen.lots, window.reference(seen.order_id)) for seen in group
            )
            for seen in group:
                actions.extend(window.take(seen, before, last))
            used["visible executions"] += len(group)
            used["aggressive orders inferred from them"] += 1
            if books and last > position:
                left_out["order book rows inside one aggressive order"] += last - position
        elif row.kind in _USED:
            used[_USED[row.kind]] += 1
            actions.extend(window.take(row, before, last))
        else:
            left_out[_LEFT_OUT[row.kind]] += 1
        if books:
            actions.extend(window.move(row.time_ns, before, last))
            actions.append(BookSeen(rows[last].time_ns, *books[last]))
        position = last + 1


def _aggressor(position: int, group: list[Message]) -> Enter:
    resting = group[0].side
    prices = [row.price_ticks for row in group]
    price_ticks = min(prices) if resting == BUY else max(prices)
    lots = sum(row.lots for row in group)
    return Enter(group[0].time_ns, f"aggressor-{position}", 1 - resting, price_ticks, lots, immediate=True)
