"""The cases and alerts of a session: what was suspected, of whom, on what evidence, and what came of it."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.record.rows import decode_events
from engine.vocabulary.codes import CASE_OUTCOMES
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    AnyEvent,
    CaseClosed,
    CaseOpened,
    EvidenceAdded,
)
from gateway.index.index import Index
from gateway.index.keys import MESSAGE
from gateway.reporting.tables.times import utc

OPEN: Final = "open"
DISMISSED: Final = "dismissed"
BECAME_A_CASE: Final = "became a case"
_OF_CASES: Final = (AlertRaised, AlertDismissed, CaseOpened, EvidenceAdded, CaseClosed)


class Addition(msgspec.Struct, kw_only=True):
    """What came to a case at once."""

    seq: int
    """Of the command."""
    time_utc: str
    by: str
    note: str
    evidence: list[int]


class CaseRecord(msgspec.Struct, kw_only=True):
    """A case, as it stands at the end of the session."""

    case: int
    state: str
    """`open`, or what came of it: abuse_found, no_abuse, referred, merged."""
    term: str
    opened_utc: str
    opened_by: str
    reason: str
    alert: int | None
    """The alert that it came from."""
    investors: list[str]
    instruments: list[str]
    evidence: list[int]
    """Sequence numbers, in the order in which they came; with those of cases that were merged into it."""
    additions: list[Addition]
    closed_utc: str | None = None
    closed_by: str = ""
    close_reason: str = ""
    merged: int | None = None
    """The case that it became part of."""


class AlertRecord(msgspec.Struct, kw_only=True):
    """An alert, as it stands at the end of the session."""

    alert: int
    state: str
    """`open`, `dismissed` or `became a case`."""
    term: str
    detector: str
    version: str
    raised_utc: str
    raised_by: str
    investors: list[str]
    accounts: list[str]
    instruments: list[str]
    evidence: list[int]
    first_seq: int
    last_seq: int
    figures: dict[str, str]
    note: str
    ended_utc: str | None = None
    ended_by: str = ""
    end_reason: str = ""
    case: int | None = None
    """The case that was made of it."""


class CaseBook:
    """All cases and alerts that a journal tells of, by number, in the order in which they came."""

    def __init__(self) -> None:
        self.cases: Final[dict[int, CaseRecord]] = {}
        self.alerts: Final[dict[int, AlertRecord]] = {}

    def read(self, index: Index) -> None:
        """Read them. O(rows that tell of one).

        Raises:
            JournalError: the journal is damaged.
        """
        found: dict[int, None] = {}
        for kind in _OF_CASES:
            found.update(dict.fromkeys(index.find(MESSAGE, kind.__name__)))
        for seq, time_ns, _, events in index.rows(sorted(found)):
            for event in decode_events(events):
                self.take(seq, time_ns, event)

    def take(self, seq: int, time_ns: int, event: AnyEvent) -> None:
        """Follow an event of the command with a sequence number."""
        if isinstance(event, CaseOpened):
            self._open(seq, time_ns, event)
        elif isinstance(event, EvidenceAdded):
            case = self.cases[event.case]
            _join(case, list(event.seqs), list(event.investors), list(event.instruments))
            case.additions.append(_addition(seq, time_ns, event.by, event.note, event.seqs))
        elif isinstance(event, CaseClosed):
            self._close(time_ns, event)
        elif isinstance(event, AlertRaised):
            self._raise(time_ns, event)
        elif isinstance(event, AlertDismissed):
            self._end(event.alert, time_ns, DISMISSED, event.by, event.reason)

    def _open(self, seq: int, time_ns: int, event: CaseOpened) -> None:
        self.cases[event.case] = CaseRecord(
            case=event.case,
            state=OPEN,
            term=event.term,
            opened_utc=utc(time_ns),
            opened_by=event.by,
            reason=event.reason,
            alert=event.alert or None,
            investors=list(event.investors),
            instruments=list(event.instruments),
            evidence=list(event.seqs),
            additions=[_addition(seq, time_ns, event.by, event.reason, event.seqs)],
        )
        if event.alert:
            self._end(event.alert, time_ns, BECAME_A_CASE, event.by, event.reason)
            self.alerts[event.alert].case = event.case

    def _close(self, time_ns: int, event: CaseClosed) -> None:
        case = self.cases[event.case]
        case.state = CASE_OUTCOMES[event.outcome]
        case.closed_utc, case.closed_by, case.close_reason = utc(time_ns), event.by, event.reason
        case.merged = event.merged or None
        if event.merged:
            _join(self.cases[event.merged], case.evidence, case.investors, case.instruments)

    def _raise(self, time_ns: int, event: AlertRaised) -> None:
        self.alerts[event.alert] = AlertRecord(
            alert=event.alert,
            state=OPEN,
            term=event.term,
            detector=event.detector,
            version=event.version,
            raised_utc=utc(time_ns),
            raised_by=event.by,
            investors=list(event.investors),
            accounts=list(event.accounts),
            instruments=list(event.instruments),
            evidence=list(event.seqs),
            first_seq=event.first_seq,
            last_seq=event.last_seq,
            figures=event.figures,
            note=event.note,
        )

    def _end(self, alert: int, time_ns: int, state: str, by: str, reason: str) -> None:
        ended = self.alerts[alert]
        ended.state = state
        ended.ended_utc, ended.ended_by, ended.end_reason = utc(time_ns), by, reason


def _addition(seq: int, time_ns: int, by: str, note: str, seqs: tuple[int, ...]) -> Addition:
    return Addition(seq=seq, time_utc=utc(time_ns), by=by, note=note, evidence=list(seqs))


def _join(case: CaseRecord, seqs: list[int], investors: list[str], instruments: list[str]) -> None:
    """Put into a case what it does not have."""
    case.evidence = list(dict.fromkeys(case.evidence + seqs))
    case.investors = list(dict.fromkeys(case.investors + investors))
    case.instruments = list(dict.fromkeys(case.instruments + instruments))
