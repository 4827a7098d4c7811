"""All markets: the list of instruments, and the sessions of the port itself that follow their channels, without a login."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from gateway.deribit.callers.asker import Asker
from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.listed import Listed
from gateway.deribit.dialect.market import KEPT_CANDLES, Market
from gateway.deribit.dialect.names import FUTURE
from gateway.protocol import messages as m
from gateway.protocol.request import Interval
from gateway.server.peers.local import LocalPeers

LIST_SECONDS: Final = 0.5
"""A list of instruments that is younger is good enough: many who ask are answered by one."""
MARKETS_A_SESSION: Final = 200
"""Of the 2 000 subscriptions of a session each market has up to ten, those of candles included."""
_ID: Final = 0


class Markets:
    """The markets of a venue. Trades are followed from when a market is known; all else from when somebody asks for it."""

    def __init__(self, peers: LocalPeers) -> None:
        self.listed: Final = Listed()
        self._peers: Final = peers
        self._markets: Final[dict[str, Market]] = {}
        """By the venue's name of the instrument."""
        self._following: Final[dict[str, list[Market]]] = {}
        """The futures that follow an index."""
        self._lister: Final = Asker(peers, "")
        self._watchers: Final[list[Asker]] = []
        self._opening: Final[dict[str, asyncio.Task[None]]] = {}
        self._listing: asyncio.Task[None] | None = None
        self._listed_at = float("-inf")

    async def refresh(self, anew: bool = False) -> None:
        """See that the list of instruments is as it is now, or as half a second ago, unless it is to be made anew."""
        if time.monotonic() - self._listed_at < LIST_SECONDS and not anew:
            return
        if self._listing is None or self._listing.done():
            self._listing = asyncio.ensure_future(self._list())
        # Whoever asked for it may go; others wait for it, too.
        await asyncio.shield(self._listing)

    async def find(self, name: str) -> Market:
        """The market of a name, with its book and prices. Raises `Failure`: there is none."""
        if self.listed.names.instrument(name) is None:
            await self.refresh()
        return await self.open(self.listed.find(name))

    async def open(self, info: m.InstrumentInfo) -> Market:
        """A market, with its book and prices: followed from now on."""
        market = self._markets[info.instrument]
        if not market.whole.is_set():
            task = self._opening.get(info.instrument)
            if task is None or task.done():
                task = self._opening[info.instrument] = asyncio.ensure_future(self._open(market))
            await asyncio.shield(task)
            self._opening.pop(info.instrument, None)
        return market

    async def chart(self, market: Market, interval: Interval) -> None:
        """Follow the candles of a market, too. Raises `Failure`."""
        if interval not in market.candles:
            watcher = self._watcher_of(market)
            request = m.Subscribe(id=_ID, channel="candles", instrument=market.info.instrument, interval=interval)
            market.candles[interval] = deque(maxlen=KEPT_CANDLES)
            try:
                await watcher.ask(request, m.Subscribed)
            except Failure:
                # As while the index is made: who asks later is not to wait for what nobody tells.
                del market.candles[interval]
                raise

    def end(self) -> None:
        """Follow nothing more."""
        for task in (*self._opening.values(), self._listing):
            if task is not None:
                task.cancel()
        for asker in (self._lister, *self._watchers):
            asker.end()

    async def _list(self) -> None:
        reply = await self._lister.ask(m.Instruments(id=_ID), m.InstrumentsReply)
        self._listed_at = time.monotonic()
        for info in self.listed.learn(reply.instruments):
            market = self._markets[info.instrument] = Market(info, self.listed.names.name(info.instrument))
            if market.kind == FUTURE and info.underlying is not None:
                self._following.setdefault(info.underlying, []).append(market)
            await self._watcher(len(self._markets)).ask(
                m.Subscribe(id=_ID, channel="trades", instrument=info.instrument), m.Subscribed
            )

    async def _open(self, market: Market) -> None:
        watcher = self._watcher_of(market)
        instrument = market.info.instrument
        channels: list[m.ChannelName] = ["book", "ticker", "status"]
        if market.kind == FUTURE:
            channels.append("marks")
        for channel in channels:
            await watcher.ask(m.Subscribe(id=_ID, channel=channel, instrument=instrument), m.Subscribed)
        if market.kind == FUTURE and market.info.underlying is not None:
            try:
                await watcher.ask(m.Subscribe(id=_ID, channel="index", instrument=market.info.underlying), m.Subscribed)
            except Failure as failure:
                # Of an index without a price there is no channel yet.
                if failure.data.get("code") != "unknown":
                    raise
        # What a book is, and a first ticker, follow what says that they will. A long book comes after some turns.
        await market.whole.wait()

    def _watcher_of(self, market: Market) -> Asker:
        return self._watcher(list(self._markets).index(market.info.instrument) + 1)

    def _watcher(self, number: int) -> Asker:
        """The session that follows the market of this number."""
        place = (number - 1) // MARKETS_A_SESSION
        while len(self._watchers) <= place:
            self._watchers.append(Asker(self._peers, "", self._hear))
        return self._watchers[place]

    def _hear(self, message: m.AnyMessage) -> None:
        if isinstance(message, m.IndexPrice):
            for market in self._following.get(message.index, ()):
                market.take(message)
        elif isinstance(message, m.ChannelMessage):
            about = message.about
            assert about is not None, "what is about the whole venue is not asked for"
            self._markets[about].take(message)
