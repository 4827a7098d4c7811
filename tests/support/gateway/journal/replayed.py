"""The core, as a journal brings it about: by its commands alone, without index or snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.exchange import Exchange
from engine.replay import Replay
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader


def replayed(venue: Path) -> Iterator[Exchange]:
    """The state after every command of a venue's directory: the same one, which goes on. What it emits is as recorded."""
    exchange = new_exchange()
    replay = Replay(exchange)
    for row in JournalReader(venue / "journal").rows():
        replay.feed(row)
        assert replay.difference is None
        yield exchange
