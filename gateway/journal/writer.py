"""The journal is written: what the venue does before it answers."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import (
    BATCH,
    HEADER,
    SEAL,
    Batch,
    Row,
    SegmentHeader,
    encode_frame,
    salt_of,
)
from engine.record.segments import Tip
from engine.vocabulary.codes import CORE_VERSION
from gateway.disk import (
    UNFINISHED_SUFFIX,
    Disk,
    create_file,
    sync_file,
    write_all,
)
from gateway.journal.files import JournalError, Lock, check_place, segment_name
from gateway.journal.head import HeadFile
from gateway.journal.key import sign_segment
from gateway.journal.reader import SegmentSummary
from gateway.journal.syncing import Beside
from gateway.keys import public_key_bytes

Durability = Literal["fsync", "os"]


class JournalWriter:
    """Appends batches, one frame each, and closes segments with the venue's signature. From `Recovery.writer`.

    An OSError ends it: what is on the disk is then unknown, a sync that failed once may claim success the next time, so
    that nothing is retried and every further call is refused. The next start finds out.

    Attributes:
        rulebook_digest: goes into the header of the next segment; set it when another rulebook comes in force.
        directory: of the segments.
        next_seq: the sequence number that must come next.
        durability: `fsync`: a batch is on the disk when `append` returns. `os`: the system has it, which survives
            the end of the process, not that of the machine.
        written_bytes: of the batches appended so far.
        waited_ns: how long the disk took to sync them, and `sync_ns` for the last of them.
        is_syncing: a batch is written, and its sync runs beside: whoever wants to append another ends it first.
        last: sequence number and link of the last batch that is durable.
    """

    def __init__(
        self,
        directory: Path,
        venue: str,
        key: Ed25519PrivateKey,
        *,
        tip: Tip,
        batch_tip: Tip,
        last: SegmentSummary | None,
        lock: Lock,
        durability: Durability,
        rulebook_digest: str,
        segment_bytes: int,
        disk: Disk,
    ) -> None:
        self.rulebook_digest = rulebook_digest
        self.next_seq = tip.next_seq
        self.written_bytes = 0
        self.waited_ns = self.sync_ns = 0
        self.is_syncing = False
        self.last = (batch_tip.next_seq - 1, batch_tip.link)
        self.durability: Final = durability
        self._written = self._synced = self.last
        """Of the last batch appended, and of what is on the disk for certain. Recovery saw to all that it read."""
        self._beside: Beside | None = None
        self._head: Final = HeadFile(directory, venue, key, durability=durability, disk=disk)
        self.directory: Final = directory
        self._venue: Final = venue
        self._key: Final = key
        self._lock: Final = lock
        self._sync_each: Final = durability == "fsync"
        self._segment_bytes: Final = segment_bytes
        self._disk: Final = disk
        self._link = tip.link
        self._is_usable = False
        self._is_released = False
        self._descriptor = -1
        if last is not None and not last.is_signed:
            self._segment = last.header.segment
            self._first_seq = last.header.first_seq
            self._salt = last.salt
            self._size = last.end
            self._path = directory / last.name
            self._descriptor = disk.open(self._path, os.O_WRONLY | os.O_APPEND)
            if last.header.core_version != CORE_VERSION:
                # What another core version has left open is closed: a segment is of one.
                self._roll()
        else:
            self._begin(last.header.segment + 1 if last is not None else 1)
        self._is_usable = True

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows as one frame: as `append_batch`."""
        batch = Batch()
        for row in rows:
            batch.add(row)
        self.append_batch(batch)

    def sync_beside(self, beside: Beside) -> None:
        """From now on let somebody else sync, beside what the caller does: `append_batch` begins it, and `end_sync` ends it."""
        self._beside = beside

    def append_batch(self, batch: Batch, at_once: bool = False) -> None:
        """Write a batch as one frame and, under `fsync`, sync it, or begin to (`sync_beside`). Cost: one write, one sync.

        Args:
            batch: `(seq, time_ns, command, events)` rows, the first with `next_seq`, dense.
            at_once: don't let it be synced beside.

        Raises:
            OSError: the batch may or may not be on the disk. The writer can't be used any more.
            JournalError: an earlier call failed.
        """
        self._check_usable()
        # Two un-synced ones could leave a gap that no start can accept.
        assert not self.is_syncing, "one frame at most is un-synced"
        rows = batch.rows
        first_seq = rows[0][0]
        count = len(rows)
        assert first_seq == self.next_seq and rows[-1][0] == first_seq + count - 1, "rows must be dense"
        self._is_usable = False
        if self._size >= self._segment_bytes:
            self._roll()
        frame, link = encode_frame(BATCH, first_seq, count, batch.payload(), previous_link=self._link, salt=self._salt)
        write_all(self._descriptor, frame, self._disk)
        self._link = link
        self._written = (first_seq + count - 1, link)
        self.written_bytes += len(frame)
        self._size += len(frame)
        self.next_seq = first_seq + count
        if not self._sync_each:
            self.last = self._written
        elif self._beside is not None and not at_once:
            self.is_syncing = True
            self._beside.begin(self._descriptor)
        else:
            began_ns = time.monotonic_ns()
            self._disk.sync(self._descriptor)
            self._note_sync(time.monotonic_ns() - began_ns)
        self._is_usable = True

    def end_sync(self) -> None:
        """Wait until the sync that runs beside is done: the batch is durable now.

        Raises:
            OSError: the batch may or may not be on the disk. The writer can't be used any more.
        """
        assert self._beside is not None and self.is_syncing, "no sync runs"
        self._check_usable()
        self._is_usable = False
        self._note_sync(self._beside.end())
        self.is_syncing = False
        self._is_usable = True

    def _note_sync(self, took_ns: int) -> None:
        self.sync_ns = took_ns
        self.waited_ns += took_ns
        self.last = self._synced = self._written

    def check_place(self) -> None:
        """Raise `JournalGone` unless what is written is what stands in the journal's directory: a few microseconds."""
        self._lock.check_place(self.directory)
        check_place(self._path, self._descriptor, self._disk)

    def write_head(self) -> None:
        """Bring the head up to what is on the disk. May be called from another thread.

        Raises:
            OSError: the disk failed.
        """
        self._head.write(*self._synced)

    def close(self) -> None:
        """Sign and sync the segment, write the head, and let go of the journal. After a failure, or a second time: only let go.

        Raises:
            OSError: the signature may or may not be on the disk.
            JournalGone: the journal is not where it was.
        """
        try:
            if self._is_usable:
                if self.is_syncing:
                    self.end_sync()
                self._is_usable = False
                self.check_place()
                self._seal()
                self.write_head()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the journal as a crash would, unsigned: the next start goes on in the same segment."""
        self._is_usable = False
        if not self._is_released:
            self._is_released = True
            if self._beside is not None:
                self._beside.close()
            self._head.close()
            self._lock.release()
            self._close_segment()

    def _check_usable(self) -> None:
        """Refuse after a failure, as which counts whatever does not come to its end."""
        if not self._is_usable:
            raise JournalError("the journal is closed, or failed before: start the venue again")

    def _roll(self) -> None:
        self.check_place()
        self._seal()
        self._close_segment()
        self._begin(self._segment + 1)

    def _close_segment(self) -> None:
        if self._descriptor >= 0:
            self._disk.close(self._descriptor)
            self._descriptor = -1

    def _seal(self) -> None:
        last_seq = self.next_seq - 1
        seal = sign_segment(
            self._key,
            self._venue,
            segment=self._segment,
            first_seq=self._first_seq,
            last_seq=last_seq,
            link=self._link,
        )
        frame, self._link = encode_frame(
            SEAL, self.next_seq, 0, seal.encode(), previous_link=self._link, salt=self._salt
        )
        write_all(self._descriptor, frame, self._disk)
        self._disk.sync(self._descriptor)
        self._synced = self._written

    def _begin(self, segment: int) -> None:
        """Begin a segment. It gets its name when its header is on the disk: no crash leaves half a header."""
        path = self.directory / segment_name(segment)
        unfinished = path.with_suffix(UNFINISHED_SUFFIX)
        header = SegmentHeader(
            self._venue,
            public_key_bytes(self._key),
            segment,
            self.next_seq,
            self._link,
            rulebook_digest=self.rulebook_digest,
        )
        frame, link = encode_frame(HEADER, self.next_seq, 0, header.encode(), previous_link=self._link, salt=0)
        create_file(unfinished, frame, disk=self._disk)
        self._disk.rename(unfinished, path)
        sync_file(self.directory, self._disk)
        self._path = path
        self._descriptor = self._disk.open(path, os.O_WRONLY | os.O_APPEND)
        self.check_place()
        self._segment = segment
        self._first_seq = self.next_seq
        self._salt = salt_of(link)
        self._link = link
        self._size = len(frame)
