"""The server of a running venue: it takes commands, and sees to a journal and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gateway.journal.syncing import SyncThread
from gateway.journal.writer import Durability
from gateway.metrics.pauses import CollectorPauses
from gateway.server.listening import Certificate
from gateway.server.scraping import MetricsEndpoint
from gateway.server.server import Server
from gateway.server.startup import Started
from gateway.server.upkeep import Upkeep
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
        context = turns.context(venue, durability, identities=started.identities)
        super().__init__(context, turns, venue.server, certificate)
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
        self._upkeep.begin()

    async def listen_to_scrapers(self, port: int) -> None:
        """Open the metrics port; 0: any free one. Raises `OSError` if it can't be had."""
        # It brings prometheus_client, which takes a moment to load.
        from gateway.server.gauges import metrics_endpoint

        self.metrics = metrics_endpoint(self.started, self._connections.values(), self.door, self.durability, self.fail)
        await self.metrics.listen(port)
        self.counters.is_watched = True
        self._pauses.begin()

    def close_sockets(self) -> None:
        """End what is still connected, and the metrics."""
        super().close_sockets()
        if self.metrics is not None:
            self.metrics.close()
        self._pauses.end()
        self._upkeep.end()
