"""What a detector reported, as plain data for people, programs and the venue."""

from __future__ import annotations

from typing import Any, Final

from compliance.surveillance.surveillance import Episode
from engine.vocabulary.messages.events import AlertRaised
from gateway.client.values.commands import AdminArgument
from gateway.reporting.tables.times import utc
from gateway.session.cases import AlertRecord

MAX_NOTE_CHARS: Final = 512


def record(episode: Episode) -> dict[str, Any]:
    """Everything about an episode as it is now."""
    finding = episode.finding
    return {
        "number": episode.number,
        "detector": episode.detector,
        "version": episode.version,
        "term": episode.term,
        "time_utc": utc(episode.time_ns),
        "seq": episode.seq,
        "first_seq": finding.first_seq,
        "last_seq": episode.last_seq,
        "last_time_utc": utc(episode.last_ns),
        "seen": episode.seen,
        "goes_on": episode.goes_on or None,
        "investors": list(finding.investors),
        "accounts": list(finding.accounts),
        "instruments": list(finding.instruments),
        "evidence": list(finding.seqs),
        "figures": finding.figures,
        "note": finding.note,
    }


def is_about(episode: Episode, alert: AlertRaised | AlertRecord) -> bool:
    """Whether an alert is about an episode: of one detector, the same accounts and instruments, in a stretch that both have."""
    finding = episode.finding
    return (
        alert.detector == episode.detector
        and sorted(alert.accounts) == sorted(finding.accounts)
        and sorted(alert.instruments) == sorted(finding.instruments)
        and alert.first_seq <= episode.seq
        and finding.first_seq <= alert.last_seq
    )


def alert(episode: Episode) -> dict[str, AdminArgument]:
    """The arguments of `raise_alert`."""
    finding = episode.finding
    return {
        "detector": episode.detector,
        "version": episode.version,
        "term": episode.term,
        "investors": list(finding.investors),
        "accounts": list(finding.accounts),
        "instruments": list(finding.instruments),
        "seqs": list(finding.seqs),
        "first_seq": finding.first_seq,
        "last_seq": episode.seq,
        "figures": dict(finding.figures),
        "note": finding.note[:MAX_NOTE_CHARS],
    }
