"""What the commands of a journal already did to things that a venue file may define."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from engine.command_table import COMMANDS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import CommandProposed, CommandRejected, Event, ProposalEnded
from gateway.identity import secrets_of

Subject = tuple[str, str]

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Defined(msgspec.Struct, array_like=True):
    """What a command defines, at once or once it is approved."""

    proposal: int
    """0: it does not wait."""
    subject: Subject
    digest: bytes
    is_rulebook: bool


class Known(msgspec.Struct):
    """What a snapshot keeps of the past, everything in order, so that equal pasts are equal bytes."""

    subjects: list[Subject]
    done: list[bytes]
    """Digests of commands."""
    rulebook: bytes
    """Of the command that loaded one last. Releases of before ask for it; a date may have brought another since."""
    secrets: list[str]
    waiting: list[Defined] = []


class Past:
    """Which things were defined, and by which commands. A command is kept as its digest: a rulebook is long."""

    def __init__(self) -> None:
        self._known: Final[set[Subject]] = set()
        self._done: Final[set[bytes]] = set()
        self._rulebook = b""
        """The one that was loaded last."""
        self._waiting: Final[dict[int, Defined]] = {}
        """By the number of the proposal."""
        self.secrets: Final[dict[str, None]] = {}
        """By which its identity keys were made, those in commands that were refused too."""

    def state(self) -> Known:
        """What a snapshot keeps of it."""
        waiting = list(self._waiting.values())
        return Known(sorted(self._known), sorted(self._done), self._rulebook, list(self.secrets), waiting)

    def restore(self, state: Known) -> None:
        """Know, being empty, what was known when `state` was taken."""
        self._known.update(state.subjects)
        self._done.update(state.done)
        self._rulebook = state.rulebook
        self.secrets.update(dict.fromkeys(state.secrets))
        self._waiting.update({each.proposal: each for each in state.waiting})

    def follow(self, command: AnyCommand, events: list[Event], due_events: int) -> None:
        """Take note of a command and its events, of which so many are of what was due before it."""
        self.secrets.update(dict.fromkeys(secrets_of(command)))
        ended: list[Defined | None] = []
        if self._waiting:
            ended = [self._waiting.pop(event.proposal, None) for event in events if type(event) is ProposalEnded]
        subject = _subject(command)
        if subject is None and not ended:
            return
        own_events = events[due_events:]
        # A change whose effective date came with this command may have been refused, which says nothing of it.
        if any(type(event) is CommandRejected for event in own_events):
            return
        if type(command) is commands.Approve and ended[-1] is not None:
            self._note(ended[-1])
        # Of the prices of an index, which may be millions, only the first can be the venue file's.
        if subject is None or (type(command) is commands.SetIndexPrice and subject in self._known):
            return
        number = next((event.proposal for event in own_events if type(event) is CommandProposed), 0)
        found = Defined(number, subject, _digest(command), type(command) is commands.LoadRulebook)
        if number:
            self._waiting[number] = found
        else:
            self._note(found)

    def split(self, setup: list[AnyCommand], force_rulebook: bool) -> tuple[list[AnyCommand], list[Subject]]:
        """The commands of a venue file that are still to do, and the things that it sets otherwise than when that was carried out.

        Args:
            setup: all commands of the venue file.
            force_rulebook: load its rulebook once more: another is in force now, which may have come by its date.
        """
        to_do: list[AnyCommand] = []
        changed: dict[Subject, None] = {}
        waiting = {each.digest for each in self._waiting.values()}
        for command in setup:
            subject = _subject(command)
            assert subject is not None, f"a venue file holds no {type(command).__name__}"
            is_forced = force_rulebook and type(command) is commands.LoadRulebook
            if is_forced and _digest(command) in waiting:
                continue
            if is_forced or subject not in self._known:
                to_do.append(command)
            elif _digest(command) not in self._done:
                changed[subject] = None
        return to_do, list(changed)

    def _note(self, defined: Defined) -> None:
        """A command was carried out."""
        self._known.add(defined.subject)
        self._done.add(defined.digest)
        if defined.is_rulebook:
            self._rulebook = defined.digest


def _subject(command: AnyCommand) -> Subject | None:
    """What a command of a venue file defines: a thing is known once any command about it was carried out."""
    row = COMMANDS[type(command)]
    if not row.sets_up:
        return None
    return (row.sets_up, "" if row.is_single else getattr(command, row.about[0]))


def _digest(command: AnyCommand) -> bytes:
    """A command's own digest, which a field that a later release adds behind leaves as it is while it has its default."""
    values, defaults = list(msgspec.structs.astuple(command)), type(command).__struct_defaults__
    for default in reversed(defaults):
        if values[-1] != default:
            break
        values.pop()
    return sha256(_encode((command.__struct_config__.tag, values))).digest()
