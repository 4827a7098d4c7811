"""What a command about records comes to: refused in words, or a record that changed."""

from __future__ import annotations

from engine.state.hook import Outcome, Recheck
from engine.vocabulary.codes import COMPLIANCE
from engine.vocabulary.messages.events import Event, RegistryChanged
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said


def refused(why: Said) -> Outcome:
    """The command does nothing."""
    return Outcome([], problem(why))


def problem(why: Said) -> Problem:
    """A refusal by compliance."""
    return Problem(COMPLIANCE, why)


def changed(what: str, key: str, how: Said, recheck: Recheck | None) -> Outcome:
    """A record is new or changed."""
    events: list[Event] = [RegistryChanged(what, key, "", how.template, how.values)]
    return Outcome(events, None, recheck)
