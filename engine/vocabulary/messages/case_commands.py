"""Commands of the ban on abuse: alerts, and the cases that supervisors open, add evidence to and close (ABUSE-1).

Values as in `engine.vocabulary.messages.commands`, which exports these too. Evidence is named by sequence numbers of the journal: of
commands, which stand there with their events.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class OpenCase(Command, tag=68, frozen=True):
    """Open a case. Its number is the sequence number of this command. An alert ends with it, and what it names is in the case."""

    term: str
    """What is suspected, in a word of the rulebook."""
    investors: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    seqs: tuple[int, ...] = ()
    """The evidence."""
    alert: int = 0
    """The alert that it comes from; 0: none."""
    reason: str = ""
    by: str = ""


class AddEvidence(Command, tag=73, frozen=True):
    """Add evidence to an open case, or whom and what it is about."""

    case: int
    seqs: tuple[int, ...]
    investors: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    note: str = ""
    by: str = ""


class CloseCase(Command, tag=74, frozen=True):
    """Close a case, with what came of it, and why."""

    case: int
    outcome: int
    merged: int = 0
    """The open case that it becomes part of, if that is the outcome; else 0."""
    reason: str = ""
    by: str = ""


class RaiseAlert(Command, tag=75, frozen=True):
    """Report what looks like abuse. The alert's number is the sequence number of this command."""

    detector: str
    """What found it."""
    version: str
    """Of the detector: the digest of its parameters."""
    term: str
    """In a word of the rulebook."""
    investors: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    seqs: tuple[int, ...] = ()
    """The commands that show it best."""
    first_seq: int = 0
    """The stretch of the journal that was looked at; 0: not said."""
    last_seq: int = 0
    figures: dict[str, str] = {}
    """What was measured, by name."""
    note: str = ""
    by: str = ""


class DismissAlert(Command, tag=76, frozen=True):
    """End an alert of which no case is made, with the reason."""

    alert: int
    reason: str = ""
    by: str = ""
