"""The venue of a run: the real start, sequencer, core, journal and sessions, driven as the server drives them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from engine.exchange import Exchange
from engine.record.rows import Batch
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import Event
from gateway.core import new_exchange
from gateway.inbound.context import VenueContext
from gateway.inbound.rates import Rates
from gateway.inbound.session import Session
from gateway.inbound.translate import Known
from gateway.journal.files import JournalGone
from gateway.journal.writer import JournalWriter
from gateway.outbound.channels.outbox import Outbox
from gateway.server.scheduler import Scheduler
from gateway.server.sequencing.startup import Started, start_venue
from gateway.server.sequencing.turns import VenueHalted
from gateway.venue.venue import Venue
from tests.simulator.loop import Loop, SlowSync
from tests.simulator.machine import DIRECTORY, Machine
from tests.simulator.network import Link
from tests.simulator.plan import Plan
from tests.simulator.stage import Failed, Stage
from tests.simulator.truth import Log


class RunningVenue:
    """One process of the venue, from its start to its end.

    Raises:
        whatever `start_venue` raises.
    """

    def __init__(self, stage: Stage, plan: Plan, machine: Machine, file: Venue, log: Log) -> None:
        self.is_up = True
        self.links: Final[dict[Outbox, Link]] = {}
        self._broken: Sequenced | None = None
        """The command on which the core was made to fail."""
        self._stage: Final = stage
        self._plan: Final = plan
        self._machine: Final = machine
        self._log: Final = log
        clocks = stage.clocks
        self.started: Final[Started] = start_venue(
            file, DIRECTORY, "fsync", new_exchange, wall=clocks.wall, steady=clocks.steady, disk=machine.disk
        )
        started = self.started
        log.started(machine, started, stage.now_ns)
        # Segments of the size that the plan says; the writer's own is that of a real venue.
        vars(started.writer)["_segment_bytes"] = plan.segment_bytes
        self._note_batches(started.writer)
        self.context: Final = VenueContext(
            file.venue_id,
            "fsync",
            file.participants,
            Known(started.exchange.instruments, started.exchange.assets),
            started.fanout,
            counters=started.sequencer.counters,
            tip=lambda: started.writer.last,
            rates=Rates(file.limits, clocks.steady),
            identities=started.identities,
            absence=started.exchange.absence,
        )
        self.host: Final = self
        """As `guarded` finds it."""
        self._held: list[tuple[Outbox, list[bytes]]] = []
        """What waits for the disk."""
        self._writes_head = False
        loop = cast(asyncio.AbstractEventLoop, Loop(stage, machine))
        self._scheduler: Final = Scheduler(self, started.sequencer, loop)
        self.context.attendance.submit = self._scheduler.received
        self._beside: Final = SlowSync(stage, plan, machine, self._scheduler.sync_is_done)
        started.writer.sync_beside(self._beside)
        self._scheduler.wait_for_due()

    def _note_batches(self, writer: JournalWriter) -> None:
        """Note what is handed to the journal, before it is known whether it arrives."""
        append: Final = writer.append_batch

        def append_batch(batch: Batch, at_once: bool = False) -> None:
            self._log.sequenced(batch, self._stage.now_ns)
            append(batch, at_once)

        vars(writer)["append_batch"] = append_batch

    @property
    def exchange(self) -> Exchange:
        """Its core."""
        return self.started.exchange

    # ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────

    def connect(self, session: Session, link: Link) -> None:
        """Let a connection in."""
        self.links[session] = link
        session.came_from("192.0.2.1")
        session.greet(self.started.sequencer.now_ns)
        self._flush(session)

    def receive(self, session: Session, payload: bytes) -> None:
        """Take in a message of a client."""
        if session.closing is None and session.takes_whole_messages:
            session.receive(payload)
        self._flush(session)
        self._scheduler.received(session)
        if session.closing is not None:
            self._close(session)

    def leave(self, session: Session) -> None:
        """A connection is gone."""
        if self.links.pop(session, None) is not None and self.is_up:
            session.end()

    def _close(self, session: Session) -> None:
        link = self.links.pop(session, None)
        if link is not None:
            session.end()
            link.cut(self._plan.latency_ns, 0)

    def _flush(self, outbox: Outbox) -> None:
        """Send what waits for a connection, once it is durable."""
        frames = outbox.frames.copy()
        outbox.frames.clear()
        if self.started.writer.is_syncing:
            self._held.append((outbox, frames))
        elif frames:
            self._let_out(outbox, frames)

    def _let_out(self, outbox: Outbox, frames: list[bytes]) -> None:
        self._log.told(self.context.fanout.seq, self._machine, self.started)
        link = self.links.get(outbox)
        if link is not None:
            for frame in frames:
                link.to_client(frame)

    # ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, began_ns: int) -> None:
        """Let out what a turn brought, or hold it back."""
        dirty = self.context.fanout.dirty
        for outbox in dirty:
            self._flush(outbox)
        dirty.clear()

    def release(self, began_ns: int = 0) -> None:
        """Let out what waited for the disk: only now may anybody hear of it."""
        held, self._held = self._held, []
        for outbox, frames in held:
            self._let_out(outbox, frames)

    def fail(self, error: BaseException) -> None:
        """A callback has failed."""
        if not isinstance(error, VenueHalted):
            raise error
        self.halt(str(error))

    def _guarded(self, action: Callable[[], Any]) -> bool:
        """Do something that may halt the venue; False if it did."""
        try:
            with self._machine.disk.acting("venue"):
                action()
        except VenueHalted as error:
            self.halt(str(error))
        return self.is_up

    # ── upkeep ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """What a venue does once a second in its own thread."""
        if self.is_up:
            try:
                self.started.writer.check_place()
            except JournalGone as error:
                self.halt(str(error))

    def write_head(self) -> None:
        """What it does once a second in another thread."""
        if not self.is_up or self._writes_head:
            return
        self._writes_head = True
        try:
            with self._machine.disk.acting("venue"):
                self.started.writer.write_head()
        except OSError as error:
            # The thread tells the loop, which halts after what it does now.
            reason = f"the head can't be written: {error}"
            self._stage.after(0, lambda: self.halt(reason))
        finally:
            self._writes_head = False

    def break_core(self) -> None:
        """The next command meets a bug in the core (P8)."""

        def apply(sequenced: Sequenced) -> list[Event]:
            self._broken = sequenced
            raise ZeroDivisionError("a bug")

        vars(self.exchange)["apply"] = apply

    def _check_saved(self, why: str) -> None:
        """The venue has halted: if its core failed, the command at fault must be on the disk, unless the disk failed, too."""
        if self._broken is None or "is saved in" not in why:
            return
        with self._machine.undisturbed():
            name = f"fault-{self._broken.seq}"
            saved = [
                each
                for each in self._machine.disk.names(DIRECTORY)
                if each.startswith(name) and each.endswith(".msgpack")
            ]
            commands = [
                msgspec.msgpack.decode(self._machine.disk.read(DIRECTORY / each), type=Sequenced) for each in saved
            ]
        if self._broken not in commands:
            raise Failed(f"P8: the core failed on {self._broken}, and {name} is not that")

    # ── ends ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def halt(self, why: str) -> None:
        """A fault has ended it."""
        if self.is_up:
            self._stage.note(f"the venue halts: {why}")
            self._check_saved(why)
            self.started.writer.abandon()
            self.died()

    def died(self) -> None:
        """The process is gone, with its connections."""
        self.is_up = False
        self._scheduler.end()
        self._beside.close()
        self._machine.disk.end_process("venue")
        for link in self.links.values():
            link.drop_venue()
        self.links.clear()

    def stop(self) -> None:
        """Stop in order."""
        sequencer = self.started.sequencer
        sequencer.wind_up()
        while sequencer.has_work or sequencer.is_syncing:
            for action in (sequencer.synced, self.release) if sequencer.is_syncing else (sequencer.turn,):
                if not self._guarded(action):
                    return
            if not self._guarded(sequencer.write):
                return
            self.send(0)
        self._writes_head = True
        try:
            with self._machine.disk.acting("venue"):
                self.started.writer.close()
        except OSError as error:
            self.halt(f"the last segment can't be signed: {error}")
            return
        self._stage.note("the venue has stopped in order")
        self.died()

    def check_clean(self) -> None:
        """Assert that the core is sound, after a turn that left nothing."""
        if not self.exchange.is_unfinished:
            try:
                self.exchange.check()
            except AssertionError as error:
                raise Failed(f"the core is not sound: {error}") from error
