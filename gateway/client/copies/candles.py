"""Candles as a client reads them: those of the past, then those that come, each once as it closes and as often as it changes before."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec

from gateway.client.copies.streams import Stream
from gateway.client.values.values import Candle
from gateway.protocol import messages as m

Fetch = Callable[[int, int], Awaitable[tuple[list[Candle], bool]]]
"""The first candles that begin from one time to another, both included, the oldest first; and whether there are more."""


def candle_of(told: m.CandleBar | m.Candle, instrument: str, interval: str) -> Candle:
    """What is handed out of a candle that the venue told."""
    facts = {name: getattr(told, name) for name in m.CandleBar.__struct_fields__}
    return msgspec.convert({**facts, "instrument": instrument, "interval": interval}, Candle)


class _Gap(NamedTuple):
    """Candles that are to be asked for: what was told begins behind them."""

    from_ns: int
    to_ns: int
    before: Candle | None
    """The one that was handed out last."""


class CandleStream(Stream[Candle]):
    """The candles of an interval. What passed while there was no link, and what is wanted of before, is fetched in its place."""

    def __init__(
        self,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        fetch: Fetch,
        since_ns: int | None,
    ) -> None:
        """Make one.

        Args:
            start, stop: as of `Stream`.
            fetch: asks for a page of the past.
            since_ns: the first candle that is wanted begins then or later; None: the venue's choice.
        """
        super().__init__(start, stop, lambda message: message)
        self._fetch: Final = fetch
        self._since_ns = since_ns
        self._last: Candle | None = None
        """That is known, whether it was read or not."""
        self._gap: _Gap | None = None
        self._fetched: Final[deque[Candle]] = deque()

    async def __anext__(self) -> Candle:
        while True:
            if self._fetched:
                return self._fetched.popleft()
            if self._gap is not None:
                # Again where it failed before.
                await self._fill(self._gap)
                continue
            item: Candle | _Gap = await super().__anext__()
            if isinstance(item, Candle):
                return item
            self._gap = item

    async def _fill(self, gap: _Gap) -> None:
        """Fetch the next page of what is missing."""
        found, is_more = await self._fetch(gap.from_ns, gap.to_ns)
        self._fetched.extend(each for each in found if each != gap.before)
        self._gap = _Gap(found[-1].start + 1, gap.to_ns, None) if is_more and found else None

    def put(self, message: Any) -> None:
        """Take in what the venue told: the last candles, or one as it is now."""
        told = message.candles if isinstance(message, m.CandleSnapshot) else [message]
        candles = [candle_of(each, message.instrument, message.interval) for each in told]
        known_ns = self._since_ns if self._last is None else self._last.start
        if candles and known_ns is not None and known_ns < candles[0].start and isinstance(message, m.CandleSnapshot):
            super().put(_Gap(known_ns, candles[0].start - 1, self._last))
        for candle in candles:
            if self._last is None or candle.start > self._last.start or _goes_on(self._last, candle):
                if self._since_ns is None or candle.start >= self._since_ns:
                    super().put(candle)
                self._last = candle


def _goes_on(last: Candle, candle: Candle) -> bool:
    """Whether a candle is the last one, with more in it."""
    return candle.start == last.start and (candle.trades, candle.closed) > (last.trades, last.closed)
