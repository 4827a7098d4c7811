"""Reports from before the snapshot that a start began with: they are in the journal alone, and the index says where."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from gateway.inbound.history.past import LOOKUP_STEPS, REPAIR_STEPS, Past
from gateway.inbound.session import Session
from gateway.index.rows import Rows
from gateway.journal.files import JournalError
from gateway.outbound.fanout import Fanout

Pieces = Generator[int, None, bool]
"""Yields the steps that each piece took, or that it is parked; returns whether all was told."""


class Bygone:
    """Tells accounts what they missed before the start.

    Args:
        past: reads the journal.
        until_seq: the last row before the venue began to keep reports; 0: it was there from the first on.
        fanout: sends the reports.
    """

    def __init__(self, past: Past[Session], until_seq: int, fanout: Fanout) -> None:
        self._past: Final = past
        self._until_seq: Final = until_seq
        self._fanout: Final = fanout

    def tell(self, session: Session, account: str, after: int, last: int) -> Pieces:
        """Send a session the reports of an account after one number, up to another. Reads the journal, in pieces.

        Returns:
            False: the index or the journal does not have them all. Some may have been sent.
        """
        yield from self._past.enter(session)
        rows: Rows | None = None
        with self._past.reading():
            try:
                index = yield from self._past.index(session, self._until_seq)
                if index is None:
                    return False
                found: list[int] = []
                for part in index.reports(account, after, self._until_seq + 1):
                    found[:0] = part or ()
                    yield LOOKUP_STEPS if part is not None else REPAIR_STEPS
                rows = index.reader()
                return (yield from self._tell_rows(session, account, rows, found, range(after + 1, last + 1)))
            except (JournalError, LookupError, OSError):
                # The client gets a fresh view instead, as when reports are not kept any more.
                return False
            finally:
                if rows is not None:
                    rows.close()

    def _tell_rows(self, session: Session, account: str, rows: Rows, seqs: list[int], wanted: range) -> Pieces:
        """Send the reports with some numbers that are in some rows: each in its place, or no more."""
        expected = wanted.start
        for seq in seqs:
            for report in (yield from self._past.row(rows, seq)):
                if report.account == account and report.seq in wanted:
                    if report.seq != expected:
                        return False
                    frame = self._fanout.reports.frame(session.codec, report, None, session.language)
                    self._fanout.put(session, [frame])
                    expected += 1
        return expected == wanted.stop
