"""The journal is recovered: read at a venue's start, what a crash has torn set aside, and the writer that goes on.

recovery = recover(directory, venue, key)
for batch in recovery.batches():
    replay.feed_batch(batch)
writer = recovery.writer("fsync")
writer.append(rows)
writer.close()
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import StoredRow
from engine.record.segments import Torn
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import SEGMENT_BYTES
from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, make_directories, sync_file, write_all
from gateway.journal.files import Lock, save_bytes
from gateway.journal.head import Point
from gateway.journal.reader import JournalReader, SegmentSummary
from gateway.journal.writer import Durability, JournalWriter
from gateway.keys import public_key_bytes


class TornTail:
    """A bad last frame that recovery set aside: torn by a crash, and then never acknowledged, or damaged."""

    def __init__(self, segment: str, torn: Torn, saved: Path) -> None:
        self.segment: Final = segment
        self.torn: Final = torn
        self.saved: Final = saved
        """Where its bytes are now."""

    def __str__(self) -> str:
        return f"{self.segment}: {self.torn}; set aside as {self.saved.name}"


class Recovery:
    """A journal that is being read at the venue's start, locked. First all its rows, then the writer.

    Attributes:
        torn: what was set aside, known once all rows are read.
        reader: what was read of it so far.
        venue, public_key: whose journal it must be.
        disk: what it is on.
    """

    def __init__(
        self, directory: Path, venue: str, key: Ed25519PrivateKey, disk: Disk = DISK, *, lock: Lock | None = None
    ) -> None:
        self.directory: Final = directory
        self.torn: TornTail | None = None
        self.venue: Final = venue
        self.public_key: Final = public_key_bytes(key)
        self.disk: Final = disk
        self._key: Final = key
        self._lock: Final = Lock(disk) if lock is None else lock
        self._lock.take(directory)
        self.reader: Final = JournalReader(
            directory, public_key_bytes(key), venue, CORE_VERSION, settle_seconds=0, disk=disk
        )
        self._is_read = False

    def batches(
        self, since: Point | None = None, check_end: Callable[[int], None] | None = None
    ) -> Iterator[list[StoredRow]]:
        """All rows, or all after a point that the journal must have, verified; at the end a torn last frame is set aside. Once only.

        `check_end` is told the last sequence number before anything is changed, and may raise.

        Raises:
            JournalDamage: anything but the last frame is bad, or what the head has is missing. Nothing was changed.
            JournalVersion: another core version is needed.
            OSError: the disk failed.
        """
        yield from self.reader.batches(since)
        if check_end is not None:
            check_end(self.reader.tip.next_seq - 1)
        for name in self.disk.names(self.directory):
            if name.startswith("journal-") and name.endswith(UNFINISHED_SUFFIX):
                self.disk.remove(self.directory / name)
        if self.reader.segments:
            last = self.reader.segments[-1]
            if self.reader.torn is not None:
                self.torn = self._set_aside(last, self.reader.torn)
            self._make_durable(last)
        self._is_read = True

    def rows(self) -> Iterator[StoredRow]:
        """The rows one by one; otherwise like `batches`."""
        for batch in self.batches():
            yield from batch

    def writer(
        self, durability: Durability = "fsync", rulebook_digest: str = "", segment_bytes: int = SEGMENT_BYTES
    ) -> JournalWriter:
        """The writer that goes on where the rows ended. The lock is its from now on.

        Args:
            durability: see `JournalWriter`.
            rulebook_digest: of the rulebook in force, hexadecimal; empty if there is none yet.
            segment_bytes: a segment ends at the first frame that passes this size.

        Raises:
            OSError: the disk failed.
        """
        assert self._is_read, "read all rows first"
        last = self.reader.segments[-1] if self.reader.segments else None
        return JournalWriter(
            self.directory,
            self.venue,
            self._key,
            tip=self.reader.tip,
            batch_tip=self.reader.batch_tip,
            last=last,
            lock=self._lock,
            durability=durability,
            rulebook_digest=rulebook_digest,
            segment_bytes=segment_bytes,
            disk=self.disk,
        )

    def close(self) -> None:
        """Let go of the journal without writing."""
        self._lock.release()

    def _set_aside(self, segment: SegmentSummary, torn: Torn) -> TornTail:
        """Move the torn bytes into a file beside, and cut the segment; a crash in between loses neither."""
        descriptor = self.disk.open(self.directory / segment.name, os.O_RDWR)
        try:
            data = self.disk.read_at(descriptor, torn.end - torn.start, torn.start)
            saved = save_bytes(self.directory, f"torn-{segment.header.segment}-{torn.start}", data, self.disk)
            self.disk.truncate(descriptor, torn.start)
            self.disk.sync(descriptor)
        finally:
            self.disk.close(descriptor)
        return TornTail(segment.name, torn, saved)

    def _make_durable(self, segment: SegmentSummary) -> None:
        """Put on the disk what was read: a crash between write and sync leaves a frame that only memory holds.

        A sync alone would not do: after one that failed, the system takes the pages for clean. So the last frame, the
        only one that can be meant, is written again where it stands; and the file is cut again where it ends, since what
        a start before cut off may still be on the disk.
        """
        path = self.directory / segment.name
        descriptor = self.disk.open(path, os.O_RDWR)
        try:
            self.disk.truncate(descriptor, self.disk.size(path))
            frame = self.disk.read_at(descriptor, segment.end - segment.last_frame, segment.last_frame)
            self.disk.seek(descriptor, segment.last_frame)
            write_all(descriptor, frame, self.disk)
            self.disk.sync(descriptor)
        finally:
            self.disk.close(descriptor)
        sync_file(self.directory, self.disk)


def recover(
    directory: Path, venue: str, key: Ed25519PrivateKey, disk: Disk = DISK, *, lock: Lock | None = None
) -> Recovery:
    """Lock a journal and make it ready to be read; an absent directory is made.

    Args:
        directory: of the segments.
        venue: the venue's id: a journal of another one is refused.
        key: signs the segments: a journal of another one is refused.
        disk: what the files are on.
        lock: holds what else the venue is made of, and is let go with the journal.

    Raises:
        JournalLocked: another process has it open.
        OSError: the directory can't be made or read.
    """
    make_directories(directory, disk)
    return Recovery(directory, venue, key, disk, lock=lock)
