"""A small session on a clock of its own, and the server that plays it again, in this process."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from gateway.playback.playback import Playback, arrive
from gateway.playback.server import PlaybackServer
from gateway.server.sequencing.turns import VenueHalted
from gateway.session.moments import parse_moment
from gateway.session.pace import parse_speed
from gateway.session.recorded import Recorded
from gateway.venue.venue import Venue, load_venue
from tests.support.gateway.inprocess.bench import benched
from tests.support.gateway.inprocess.saved_venue import drawn
from tests.support.gateway.venues.small_venue import venue_text

BETWEEN_NS = 10_000_000
"""From one batch to the next."""


def record(directory: Path, seed: int, commands: int, batch: int = 4) -> None:
    """Let alice and bob trade at random, a batch each `BETWEEN_NS`, on what the directory has already."""
    directory.mkdir(exist_ok=True)
    (directory / "venue.toml").write_text(venue_text())
    chance = random.Random(seed)
    orders = [drawn(chance, seed * 10**6 + number) for number in range(commands)]
    with benched(directory) as bench:
        for start in range(0, commands, batch):
            bench.now_ns += BETWEEN_NS
            bench.sequencer.sequence(orders[start : start + batch])
            bench.started.fanout.dirty.clear()


@asynccontextmanager
async def playing(
    directory: Path, since: str = "0s", speed: str = "max", venue: Venue | None = None
) -> AsyncIterator[PlaybackServer]:
    """Serve what a directory has recorded, and stop it in order."""
    session = Recorded(directory / "journal", keeps_index=False)
    for _ in session.open():
        pass
    moment = parse_moment(since, session.begin_ns)
    walk = session.walk(session.seq_of(moment))
    for _ in arrive(walk):
        pass
    playback = Playback(session, walk, moment.time_ns, parse_speed(speed))
    server = PlaybackServer(venue or load_venue(directory), playback, lambda: None)
    await server.listen("127.0.0.1", 0)
    try:
        yield server
    finally:
        # A fault is the test's to look at.
        with suppress(VenueHalted):
            await server.stop()
        session.close()
