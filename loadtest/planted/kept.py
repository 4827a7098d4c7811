"""A planted session kept as a journal, for training and for the tools that read one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from engine.record.rows import Row
from gateway.journal.key import keep_venue_key, venue_key
from gateway.journal.recovery import recover
from loadtest.planted.ground.ordinary import people
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Stage
from loadtest.planted.plants.catalogue import PLANTS
from loadtest.planted.session import WARM_S

VENUE: Final = "planted"
BATCH: Final = 200
BETWEEN_S: Final = 45.0
"""Between the beginnings of two acts, where they come one after another."""


def write_session(directory: Path, seed: int, strength: str, minutes: float) -> list[Plot]:
    """Run a session, and write its journal into a directory that has none; returns what was planted.

    Raises:
        JournalError: there is a journal.
        OSError: it can't be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    key, _ = venue_key(directory, has_journal=False)
    recovery = recover(directory / "journal", VENUE, key)
    for _ in recovery.rows():
        pass
    writer = recovery.writer("os")
    keep_venue_key(directory)
    batch: list[Row] = []

    def watch(seq: int, time_ns: int, command: object, events: object) -> None:
        batch.append((seq, time_ns, command, events))  # type: ignore[arg-type]
        if len(batch) >= BATCH:
            writer.append(batch)
            batch.clear()

    stage = Stage(seed, watch)
    people(stage, minutes * 60)
    source = random.Random(stage.source.getrandbits(64))
    plots = []
    for number, (kind, act) in enumerate(PLANTS.items()):
        plot = Plot(kind, strength, stage, random.Random(source.getrandbits(64)))
        plots.append(plot)
        stage.add(plot.run(act, WARM_S + number * BETWEEN_S))
    stage.run(minutes * 60)
    if batch:
        writer.append(batch)
    writer.close()
    return plots
