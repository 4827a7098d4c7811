"""What the commands of a journal already did to things that a venue file may define."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from engine.command_table import COMMANDS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import CommandRejected, Event
from gateway.identity import secrets_of

Subject = tuple[str, str]

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Known(msgspec.Struct):
    """What a snapshot keeps of the past, everything in order, so that equal pasts are equal bytes."""

    subjects: list[Subject]
    done: list[bytes]
    """Digests of commands."""
    rulebook: bytes
    secrets: list[str]


class Past:
    """Which things were defined, and by which commands. A command is kept as its digest: a rulebook is long."""

    def __init__(self) -> None:
        self._known: Final[set[Subject]] = set()
        self._done: Final[set[bytes]] = set()
        self._rulebook = b""
        """The one that was loaded last."""
        self.secrets: Final[dict[str, None]] = {}
        """By which its identity keys were made, those in commands that were refused too."""

    def state(self) -> Known:
        """What a snapshot keeps of it."""
        return Known(sorted(self._known), sorted(self._done), self._rulebook, list(self.secrets))

    def restore(self, state: Known) -> None:
        """Know, being empty, what was known when `state` was taken."""
        self._known.update(state.subjects)
        self._done.update(state.done)
        self._rulebook = state.rulebook
        self.secrets.update(dict.fromkeys(state.secrets))

    def follow(self, command: AnyCommand, own_events: list[Event]) -> None:
        """Take note of a command and its own events, without those of what was due before it."""
        self.secrets.update(dict.fromkeys(secrets_of(command)))
        # A change whose effective date came with this command may have been refused, which says nothing of it.
        if COMMANDS[type(command)].sets_up and not any(type(event) is CommandRejected for event in own_events):
            self._note(command)

    def split(self, setup: list[AnyCommand], force_rulebook: bool) -> tuple[list[AnyCommand], list[str]]:
        """The commands of a venue file that are still to do, and the things whose definition has changed."""
        to_do: list[AnyCommand] = []
        changed: dict[str, None] = {}
        for command in setup:
            subject = _subject(command)
            assert subject is not None, f"a venue file holds no {type(command).__name__}"
            is_wanted = force_rulebook and type(command) is commands.LoadRulebook
            if subject not in self._known or (is_wanted and _digest(command) != self._rulebook):
                to_do.append(command)
            elif _digest(command) not in self._done:
                changed[" ".join(part for part in subject if part)] = None
        return to_do, list(changed)

    def _note(self, command: AnyCommand) -> None:
        """A command was carried out."""
        subject = _subject(command)
        # Of the prices of an index, which may be millions, only the first can be the venue file's.
        if subject is not None and not (type(command) is commands.SetIndexPrice and subject in self._known):
            self._known.add(subject)
            self._done.add(_digest(command))
        if type(command) is commands.LoadRulebook:
            self._rulebook = _digest(command)


def _subject(command: AnyCommand) -> Subject | None:
    """What a command of a venue file defines: a thing is known once any command about it was carried out."""
    row = COMMANDS[type(command)]
    if not row.sets_up:
        return None
    return (row.sets_up, "" if row.is_single else getattr(command, row.about[0]))


def _digest(command: AnyCommand) -> bytes:
    return sha256(_encode(command)).digest()
