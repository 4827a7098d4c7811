"""Rows of a journal by their sequence numbers: found through the index, read from the journal and verified."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

from engine.record.rows import StoredRow
from engine.record.segments import Tip
from gateway.disk import DISK, Disk
from gateway.index.run import Spot
from gateway.journal.files import JournalError
from gateway.journal.tail import Place, Tail


class Spots(Protocol):
    """Where some batches of a journal begin: an index."""

    @property
    def last_seq(self) -> int:
        """The last row that it knows."""

    def spot_of(self, seq: int) -> tuple[int, Spot]:
        """The segment, and the last spot in it that is not behind a row."""

    def spot_at(self, time_ns: int) -> tuple[int, Spot] | None:
        """The segment, and the last spot that is not behind a time; None: all are."""


class Rows:
    """Reads rows of one journal. It holds one segment open, and the batch that it read last."""

    def __init__(self, journal: Path, spots: Spots, disk: Disk = DISK) -> None:
        self._spots: Final = spots
        self._tail: Final = Tail(journal, disk=disk)
        self._batch: list[StoredRow] = []

    @property
    def behind(self) -> Place:
        """Behind the batch that was read last."""
        return self._tail.place

    def close(self) -> None:
        """Let go of the segment."""
        self._tail.close()

    def rows(self, seqs: Iterable[int]) -> Iterator[StoredRow]:
        """Rows by their sequence numbers, ascending.

        Raises:
            LookupError: the index knows no such row.
            JournalError: the journal is damaged there.
            OSError: the disk failed.
        """
        for seq in seqs:
            for _ in self.seek(seq):
                pass
            yield self.row(seq)

    def seek(self, seq: int) -> Iterator[int]:
        """Read the batch that holds a row; yields after each piece of work on the way how many bytes it was. Raises as `rows`."""
        batch = self._batch
        if batch and batch[0][0] <= seq <= batch[-1][0]:
            return
        if not 0 < seq <= self._spots.last_seq:
            raise LookupError(f"there is no sequence number {seq}: there are 1 to {self._spots.last_seq}")
        segment, spot = self._spots.spot_of(seq)
        if not (batch and spot.seq <= batch[-1][0] + 1 <= seq):
            yield from self._approach(segment, spot)
        while True:
            before = self._tail.place.offset
            self._next(seq)
            yield max(self._tail.place.offset - before, 0)
            if seq <= self._batch[-1][0]:
                return

    def row(self, seq: int) -> StoredRow:
        """A row of the batch that was read last."""
        return self._batch[seq - self._batch[0][0]]

    def locate(self, seq: int) -> Place:
        """Where the batch that holds a row begins; its link is not told. Raises as `rows`."""
        for _ in self.seek(seq):
            pass
        return Place(self._tail.place.segment, self._tail.start, Tip(b"", self._batch[0][0]))

    def seq_at(self, time_ns: int) -> int:
        """The last row at that time or before it; 0: there is none. Nanoseconds since the epoch, UTC. Raises as `rows`."""
        looking = self.seek_at(time_ns)
        while True:
            try:
                next(looking)
            except StopIteration as found:
                seq: int = found.value
                return seq

    def seek_at(self, time_ns: int) -> Generator[int, None, int]:
        """As `seq_at`, in pieces: yields after each how many bytes it was."""
        found = self._spots.spot_at(time_ns)
        if found is None:
            return 0
        segment, spot = found
        yield from self._approach(segment, spot)
        seq = spot.seq
        while seq < self._spots.last_seq:
            before = self._tail.place.offset
            self._next(seq)
            yield max(self._tail.place.offset - before, 0)
            later = bisect_right(self._batch, time_ns, key=lambda row: row[1])
            if later:
                seq = self._batch[later - 1][0]
            if later < len(self._batch):
                break
        return seq

    def _approach(self, segment: int, spot: Spot) -> Iterator[int]:
        self._batch = []
        yield from self._tail.approach(Place(segment, spot.offset, Tip(b"", spot.seq)))

    def _next(self, seq: int) -> None:
        """Read the next batch, which must be there."""
        batch = next(self._tail.batches(), None)
        if batch is None:
            raise JournalError(
                f"the journal ends before sequence number {seq}, which it had: it was cut while it was read"
            )
        self._batch = batch
