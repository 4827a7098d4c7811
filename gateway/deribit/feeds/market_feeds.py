"""Channels of markets, as Deribit names them.

book.INSTRUMENT.INTERVAL                    a snapshot, then what changed
book.INSTRUMENT.none.DEPTH.INTERVAL         the best 1, 10 or 20 levels, whenever they changed
chart.trades.INSTRUMENT.RESOLUTION          the candle that runs
ticker.INSTRUMENT.INTERVAL, quote.INSTRUMENT, trades.INSTRUMENT.INTERVAL
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gateway.deribit.dialect.market import (
    LEVELS_PER_UNIT,
    MAX_DEPTH,
    Changed,
    Listener,
    Market,
    levels_of,
    quote_document,
    ticker_document,
    trade_document,
)
from gateway.deribit.dialect.numbers import milliseconds, number
from gateway.deribit.feeds.charts import RESOLUTIONS, Resolution, joined
from gateway.deribit.feeds.feeds import INTERVALS, RAW, Feed, Feeds
from gateway.protocol import messages as m

MAX_TRADES_A_MESSAGE: Final = 1_000
"""Beyond that a message comes before its time."""
_DEPTHS: Final = ("1", "10", "20")


class MarketFeed(Feed, Listener):
    """Of one market."""

    def __init__(self, feeds: Feeds, channel: str, is_raw: bool, market: Market) -> None:
        super().__init__(feeds, channel, is_raw)
        self._market: Final = market

    def begin(self) -> None:
        """Follow the market."""
        self._market.listeners[self] = None

    def end(self) -> None:
        """Leave it."""
        del self._market.listeners[self]


class BookFeed(MarketFeed):
    """The whole book: a snapshot, then each level that is another than it was told."""

    def __init__(self, feeds: Feeds, channel: str, is_raw: bool, market: Market) -> None:
        super().__init__(feeds, channel, is_raw, market)
        self._told_id = 0
        self._changes: Final[dict[tuple[str, str], tuple[str | None, str | None]]] = {}
        """By side and price: the quantity that was told, and that of now."""

    def begin(self) -> None:
        """Follow the market from its book of now on."""
        super().begin()
        self._told_id = self._market.change_id
        self._changes.clear()

    @property
    def first_units(self) -> int:
        """The book is written out for each who asks for it."""
        return min(self._market.levels, 2 * MAX_DEPTH) // LEVELS_PER_UNIT

    def first(self) -> object:
        """The book."""
        return self._document("snapshot") | {
            side: levels_of(levels, '"new",')
            for side, levels in (("bids", self._market.bids(MAX_DEPTH)), ("asks", self._market.asks(MAX_DEPTH)))
        }

    def booked(self, changes: Changed) -> None:
        """Note what each level was told to be."""
        for side, price, before, now in changes:
            told = self._changes.get((side, price))
            self._changes[side, price] = (before if told is None else told[0], now)
        self.changed()

    def collect(self) -> object | None:
        """What is different from what was told."""
        found: dict[str, list[list[Any]]] = {"bids": [], "asks": []}
        for (side, price), (told, now) in self._changes.items():
            if told != now:
                action = "delete" if now is None else "new" if told is None else "change"
                found[side].append([action, number(price), number(now or "0")])
        self._changes.clear()
        if not (found["bids"] or found["asks"]):
            return None
        document = self._document("change") | {"prev_change_id": self._told_id} | found
        self._told_id = self._market.change_id
        return document

    def _document(self, kind: str) -> dict[str, Any]:
        market = self._market
        return {
            "type": kind,
            "timestamp": milliseconds(market.time_ns),
            "instrument_name": market.name,
            "change_id": market.change_id,
        }


class DepthFeed(MarketFeed):
    """The best levels."""

    def __init__(self, feeds: Feeds, channel: str, is_raw: bool, market: Market) -> None:
        super().__init__(feeds, channel, is_raw, market)
        self._depth: Final = int(channel.split(".")[3])
        self._told: tuple[list[tuple[str, str]], list[tuple[str, str]]] | None = None

    def first(self) -> object:
        """As they are."""
        market = self._market
        bids, asks = self._told = market.bids(self._depth), market.asks(self._depth)
        return {
            "timestamp": milliseconds(market.time_ns),
            "instrument_name": market.name,
            "change_id": market.change_id,
            "bids": levels_of(bids),
            "asks": levels_of(asks),
        }

    def booked(self, changes: Changed) -> None:
        """Look at them at the next tick."""
        self.changed()

    def collect(self) -> object | None:
        """As they are, if that is new."""
        if (self._market.bids(self._depth), self._market.asks(self._depth)) == self._told:
            return None
        return self.first()


class PriceFeed(MarketFeed):
    """Ticker or touch, as a document makes it."""

    def __init__(
        self, feeds: Feeds, channel: str, is_raw: bool, market: Market, document: Callable[[Market], dict[str, Any]]
    ) -> None:
        super().__init__(feeds, channel, is_raw, market)
        self._document: Final = document

    def first(self) -> object:
        """As it is."""
        return self._document(self._market)

    def priced(self) -> None:
        """Tell it."""
        self.changed()

    def collect(self) -> object:
        """As it is."""
        return self._document(self._market)


class TradesFeed(MarketFeed):
    """New trades."""

    def __init__(self, feeds: Feeds, channel: str, is_raw: bool, market: Market) -> None:
        super().__init__(feeds, channel, is_raw, market)
        self._new: list[dict[str, Any]] = []

    def traded(self, trade: m.TradePrint) -> None:
        """Tell it."""
        self._new.append(trade_document(trade, self._market.name))
        if len(self._new) >= MAX_TRADES_A_MESSAGE:
            self.tell()
        else:
            self.changed()

    def end(self) -> None:
        """Leave the market, with nothing untold."""
        super().end()
        self._new = []

    def collect(self) -> object | None:
        """Those that are new."""
        new, self._new = self._new, []
        return new or None


class ChartFeed(MarketFeed):
    """The candle that runs."""

    def __init__(self, feeds: Feeds, channel: str, market: Market) -> None:
        super().__init__(feeds, channel, False, market)
        self._resolution: Final = resolution_of(channel)
        self._told: dict[str, Any] | None = None

    def first(self) -> object | None:
        """As it is."""
        self._told = self._last()
        return self._told

    def charted(self, interval: str) -> None:
        """Tell it."""
        if interval == self._resolution.interval:
            self.changed()

    def collect(self) -> object | None:
        """As it is, if that is new."""
        told, self._told = self._told, self._last()
        return None if self._told == told else self._told

    def _last(self) -> dict[str, Any] | None:
        bars = joined(self._market.candles.get(self._resolution.interval, ()), self._resolution)
        return bars[-1].document() if bars else None


def resolution_of(channel: str) -> Resolution:
    """The length of candles of a channel `chart.trades`."""
    return RESOLUTIONS[channel.rpartition(".")[2]]


def is_chart(channel: str) -> bool:
    """Whether it is one."""
    parts = channel.split(".")
    return len(parts) == 4 and parts[:2] == ["chart", "trades"] and parts[3] in RESOLUTIONS


def instrument_of(channel: str) -> str | None:
    """The instrument of a channel of a market; None: there is no such channel."""
    kind, *parts = channel.split(".")
    if is_chart(channel):
        return parts[1]
    if kind == "quote":
        return parts[0] if len(parts) == 1 else None
    if kind in ("ticker", "trades", "book") and len(parts) == 2 and parts[1] in INTERVALS:
        return parts[0]
    if kind == "book" and len(parts) == 4 and parts[1] == "none" and parts[2] in _DEPTHS and parts[3] in INTERVALS:
        return parts[0]
    return None


def market_feed(feeds: Feeds, channel: str, market: Market) -> Feed:
    """The feed of a channel of which `instrument_of` is the market's."""
    kind, *parts = channel.split(".")
    is_raw = parts[-1] == RAW
    if kind == "chart":
        return ChartFeed(feeds, channel, market)
    if kind == "quote":
        return PriceFeed(feeds, channel, False, market, quote_document)
    if kind == "ticker":
        return PriceFeed(feeds, channel, is_raw, market, ticker_document)
    if kind == "trades":
        return TradesFeed(feeds, channel, is_raw, market)
    return (BookFeed if len(parts) == 2 else DepthFeed)(feeds, channel, is_raw, market)
