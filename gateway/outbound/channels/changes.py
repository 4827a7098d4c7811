"""Channel `changes`: what supervisors and operators are told of rules, records and settings; `seq` counts the messages, without gaps.

Made from events alone, so that a change is told whoever asked for it, and when its effective date has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.vocabulary.codes import CASE_OUTCOMES, KEY_OUTCOMES, PHASES, PROPOSAL_OUTCOMES, REJECT_CODES
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    CaseClosed,
    CaseOpened,
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    Event,
    EvidenceAdded,
    InvestorRegistered,
    KeyEnded,
    KeyRegistered,
    ParameterChanged,
    ParticipantRegistered,
    PhaseChanged,
    ProposalEnded,
    RegistryChanged,
    RulebookLoaded,
    RulesChanged,
    TimeAdvanced,
)
from gateway.outbound.channels.channel import VENUE, Channel
from gateway.protocol.messages import Change
from gateway.words.words import Saying, words_of


def _said(event: Saying) -> dict[str, Any]:
    """What an event says, and by which template."""
    return {"detail": words_of(event), "template": event.template or None, "values": event.values}


MAX_TOLD_NAMES: Final = 5
"""Investors or instruments of one alert or case that a line names; of others it says how many."""


def suspicion(term: str, investors: tuple[str, ...], instruments: tuple[str, ...], seqs: int) -> str:
    """What is suspected, of whom, in what, and how much evidence there is."""
    parts = [f"{term}:" if term else ""]
    for names in (investors, instruments):
        more = len(names) - MAX_TOLD_NAMES
        parts.append(" ".join(names[:MAX_TOLD_NAMES]) + (f" and {more} more" if more > 0 else ""))
    told = ", ".join([part for part in parts[1:] if part] + ([f"evidence {seqs}"] if seqs else []))
    return f"{parts[0]} {told}".strip()


_SAYS: Final[dict[type[Event], Callable[[Any], dict[str, Any]]]] = {
    RulebookLoaded: lambda event: {"what": "rulebook", "key": event.name, "detail": event.digest},
    InvestorRegistered: lambda event: {"what": "investor", "key": event.investor, "detail": event.investor_class},
    RegistryChanged: lambda event: {"what": event.what, "key": event.key, **_said(event)},
    RulesChanged: lambda event: {
        "what": event.what,
        "key": event.key,
        **_said(event),
        "reason": event.reason,
        "by": event.by,
    },
    ParameterChanged: lambda event: {
        "what": "parameter",
        "key": f"{event.rule} {event.key}",
        "detail": f"{event.old} -> {event.new}",
        "reason": event.reason,
        "by": event.by,
    },
    ChangeScheduled: lambda event: {
        "what": "scheduled",
        "key": str(event.change),
        "detail": event.what,
        "effective": event.effective_ns,
    },
    ChangeEffective: lambda event: {"what": "effective", "key": str(event.change)},
    CommandProposed: lambda event: {
        "what": "proposed",
        "key": str(event.proposal),
        "detail": event.what,
        "reason": event.reason,
        "by": event.by,
        "effective": event.effective_ns or None,
        "until": event.until_ns,
    },
    ProposalEnded: lambda event: {
        "what": PROPOSAL_OUTCOMES[event.outcome],
        "key": str(event.proposal),
        "detail": f"proposed by {event.proposed_by}" if event.proposed_by else "proposed by the venue file",
        "reason": event.reason,
        "by": event.by,
    },
    PhaseChanged: lambda event: {
        "what": "phase",
        "key": event.instrument,
        "detail": PHASES[event.phase],
        "reason": event.reason,
        "by": event.by,
    },
    CaseOpened: lambda event: {
        "what": "case_opened",
        "key": str(event.case),
        "detail": suspicion(event.term, event.investors, event.instruments, len(event.seqs)),
        "reason": event.reason,
        "by": event.by,
    },
    EvidenceAdded: lambda event: {
        "what": "evidence",
        "key": str(event.case),
        "detail": suspicion("", event.investors, event.instruments, len(event.seqs)),
        "reason": event.note,
        "by": event.by,
    },
    CaseClosed: lambda event: {
        "what": "case_closed",
        "key": str(event.case),
        "detail": CASE_OUTCOMES[event.outcome] + (f" into {event.merged}" if event.merged else ""),
        "reason": event.reason,
        "by": event.by,
    },
    AlertRaised: lambda event: {
        "what": "alert",
        "key": str(event.alert),
        "detail": suspicion(event.term, event.investors, event.instruments, len(event.seqs)) + f", by {event.detector}",
        "reason": event.note,
        "by": event.by,
    },
    AlertDismissed: lambda event: {
        "what": "alert_dismissed",
        "key": str(event.alert),
        "detail": f"{event.term}, by {event.detector}",
        "reason": event.reason,
        "by": event.by,
    },
    ParticipantRegistered: lambda event: {
        "what": "participant",
        "key": event.participant,
        "detail": event.role,
        "reason": event.reason,
        "by": event.by,
    },
    KeyRegistered: lambda event: {
        "what": "key",
        "key": f"{event.participant} {event.key}",
        "detail": " ".join(event.scopes),
        "reason": event.reason,
        "by": event.by,
        "until": event.expires_ns or None,
    },
    KeyEnded: lambda event: {
        "what": f"key_{KEY_OUTCOMES[event.outcome]}",
        "key": f"{event.participant} {event.key}",
        "reason": event.reason,
        "by": event.by,
    },
    CommandRejected: lambda event: {"what": "refused", "key": REJECT_CODES[event.code], **_said(event)},
    TimeAdvanced: lambda event: {
        "what": "time",
        "key": "",
        "effective": event.until_ns,
        "reason": event.reason,
        "by": event.by,
    },
}
"""What each event says of `what`, `key` and the rest."""


class Changes(Channel):
    """The changes of the whole venue."""

    name = "changes"
    kind = VENUE
    is_public = False
    precedes_reports = True
    events = tuple(_SAYS)

    def follow(self, event: Event, command_seq: int, time_ns: int) -> Change | None:
        """Count a change. A phase is one if somebody asked for it: the schedule and the rules are known."""
        if type(event) is PhaseChanged and not event.by:
            return None
        self.seq += 1
        if not self.subscribers:
            return None
        return Change(
            seq=self.seq, prev_seq=self.seq - 1, command_seq=command_seq, time=time_ns, **_SAYS[type(event)](event)
        )
