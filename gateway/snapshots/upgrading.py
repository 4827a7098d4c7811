"""Handing a venue over to a later core version: its journal verified and closed, and a snapshot at the very end of it.

A release reads what earlier core versions wrote, but does not make the same events: it can't replay it. So the state is handed over as a
snapshot, which every later release loads. The next segment is of the later version, and names the link of the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.codes import CORE_VERSION
from gateway.disk import DISK, Disk
from gateway.journal.files import JournalError, Lock
from gateway.journal.first import check_key
from gateway.journal.head import read_head
from gateway.journal.key import venue_key
from gateway.journal.reader import FIRST_THAT_GOES_ON, JournalReader, JournalVersion, SegmentSummary
from gateway.journal.recovery import Recovery, recover
from gateway.keys import public_key_bytes
from gateway.snapshots.making import Begun, Made, begin_replica, publish


class NotReady(JournalError):
    """The venue can't be handed over as it is; the message says why and what to do."""


class Upgrade:
    """The handing over of one venue that stands still: it is locked until `close`. First `follow` to its end, then `save`.

    Args:
        journal: where the segments are; the snapshots are beside.
        new_exchange: makes an empty exchange with an empty hook.
        disk: what it is all on.

    Attributes:
        recovery: the journal, as a start reads it.
        begun: the replica, and the snapshot that it began with.
        goes_on: whether segments of a later core version follow already: then the snapshot is of where they begin.

    Raises:
        JournalLocked: the venue runs.
        NotReady: there is no journal.
        JournalVersion: it begins with a core version of which there are no snapshots.
        JournalDamage: its first frames are damaged.
        KeyFileError: the venue's key is missing, or is not the journal's.
        SnapshotError: a snapshot can't be the venue's.
        OSError: the disk failed.
    """

    def __init__(self, journal: Path, new_exchange: Callable[[], Exchange], disk: Disk = DISK) -> None:
        self._journal: Final = journal
        self._disk: Final = disk
        self.goes_on: bool = False
        lock = Lock(disk)
        try:
            lock.take(journal.parent)
            self._key, file = venue_key(journal.parent, has_journal=True, disk=disk)
            check_key(journal, self._key, file, disk)
            lock.take(file)
            venue = self._venue()
            self.begun: Final[Begun] = begin_replica(journal, venue, public_key_bytes(self._key), new_exchange, disk)
            self.recovery: Final[Recovery] = recover(journal, venue, self._key, disk, lock=lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Let go of the venue."""
        self.recovery.close()

    def follow(self) -> Iterator[int]:
        """Verify the whole journal, and bring the replica to the end of what is of this core version. Yields bytes read.

        Raises:
            NotReplayed: the journal does not replay.
            JournalDamage: it is damaged.
            JournalVersion: its end is of an earlier core version, and no snapshot is of it.
            NotReady: it ends within the work of a command.
            OSError: the disk failed.
        """
        replica = self.begun.replica
        try:
            for batch in self.recovery.batches(self.begun.point):
                replica.feed(batch)
                yield self.recovery.reader.bytes_read
        except JournalVersion as error:
            if error.needed < CORE_VERSION or not replica.exchange.seq:
                raise
            self.goes_on = True
        replica.end_batch()
        if replica.exchange.is_unfinished:
            raise NotReady(
                "the journal ends within the work of a command: start the venue with this release, and stop it when it stands still"
            )

    @property
    def last_segment(self) -> SegmentSummary | None:
        """The last that was read; None: there is none."""
        segments = self.recovery.reader.segments
        return segments[-1] if segments else None

    @property
    def is_handed_over(self) -> bool:
        """Whether there was a snapshot of the journal's end before."""
        point = self.begun.point
        return point is not None and point.seq == self.begun.replica.exchange.seq

    def save(self) -> Made | None:
        """Sign what the venue left open, and save the snapshot; None: there was one.

        Raises:
            NotSynced: the journal's head does not reach as far.
            OSError: the disk failed.
        """
        replica, last = self.begun.replica, self.last_segment
        is_own = last is not None and last.header.core_version == CORE_VERSION and not self.goes_on
        is_closed = last is not None and last.is_signed and self._synced_seq() >= replica.exchange.seq
        if is_own and not is_closed:
            # As a venue that stops in order: it signs its segment, and writes how far all is on the disk.
            self.recovery.writer("fsync", replica.fanout.rulebook_digest).close()
        if self.is_handed_over:
            return None
        return publish(
            replica,
            self.recovery.reader.batch_tip.link,
            self._journal,
            venue=self.recovery.venue,
            key=self._key,
            disk=self._disk,
        )

    def _venue(self) -> str:
        """The venue's id, as the journal's first segment says."""
        reader = JournalReader(self._journal, public_key_bytes(self._key), settle_seconds=0, disk=self._disk)
        next(reader.batches(), None)
        if not reader.segments:
            raise NotReady(f"{self._journal} holds no segment: any release can begin with it")
        segment = reader.segments[0]
        if segment.header.core_version < FIRST_THAT_GOES_ON:
            raise JournalVersion(segment.name, segment.header.core_version, CORE_VERSION)
        return segment.header.venue

    def _synced_seq(self) -> int:
        """Up to where the head says that all is on the disk."""
        head = read_head(self._journal, self._disk)
        return head.seq if head is not None and head.is_signed_by(public_key_bytes(self._key)) else 0
