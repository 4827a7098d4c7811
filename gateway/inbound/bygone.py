"""Reports from before the snapshot that a start began with: they are in the journal alone, and the index says where."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from engine.record.rows import decode_events
from engine.vocabulary.limits import BYTES_PER_STEP, MAX_TURN_COMMANDS, QUESTION_STEPS, ROW_STEPS
from engine.vocabulary.messages.events import Event
from gateway.disk import DISK, Disk
from gateway.inbound.asking import PARKED
from gateway.inbound.session import Session
from gateway.index.growing import RUN_ROWS
from gateway.index.index import Index
from gateway.index.keys import REPORT
from gateway.index.rows import Rows
from gateway.journal.files import JournalError
from gateway.outbound.fanout import Fanout

MAX_READING: Final = 16
"""Answers that read the journal at the same time. Each holds a segment open, and a batch of it: some hundred kilobytes, of an archive
some megabytes."""
MAX_UNINDEXED_ROWS: Final = 2 * RUN_ROWS
"""Before the snapshot. A follower leaves a run at most; where much more is missing, the index is gone, and is built by another."""
_LOOKUP_STEPS: Final = 600
"""To look an account up in a run: a third of a millisecond."""
_INDEXED_ROW_STEPS: Final = 40
"""To take in a row that is in no run yet."""

Pieces = Generator[int, None, bool]
"""Yields the steps that each piece took, or that it is parked; returns whether all was told."""


class Bygone:
    """Tells accounts what they missed before the start.

    Args:
        journal: directory of the segments.
        until_seq: the last row before the venue began to keep reports.
        fanout: makes and sends the reports.
        wake: is told which session can go on that was parked.
        disk: what the journal is on.
    """

    def __init__(
        self,
        journal: Path,
        until_seq: int,
        fanout: Fanout,
        wake: Callable[[Session], None],
        disk: Disk = DISK,
    ) -> None:
        self._journal: Final = journal
        self._until_seq: Final = until_seq
        self._fanout: Final = fanout
        self._wake: Final = wake
        self._disk: Final = disk
        self._index: Index | None = None
        """Once it knows all of it."""
        self._is_loading = False
        self._reading = 0
        """How many answers are."""
        self._parked: Final[deque[Session]] = deque()
        """They wait for others."""

    def tell(self, session: Session, account: str, after: int, last: int) -> Pieces:
        """Send a session the reports of an account after one number, up to another. Reads the journal, in pieces.

        Returns:
            False: the index or the journal does not have them all. Some may have been sent.
        """
        while self._is_loading or self._reading >= MAX_READING:
            self._parked.append(session)
            try:
                yield PARKED
            except GeneratorExit:
                # It is gone: whoever comes behind it must not wait for it.
                self._wake_some()
                raise
        self._reading += 1
        rows: Rows | None = None
        try:
            index = self._index
            if index is None:
                index = yield from self._load()
            if index is None:
                return False
            found: list[int] = []
            for part in index.reports(account, after, self._until_seq + 1):
                found[:0] = part or ()
                yield _LOOKUP_STEPS if part is not None else MAX_TURN_COMMANDS * _INDEXED_ROW_STEPS
            rows = index.reader()
            return (yield from self._tell_rows(session, account, rows, found, range(after + 1, last + 1)))
        except (JournalError, LookupError, OSError):
            # The client gets a fresh view instead, as when reports are not kept any more.
            return False
        finally:
            if rows is not None:
                rows.close()
            self._reading -= 1
            self._wake_some()

    def _load(self) -> Generator[int, None, Index | None]:
        """Bring the index up to where the venue began; None: too much of it is missing."""
        self._is_loading = True
        index = Index(self._journal, may_pause=False, disk=self._disk)
        try:
            for _ in index.load():
                yield QUESTION_STEPS
            before = index.last_seq
            if self._until_seq - before > MAX_UNINDEXED_ROWS:
                return None
            for seq in index.catch_up(self._until_seq):
                yield (seq - before) * _INDEXED_ROW_STEPS
                before = seq
            # It stays as long as the venue runs: a row takes a kilobyte of it, or with reports alone some fifty bytes.
            index.keep_only(REPORT)
            self._index = index
            return index
        finally:
            self._is_loading = False
            if self._index is None:
                index.close()
            self._wake_some()

    def _tell_rows(self, session: Session, account: str, rows: Rows, seqs: list[int], wanted: range) -> Pieces:
        """Send the reports with some numbers that are in some rows: each in its place, or no more."""
        expected = wanted.start
        for seq in seqs:
            for read in rows.seek(seq):
                yield QUESTION_STEPS + read // BYTES_PER_STEP
            row = rows.row(seq)
            events: list[Event] = [*decode_events(row[3])]
            for report in self._fanout.past_reports(row[0], row[1], events):
                if report.account == account and report.seq in wanted:
                    if report.seq != expected:
                        return False
                    frame = self._fanout.reports.frame(session.codec, report, None, session.language)
                    self._fanout.put(session, [frame])
                    expected += 1
            yield ROW_STEPS + len(row[3]) // BYTES_PER_STEP
        return expected == wanted.stop

    def _wake_some(self) -> None:
        """Let those go on that have waited longest: more than can, because some of them may not be able to."""
        for _ in range(min(2 * MAX_READING, len(self._parked))):
            self._wake(self._parked.popleft())
