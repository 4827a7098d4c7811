"""A snapshot made because somebody asks for one, beside a venue that runs or of one that stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.exchange import Exchange
from engine.vocabulary.codes import CORE_VERSION
from gateway.disk import DISK, Disk
from gateway.journal.head import HEAD_FILE, Head, is_begun, read_head
from gateway.journal.reader import JournalReader
from gateway.keys import public_key_bytes
from gateway.snapshots.making import Begun, Made, NotSynced, begin_replica, publish
from gateway.snapshots.sealed import SnapshotError

HEAD_SECONDS: Final = 5
"""A venue at work under `fsync` states every second how far its journal is on the disk."""
_LOOK_SECONDS: Final = 0.1


def _head(journal: Path, disk: Disk) -> Head | None:
    """The head; a venue that has just begun has none for a second, which is waited for."""
    ends = time.monotonic() + HEAD_SECONDS
    while (head := read_head(journal, disk)) is None and is_begun(journal, disk) and time.monotonic() < ends:
        time.sleep(_LOOK_SECONDS)
    return head


class Asking:
    """The making of one snapshot: as far as the journal's head says that it is on the disk.

    Args:
        journal: where the segments are; the snapshots are beside.
        key: the venue's, which signs.
        new_exchange: makes an empty exchange with an empty hook.
        disk: what it is all on.

    Raises:
        JournalError: there is no head, or it is another venue's; or a snapshot is, or has more than the head says.
        OSError: the disk failed.
    """

    def __init__(
        self, journal: Path, key: Ed25519PrivateKey, new_exchange: Callable[[], Exchange], disk: Disk = DISK
    ) -> None:
        self._journal: Final = journal
        self._key: Final = key
        self._disk: Final = disk
        public_key = public_key_bytes(key)
        venue = self._signed_head().venue
        self.begun: Final[Begun] = begin_replica(journal, venue, public_key, new_exchange, disk)
        # Behind that: whoever saves a snapshot had brought the head up before.
        self.head: Final[Head] = self._signed_head()
        point, head = self.begun.point, self.head
        if point is not None and (point.seq > head.seq or (point.seq == head.seq and point.link != head.link)):
            raise SnapshotError(
                f"the journal's head says that it is on the disk up to sequence number {head.seq}, with link {head.link.hex()}; "
                f"{point.said_by} has {point.seq}, with link {point.link.hex()}{point.advice}"
            )
        self._reader: Final = JournalReader(journal, public_key, venue, CORE_VERSION, disk=disk)

    def _signed_head(self) -> Head:
        """The journal's head, as it is now. Raises `SnapshotError` if there is none, or not the venue's."""
        head = _head(self._journal, self._disk)
        if head is None:
            raise SnapshotError(
                f"{self._journal} has no {HEAD_FILE}, which says how far it is on the disk: start the venue once, and stop it"
            )
        if not head.is_signed_by(public_key_bytes(self._key)):
            raise SnapshotError(f"the venue's key did not sign {self._journal / HEAD_FILE}")
        return head

    @property
    def is_needed(self) -> bool:
        """Whether there is none yet of what the head says."""
        return self.begun.point is None or self.begun.point.seq < self.head.seq

    def follow(self) -> Iterator[int]:
        """Bring the replica to where the head is, or beyond if a command there has left some of its work. Yields bytes read.

        Raises:
            NotReplayed: the journal does not replay.
            JournalError: it is damaged, or of another core version.
            OSError: the disk failed.
        """
        replica = self.begun.replica
        for batch in self._reader.batches(self.begun.point):
            replica.feed(batch)
            replica.end_batch()
            yield self._reader.bytes_read
            if replica.exchange.seq >= self.head.seq and not replica.exchange.is_unfinished:
                break

    def save(self) -> Made:
        """Save the snapshot, once the head says that it is on the disk.

        Raises:
            NotSynced: it does not say so within a few seconds.
            SnapshotError: another process is saving one.
            OSError: the disk failed.
        """
        if self.begun.replica.exchange.is_unfinished:
            raise NotSynced("the journal ends within the work of a command: try again, or start the venue first")
        ends = time.monotonic() + HEAD_SECONDS
        while True:
            try:
                return publish(
                    self.begun.replica,
                    self._reader.batch_tip.link,
                    self._journal,
                    venue=self.head.venue,
                    key=self._key,
                    disk=self._disk,
                )
            except NotSynced:
                if time.monotonic() > ends:
                    raise
                time.sleep(_LOOK_SECONDS)
