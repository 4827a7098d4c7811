"""Pages of an account's past: which reports stand on one, and where the next begins.

A page begins behind a report, whose number says where that is whatever has come since, so that no page skips or repeats anything.
Beside it a cursor has the row of the journal with that report, so that it is not looked for again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from gateway.inbound.history.looking import Looking, NotToBeHad, Takes
from gateway.index.keys import Key
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.past_requests import PastRequest

_NO_END: Final = 2**63 - 1


class Bounds:
    """What a request limits its answer to."""

    def __init__(self, query: PastRequest) -> None:
        self.is_newest_first: Final = query.sort == "newest"
        self.from_ns: Final = query.from_time or 0
        self.to_ns: Final = _NO_END if query.to_time is None else query.to_time
        self.most: Final = query.limit
        after, before = query.after_seq, _NO_END
        self.row = 0
        """Of the report that the cursor names; 0: there is no cursor."""
        if query.cursor is not None:
            row, seq = query.cursor.split("-")
            self.row = max(int(row), 1)
            if self.is_newest_first:
                before = min(before, int(seq))
            else:
                after = max(after, int(seq))
        self.after: Final = after
        self.before: Final = before

    def has(self, report: PrivateReport) -> bool:
        """Whether a report is within them."""
        return self.after < report.seq < self.before and self.from_ns <= report.time_ns <= self.to_ns

    def has_older(self, looking: Looking) -> bool:
        """Whether a report that is not kept any more may be within them."""
        if looking.is_all_kept or self.after >= looking.first_kept - 1:
            return False
        return not looking.kept or self.from_ns <= looking.kept[0].time_ns


class Page:
    """Reports in the order that was asked for, and where the next page begins."""

    def __init__(self) -> None:
        self.reports: list[PrivateReport] = []
        self.edge: tuple[int, int] | None = None
        """Row and number of the last report that was looked at, if not all were."""

    def end_at(self, most: int) -> None:
        """Leave out what is too much."""
        if len(self.reports) > most:
            del self.reports[most:]
            self.end_behind(self.reports[-1])

    def end_behind(self, report: PrivateReport) -> None:
        """Let the next page begin behind a report."""
        self.edge = (report.command_seq, report.seq)

    @property
    def cursor(self) -> str | None:
        """Where the next page begins; None: there is none."""
        return None if self.edge is None else f"{self.edge[0]}-{self.edge[1]}"


def page(looking: Looking, kind: str, takes: Takes, bounds: Bounds, key: Key = "") -> Generator[int, None, Page]:
    """The page that was asked for. In pieces once the journal is read; before it, at one moment.

    Args:
        looking: at whose past.
        kind: what of it, as the index calls it.
        takes: says which reports are asked for.
        bounds: of the request.
        key: what the index is asked for; the account, if it is left out.
    """
    found = Page()
    kept = (each for each in (reversed(looking.kept) if bounds.is_newest_first else looking.kept) if takes(each))
    recent: list[PrivateReport] = []
    for report in kept:
        if bounds.has(report):
            recent.append(report)
            if len(recent) > bounds.most:
                break
    if not bounds.has_older(looking) or (bounds.is_newest_first and len(recent) > bounds.most) or not looking.may_read:
        found.reports = recent
    else:
        wanted = (kind, key or looking.account)
        if bounds.is_newest_first:
            found.reports = recent
            yield from _read(looking, found, wanted, takes, bounds)
        else:
            yield from _read(looking, found, wanted, takes, bounds)
            if found.edge is None:
                found.reports += recent
    found.end_at(bounds.most)
    return found


def _read(
    looking: Looking, found: Page, wanted: tuple[str, Key], takes: Takes, bounds: Bounds
) -> Generator[int, None, None]:
    """Add what the journal alone has, until the page is full or has cost enough."""
    try:
        rows = yield from _rows_within(looking, bounds)
        for steps, part in looking.walk(wanted, rows, newest_first=bounds.is_newest_first):
            yield steps
            if part is None:
                continue
            run, seqs = part
            yield from _read_run(looking, found, seqs, takes, bounds)
            if found.edge is not None or len(found.reports) > bounds.most:
                return
            if looking.rows_left <= 0:
                last = bounds.before if bounds.is_newest_first else bounds.after
                if found.reports:
                    last = found.reports[-1].seq
                found.edge = (run.start if bounds.is_newest_first else run.stop - 1, last)
                return
    except NotToBeHad:
        looking.truncated = True


def _read_run(
    looking: Looking, found: Page, seqs: list[int], takes: Takes, bounds: Bounds
) -> Generator[int, None, None]:
    """Add what rows of a run have. Read forwards, whatever comes first: so each batch is read once."""
    for chunk in _chunks(seqs, bounds.most, is_newest_first=bounds.is_newest_first):
        reports: list[PrivateReport] = []
        for seq in chunk:
            reports += yield from looking.read(seq)
        if bounds.is_newest_first:
            reports.reverse()
        found.reports += [each for each in reports if takes(each) and bounds.has(each)]
        if len(found.reports) > bounds.most:
            return
        if looking.rows_left <= 0 and reports:
            found.end_behind(reports[-1])
            return


def _chunks(seqs: list[int], most: int, *, is_newest_first: bool) -> Iterator[list[int]]:
    """Rows, so many at a time as a page has, the first ones first that come first on it; each time ascending."""
    for start in range(0, len(seqs), most):
        if is_newest_first:
            stop = len(seqs) - start
            yield seqs[max(stop - most, 0) : stop]
        else:
            yield seqs[start : start + most]


def _rows_within(looking: Looking, bounds: Bounds) -> Generator[int, None, range]:
    """The rows of the journal in which what is asked for may be."""
    first, stop = 1, looking.until_row + 1
    if bounds.row and not bounds.is_newest_first:
        first = bounds.row
    elif bounds.after:
        first = yield from looking.row_of(bounds.after)
    if bounds.row and bounds.is_newest_first:
        stop = min(stop, bounds.row + 1)
    if bounds.from_ns:
        before = yield from looking.row_at(bounds.from_ns - 1)
        first = max(first, before + 1)
    if bounds.to_ns < _NO_END:
        last = yield from looking.row_at(bounds.to_ns)
        stop = min(stop, last + 1)
    return range(first, max(first, stop))
