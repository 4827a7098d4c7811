"""Replay: recorded commands into a fresh exchange, its events compared with the recorded ones byte for byte."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command, decode_events, encode_events
from engine.vocabulary.messages.commands import AnyCommand, Command, Sequenced
from engine.vocabulary.messages.events import Event

_EACH: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ANYTHING: Final = msgspec.msgpack.Decoder()


class EventsDigest:
    """SHA-256 over the encoded events of each row in sequence: what a session did, however it was batched."""

    def __init__(self) -> None:
        self._hash: Final = sha256()

    def update(self, encoded_events: bytes | msgspec.Raw) -> None:
        """Add the events of the next row, as `encode_events` gives them."""
        self._hash.update(encoded_events)

    def hexdigest(self) -> str:
        """The digest so far, 64 hexadecimal digits."""
        return self._hash.hexdigest()


class Difference:
    """The first event that came out otherwise. `recorded` or `replayed` is None where one side has fewer events."""

    def __init__(
        self, seq: int, time_ns: int, command: Command, place: int, *, recorded: object | None, replayed: Event | None
    ) -> None:
        self.seq: Final = seq
        self.time_ns: Final = time_ns
        self.command: Final = command
        self.place: Final = place
        """Place of the event among those of its command, from 0."""
        self.recorded: Final = recorded
        """An event, or plain lists and values where this version doesn't know such an event."""
        self.replayed: Final = replayed


class ReplayResult:
    """What a replay found."""

    def __init__(
        self, commands: int, events: int, recorded_digest: str, replayed_digest: str, difference: Difference | None
    ) -> None:
        self.commands: Final = commands
        self.events: Final = events
        """As replayed."""
        self.recorded_digest: Final = recorded_digest
        self.replayed_digest: Final = replayed_digest
        self.difference: Final = difference

    @property
    def equal(self) -> bool:
        """Whether every event came out as recorded."""
        return self.difference is None and self.recorded_digest == self.replayed_digest


class ReplayFailure(Exception):
    """A recorded command cannot be replayed: this version does not know it, or its core fails on it."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"sequence number {seq}: {reason}")
        self.seq: Final = seq
        self.reason: Final = reason


class Replay:
    """Feeds rows into an exchange, which must stand just before the first of them."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange: Final = exchange
        self._commands: int = 0
        self._events: int = 0
        self._recorded: Final = EventsDigest()
        self._replayed: Final = EventsDigest()
        self._difference: Difference | None = None

    @property
    def difference(self) -> Difference | None:
        """The first difference so far."""
        return self._difference

    def feed(self, row: StoredRow) -> list[Event]:
        """Apply the command of a row and compare. After a difference the replay may go on; only the first one is kept.

        Returns:
            The events as replayed.

        Raises:
            ReplayFailure: the command does not decode, or the core raised.
        """
        seq, time_ns, stored_command, recorded = row
        try:
            command = decode_command(stored_command)
        except msgspec.DecodeError as error:
            raise ReplayFailure(seq, f"this version does not know the command: {error}") from error
        try:
            events = self.exchange.apply(Sequenced(seq, time_ns, command))
        except Exception as error:
            raise ReplayFailure(seq, f"the core fails on {command!r}: {type(error).__name__}: {error}") from error
        replayed = encode_events(events)
        self._commands += 1
        self._events += len(events)
        self._recorded.update(recorded)
        self._replayed.update(replayed)
        if self._difference is None and replayed != bytes(recorded):
            self._difference = find_difference(seq, time_ns, command, recorded, events)
        return events

    def result(self) -> ReplayResult:
        """What was found so far."""
        return ReplayResult(
            self._commands, self._events, self._recorded.hexdigest(), self._replayed.hexdigest(), self._difference
        )


def find_difference(
    seq: int, time_ns: int, command: AnyCommand, recorded: msgspec.Raw | bytes, replayed: list[Event]
) -> Difference:
    """The first event that differs between the recorded bytes of a row and the events of its replay."""
    stored = _EACH.decode(recorded)
    index = 0
    while index < len(stored) and index < len(replayed) and bytes(stored[index]) == _one(replayed[index]):
        index += 1
    theirs = _decode_event(stored[index]) if index < len(stored) else None
    ours = replayed[index] if index < len(replayed) else None
    return Difference(seq, time_ns, command, index, recorded=theirs, replayed=ours)


def _one(event: Event) -> bytes:
    """One event, as it stands within an encoded row."""
    # Behind the one byte that says "an array of one".
    return encode_events([event])[1:]


def _decode_event(stored: msgspec.Raw) -> object:
    """One recorded event, as plain values where this version has no such event."""
    try:
        return decode_events(b"\x91" + bytes(stored))[0]
    except msgspec.DecodeError:
        return _ANYTHING.decode(stored)
