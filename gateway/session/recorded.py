"""A recorded session: which command was when, and the venue's state after any of them, from files alone.

session = Recorded(journal)
for _ in session.open():
    ...
walk = session.walk(session.seq_of(parse_moment("12.3s", session.begin_ns)))
for _ in walk.go_on():
    ...
walk.exchange.books["BTC/RUB"]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.record.rows import Row, StoredRow, decode_command
from engine.replay import Replay, ReplayFailure
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.events import Event
from gateway.core import new_exchange
from gateway.disk import DISK, Disk
from gateway.index.index import Index
from gateway.index.keys import ORDER
from gateway.journal.files import JournalError
from gateway.journal.tail import BEGINNING, Place, Tail
from gateway.reporting.tables.times import moscow_time
from gateway.session.moments import Moment
from gateway.snapshots.folder import folder_beside, list_snapshots, sound_ones
from gateway.snapshots.replica import Replica
from gateway.snapshots.sealed import Sealed, SnapshotUnusable


class NoSuchMoment(LookupError):
    """The session has no such moment; the message says which it has."""


class Unreplayed(JournalError):
    """The replay is not what was recorded, so that the state is not known; the message says since when."""


class Recorded:
    """A session in its journal, beside a running venue too.

    Args:
        journal: directory of the segments.
        disk: what it is on.
        keeps_index: save what the index lacks; else it is made in memory, and nothing is written.

    Attributes:
        notes: what was found wrong on the way and done without; a line each.
    """

    def __init__(self, journal: Path, disk: Disk = DISK, *, keeps_index: bool = True) -> None:
        self.notes: Final[list[str]] = []
        self.journal: Final = journal
        self.index: Final = Index(journal, disk=disk)
        self.begin_ns = 0
        """The time of the first command, nanoseconds since the epoch, UTC."""
        self._disk: Final = disk
        self._keeps_index: Final = keeps_index

    @property
    def last_seq(self) -> int:
        """Of the last command that was there when it was opened."""
        return self.index.last_seq

    def open(self) -> Iterator[int]:
        """Bring the index up to the journal; yields the last command that it knows. Must be done first, to its end.

        Raises:
            JournalError: the journal is damaged or empty.
            OSError: it can't be read.
        """
        if self._keeps_index:
            with suppress(OSError):
                # Where nothing can be written, it is made in memory.
                self.index.hold()
        yield from self.index.catch_up()
        self.notes.extend(f"the index was built again: {line}" for line in self.index.rebuilt)
        if not self.index.last_seq:
            raise JournalError(f"the journal in {self.journal} has no command yet")
        (first,) = self.index.rows([1])
        self.begin_ns = first[1]
        # Somebody may walk here for hours.
        self.index.let_go()

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()

    def seq_of(self, moment: Moment) -> int:
        """The last command at a moment or before it.

        A number beyond the session's last one may be that of an order of a pair, bracket or ladder: then the one that entered it.

        Raises:
            NoSuchMoment: it is before the session, or a number beyond it.
        """
        if moment.seq > self.last_seq:
            entry = next(self.index.find(ORDER, moment.seq), 0) if moment.seq < 2**63 else 0
            if not entry:
                raise NoSuchMoment(
                    f"the session ends with sequence number {self.last_seq}, and has no order {moment.seq}"
                )
            return entry
        seq = moment.seq or self.index.seq_at(moment.time_ns)
        if not seq:
            begin = moscow_time(self.begin_ns)
            raise NoSuchMoment(f"it is before the session's first command, which came at {begin} Moscow")
        return seq

    def walk(self, seq: int) -> Walk:
        """A way to the state after a command: from the newest good snapshot before it, else from the first command. O(state).

        Raises:
            JournalError: the journal is damaged.
            OSError: the disk failed.
        """
        folder = folder_beside(self.journal)
        before = [number for number in reversed(list_snapshots(folder, self._disk)) if number <= seq]
        for name, sealed in sound_ones(folder, before, self.notes, self._disk):
            try:
                return self._from_snapshot(sealed, seq)
            except SnapshotUnusable as error:
                self.notes.append(f"{name}: {error}")
        return Walk(Replica(new_exchange()), Tail(self.journal, BEGINNING, disk=self._disk), seq)

    def _from_snapshot(self, sealed: Sealed, seq: int) -> Walk:
        number = sealed.header.seq
        if sealed.header.core_version != CORE_VERSION:
            raise SnapshotUnusable(f"it is of core version {sealed.header.core_version}, this is {CORE_VERSION}")
        rows = self.index.reader()
        try:
            for _ in rows.seek(number):
                pass
            place: Place = rows.behind
        finally:
            rows.close()
        if (place.tip.next_seq - 1, place.tip.link) != (number, sealed.header.link):
            raise SnapshotUnusable("the journal has another link there")
        replica = Replica.restored(sealed.unpack(), new_exchange().hook)
        return Walk(replica, Tail(self.journal, place, disk=self._disk), seq)


class Walk:
    """The state of a venue, brought on command by command as recorded.

    Args:
        replica: where the way begins.
        tail: behind the last command that it has.
        seq: the command to walk to.
    """

    def __init__(self, replica: Replica, tail: Tail, seq: int) -> None:
        self.exchange: Final = replica.exchange
        self.fanout: Final = replica.fanout
        """The mirrors, as they were where the way began."""
        self.began_with: Final = self.exchange.seq
        """The last command of the snapshot that it began with; 0: there was none."""
        self._seq: Final = seq
        self._replay: Final = Replay(self.exchange)
        self._tail: Final = tail
        self._batches: Final = tail.batches()
        self._rows: Final[deque[StoredRow]] = deque()
        """Read, and not walked yet."""
        self._tip = tail.place.tip
        """Where the chain stood before them."""

    def go_on(self, seq: int = 0) -> Iterator[list[Event]]:
        """Walk to a command, 0: to the one that was asked for; yields the events of each on the way.

        Raises:
            Unreplayed: the replay is not what was recorded.
            JournalError: the journal is damaged.
        """
        for _, events in self._walk_to(seq or self._seq):
            yield events

    def rows(self, seq: int = 0) -> Iterator[Row]:
        """As `go_on`; yields each command with its number, its time, and its events."""
        for row, events in self._walk_to(seq or self._seq):
            yield row[0], row[1], decode_command(row[2]), events

    def next_batch(self) -> tuple[int, int]:
        """The time of the next command, and the last command of its batch. Raises `JournalError`: there is none, or it is damaged."""
        self._look_ahead()
        return self._rows[0][1], self._rows[-1][0]

    @property
    def tip(self) -> tuple[int, bytes]:
        """The last command of the last batch that was walked whole, and its link in the journal's chain."""
        tip = self._tip if self._rows else self._tail.place.tip
        return tip.next_seq - 1, tip.link

    def close(self) -> None:
        """Let go of the files."""
        self._tail.close()

    def _walk_to(self, seq: int) -> Iterator[tuple[StoredRow, list[Event]]]:
        while self.exchange.seq < seq:
            self._look_ahead()
            row = self._rows.popleft()
            yield row, self._feed(row)

    def _look_ahead(self) -> None:
        """See that there is a command to walk."""
        if not self._rows:
            self._tip = self._tail.place.tip
            self._rows.extend(next(self._batches, ()))
            if not self._rows:
                raise JournalError(f"the journal ends with sequence number {self.exchange.seq}; it had more")

    def _feed(self, row: StoredRow) -> list[Event]:
        try:
            events = self._replay.feed(row)
        except ReplayFailure as failure:
            raise Unreplayed(f"the replay stops at {failure}: `sbx replay` shows more") from failure
        if self._replay.difference is not None:
            raise Unreplayed(
                f"the replay differs from what was recorded since sequence number {self._replay.difference.seq}, so that the state "
                "is not known: `sbx replay` shows more"
            )
        return events
