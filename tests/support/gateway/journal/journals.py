"""Journals on a real disk, and disks that fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import Row
from engine.vocabulary.limits import SEGMENT_BYTES
from gateway.disk import DISK, Disk
from gateway.journal.reader import JournalReader
from gateway.journal.recovery import recover
from gateway.journal.writer import JournalWriter
from tests.support.engine.desks.sessions import in_batches, stored

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VENUE = "venue"

Plain = tuple[int, int, bytes, bytes]


def plain(rows: Sequence[Row]) -> list[Plain]:
    """Rows as bytes, to compare."""
    return [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in stored(list(rows))]


def open_writer(directory: Path, segment_bytes: int = SEGMENT_BYTES, disk: Disk = DISK) -> JournalWriter:
    """The writer after whatever the directory holds."""
    recovery = recover(directory, VENUE, KEY, disk)
    for _ in recovery.rows():
        pass
    return recovery.writer(segment_bytes=segment_bytes)


def write_journal(
    directory: Path, rows: list[Row], batch: int = 4, segment_bytes: int = SEGMENT_BYTES, close: bool = True
) -> None:
    """A journal of these rows, closed or left as a crash would leave it."""
    writer = open_writer(directory, segment_bytes)
    for each in in_batches(rows, batch):
        writer.append(each)
    if close:
        writer.close()
    else:
        writer.abandon()


def read_rows(directory: Path) -> list[Plain]:
    """All rows of a journal that is sound."""
    reader = JournalReader(directory)
    rows = [(seq, time_ns, bytes(command), bytes(events)) for seq, time_ns, command, events in reader.rows()]
    assert reader.torn is None
    return rows


def recovered_rows(directory: Path) -> list[Plain]:
    """All rows that a start finds; the journal is let go again."""
    recovery = recover(directory, VENUE, KEY)
    try:
        return [(seq, time_ns, bytes(command), bytes(events)) for seq, time_ns, command, events in recovery.rows()]
    finally:
        recovery.close()


def frame_offsets(data: bytes) -> list[int]:
    """Where the frames of a sound segment begin, found without the reader: by the lengths in their heads."""
    offsets = []
    offset = 0
    while offset < len(data):
        offsets.append(offset)
        offset += 34 + int.from_bytes(data[offset + 10 : offset + 14], "big") + 32
    return offsets


class FailingDisk(Disk):
    """A real disk that fails at one of its operations, and for good from then on."""

    def __init__(self, fails_at: int, error: int) -> None:
        self.operations = 0
        self.writes: list[bytes] = []
        self.syncs = 0
        self._fails_at = fails_at
        self._error = error

    def write(self, descriptor: int, data: bytes) -> int:
        self._count()
        self.writes.append(data)
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self.syncs += 1
        self._count()
        super().sync(descriptor)

    def _count(self) -> None:
        self.operations += 1
        if self.operations == self._fails_at:
            raise OSError(self._error, "injected")
