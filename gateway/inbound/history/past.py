"""The journal behind the reports that are kept: its index, as far as it is needed, and room for a few who read at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from engine.record.rows import decode_events
from engine.vocabulary.limits import BYTES_PER_STEP, MAX_TURN_COMMANDS, QUESTION_STEPS
from engine.vocabulary.messages.events import Event
from gateway.disk import DISK, Disk
from gateway.index.growing import RUN_ROWS
from gateway.index.index import Index, index_directory
from gateway.index.keys import CLIENT_ORDER, CORRECTED, ENDED, ENTERED, FILL, ORDER, REPORT, SETTLED
from gateway.index.rows import Rows
from gateway.index.run import list_runs
from gateway.outbound.fanout import Fanout
from gateway.outbound.private_reports.report import PrivateReport

PARKED: Final = -1
"""What an answer yields that waits for other answers: it is gone on with when its session is submitted again."""
MAX_READING: Final = 16
"""Answers that read the journal at the same time. Each holds a segment open, a batch of it and the kept reports of an account: some hundred
kilobytes, of an archive some megabytes."""
MAX_UNINDEXED_ROWS: Final = 2 * RUN_ROWS
"""What this process indexes by itself. A follower leaves a run at most; where much more is missing, the index is gone, and is built by another."""
LOOKUP_STEPS: Final = 600
"""To look something up in a run: a third of a millisecond."""
_INDEXED_ROW_STEPS: Final = 40
"""To take in a row that is in no run yet."""
REPAIR_STEPS: Final = MAX_TURN_COMMANDS * _INDEXED_ROW_STEPS
"""To take in a batch of a run that is built again."""
DECODED_PER_STEP: Final = 64
"""Bytes of a row's events, made into reports: 7 ns each."""
_READ_ROW_STEPS: Final = 30
"""To find a row in its batch and make reports of it: 15 us."""
_ASKED: Final = (REPORT, ORDER, CLIENT_ORDER, FILL, ENTERED, ENDED, CORRECTED, SETTLED)
"""What it is asked for, here. All else is forgotten of rows that are in no file: so they take some hundred bytes each, not a kilobyte."""

S = TypeVar("S")


class Past(Generic[S]):
    """What the journal of a venue says of accounts, read in pieces between its turns.

    Args:
        journal: directory of the segments.
        fanout: makes the reports.
        wake: is told which asker can go on that was parked.
        disk: what the journal is on.
    """

    def __init__(self, journal: Path, fanout: Fanout, wake: Callable[[S], None], disk: Disk = DISK) -> None:
        self._journal: Final = journal
        self._fanout: Final = fanout
        self._wake: Final = wake
        self._disk: Final = disk
        self._index: Index | None = None
        self._files: list[str] = []
        """The runs that there were when it was loaded."""
        self._is_loading = False
        self._reading = 0
        """How many answers are."""
        self._parked: Final[deque[S]] = deque()
        """They wait for others."""

    def enter(self, asker: S) -> Iterator[int]:
        """Wait for room; yields `PARKED` while there is none. Then `reading` is to follow at once."""
        while self._is_loading or self._reading >= MAX_READING:
            yield from self._park(asker)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Take the room that `enter` waited for."""
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1
            self._wake_some()

    def index(self, asker: S, until_seq: int) -> Generator[int, None, Index | None]:
        """The index, which knows all up to a row; None: too much of it is missing. Yields the steps of each piece.

        Raises:
            JournalError: the journal is damaged.
            OSError: the disk failed.
        """
        while self._is_loading:
            yield from self._park(asker)
        if self._index is not None and self._index.last_seq >= until_seq:
            return self._index
        self._is_loading = True
        try:
            index = yield from self._current(until_seq)
            if index is None:
                return None
            before = index.last_seq
            for seq in index.catch_up(until_seq):
                yield (seq - before) * _INDEXED_ROW_STEPS
                before = seq
            index.keep_only(_ASKED)
            return index
        finally:
            self._is_loading = False
            self._wake_some()

    def _current(self, until_seq: int) -> Generator[int, None, Index | None]:
        """An index with no more than `MAX_UNINDEXED_ROWS` to take in up to a row: the one there is, or with the files that there are by now."""
        index = self._index
        if index is not None:
            pending = index.unsaved_rows + until_seq - index.last_seq
            if pending <= RUN_ROWS:
                return index
            if list_runs(index_directory(self._journal), self._disk) == self._files:
                # Nobody else builds it.
                return index if pending <= MAX_UNINDEXED_ROWS else None
        files = list_runs(index_directory(self._journal), self._disk)
        fresh = Index(self._journal, may_pause=False, disk=self._disk)
        try:
            for _ in fresh.load():
                yield QUESTION_STEPS
        except BaseException:
            fresh.close()
            raise
        if until_seq - fresh.last_seq > MAX_UNINDEXED_ROWS:
            fresh.close()
            return None
        if index is not None:
            index.close()
        self._index, self._files = fresh, files
        return fresh

    def row(self, rows: Rows, seq: int) -> Generator[int, None, list[PrivateReport]]:
        """The reports that a row of the past was. Yields the steps of each piece; raises as `Rows.rows`."""
        for read in rows.seek(seq):
            yield QUESTION_STEPS + read // BYTES_PER_STEP
        row = rows.row(seq)
        events: list[Event] = [*decode_events(row[3])]
        reports = self._fanout.past_reports(row[0], row[1], events)
        yield _READ_ROW_STEPS + len(row[3]) // DECODED_PER_STEP
        return reports

    def _park(self, asker: S) -> Iterator[int]:
        """Wait until others have gone on."""
        self._parked.append(asker)
        try:
            yield PARKED
        except GeneratorExit:
            # It is gone: whoever comes behind it must not wait for it.
            self._wake_some()
            raise

    def _wake_some(self) -> None:
        """Let those go on that have waited longest: more than can, because some of them may not be able to."""
        for _ in range(min(2 * MAX_READING, len(self._parked))):
            self._wake(self._parked.popleft())
