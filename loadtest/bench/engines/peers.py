"""Other matching engines from PyPI on the same stream. They are optional: `pip install 'sandbox-exchange[bench]'`."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

from engine.vocabulary.codes import BUY
from loadtest.bench.engines.stream import ADD, Stream


def installed_version(name: str) -> str:
    """Return the version of an installed peer; empty if it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def run_bourse(stream: Stream) -> tuple[int, int]:
    """Send the stream through `bourse` (Rust); return trades and traded lots.

    Its clock is set before every operation: it queues orders by price and time, and of two orders at the same price and
    time it loses one.
    """
    core: Any = importlib.import_module("bourse.core")
    book = core.OrderBook(0, True)
    set_time, place, cancel = book.set_time, book.place_order, book.cancel_order
    ids: dict[int, int] = {}
    for number, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        set_time(number)
        if kind == ADD:
            ids[number] = place(side == BUY, lots, 0, price=price_ticks)
        else:
            cancel(ids[target])
    trades = book.get_trades()
    return len(trades), sum(trade[3] for trade in trades)


def run_pyorderbook(stream: Stream) -> tuple[int, int]:
    """Send the stream through `pyorderbook` (pure Python); return trades and traded lots."""
    module: Any = importlib.import_module("pyorderbook")
    book = module.Book()
    bid, ask = module.bid, module.ask
    orders: dict[int, Any] = {}
    trades = traded_lots = 0
    for number, (kind, side, price_ticks, lots, target) in enumerate(stream.operations):
        if kind == ADD:
            order = (bid if side == BUY else ask)("X", price_ticks, lots)
            orders[number] = order
            fills = book.match(order).trades
            trades += len(fills)
            traded_lots += lots - order.quantity
        else:
            book.cancel(orders[target])
    return trades, traded_lots
