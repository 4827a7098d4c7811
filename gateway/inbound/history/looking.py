"""One look at an account's past: the reports that are kept, as of one moment, and what of the journal comes before them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from engine.vocabulary.limits import BYTES_PER_STEP, QUESTION_STEPS
from gateway.inbound.history.past import LOOKUP_STEPS, REPAIR_STEPS, Past
from gateway.index.index import Index
from gateway.index.keys import Key
from gateway.index.rows import Rows
from gateway.journal.files import JournalError
from gateway.outbound.fanout import Fanout
from gateway.outbound.private_reports.report import PrivateReport

MAX_PAST_ROWS: Final = 10_000
"""Rows of the journal that one answer reads before it ends with what it has, and says that there may be more: a quarter of a second of the share
of questions. Those of one order are as many at most; of one with more the fills are not summed up."""
LOOKUP_ROWS: Final = 10
"""What a look into a run counts as beside them."""
LOOKED_THROUGH_PER_STEP: Final = 5
"""Kept reports: 60 to 150 ns each, so that all of an account, 10 000, are looked through in a millisecond."""


class Deeper(Exception):
    """The journal must be read, for which there is to be room first."""


class NotToBeHad(Exception):
    """The journal, or its index, does not have what is asked for."""


class Looking:
    """What is known of an account's past.

    Args:
        account: whose.
        fanout: has the reports that are kept.
        past: the journal; None: there is none.
    """

    def __init__(self, account: str, fanout: Fanout, past: Past[Any] | None) -> None:
        self.account: Final = account
        self.fanout: Final = fanout
        self.kept: Final = fanout.reports.kept(account)
        """Oldest first, without a gap, to the last one."""
        self.seq: Final = fanout.reports.last_seq(account)
        """Of the last report: all that is told is as of it."""
        self.first_kept: Final = self.seq - len(self.kept) + 1
        """The number of the first that is kept. Those before it are in the journal alone."""
        self.until_row: Final = self.kept[0].command_seq if self.kept else fanout.seq
        """The last row of the journal that may have some of those."""
        self.rows_left = MAX_PAST_ROWS
        self.truncated = False
        """Whether there is something older that is not to be had."""
        self.is_looked_up = False
        """Whether there is room to read the journal, or none to read."""
        self._past: Final = past
        self._index: Index | None = None
        self._rows: Rows | None = None

    @property
    def steps(self) -> int:
        """What it takes to look through all that is kept."""
        return QUESTION_STEPS + len(self.kept) // LOOKED_THROUGH_PER_STEP

    @property
    def is_all_kept(self) -> bool:
        """Whether nothing is in the journal alone."""
        return self.first_kept == 1

    @property
    def may_read(self) -> bool:
        """Whether the journal can be read. Raises `Deeper`: nobody has looked yet."""
        if not self.is_looked_up:
            raise Deeper
        return self._index is not None

    def open(self, asker: Any) -> Generator[int, None, None]:
        """Make the journal ready to be read, up to what is kept; `truncated` if it can't be."""
        self.is_looked_up = True
        self.truncated = True
        if self._past is None:
            return
        try:
            self._index = yield from self._past.index(asker, self.until_row)
        except (JournalError, OSError):
            return
        if self._index is not None:
            self._rows = self._index.reader()
            self.truncated = False

    def close(self) -> None:
        """Let go of the journal."""
        if self._rows is not None:
            self._rows.close()

    # ── the journal ────────────────────────────────────────────────────────────────────────────────────────────────

    def walk(
        self, wanted: tuple[str, Key], rows: range, *, newest_first: bool = False
    ) -> Iterator[tuple[int, tuple[range, list[int]] | None]]:
        """As `Index.walk`, with the steps of each piece. Raises `NotToBeHad`."""
        assert self._index is not None
        try:
            for part in self._index.walk(wanted, rows, newest_first=newest_first):
                if part is None:
                    yield REPAIR_STEPS, None
                else:
                    self.rows_left -= LOOKUP_ROWS
                    yield LOOKUP_STEPS, part
        except (JournalError, OSError) as error:
            raise NotToBeHad from error

    def read(self, seq: int) -> Generator[int, None, list[PrivateReport]]:
        """The reports of a row that are the account's, and in the journal alone. Yields the steps of each piece. Raises `NotToBeHad`."""
        assert self._past is not None and self._rows is not None
        self.rows_left -= 1
        try:
            reports = yield from self._past.row(self._rows, seq)
        except (JournalError, LookupError, OSError) as error:
            raise NotToBeHad from error
        return [each for each in reports if each.account == self.account and 0 < each.seq < self.first_kept]

    def row_at(self, time_ns: int) -> Generator[int, None, int]:
        """The last row at a time or before it, as `Rows.seq_at`. Yields the steps of each piece. Raises `NotToBeHad`."""
        assert self._rows is not None
        seeking = self._rows.seek_at(time_ns)
        try:
            while True:
                try:
                    read = next(seeking)
                except StopIteration as found:
                    seq: int = found.value
                    return seq
                yield QUESTION_STEPS + read // BYTES_PER_STEP
        except (JournalError, LookupError, OSError) as error:
            raise NotToBeHad from error

    def row_of(self, after: int) -> Generator[int, None, int]:
        """A row no later than the first report after one with a number. Yields the steps of each piece. Raises `NotToBeHad`."""
        assert self._index is not None
        row = 1
        try:
            for part in self._index.reports(self.account, after, self.until_row + 1):
                if part:
                    row = part[0]
                yield LOOKUP_STEPS if part is not None else REPAIR_STEPS
        except (JournalError, OSError) as error:
            raise NotToBeHad from error
        return row


Takes = Callable[[PrivateReport], bool]
"""Whether a report is one that is asked for."""
