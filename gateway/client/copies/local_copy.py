"""What a participant keeps of a channel that begins with a snapshot, and who waits for it to change. Without I/O."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.client.values.errors import ClientError


class OutOfStep(Exception):
    """An update did not continue the copy, or its checksum differs; a new snapshot is needed."""


class LocalCopy:
    """A copy of something of one instrument, checked with every message."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.seq = -1
        """Of the last message applied; -1 before the first snapshot."""
        self.time = 0
        """The venue's clock at that message, nanoseconds since the epoch, UTC."""
        self.resyncs = 0
        """How often the copy was found out of step and fetched anew."""
        self.is_current = False
        """Whether it follows the venue; not before the first snapshot, nor while the connection is lost."""
        self._waiting: list[asyncio.Future[None]] = []
        self._error: ClientError | None = None

    async def changed(self) -> None:
        """Wait until the next message has been applied. Raises what ended the copy: no message will come any more."""
        if self._error is not None:
            raise self._error
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def apply(self, message: Any) -> None:
        """Apply a message of its channel. Raises `OutOfStep` if it does not fit; the copy is then stale."""
        previous = getattr(message, "prev_seq", self.seq)
        if previous != self.seq:
            raise OutOfStep(f"{self.instrument}: update follows {previous}, the copy is at {self.seq}")
        self._take(message)
        self.seq, self.time = message.seq, message.time
        if self.checksum() != message.checksum:
            raise OutOfStep(f"{self.instrument}: the checksum differs at {message.seq}")
        self.is_current = True
        self._wake(None)

    def checksum(self) -> int:
        """Of the copy as it is."""
        raise NotImplementedError

    def end(self, error: ClientError) -> None:
        """Note that no message will come any more, and why."""
        self.is_current = False
        self._error = error
        self._wake(error)

    def _take(self, message: Any) -> None:
        """Take in what a message says. Raises `OutOfStep` where that can't be."""
        raise NotImplementedError

    def _wake(self, error: ClientError | None) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                if error is None:
                    each.set_result(None)
                else:
                    each.set_exception(error)
