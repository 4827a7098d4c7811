"""The server of a running venue: it takes commands, and sees to a journal and metrics."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import Final

from gateway.audit.keeping import KeptAudit
from gateway.journal.key import KEY_FILE
from gateway.journal.syncing import SyncThread
from gateway.journal.writer import Durability
from gateway.keys import read_private_key
from gateway.metrics.pauses import CollectorPauses
from gateway.server.door.listening import Certificate
from gateway.server.sequencing.startup import Started
from gateway.server.sequencing.turns import VenueHalted
from gateway.server.server import Server
from gateway.server.upkeep.scraping import MetricsEndpoint
from gateway.server.upkeep.upkeep import Upkeep
from gateway.venue.venue import Venue


class VenueServer(Server):
    """A running venue. From `gateway.server.opening.start_server`."""

    def __init__(
        self,
        venue: Venue,
        durability: Durability,
        started: Started,
        certificate: Certificate | None = None,
        *,
        directory: Path,
    ) -> None:
        turns = started.sequencer
        self._audit: Final = KeptAudit(
            directory,
            venue.venue_id,
            read_private_key(directory / KEY_FILE),
            now=lambda: turns.now_ns,
            fail=partial(self._audit_failed, asyncio.get_running_loop()),
        )
        context = turns.context(venue, durability, identities=started.identities, audit=self._audit)
        super().__init__(context, turns, venue.server, certificate)
        self.counters.audited = self._audit.noted
        self.started: Final = started
        """What the start found."""
        self.durability: Final = durability
        self.counters.snapshot_seq = started.snapshot_seq
        self.metrics: MetricsEndpoint | None = None
        """If it was asked for."""
        self._upkeep: Final = Upkeep(self, started)
        self._pauses: Final = CollectorPauses(self.counters.collector)
        if durability == "fsync":
            started.writer.sync_beside(SyncThread(self._scheduler.sync_is_done))

    async def listen(self, host: str, port: int) -> None:
        """Open the port, and see to the journal. Raises `OSError` if the port can't be had."""
        await super().listen(host, port)
        self._audit.begin(host=host, port=self.port, seq=self._turns.tip[0])
        self._upkeep.begin()

    async def listen_to_scrapers(self, port: int) -> None:
        """Open the metrics port; 0: any free one. Raises `OSError` if it can't be had."""
        # It brings prometheus_client, which takes a moment to load.
        from gateway.server.upkeep.gauges import metrics_endpoint

        self.metrics = metrics_endpoint(self.started, self._connections.values(), self.door, self.durability, self.fail)
        await self.metrics.listen(port)
        self.counters.is_watched = True
        self._pauses.begin()

    def renew_rates(self) -> None:
        """Go by what was set of rates by command."""
        if self._context.rates is not None:
            self._context.rates.follow(self.started.exchange.rates)

    def close_sockets(self) -> None:
        """End what is still connected, the metrics, and the audit: its last row stands for all connections."""
        super().close_sockets()
        self._audit.end("stopped" if self._is_stopping and not self._ended.done() else "halted")
        if self.metrics is not None:
            self.metrics.close()
        self._pauses.end()
        self._upkeep.end()

    def _audit_failed(self, loop: asyncio.AbstractEventLoop, error: OSError) -> None:
        """Its thread could not write: a venue that can't say who came does not go on."""
        halted = VenueHalted(f"the audit can't be written: {error}. See to the disk, then start the venue again.")
        halted.__cause__ = error
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self.fail, halted)
