"""What a client follows: private reports, channels, and books that it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

from gateway.client.accounts.account import PrivateReport
from gateway.client.copies.book import LocalBook
from gateway.client.copies.candles import CandleStream, candle_of
from gateway.client.copies.order_queue import LocalQueue
from gateway.client.copies.streams import Stream, as_it_came
from gateway.client.copies.subscriptions import ChannelKey, Started
from gateway.client.links.connection import Connection, settle
from gateway.client.values.errors import ClientError, ReportsLost
from gateway.client.values.values import (
    Auction,
    Candle,
    Fill,
    IndexPrice,
    Mark,
    Refusal,
    Ticker,
    Top,
    Trade,
    fill_of,
    handed,
    refusal_of,
)
from gateway.protocol import messages as m

Act = Callable[[], Awaitable[None]]
S = TypeVar("S", bound=Stream[Any])
MAX_PAGE: Final = 200
"""Candles in one answer."""


class Following(Connection):
    """A connection with streams. A channel goes on over lost links; a stream that its venue refuses later ends with `RequestFailed`."""

    def reports(self, account: str | None = None) -> Stream[PrivateReport]:
        """Follow the private reports of one account, or of all of the participant's, as the venue writes them: decimals are text."""
        return self._private(account, as_it_came)

    def fills(self, account: str | None = None) -> Stream[Fill]:
        """Follow the fills of one account, or of all. Raises `ReportsLost` after the last one that is sure, where some are not."""

        def hand(report: Any) -> Fill | None:
            if isinstance(report, m.Resumed):
                stream.end(ReportsLost(f"reports of {report.account} are lost for good, or void"))
            return fill_of(report)

        stream = self._private(account, hand)
        return stream

    def _private(self, account: str | None, hand: Callable[[Any], Any]) -> Stream[Any]:
        async def start() -> None:
            self._protocol.report_streams.append(entry)

        async def stop() -> None:
            self._protocol.report_streams.remove(entry)

        stream: Stream[Any] = Stream(start, stop, hand)
        entry = account, stream
        return stream

    def trades(self, instrument: str) -> Stream[Trade]:
        """Follow the public trades of an instrument."""
        return self._stream("trades", instrument, partial(handed, kind=Trade))

    def top(self, instrument: str) -> Stream[Top]:
        """Follow the best bid and ask of an instrument."""
        return self._stream("top", instrument, partial(handed, kind=Top))

    def ticker(self, instrument: str) -> Stream[Ticker]:
        """Follow the last price and the best bid and ask of an instrument."""
        return self._stream("ticker", instrument, partial(handed, kind=Ticker))

    def candles(self, instrument: str, interval: m.Interval, *, since: int | None = None) -> CandleStream:
        """Follow the candles of an instrument: those of the past, then each as it changes, and once more as it closes. None is missed.

        Args:
            instrument: whose.
            interval: how long each is.
            since: the first one begins then or later, nanoseconds since the epoch, UTC; None: the last 100 come first.

        Raises:
            RequestFailed: `unavailable` of a read: the venue is still making the index of its journal. Read again in a minute.
        """

        async def fetch(from_ns: int, to_ns: int) -> tuple[list[Candle], bool]:
            request = m.CandleHistory(
                id=self.next_id(),
                instrument=instrument,
                interval=interval,
                from_time=from_ns,
                to_time=to_ns,
                sort="oldest",
                limit=MAX_PAGE,
            )
            reply = await self.request(request, m.CandleHistoryReply)
            return [candle_of(each, instrument, interval) for each in reply.candles], reply.more

        key = ChannelKey("candles", instrument, None, interval)
        return self._read(key, lambda start, stop: CandleStream(start, stop, fetch, since))

    async def candle_history(
        self,
        instrument: str,
        interval: m.Interval,
        *,
        from_time: int | None = None,
        to_time: int | None = None,
        at_most: int | None = 1_000,
    ) -> list[Candle]:
        """List candles, the oldest first. Needs no login.

        Args:
            instrument: whose.
            interval: how long each is.
            from_time: they begin then or later, nanoseconds since the epoch, UTC; None: from the venue's first day on.
            to_time: and then or earlier; None: to now. The last one may not be closed.
            at_most: of more the last ones; None: all.

        Raises:
            RequestFailed: as of `candles`.
        """
        found: list[Candle] = []
        while at_most is None or len(found) < at_most:
            request = m.CandleHistory(
                id=self.next_id(),
                instrument=instrument,
                interval=interval,
                from_time=from_time,
                to_time=found[-1].start - 1 if found else to_time,
                limit=MAX_PAGE if at_most is None else min(at_most - len(found), MAX_PAGE),
            )
            reply = await self.request(request, m.CandleHistoryReply)
            found += [candle_of(each, instrument, interval) for each in reply.candles]
            if not reply.more:
                break
        found.reverse()
        return found

    def status(self, instrument: str) -> Stream[m.Status]:
        """Follow the phases of an instrument."""
        return self._stream("status", instrument)

    def marks(self, instrument: str) -> Stream[Mark]:
        """Follow the marks of a future."""
        return self._stream("marks", instrument, partial(handed, kind=Mark))

    def index(self, index: str) -> Stream[IndexPrice]:
        """Follow the prices of an index, named by a future's `underlying`."""
        return self._stream("index", index, partial(handed, kind=IndexPrice))

    def auction(self, instrument: str) -> Stream[Auction]:
        """Follow to what the calls of an instrument would uncross, and did."""
        return self._stream("auction", instrument, partial(handed, kind=Auction))

    def drop_copy(self) -> Stream[PrivateReport]:
        """Follow the reports of every account, as the venue writes them: decimals are text. For supervisors and operators."""
        return self._stream("drop_copy", None)

    def refusals(self) -> Stream[Refusal]:
        """Follow what the venue refuses, with the rule that decided, as it happens. For supervisors and operators."""
        return self._stream("drop_copy", None, refusal_of)

    def changes(self) -> Stream[m.Change]:
        """Follow what changes of rules, records and settings. For supervisors and operators."""
        return self._stream("changes", None)

    def heartbeats(self) -> Stream[m.Heartbeat]:
        """Follow the venue's signs of life. Pings of the connection need no such thing."""
        return self._stream("heartbeat", None)

    async def book(self, instrument: str, depth: int | None = None, interval: str | None = None) -> LocalBook:
        """Follow the book of an instrument; returns once the first snapshot is there.

        Args:
            instrument: its name.
            depth: of each side the best so many levels, one of those that the venue offers; None: all.
            interval: told at most once in `10ms`, `100ms` or `1s`; None: with every turn of the venue.

        Raises:
            RequestFailed: there is no such instrument, or no such option.
        """
        future, started = self._start()
        book = self._protocol.follow(ChannelKey("book", instrument, depth, interval), started, self._now())
        self._link.wake()
        await future
        assert isinstance(book, LocalBook), "a client that has ended says so"
        return book

    async def queue(self, instrument: str) -> LocalQueue:
        """Follow every order of an instrument that shows; returns once the first snapshot is there. Raises `RequestFailed` if there is none."""
        future, started = self._start()
        queue = self._protocol.follow(ChannelKey("orders", instrument), started, self._now())
        self._link.wake()
        await future
        assert isinstance(queue, LocalQueue), "a client that has ended says so"
        return queue

    def _stream(
        self, channel: m.ChannelName, instrument: str | None, hand: Callable[[Any], Any] = as_it_came
    ) -> Stream[Any]:
        return self._read(ChannelKey(channel, instrument), lambda start, stop: Stream(start, stop, hand))

    def _read(self, key: ChannelKey, make: Callable[[Act, Act], S]) -> S:
        """A stream that reads a channel, made of what starts and stops it."""

        async def start() -> None:
            future, started = self._start()
            self._protocol.read(key, stream, started, self._now())
            self._link.wake()
            try:
                await future
            except BaseException:
                await stop()
                raise

        async def stop() -> None:
            self._protocol.subscriptions.leave(key, stream)
            self._link.wake()

        stream = make(start, stop)
        return stream

    def _start(self) -> tuple[asyncio.Future[None], Started]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def started(error: ClientError | None) -> None:
            settle(future, error)

        return future, started
