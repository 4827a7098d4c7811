"""A journal as the reports read it: row by row, replayed on the way, so that the state behind the events can be read too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command, decode_events
from engine.replay import Difference, Replay, ReplayFailure
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import DayEnded, Event
from gateway.core import new_exchange
from gateway.journal.files import JournalError
from gateway.journal.head import read_head
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.reporting.steps.standing import Standing, read_standing
from gateway.snapshots.borders import Borders
from gateway.snapshots.folder import folder_beside, list_snapshots, snapshot_name, sound_ones
from gateway.snapshots.replica import core_of, restored_core
from gateway.snapshots.sealed import Sealed, SnapshotError, SnapshotUnusable

EVENTS: Final = 0
"""What was recorded is enough: nothing is replayed."""
END: Final = 1
"""The state at the end is looked at too: the replay may begin with the newest snapshot."""
EACH: Final = 2
"""The state after each command is looked at: everything is replayed."""


class Unreadable(JournalError):
    """A command or an event of the journal is none that this version knows."""


class Step:
    """One command and what it did."""

    def __init__(
        self,
        seq: int,
        time_ns: int,
        command: AnyCommand,
        events: list[Event],
        *,
        due_events: int,
        day: int,
        carried_events: int = 0,
    ) -> None:
        self.seq: Final = seq
        self.time_ns: Final = time_ns
        """Of the command, nanoseconds since the epoch, UTC."""
        self.command: Final = command
        self.events: Final = events
        self.due_events: Final = due_events
        """How many of the events are of what came before the command: things due, work left; 0 if there is no replay to tell."""
        self.carried_events: Final = carried_events
        """How many of these, the first ones, go on with what the step before had left."""
        self.day: Final = day
        """The Moscow day, from 1970-01-01, in which the first event happened; each `DayEnded` among them begins the next."""


class Source:
    """Reads a journal once.

    Args:
        reader: of the journal.
        day: read no further than to the end of this Moscow day, in days since 1970-01-01; None: to the end.
        is_over: says of a command, by its sequence number and time, whether it and those after it are left out; None: none are.
        need: what of the state is looked at: `EVENTS`, `END` or `EACH`. With `END`, what stands before the newest snapshot is read
            and not replayed.
        skips: with `END`, whether what stands before the snapshot is left out altogether: nobody asks for its events.
    """

    def __init__(
        self,
        reader: JournalReader,
        day: int | None = None,
        is_over: Callable[[int, int], bool] | None = None,
        *,
        need: int = EACH,
        skips: bool = False,
    ) -> None:
        self.reader: Final = reader
        self.commands: int = 0
        """How many were read."""
        self.damage: JournalDamage | None = None
        self.difference: Difference | None = None
        """Where the replay came out otherwise: what follows is reported as recorded, without any state."""
        self.failure: ReplayFailure | None = None
        """Where the replay stopped, likewise."""
        self.standing: Standing | None = None
        """What the state said at the end, or after the last command of `day`; None without a replay."""
        self.goes_on_from: int = 0
        """The last sequence number before the core version that the end of the journal is of; 0: all of it is of one. There the replay
        goes on from a snapshot."""
        self.is_replayed: Final = need != EVENTS
        """Whether the state was asked for."""
        self.notes: Final[list[str]] = []
        """What was found wrong on the way and done without; a line each."""
        self.begun_behind: int = 0
        """The sequence number of the snapshot that the replay began with; 0: it began with the first command, or there is none."""
        self._snapshot: Sealed | None = self._newest(day) if need == END and is_over is None else None
        """Where the replay is to begin, until that is reached."""
        self._skips: Final = skips
        self.looks: Callable[[Exchange, Standing | None], None] | None = None
        """Told the state at the end, or after the last command of `day`, when it is there."""
        self._replay: Replay | None = None
        if need != EVENTS and self._snapshot is None:
            self._replay = Replay(new_exchange())
        self._last_day: Final = day
        self._is_over: Final = is_over
        self._day: int = -1

    @property
    def exchange(self) -> Exchange | None:
        """The exchange after the step that was yielded last; None where the replay is not what was recorded."""
        return None if self._replay is None else self._replay.exchange

    @property
    def venue(self) -> str:
        """The venue's id; empty if not even the first header is sound."""
        return self.reader.segments[0].header.venue if self.reader.segments else ""

    def steps(self) -> Iterator[Step]:
        """All commands in order, up to the damage if there is some. Once only.

        Raises:
            Unreadable: this version does not know a command or event.
            OSError: a segment can't be read.
        """
        borders = Borders(self.reader)
        try:
            for row in self._rows(borders):
                if self._is_over is not None and self._is_over(row[0], row[1]):
                    break
                day = moscow_day(row[1])
                is_past = self._last_day is not None and day > self._last_day
                if is_past:
                    self._look()
                step = self._step(row, day)
                self.commands += 1
                yield step
                # What was due until midnight came with the first command of the next day.
                if is_past:
                    return
        except JournalDamage as damage:
            self.damage = damage
        self._look()

    def _rows(self, borders: Borders) -> Iterator[StoredRow]:
        """All rows; where another core version goes on, so does the replay."""
        since = None
        if self._snapshot is not None and self._skips:
            header = self._snapshot.header
            since = header.point(snapshot_name(header.seq))
            self.commands = header.seq
            self._begin_replay()
        for batch in self.reader.batches(since):
            if borders.crosses(batch) and self._snapshot is None and self.is_replayed:
                self.goes_on_from = borders.seq
                try:
                    self._replay = Replay(borders.exchange(new_exchange().hook))
                except SnapshotError as error:
                    self.failure = ReplayFailure(borders.seq + 1, str(error))
                    self._replay = None
            yield from batch
            if self._snapshot is not None and self._snapshot.header.seq <= batch[-1][0]:
                tip = self.reader.batch_tip
                if (tip.next_seq - 1, tip.link) == (self._snapshot.header.seq, self._snapshot.header.link):
                    self._begin_replay()
                else:
                    name = snapshot_name(self._snapshot.header.seq)
                    self.failure = ReplayFailure(
                        batch[-1][0], f"{name} is of another history than this journal: move it away"
                    )
                    self._snapshot = None

    def _newest(self, day: int | None) -> Sealed | None:
        """The newest sound snapshot of this core version that is no later than the journal's head and the day; None: there is none."""
        try:
            head = read_head(self.reader.directory)
        except JournalError:
            # Whoever reads the journal says so.
            return None
        folder = folder_beside(self.reader.directory)
        known = [] if head is None else [seq for seq in reversed(list_snapshots(folder)) if seq <= head.seq]
        for name, sealed in sound_ones(folder, known, self.notes):
            header = sealed.header
            if header.core_version != CORE_VERSION:
                # Of before an upgrade: the replay can't go on from there.
                continue
            if head is not None and header.venue != head.venue:
                self.notes.append(f"{name}: it is of venue {header.venue!r}: not used")
            elif day is None or moscow_day(header.time_ns) <= day:
                return sealed
        return None

    def _begin_replay(self) -> None:
        """Begin the replay with the state of the snapshot, which was reached."""
        sealed, self._snapshot = self._snapshot, None
        assert sealed is not None
        try:
            self._replay = Replay(restored_core(core_of(sealed.unpack()), new_exchange().hook))
            self.begun_behind = sealed.header.seq
        except SnapshotUnusable as error:
            self.failure = ReplayFailure(
                sealed.header.seq + 1, f"{snapshot_name(sealed.header.seq)} can't be used: {error}"
            )

    def _look(self) -> None:
        """Read the state, now that it is at the end of what was asked for."""
        if self._replay is not None:
            self.standing = read_standing(self._replay.exchange)
            if self.looks is not None:
                self.looks(self._replay.exchange, self.standing)

    def _step(self, row: StoredRow, day: int) -> Step:
        seq, time_ns, stored_command, stored_events = row
        events = self._feed(row)
        try:
            command = decode_command(stored_command)
            if events is None:
                events = list(decode_events(stored_events))
        except msgspec.DecodeError as error:
            raise Unreadable(f"this version does not know sequence number {seq}: {error}") from error
        first_day = day if self._day < 0 else self._day
        self._day = first_day
        for event in events:
            if type(event) is DayEnded:
                self._day = event.day
        replay = self._replay
        due_events = 0 if replay is None else replay.exchange.due_events
        carried = 0 if replay is None else replay.exchange.carried_events
        return Step(seq, time_ns, command, events, due_events=due_events, day=first_day, carried_events=carried)

    def _feed(self, row: StoredRow) -> list[Event] | None:
        """The events of a row as replayed, which are those recorded; None once the replay is over."""
        replay = self._replay
        if replay is None:
            return None
        try:
            events = replay.feed(row)
        except ReplayFailure as failure:
            self.failure = failure
            self._replay = None
            return None
        if replay.difference is not None:
            self.difference = replay.difference
            self._replay = None
            return None
        return events
