"""What is known of a command beside its fields: a row of `engine/command_table.py`, and the roles that may send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.state.state import State
from engine.vocabulary.access import OPERATOR, PARTICIPANT, ROLES, SUPERVISOR, SURVEILLANCE
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.messages.events import Event
from engine.vocabulary.names import command_name
from engine.vocabulary.problem import Problem

__all__ = ["OPERATOR", "PARTICIPANT", "ROLES", "SUPERVISOR", "SURVEILLANCE", "CommandRow", "Handler"]

Handler = Callable[[State, Any], Problem | None]
"""Carries out a command: emits what it does, or returns why it did nothing."""


class CommandRow:
    """What is known of one command."""

    def __init__(
        self,
        kind: type[Command],
        carry_out: Handler,
        *,
        senders: tuple[str, ...] = (),
        answers: tuple[type[Event], ...] = (),
        about: tuple[str, ...] = (),
        word: str = "",
        sets_up: str = "",
        is_single: bool = False,
        names: dict[str, tuple[str, ...]] | None = None,
        approval: str = "",
        doubt: Handler | None = None,
    ) -> None:
        self.kind: Final = kind
        self.name: Final = command_name(kind)
        """In requests."""
        self.carry_out: Final = carry_out
        self.senders: Final = senders
        """The roles that may send it; none: nobody but the venue itself."""
        self.answers: Final = answers
        """The first event of one of these types answers it; none: it was done, or CommandRejected says why not."""
        self.about: Final = about
        """The fields that name its subject, the first one first."""
        self.word: Final = word
        """What a history of rules, records and settings calls what it changes; empty: it changes none of them."""
        self.sets_up: Final = sets_up
        """The kind of thing that it defines in a venue file, named by its first subject; empty: such a file has none."""
        self.is_single: Final = is_single
        """Whether a venue has one such thing, whatever it is called."""
        self.names: Final[dict[str, tuple[str, ...]]] = {} if names is None else names
        """The names of the codes that a field holds."""
        self.approval: Final = approval
        """As a command of which kind it may need a second approval; empty: it never does, or what it carries does."""
        self.doubt: Final = doubt
        """Of what may need a second approval: says why it would not be carried out now, as far as that is known before it is tried."""
