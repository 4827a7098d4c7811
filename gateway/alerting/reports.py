"""What a detector reported, as plain data for people, programs and the venue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from compliance.surveillance.surveillance import Episode
from gateway.client.commands import AdminArgument
from gateway.reporting.times import utc

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


def is_about(episode: Episode, detector: str, accounts: Iterable[str], first_seq: int, last_seq: int) -> bool:
    """Whether an alert is about an episode: the same detector and accounts, in a stretch of the journal that both have."""
    finding = episode.finding
    return (
        detector == episode.detector
        and sorted(accounts) == sorted(finding.accounts)
        and first_seq <= episode.seq
        and finding.first_seq <= last_seq
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
