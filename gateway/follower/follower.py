"""What the follower does: index the journal as it grows, bring a replica on behind it, and save snapshots of that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.exchange import Exchange
from gateway.disk import DISK, Disk
from gateway.follower.told import Alarmed, Followed, Noted, Saved, Told
from gateway.index.index import Index
from gateway.journal.head import read_head
from gateway.journal.tail import Tail
from gateway.keys import public_key_bytes
from gateway.snapshots.making import Begun, NotSynced, begin_replica, publish
from gateway.snapshots.replica import NotReplayed, Replica
from gateway.snapshots.sealed import SnapshotError

SNAPSHOT_BYTES: Final = 16 * 1024 * 1024
"""Of the journal between two snapshots at most: a few commands may do much."""
BEHIND_SNAPSHOTS: Final = 5
"""While a follower is far behind it saves one only so often: what matters then is to be there."""
SNAPSHOT_SHARE: Final = 10
"""And a snapshot takes a tenth of its time at most: of a large state it makes fewer."""
RETRY_SECONDS: Final = 30.0
"""After a disk that was full."""
TELL_SECONDS: Final = 1.0


class Follower:
    """Follows one journal.

    Nothing that it does waits for the venue or holds it up: it reads what the venue has written, and writes files of its own.

    Args:
        journal: directory of the segments, in the venue's.
        venue: its id.
        key: its key, which signs the snapshots.
        new_exchange: makes an empty exchange.
        tell: is told how it goes.
        snapshot_commands: so many lie between two snapshots.
        clock: seconds, from anywhere on, for how long things take.
        disk: what all is on.
    """

    def __init__(
        self,
        journal: Path,
        venue: str,
        key: Ed25519PrivateKey,
        new_exchange: Callable[[], Exchange],
        *,
        tell: Callable[[Told], None],
        snapshot_commands: int,
        clock: Callable[[], float] = time.monotonic,
        disk: Disk = DISK,
    ) -> None:
        self._journal: Final = journal
        self._venue: Final = venue
        self._key: Final = key
        self._new_exchange: Final = new_exchange
        self._tell: Final = tell
        self._snapshot_commands: Final = snapshot_commands
        self._clock: Final = clock
        self._disk: Final = disk
        self._index: Final = Index(journal, disk=disk)
        self._is_unsaved = False
        """Whether the index could not be saved; that was told."""
        self._is_verified = False
        """Whether all of the index was read once."""
        self._replica: Replica | None = None
        self._begun: Begun | None = None
        """What the replica begins with, until its place is found."""
        self._has_begun = False
        self._tail = Tail(journal, disk=disk)
        self._link = b""
        """Of the last batch that the replica took in."""
        self._saved_seq = 0
        """Of the last snapshot."""
        self._bytes = 0
        """Of the journal since then."""
        self._rests_until = 0.0
        self._told_at = clock()

    def work(self) -> Iterator[None]:
        """Do all that there is to do by now; yields after each piece of it. Called again when the journal may have grown.

        Raises:
            JournalError: the journal is damaged.
            OSError: the disk failed.
        """
        yield from self._keep_index()
        if not self._has_begun:
            yield from self._begin()
        if self._replica is not None:
            try:
                yield from self._bring_on(self._replica)
            except NotReplayed as error:
                # What was to be a copy of the venue is none: nothing may start from it.
                self._replica = None
                self._tell(
                    Alarmed(
                        f"the journal does not replay, so no more snapshots are made: {error}. `sbx replay` shows more"
                    )
                )
        self._tell_now_and_then()

    @property
    def seq(self) -> int:
        """The last command that the replica carried out; 0 if there is no replica."""
        return 0 if self._replica is None else self._replica.exchange.seq

    def close(self) -> None:
        """Let go of the files."""
        self._index.close()
        self._tail.close()

    def _keep_index(self) -> Iterator[None]:
        # Another process may be saving runs: one that looks for something, or a follower that has not ended yet.
        try:
            if not self._index.hold():
                return
        except OSError as error:
            # In memory it serves this process, and its snapshots are not held up.
            if not self._is_unsaved:
                self._tell(Noted(f"the index can't be saved, so it is kept in memory: {error}"))
            self._is_unsaved = True
        for _ in self._index.catch_up():
            self._tell_now_and_then()
            yield
        if not self._is_verified:
            for _ in self._index.verify():
                yield
            self._is_verified = True
        while self._index.rebuilt:
            self._tell(Noted(f"the index was built again: {self._index.rebuilt.pop()}"))

    def _tell_now_and_then(self) -> None:
        now = self._clock()
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            self._tell(Followed(self.seq, self._index.last_seq))

    # ── the replica ────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self) -> Iterator[None]:
        """Begin with the newest good snapshot, or with the first command."""
        if self._begun is None:
            public_key = public_key_bytes(self._key)
            try:
                begun = begin_replica(self._journal, self._venue, public_key, self._new_exchange, self._disk)
            except SnapshotError as error:
                self._has_begun = True
                self._tell(Alarmed(f"no snapshots are made: {error}"))
                return
            self._begun = begun
            for line in begun.unusable:
                self._tell(Noted(f"a snapshot can't be used: {line}"))
            yield
        begun = self._begun
        if begun.point is not None:
            if self._index.last_seq < begun.point.seq:
                # Another process has the index; it will be done soon.
                return
            rows = self._index.reader()
            try:
                for _ in rows.seek(begun.point.seq):
                    yield
                place = rows.behind
            finally:
                rows.close()
            if (place.tip.next_seq - 1, place.tip.link) != (begun.point.seq, begun.point.link):
                self._has_begun = True
                self._tell(
                    Alarmed(f"{begun.point.said_by} is not of this journal, so no snapshots are made: move it away")
                )
                return
            self._tail.go_to(place)
            self._saved_seq = begun.point.seq
        self._replica = begun.replica
        self._has_begun = True
        self._begun = None

    def _bring_on(self, replica: Replica) -> Iterator[None]:
        """Feed the replica, and save snapshots of it."""
        while True:
            if self._is_due(replica) and not self._save(replica):
                return
            batch = next(self._tail.batches(), None)
            if batch is None:
                return
            replica.feed(batch)
            replica.end_batch()
            place = self._tail.place
            self._link = place.tip.link
            self._bytes += place.offset - self._tail.start
            self._tell_now_and_then()
            yield

    def _is_due(self, replica: Replica) -> bool:
        """Whether it is time for a snapshot."""
        seq = replica.exchange.seq
        fill = max((seq - self._saved_seq) / self._snapshot_commands, self._bytes / SNAPSHOT_BYTES)
        if fill < 1 or replica.exchange.is_unfinished or self._clock() < self._rests_until:
            return False
        if fill >= BEHIND_SNAPSHOTS:
            return True
        head = read_head(self._journal, self._disk)
        return head is None or seq >= head.seq

    def _save(self, replica: Replica) -> bool:
        """Save a snapshot, or put it off; False: nothing more is to be fed before the venue has said that it is all on the disk."""
        began = self._clock()
        try:
            made = publish(replica, self._link, self._journal, venue=self._venue, key=self._key, disk=self._disk)
        except NotSynced:
            return False
        except (SnapshotError, OSError) as error:
            self._tell(Noted(f"a snapshot could not be saved, and is tried again: {error}"))
            self._rests_until = self._clock() + RETRY_SECONDS
            return True
        took = self._clock() - began
        self._rests_until = self._clock() + took * SNAPSHOT_SHARE
        self._saved_seq, self._bytes = made.seq, 0
        self._tell(Saved(made.seq, made.size, round(took, 3)))
        return True
