"""What this port knows of one instrument's market: its book, its last trades, its prices; all as the venue's channels told it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

import msgspec
from sortedcontainers import SortedDict

from gateway.deribit.dialect.listed import is_open, kind_of
from gateway.deribit.dialect.names import FUTURE
from gateway.deribit.dialect.numbers import e8, maybe, milliseconds, number
from gateway.protocol import messages as m

KEPT_TRADES: Final = 1_000
"""Of one market: as many as one call may ask for."""
KEPT_CANDLES: Final = 16
"""Of one interval: more than the longest one of Deribit is made of."""
MAX_DEPTH: Final = 10_000
LEVELS_PER_UNIT: Final = 100
"""To read and write one takes about a step of an answer to others; a unit buys some hundred."""
DEFAULT_DEPTH: Final = 5
Level = tuple[str, str]
Changed = list[tuple[str, str, str | None, str | None]]
"""Levels that changed: side, price, quantity before and now; None: there was or is none."""


class Listener:
    """Who wants to know what happens in a market."""

    def booked(self, changes: Changed) -> None:
        """Its book changed; empty: it is another one."""

    def traded(self, trade: m.TradePrint) -> None:
        """Something was traded."""

    def charted(self, interval: str) -> None:
        """A candle of an interval changed, or was begun."""

    def priced(self) -> None:
        """A price, the touch or the phase changed."""


class Market:
    """One instrument.

    Args:
        info: as it is listed.
        name: as this port calls it.
    """

    def __init__(self, info: m.InstrumentInfo, name: str) -> None:
        self.info: Final = info
        self.name: Final = name
        self.kind: Final = kind_of(info)
        self.trades: Final[deque[m.TradePrint]] = deque(maxlen=KEPT_TRADES)
        """The last one is the newest."""
        self.listeners: Final[dict[Listener, None]] = {}
        self.phase = info.phase
        self.change_id = 0
        self.time_ns = 0
        """Of what was told last."""
        self.ticker: m.Ticker | None = None
        self.mark: m.Mark | None = None
        self.index: str | None = None
        """Price of the index that a future follows."""
        self.candles: Final[dict[str, deque[m.CandleBar | m.Candle]]] = {}
        """The last ones by interval, of those that somebody asked for."""
        self.whole: Final = asyncio.Event()
        """Its book and its prices have come."""
        self._has_book = False
        self._bids: Final[SortedDict[int, Level]] = SortedDict()
        self._asks: Final[SortedDict[int, Level]] = SortedDict()
        self._takes: Final[dict[type, Callable[[Any], None]]] = {
            m.BookSnapshot: self._take_book,
            m.BookUpdate: self._take_changes,
            m.TradePrint: self._take_trade,
            m.Ticker: self._take_ticker,
            m.Status: self._take_status,
            m.Mark: self._take_mark,
            m.IndexPrice: self._take_index,
            m.CandleSnapshot: self._take_candles,
            m.Candle: self._take_candle,
        }

    def take(self, message: m.AnyMessage) -> None:
        """Take in a message of one of its channels."""
        self._takes[type(message)](message)

    def bids(self, depth: int) -> list[Level]:
        """The best levels to buy, as `(price, quantity)`, best first. O(depth)."""
        return [self._bids[place] for place in islice(reversed(self._bids), depth)]

    def asks(self, depth: int) -> list[Level]:
        """The best levels to sell. O(depth)."""
        return [self._asks[place] for place in islice(self._asks, depth)]

    @property
    def levels(self) -> int:
        """How many levels its book has."""
        return len(self._bids) + len(self._asks)

    # ── channels ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _take_book(self, message: m.BookSnapshot) -> None:
        for side, levels in ((self._bids, message.bids), (self._asks, message.asks)):
            side.clear()
            side.update({e8(price): (price, quantity) for price, quantity in levels})
        self.change_id, self.time_ns, self._has_book = message.seq, max(self.time_ns, message.time), True
        self._look_if_whole()
        for listener in self.listeners:
            listener.booked([])

    def _take_changes(self, message: m.BookUpdate) -> None:
        assert message.prev_seq == self.change_id, "in this process nothing is missed"
        changes: Changed = []
        for name, side, levels in (("bids", self._bids, message.bids), ("asks", self._asks, message.asks)):
            for price, quantity in levels:
                place = e8(price)
                before = side.get(place)
                now = None if quantity == "0" else quantity
                if now is None:
                    side.pop(place, None)
                else:
                    side[place] = (price, now)
                changes.append((name, price, None if before is None else before[1], now))
        self.change_id, self.time_ns = message.seq, message.time
        for listener in self.listeners:
            listener.booked(changes)

    def _take_trade(self, message: m.TradePrint) -> None:
        self.trades.append(message)
        for listener in self.listeners:
            listener.traded(message)

    def _take_ticker(self, message: m.Ticker) -> None:
        self.ticker = message
        self._look_if_whole()
        self._priced(message.time)

    def _take_status(self, message: m.Status) -> None:
        self.phase = message.phase
        self._priced(message.time)

    def _take_mark(self, message: m.Mark) -> None:
        self.mark = message
        self._priced(message.time)

    def _take_index(self, message: m.IndexPrice) -> None:
        self.index = message.price
        self._priced(message.time)

    def _take_candles(self, message: m.CandleSnapshot) -> None:
        self.candles[message.interval] = deque(message.candles, KEPT_CANDLES)

    def _take_candle(self, message: m.Candle) -> None:
        kept = self.candles[message.interval]
        if kept and kept[-1].start == message.start:
            kept.pop()
        kept.append(message)
        for listener in self.listeners:
            listener.charted(message.interval)

    def _look_if_whole(self) -> None:
        if self._has_book and self.ticker is not None:
            self.whole.set()

    def _priced(self, time_ns: int) -> None:
        self.time_ns = max(self.time_ns, time_ns)
        for listener in self.listeners:
            listener.priced()


# ── documents ──────────────────────────────────────────────────────────────────────────────────────────────────────


def levels_of(levels: Iterable[Level], before: str = "") -> msgspec.Raw:
    """Levels as Deribit has them in a whole book, perhaps with something before each price. Written at once: some 0.2 us each."""
    return msgspec.Raw(f"[{','.join([f'[{before}{price},{quantity}]' for price, quantity in levels])}]".encode())


def quote_document(market: Market) -> dict[str, Any]:
    """The touch. A side that is empty has price 0, as on Deribit."""
    ticker = market.ticker
    zero = number("0")
    bid, ask = (None, None) if ticker is None else (ticker.bid_price, ticker.ask_price)
    return {
        "instrument_name": market.name,
        "timestamp": milliseconds(market.time_ns),
        "best_bid_price": maybe(bid),
        "best_bid_amount": zero if bid is None or ticker is None else number(ticker.bid_quantity or "0"),
        "best_ask_price": maybe(ask),
        "best_ask_amount": zero if ask is None or ticker is None else number(ticker.ask_quantity or "0"),
    }


def ticker_document(market: Market) -> dict[str, Any]:
    """A ticker. What there is none of is null."""
    ticker, mark = market.ticker, market.mark
    document = quote_document(market) | {
        "state": "open" if is_open(market.phase) else "closed",
        "phase": market.phase,
        "last_price": None if ticker is None else maybe(ticker.last_price),
        "stats": stats_document(market),
    }
    if market.kind == FUTURE:
        document |= {
            "mark_price": maybe(mark.price if mark is not None else market.info.reference_price),
            "index_price": maybe(market.index),
            "open_interest": maybe(mark.open_interest if mark is not None else "0"),
            "settlement_price": maybe(mark.price if mark is not None else None),
        }
    return document


def stats_document(market: Market) -> dict[str, Any]:
    """Figures of the last 24 hours, as channel `ticker` has them."""
    ticker = market.ticker
    assert ticker is not None
    return {
        "high": maybe(ticker.high_24h),
        "low": maybe(ticker.low_24h),
        "price_change": maybe(ticker.change_percent_24h),
        "volume": maybe(ticker.volume_24h),
        "volume_notional": maybe(ticker.turnover_24h),
    }


def book_document(market: Market, depth: int) -> dict[str, Any]:
    """The best levels, with the ticker, as `public/get_order_book` has them."""
    return ticker_document(market) | {
        "change_id": market.change_id,
        "bids": levels_of(market.bids(depth)),
        "asks": levels_of(market.asks(depth)),
    }


def summary_document(market: Market) -> dict[str, Any]:
    """A line of `public/get_book_summary_by_currency`."""
    ticker, document = market.ticker, ticker_document(market)
    stats = document["stats"]
    return {
        "instrument_name": market.name,
        "base_currency": market.info.base,
        "quote_currency": market.info.quote,
        "creation_timestamp": document["timestamp"],
        "last": document["last_price"],
        "bid_price": None if ticker is None else maybe(ticker.bid_price),
        "ask_price": None if ticker is None else maybe(ticker.ask_price),
        "mark_price": document.get("mark_price"),
        "open_interest": document.get("open_interest"),
        **stats,
    }


def trade_document(trade: m.TradePrint, name: str) -> dict[str, Any]:
    """A trade that everybody may see."""
    return {
        "trade_id": str(trade.trade_id),
        "trade_seq": trade.seq,
        "instrument_name": name,
        "timestamp": milliseconds(trade.time),
        "price": number(trade.price),
        "amount": number(trade.quantity),
        "direction": trade.taker_side,
    }
