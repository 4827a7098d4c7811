"""Events that say something, made of what is said."""

from __future__ import annotations

from engine.vocabulary.messages.events import CommandRejected, RulesChanged
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said


def setting_changed(what: str, key: str, how: Said, by: str, reason: str = "") -> RulesChanged:
    """A setting of the market changed: `what` names the command, `key` what it is about."""
    return RulesChanged(what, key, "", reason, by, how.template, how.values)


def command_rejected(problem: Problem) -> CommandRejected:
    """A configuration or compliance command did nothing."""
    return CommandRejected(problem.code, "", problem.said.template, problem.said.values)
