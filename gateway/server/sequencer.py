"""The sequencer: the one writer. It owns the exchange, the journal and the only clock that commands know.

A turn takes the waiting requests, applies them, writes and syncs the journal once, and only then lets anything out:
replies, reports, market data. What goes wrong in a turn ends the venue.
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
    MAX_BATCH_BYTES,
    MAX_BATCH_COMMANDS,
    MAX_BATCH_EVENTS,
    MAX_BATCH_STEPS,
    MAX_OWING_A_TURN,
    OWING_PART,
    SLEPT_NS,
)
from engine.vocabulary.messages.commands import AnyCommand, Sequenced, Tick
from gateway.disk import DISK, Disk
from gateway.inbound.session import Session
from gateway.journal.files import save_fault
from gateway.journal.writer import JournalWriter
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout, Owed
from gateway.server.clock import Clock
from gateway.server.turns import Turns, VenueHalted

Taken = tuple[Session | None, int, AnyCommand]
"""A command, and the connection and request id that it came with; None: the venue itself."""
_TICK: Final[list[Taken]] = [(None, 0, Tick())]


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
        # What one core has done for the venue, or waited for the disk: that is what the loop's time goes into.
        super().__init__(exchange, fanout, Counters(lambda: time.process_time_ns() + writer.waited_ns))
        self.read_bygone(writer.directory, past_seq, disk)
        self._writer: Final = writer
        self._directory: Final = directory
        self._disk: Final = disk
        self._clock: Final = clock
        self._waiting: Final[deque[Session]] = deque()
        self._owing: Final[deque[Session]] = deque()
        """Sessions whose inbox is not empty, and those of them that owe for what they asked. The first one is next, in both."""
        self._owed: Owed | None = None
        """The reply to a command that has left work to ticks."""
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
        return max(self._clock(), self._exchange.time_ns)

    @property
    def next_due(self) -> int:
        """When the core does something by itself next; 0: never."""
        return self._exchange.next_due_ns()

    def due_in_ns(self) -> int | None:
        """How long until the core does something by itself; None: nothing is due, ever."""
        due_ns = self._exchange.next_due_ns()
        return max(due_ns - self._clock(), 0) if due_ns else None

    def submit(self, session: Session) -> None:
        """Note that requests of a session wait."""
        if session.inbox and not session.is_waiting:
            session.is_waiting = True
            (self._owing if session.is_owing else self._waiting).append(session)
        super().submit(session)

    def turn(self) -> None:
        """Carry out what waits, up to a batch; afterwards all of it is durable and stands in the outboxes.

        What is due, or left of a command before, comes first, a piece a turn: requests wait meanwhile, but are read, and pings answered. So nothing trades
        that has expired, and no frame grows too large to be written.

        Raises:
            VenueHalted: the core or the journal failed. What was applied before is journaled, the command at fault saved.
        """
        time_ns = self.now_ns
        if self._catch_up(time_ns) or self._tick(time_ns):
            return
        if self.has_work:
            self._carry_out(time_ns, self._take())

    def answer(self) -> None:
        """Answer questions within their share, which then stand in the outboxes. What is due comes first: a turn must do it."""
        if self.due_in_ns() != 0:
            super().answer()

    def close(self) -> None:
        """Sign and close the journal."""
        self._writer.close()

    def abandon(self) -> None:
        """Leave the journal as it is."""
        self._writer.abandon()

    def sequence(self, commands: list[AnyCommand]) -> list[Row]:
        """Carry out commands of the venue itself as one batch: all of it or, if the process ends, nothing.

        What is due comes first, in pieces of its own.
        """
        time_ns = self.now_ns
        while self._catch_up(time_ns) or self._tick(time_ns):
            pass
        return self._carry_out(time_ns, iter([(None, 0, command) for command in commands]), is_whole=True)

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
            request_id, command, received_ns = session.inbox.popleft()
            session.taken += 1
            if received_ns:
                session.answered_ns.append(received_ns)
            if session.inbox:
                (owing if session.is_owing else waiting).append(session)
            else:
                session.is_waiting = False
                if session.is_ended:
                    session.all_taken()
            yield session, request_id, command

    def _catch_up(self, time_ns: int) -> bool:
        """Let a piece of what was due while the venue slept happen, by a `Tick` with a frame of its own; False: it did not sleep.

        Weeks of marks in the events of one command could be too large for a frame; then the venue could never start again.
        """
        exchange = self._exchange
        if not 0 < exchange.next_due_ns() < time_ns - self._piece_ns:
            self._piece_ns = SLEPT_NS
            return False
        piece_ns = max(exchange.next_due_ns() + self._piece_ns, exchange.time_ns)
        rows = self._carry_out(piece_ns, iter(_TICK))
        # Longer as long as little happens.
        is_large = len(rows[0][3]) > CATCH_UP_EVENTS
        self._piece_ns = max(self._piece_ns // 4, SLEPT_NS) if is_large else 2 * self._piece_ns
        return True

    def _tick(self, time_ns: int) -> bool:
        """Let what is due happen, before any command: a piece of it, in a frame of its own; True if more is still due."""
        exchange = self._exchange
        if not 0 < exchange.next_due_ns() <= time_ns:
            return False
        self._carry_out(time_ns, iter(_TICK))
        return 0 < exchange.next_due_ns() <= time_ns

    def _carry_out(self, time_ns: int, commands: Iterator[Taken], is_whole: bool = False) -> list[Row]:
        """Apply commands at a time as one batch, journal, and hand out; returns what was journaled.

        A batch ends at a bound on commands, events, steps and bytes, unless it `is_whole`, and behind a command that has left work.
        """
        exchange = self._exchange
        seq = exchange.seq
        began_ns = time.monotonic_ns()
        batch = Batch()
        done: list[tuple[Session | None, int, int]] = []
        count = steps = 0
        fault: tuple[Sequenced, Exception] | None = None
        for session, request_id, command in commands:
            seq += 1
            sequenced = Sequenced(seq, time_ns, command)
            try:
                events = exchange.apply(sequenced)
                batch.add((seq, time_ns, command, events))
            except Exception as error:  # noqa: BLE001 - whatever it is, the command must be saved before the venue stops
                fault = sequenced, error
                break
            done.append((session, request_id, exchange.due_events))
            count += len(events)
            steps += exchange.steps
            if is_whole:
                continue
            if len(done) >= MAX_BATCH_COMMANDS or count >= MAX_BATCH_EVENTS or batch.size >= MAX_BATCH_BYTES:
                break
            if steps >= MAX_BATCH_STEPS or exchange.is_unfinished:
                break
        applied_ns = time.monotonic_ns()
        rows = batch.rows
        if rows:
            try:
                self._writer.append_batch(batch)
            except OSError as error:
                raise VenueHalted(
                    f"the journal can't be written: {error}. Nothing after sequence number {rows[0][0] - 1} was "
                    "acknowledged. Free or replace the disk, then start the venue again."
                ) from error
            except Exception as error:
                raise self._save(Sequenced(*rows[-1][:3]), error) from error  # type: ignore[arg-type]
        if fault is not None:
            raise self._save(*fault)
        synced_ns = time.monotonic_ns()
        self._hand_out(rows, done)
        self._writer.rulebook_digest = self._fanout.rulebook_digest
        if self.counters.is_watched:
            self.counters.carried_out(rows, (began_ns, applied_ns, synced_ns, time.monotonic_ns()))
        return rows

    def _hand_out(self, rows: list[Row], done: list[tuple[Session | None, int, int]]) -> None:
        """Hand out what is durable now. The reply to a command that has left work waits until nothing is left of it."""
        fanout, left_seq = self._fanout, self._exchange.left_seq
        for row, (session, request_id, due_events) in zip(rows, done, strict=True):
            owed = self._owed
            if owed is not None and owed.seq != left_seq:
                self._owed = None
                fanout.publish_last(row, owed)
            elif session is not None and row[0] == left_seq:
                self._owed = Owed(row[0], row[2], session, request_id)
                fanout.publish(row, None, 0, due_events)
            else:
                fanout.publish(row, session, request_id, due_events)
        fanout.end_turn()

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
