"""Events of cases and alerts.

Values as in `engine.vocabulary.messages.events`, which exports these too. They are for supervisors: no account is told of them.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Event


class CaseOpened(Event, tag=73):
    """A case is open, with what it begins with: what the command names, and what the alert named."""

    case: int
    term: str
    investors: tuple[str, ...]
    instruments: tuple[str, ...]
    seqs: tuple[int, ...]
    alert: int
    """The alert that ended with it; 0: none."""
    reason: str
    by: str


class EvidenceAdded(Event, tag=74):
    """What is new in an open case."""

    case: int
    seqs: tuple[int, ...]
    investors: tuple[str, ...]
    instruments: tuple[str, ...]
    note: str
    by: str
    total: int
    """How many sequence numbers are its evidence now."""


class CaseClosed(Event, tag=75):
    """A case is closed; the journal alone has it from now on."""

    case: int
    outcome: int
    merged: int
    """The case that has its evidence now; 0: none."""
    term: str
    opened_by: str
    by: str
    reason: str
    total: int
    """How many sequence numbers were its evidence."""


class AlertRaised(Event, tag=76):
    """An alert waits for a supervisor."""

    alert: int
    detector: str
    version: str
    term: str
    investors: tuple[str, ...]
    accounts: tuple[str, ...]
    instruments: tuple[str, ...]
    seqs: tuple[int, ...]
    first_seq: int
    last_seq: int
    figures: dict[str, str]
    note: str
    by: str


class AlertDismissed(Event, tag=77):
    """An alert waits no longer, and no case was made of it."""

    alert: int
    detector: str
    term: str
    raised_by: str
    by: str
    reason: str
