"""Replay: recorded commands into a fresh exchange, its events compared with the recorded ones byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command, decode_events, encode_events, encode_events_behind
from engine.vocabulary.messages.commands import AnyCommand, Command, Sequenced
from engine.vocabulary.messages.events import Event

_EACH: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ANYTHING: Final = msgspec.msgpack.Decoder()


ReplayedRow = tuple[int, int, AnyCommand, list[Event]]
"""A row of the journal, its events as replayed."""


class EventsDigest:
    """SHA-256 over the encoded events of each row in sequence: what a session did, however it was batched."""

    def __init__(self) -> None:
        self._hash = sha256()

    def update(self, encoded_events: bytes | bytearray | msgspec.Raw) -> None:
        """Add the events of the next row, as `encode_events` gives them, or those of several, one behind the other."""
        self._hash.update(encoded_events)

    def copy(self) -> EventsDigest:
        """One that goes on from here on its own."""
        other = EventsDigest()
        other._hash = self._hash.copy()
        return other

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

    def __str__(self) -> str:
        return f"sequence number {self.seq}, event {self.place}: recorded {self.recorded!r}, replayed {self.replayed!r}"


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
        self._replayed: EventsDigest | None = None
        """From the first difference on: until then it is the same as the other one."""
        self._difference: Difference | None = None
        self.due_events: Final[list[int]] = []
        """Of each row that `feed_batch` replayed last: how many of its events are of what was due before its command."""

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
        command, events = self._apply(seq, time_ns, stored_command)
        self._commands += 1
        self._events += len(events)
        if self._differs(bytes(recorded), encode_events(events)):
            self._difference = find_difference(seq, time_ns, command, recorded, events)
        return events

    def feed_batch(self, rows: Sequence[StoredRow]) -> list[ReplayedRow]:
        """Apply the commands of rows, one after the other, and compare all of it at once: the same as to `feed` each, for less.

        Returns:
            The rows as replayed.

        Raises:
            ReplayFailure: a command does not decode, or the core raised. The rows before it are compared.
        """
        replayed: list[ReplayedRow] = []
        encoded = bytearray()
        due_events = self.due_events
        due_events.clear()
        try:
            for seq, time_ns, stored_command, _ in rows:
                command, events = self._apply(seq, time_ns, stored_command)
                encode_events_behind(events, encoded)
                replayed.append((seq, time_ns, command, events))
                due_events.append(self.exchange.due_events)
        finally:
            self._compare(rows, replayed, encoded)
        return replayed

    def result(self) -> ReplayResult:
        """What was found so far."""
        recorded = self._recorded.hexdigest()
        replayed = recorded if self._replayed is None else self._replayed.hexdigest()
        return ReplayResult(self._commands, self._events, recorded, replayed, self._difference)

    def _apply(self, seq: int, time_ns: int, stored_command: msgspec.Raw) -> tuple[AnyCommand, list[Event]]:
        """Apply a recorded command; returns it and its events."""
        try:
            command = decode_command(stored_command)
        except msgspec.DecodeError as error:
            raise ReplayFailure(seq, f"this version does not know the command: {error}") from error
        try:
            return command, self.exchange.apply(Sequenced(seq, time_ns, command))
        except Exception as error:
            raise ReplayFailure(seq, f"the core fails on {command!r}: {type(error).__name__}: {error}") from error

    def _compare(self, rows: Sequence[StoredRow], replayed: list[ReplayedRow], encoded: bytearray) -> None:
        """Compare what rows have recorded with what was replayed of the first ones, one behind the other as `encoded`."""
        self._commands += len(replayed)
        for row in replayed:
            self._events += len(row[3])
        if self._differs(b"".join([row[3] for row in rows[: len(replayed)]]), encoded):
            self._difference = _first_difference(rows, replayed)

    def _differs(self, recorded: bytes, replayed: bytes | bytearray) -> bool:
        """Add encoded events to the digests; returns whether they are the first that differ."""
        is_equal = recorded == replayed
        if self._replayed is None and not is_equal:
            self._replayed = self._recorded.copy()
        self._recorded.update(recorded)
        if self._replayed is not None:
            self._replayed.update(replayed)
        return not is_equal and self._difference is None


def _first_difference(rows: Sequence[StoredRow], replayed: list[ReplayedRow]) -> Difference:
    """Where rows come out otherwise first. The events of each are one msgpack array, so that a difference of all is one of some row."""
    for row, (seq, time_ns, command, events) in zip(rows, replayed, strict=False):
        if encode_events(events) != bytes(row[3]):
            return find_difference(seq, time_ns, command, row[3], events)
    raise AssertionError("no row differs, but all of them together do")


def find_difference(
    seq: int, time_ns: int, command: Command, recorded: msgspec.Raw | bytes, replayed: list[Event]
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
