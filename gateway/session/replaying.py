"""A journal replayed from its first command, every event compared: what came of it, as data."""

from __future__ import annotations

import time
from collections.abc import Iterator

from engine.replay import Replay, ReplayFailure, ReplayResult
from engine.vocabulary.codes import CORE_VERSION
from gateway.core import new_exchange
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.snapshots.borders import Borders, failure_of
from gateway.snapshots.sealed import SnapshotError


class Part:
    """What a replay found of what one core version wrote, up to a sequence number."""

    def __init__(self, core_version: int, last_seq: int, result: ReplayResult, failure: ReplayFailure | None) -> None:
        self.core_version = core_version
        self.last_seq = last_seq
        self.result = result
        self.failure = failure

    @property
    def is_equal(self) -> bool:
        """Whether every event came out as recorded."""
        return self.result.equal and self.failure is None


class Outcome:
    """What a replay of a directory found."""

    def __init__(self, reader: JournalReader, until_seq: int | None = None) -> None:
        self.reader = reader
        self.until_seq = until_seq
        self.result: ReplayResult | None = None
        self.damage: JournalDamage | None = None
        self.failure: ReplayFailure | None = None
        self.earlier: list[Part] = []
        """What was written under earlier core versions, where the journal goes on under another."""
        self.parts = 1
        """How many were replayed at once."""
        self.seconds = 0.0

    @property
    def core_version(self) -> int | None:
        """That of the journal, of its last segment read; None if not even its first header is sound."""
        return self.reader.segments[-1].header.core_version if self.reader.segments else None

    @property
    def status(self) -> str:
        """`equal`, `different`, `failed`, `damaged` or `torn`: the first that holds of what makes it not equal."""
        if self.result is not None and not self.result.equal:
            return "different"
        if self.failure is not None:
            return "failed"
        if self.damage is not None:
            return "damaged"
        return "torn" if self.reader.torn is not None else "equal"

    def run(self) -> Iterator[int]:
        """Replay; yields how many bytes of the journal are read. Must be done once, to its end.

        Raises:
            OSError: a segment can't be read.
        """
        reader = self.reader
        replay = Replay(new_exchange())
        borders = Borders(reader)
        start = time.perf_counter()
        try:
            for batch in reader.batches():
                before = borders.version
                if borders.crosses(batch):
                    self.earlier.append(Part(before, borders.seq, replay.result(), self.failure))
                    self.failure, replay = None, _go_on(borders)
                asked = batch if self.until_seq is None else [row for row in batch if row[0] <= self.until_seq]
                self.failure = self.failure or failure_of(replay, asked)
                if self.failure is not None and borders.version == CORE_VERSION:
                    # Only behind another core version a replay can go on after a failure.
                    break
                yield reader.bytes_read
                if self.until_seq is not None and reader.tip.next_seq > self.until_seq:
                    break
        except JournalDamage as damage:
            self.damage = damage
        except ReplayFailure as failure:
            self.failure = failure
        self.seconds = time.perf_counter() - start
        self.result = replay.result()


def _go_on(borders: Borders) -> Replay:
    """The replay of what another core version has written, from where it began."""
    try:
        return Replay(borders.exchange(new_exchange().hook))
    except SnapshotError as error:
        raise ReplayFailure(borders.seq + 1, str(error)) from error
