"""Streams of messages that a client reads with `async for`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from gateway.client.values.errors import ClientError, FellBehind

M = TypeVar("M")

# Messages a stream holds for its reader; a few seconds of a busy venue.
MAX_WAITING: Final = 100_000


class Reader(Protocol):
    """Who reads a channel."""

    missed: int
    """Messages that it never got."""

    def put(self, message: Any) -> None:
        """Take a message of the venue."""

    def end(self, error: ClientError | None) -> None:
        """Nothing comes any more."""


def as_it_came(message: Any) -> Any:
    """Hand a message out as the venue sent it."""
    return message


class Stream(Generic[M]):
    """Messages in the order in which they came. Ends when the client closes, raises what broke the connection.

    Also an async context manager: leaving it ends the subscription.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        hand: Callable[[Any], M | None] = as_it_came,
    ) -> None:
        """Make one.

        Args:
            start: subscribes.
            stop: ends the subscription.
            hand: makes what is read of a message of the venue; None: nothing.
        """
        self.missed = 0
        """Messages that never came, by the gaps in their sequence numbers: only across a lost connection."""
        self._queue: asyncio.Queue[M | None] = asyncio.Queue(MAX_WAITING)
        self._start = start
        self._stop = stop
        self._hand = hand
        self._started = False
        self._error: ClientError | None = None
        self._is_over = False

    def __aiter__(self) -> Stream[M]:
        return self

    async def __aenter__(self) -> Stream[M]:
        await self.start()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Subscribe now instead of at the first read."""
        if not self._started:
            self._started = True
            try:
                await self._start()
            except BaseException:
                # Refused, or given up: it may be tried again.
                self._started = False
                raise

    async def __anext__(self) -> M:
        if not self._is_over:
            await self.start()
        if not (self._is_over and self._queue.empty()):
            message = await self._queue.get()
            if message is not None:
                return message
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the subscription; what was not read is dropped."""
        if self._started:
            await self._stop()
        self.end(None)

    def put(self, message: Any) -> None:
        """Hand a message of the venue to the reader; if too many wait, the reader gets `FellBehind` after them."""
        if not self._is_over and (handed := self._hand(message)) is not None:
            # One place is kept for the mark that ends the stream.
            if self._queue.qsize() < MAX_WAITING - 1:
                self._queue.put_nowait(handed)
            else:
                self.end(FellBehind(f"{MAX_WAITING} messages waited unread"))

    def end(self, error: ClientError | None) -> None:
        """Let the reader finish what waits, then end or raise."""
        self._error = self._error or error
        self._is_over = True
        if not self._queue.full():
            self._queue.put_nowait(None)
