"""A journal that grows under surveillance: what is found is sent to the venue as alerts, while it happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from compliance.surveillance.surveillance import Episode, Surveillance
from engine.record.rows import StoredRow, decode_events
from gateway.alerting.outbox import Outbox, Raised
from gateway.alerting.recorded import taken
from gateway.alerting.reports import alert
from gateway.client import Client, ConnectionLost, RequestFailed
from gateway.journal.tail import Tail

LOOK_SECONDS: Final = 0.1
"""Between two looks at a journal that has nothing new."""
IDLE_NS: Final = 500_000_000
"""A journal that has had no row for so long has none: time passes without."""
PIECE_SECONDS: Final = 0.2
"""After so much reading the connection has its turn."""

Told = Callable[[Episode, Raised | None, str], None]
"""Is told of a report: with the alert once it is in the journal, or with why it was refused."""


class Following:
    """Follows one journal.

    Args:
        journal: directory of the segments.
        surveillance: a new one: it is fed from the first row on.
        client: who raises alerts; None: nobody does, and what is found is only told.
        tell: is told what is found, and what comes of it.
    """

    def __init__(self, journal: Path, surveillance: Surveillance, client: Client | None, tell: Told) -> None:
        self.surveillance: Final = surveillance
        self.outbox: Final = Outbox()
        self.is_caught_up = False
        """Whether all that was recorded before was read."""
        self.delays_s: Final[list[float]] = []
        """From the row with which it was enough to the alert's, by the venue's clock; the last thousand."""
        self._tail: Final = Tail(journal)
        self._client: Final = client
        self._tell: Final = tell
        self._sent: Final[list[Episode]] = []
        self._row_ns = 0

    async def run(self, has_ended: Callable[[], bool]) -> None:
        """Follow until something says that it is over.

        Raises:
            JournalError: the journal is damaged.
            Unreadable: it holds what this version does not know.
            ConnectionLost: the venue went away for good.
            OSError: the disk failed.
        """
        try:
            while not has_ended():
                await self._read()
                self.is_caught_up = True
                if self._client is not None:
                    await self._send(self._client)
                now_ns = time.time_ns()
                if now_ns - self._row_ns > IDLE_NS and self._row_ns:
                    # A clock that is behind the venue's own finds nothing: it looks at what is over there.
                    self._found(self.surveillance.look(now_ns - IDLE_NS))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._tail.close()

    async def _read(self) -> None:
        """Take in all that the journal has by now."""
        began = time.monotonic()
        for batch in self._tail.batches():
            for row in batch:
                self._row(row)
            if time.monotonic() - began > PIECE_SECONDS:
                if self.is_caught_up and self._client is not None:
                    await self._send(self._client)
                await asyncio.sleep(0)
                began = time.monotonic()

    def _row(self, row: StoredRow) -> None:
        self._row_ns = row[1]
        self._found(taken(self.surveillance, row))
        for event in decode_events(row[3]):
            raised = self.outbox.take(event, row[1])
            if raised is not None:
                self._raised(raised)

    def _found(self, episodes: list[Episode]) -> None:
        for episode in episodes:
            if self._client is None:
                self._tell(episode, None, "")
            else:
                self.outbox.add(episode)

    def _raised(self, raised: Raised) -> None:
        for episode in [each for each in self._sent if raised.is_of(each)]:
            self._sent.remove(episode)
            self.delays_s.append((raised.time_ns - episode.row_ns) / 1_000_000_000)
            del self.delays_s[:-1_000]
            self._tell(episode, raised, "")

    async def _send(self, client: Client) -> None:
        """Send what may be sent."""
        while (episode := self.outbox.next(time.time_ns())) is not None:
            self._sent.append(episode)
            try:
                await client.admin("raise_alert", **alert(episode))
            except RequestFailed as error:
                self._sent.remove(episode)
                self._tell(episode, None, str(error))
            except ConnectionLost:
                self._sent.remove(episode)
                self.outbox.put_back(episode)
                raise
