"""The sequencer: the one writer. It owns the exchange, the journal and the only clock that commands know.

A turn takes the waiting requests and applies them. What turns have applied is written as one frame as soon as the frame
before is synced, then handed out: replies, reports, market data stand in the outboxes, and leave when their own frame is
synced. What goes wrong in a turn ends the venue.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from engine.exchange import Exchange
from engine.record.rows import Batch, Row
from engine.vocabulary.limits import (
    CATCH_UP_EVENTS,
    MAX_OWING_A_TURN,
    OWING_PART,
    SLEPT_NS,
)
from engine.vocabulary.messages.commands import AnyCommand, Sequenced, Tick
from gateway.disk import DISK, Disk
from gateway.inbound.attendance import UNASKED
from gateway.inbound.session import Session
from gateway.journal.files import save_fault
from gateway.journal.writer import JournalWriter
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.server.sequencing.clock import Clock, MovedClock
from gateway.server.sequencing.gathered import Gathered, Taken
from gateway.server.sequencing.turns import Turns, VenueHalted

_TICK: Final[list[Taken]] = [(None, 0, 0, Tick())]
# A single command of a quiet venue waits for a disk that takes no longer, as it did last: to wake a thread and be woken takes a tenth of that.
SHORT_SYNC_NS: Final = 1_000_000


class Sequencer(Turns):
    """Takes commands from sessions in turn and carries them out."""

    def __init__(
        self,
        exchange: Exchange,
        writer: JournalWriter,
        fanout: Fanout,
        directory: Path,
        clock: Clock,
        *,
        past_seq: int = 0,
        disk: Disk = DISK,
    ) -> None:
        """Prepare.

        Args:
            exchange: the core.
            writer: of its journal.
            fanout: its mirrors.
            directory: of the venue, where a command at fault is saved.
            clock: of the venue.
            past_seq: the last command that the mirrors did not see: that of the snapshot they were made from.
            disk: what the directory is on.
        """
        super().__init__(exchange, fanout, Counters())
        self.read_past(writer.directory, past_seq, disk)
        self._writer: Final = writer
        self._directory: Final = directory
        self._disk: Final = disk
        self._clock: Final = clock
        self._moved: Final = clock if isinstance(clock, MovedClock) else None
        self.time_scale = 0 if self._moved is None else self._moved.scale
        self._waiting: Final[deque[Session]] = deque()
        self._owing: Final[deque[Session]] = deque()
        """Sessions whose inbox is not empty, and those of them that owe for what they asked. The first one is next, in both."""
        self._gathered = Gathered()
        self._began_ns = 0
        """When the frame that is synced now began to be written."""
        self._has_answered = False
        """Since that sync began."""
        self._piece_ns = SLEPT_NS
        """How much of the time that the venue slept through is caught up on next."""

    @property
    def tip(self) -> tuple[int, bytes]:
        """Sequence number and link of the last batch in the journal."""
        return self._writer.last

    @property
    def has_work(self) -> bool:
        """Whether commands wait."""
        return bool(self._waiting or self._owing)

    @property
    def waiting_requests(self) -> int:
        """How many, commands and questions. O(sessions)."""
        return sum(len(session.inbox) for session in chain(self._waiting, self._owing)) + self._questions.waiting

    @property
    def now_ns(self) -> int:
        """The time that a command would have now, nanoseconds since the epoch, UTC: it never decreases."""
        return max(self._clock(), self._exchange.time_ns, self._exchange.advanced_ns)

    @property
    def next_due(self) -> int:
        """Another number whenever the core does something by itself sooner or later than was known, or its time was moved; 0: it never does."""
        due_ns = self._exchange.next_due_ns()
        return due_ns + self._exchange.advanced_ns if due_ns else 0

    def due_in_ns(self) -> int | None:
        """How long until the core does something by itself; None: nothing is due, ever."""
        due_ns = self._exchange.next_due_ns()
        # Rounded up: who looks again too early finds nothing.
        return max(-((self.now_ns - due_ns) // (self.time_scale or 1)), 0) if due_ns else None

    def submit(self, session: Session) -> None:
        """Note that requests of a session wait."""
        if session.inbox and not session.is_waiting:
            session.is_waiting = True
            (self._owing if session.is_owing else self._waiting).append(session)
        super().submit(session)

    def close(self) -> None:
        """Sign and close the journal."""
        self._writer.close()

    def abandon(self) -> None:
        """Leave the journal as it is."""
        self._writer.abandon()

    @property
    def is_syncing(self) -> bool:
        """Whether a frame of the journal is synced now."""
        return self._writer.is_syncing

    @property
    def is_full(self) -> bool:
        """Whether turns wait for the disk: a frame is synced, and the next one takes no more."""
        return self._gathered.is_full

    @property
    def may_answer(self) -> bool:
        """Whether questions may be answered now: when everything that was applied is written, and once while a sync runs.

        So an answer is of what was handed out, and answers that wait for a slow disk are no more than one share.
        """
        return not (self._gathered.origins or (self._has_answered and self._writer.is_syncing))

    @property
    def is_behind(self) -> bool:
        """Whether something that was applied is not handed out yet, or something is due."""
        return bool(self._gathered.origins) or super().is_behind

    def turn(self) -> None:
        """Carry out what waits, up to a bound, and write it as a frame, unless one is synced now: then it goes into the next one.

        What is due, or left of a command before, comes first, a piece a turn: requests wait meanwhile, but are read, and pings answered. So nothing trades
        that has expired, and no frame grows too large to be written.

        Raises:
            VenueHalted: the core or the journal failed. What was applied before is journaled, the command at fault saved.
        """
        if self.is_full:
            return
        time_ns = self.now_ns
        if not (self._catch_up(time_ns) or self._tick(time_ns)) and self.has_work and not self.is_full:
            self._apply(time_ns, self._take())
        if not self._writer.is_syncing:
            self.write()

    def synced(self) -> None:
        """Take note that the frame that was synced beside is durable: what it says may leave. Waits for the sync if it is not done.

        Raises:
            VenueHalted: the disk failed.
        """
        try:
            self._writer.end_sync()
        except OSError as error:
            raise self._disk_failed(error) from error
        self._has_answered = False
        self._note_durable()

    def write(self) -> list[Row]:
        """Write what was gathered as one frame, begin to sync it, and hand it out. Returns its rows.

        It stands in the outboxes then. It may leave unless the writer `is_syncing`; else once it is `synced`.

        Raises:
            VenueHalted: the journal failed.
        """
        gathered = self._gathered
        rows = gathered.batch.rows
        if not rows:
            return rows
        self._gathered = Gathered()
        self._append(gathered.batch)
        began_ns = time.monotonic_ns()
        self._fanout.hand_out(rows, gathered.origins)
        self._writer.rulebook_digest = self._fanout.rulebook_digest
        if self.counters.is_watched:
            self.counters.carried_out(rows, gathered.apply_ns, time.monotonic_ns() - began_ns)
        return rows

    def answer(self) -> None:
        """Answer questions within their share, if they may be answered; then it stands in the outboxes. What is due comes first: a turn must do it."""
        if self.may_answer and self.due_in_ns() != 0:
            self._has_answered = self._writer.is_syncing
            super().answer()

    def sequence(self, commands: list[AnyCommand]) -> list[Row]:
        """Carry out commands of the venue itself as one batch: all of it or, if the process ends, nothing.

        What is due comes first, in pieces of its own. Nobody syncs beside yet.
        """
        time_ns = self.now_ns
        is_due = True
        while is_due:
            is_due = self._catch_up(time_ns) or self._tick(time_ns)
            self.write()
        self._apply(time_ns, iter([(None, 0, 0, command) for command in commands]), is_whole=True)
        return self.write()

    def _take(self) -> Iterator[Taken]:
        """Take the next commands out of the inboxes, one of each waiting session in turn, as long as one is asked for.

        Those that owe come behind the others, one command in so many, and have no more than a few in a turn.
        """
        waiting, owing = self._waiting, self._owing
        count = owing_count = 0
        while waiting or (owing and owing_count < MAX_OWING_A_TURN):
            count += 1
            if owing and owing_count < MAX_OWING_A_TURN and (not waiting or count % OWING_PART == 0):
                owing_count += 1
                session = owing.popleft()
            else:
                session = waiting.popleft()
            if session.is_cut_off:
                # Of a key that has ended nothing is carried out, but what the venue says of the connection.
                session.put_aside()
                if not session.inbox:
                    self._rest(session)
                    continue
            request_id, command, received_ns = session.inbox.popleft()
            session.taken += 1
            if session.inbox:
                meter = session.meter
                (waiting if meter is None or not meter.is_overdrawn else owing).append(session)
            else:
                self._rest(session)
            yield None if request_id == UNASKED else session, request_id, received_ns, command

    def _rest(self, session: Session) -> None:
        """Nothing of a session waits any more."""
        session.is_waiting = False
        if session.is_ended:
            session.all_taken()

    def _catch_up(self, time_ns: int) -> bool:
        """Let a piece of what was due while the venue slept happen, by a `Tick`; False: it did not sleep.

        Weeks of marks in the events of one command could be too large for a frame; then the venue could never start again.
        """
        exchange = self._exchange
        if not 0 < exchange.next_due_ns() < time_ns - self._piece_ns:
            self._piece_ns = SLEPT_NS
            return False
        piece_ns = max(exchange.next_due_ns() + self._piece_ns, exchange.time_ns)
        # Longer as long as little happens.
        is_large = self._apply(piece_ns, iter(_TICK)) > CATCH_UP_EVENTS
        self._piece_ns = max(self._piece_ns // 4, SLEPT_NS) if is_large else 2 * self._piece_ns
        return True

    def _tick(self, time_ns: int) -> bool:
        """Let what is due happen, before any command: a piece of it; True if more is still due."""
        exchange = self._exchange
        if not 0 < exchange.next_due_ns() <= time_ns:
            return False
        self._apply(time_ns, iter(_TICK))
        return 0 < exchange.next_due_ns() <= time_ns

    def _apply(self, time_ns: int, commands: Iterator[Taken], is_whole: bool = False) -> int:
        """Apply commands at a time, behind what was gathered; returns how many events they brought.

        It ends at a bound on commands, or when the frame is full, unless it `is_whole`, and behind a command that has left work.
        """
        gathered = self._gathered
        began_ns = time.monotonic_ns()
        try:
            events = gathered.apply(self._exchange, time_ns, commands, is_whole)
        except Exception as error:  # whatever it is, the command must be saved before the venue stops
            if gathered.fault is None:
                raise
            raise self._fault(gathered.fault, error) from error
        gathered.apply_ns += time.monotonic_ns() - began_ns
        if self._moved is not None and self._exchange.advanced_ns > time_ns:
            self._moved.move_to(self._exchange.advanced_ns)
        return events

    def _append(self, batch: Batch) -> None:
        """Write a frame, and begin to sync it."""
        self._began_ns = time.monotonic_ns()
        try:
            self._writer.append_batch(batch, at_once=self._is_quiet(batch))
        except OSError as error:
            raise self._disk_failed(error) from error
        except Exception as error:
            raise self._save(Sequenced(*batch.rows[-1][:3]), error) from error
        if not self._writer.is_syncing:
            self._note_durable()

    def _is_quiet(self, batch: Batch) -> bool:
        """Whether there is hardly anything to do beside the sync of a frame, and it is not expected to take long."""
        return len(batch.rows) == 1 and not self.has_work and self._writer.sync_ns < SHORT_SYNC_NS

    def _note_durable(self) -> None:
        if self.counters.is_watched:
            self.counters.sync.observe(time.monotonic_ns() - self._began_ns)

    def _disk_failed(self, error: OSError) -> VenueHalted:
        return VenueHalted(
            f"the journal can't be written: {error}. Nothing after sequence number {self._writer.last[0]} was "
            "acknowledged. Free or replace the disk, then start the venue again."
        )

    def _fault(self, sequenced: Sequenced, error: Exception) -> VenueHalted:
        """Journal what was applied before the command on which the core failed, and save that; returns what to raise."""
        if self._writer.is_syncing:
            self.synced()
        if self._gathered.batch.rows:
            self._append(self._gathered.batch)
            if self._writer.is_syncing:
                self.synced()
        return self._save(sequenced, error)

    def _save(self, sequenced: Sequenced, error: Exception) -> VenueHalted:
        """Save the command on which the core failed; returns what to raise."""
        what = f"the core failed on sequence number {sequenced.seq}: {type(error).__name__}: {error}"
        try:
            saved = save_fault(self._directory, sequenced, error, self._disk)
        except OSError as failure:
            halted = VenueHalted(f"{what}. The command could not be saved ({failure}): {sequenced.command!r}")
        else:
            halted = VenueHalted(
                f"{what}. The command is saved in {saved}; everything before it is in the journal, and the command "
                "itself is not. Report the fault with that file; the venue may be started again."
            )
        halted.__cause__ = error
        return halted
