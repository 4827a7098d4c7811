"""What a server does by turns, wherever the commands come from; between turns, questions are answered within a share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Final

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary.limits import NS_PER_SECOND, SHRUNK_PER_TURN
from gateway.disk import DISK, Disk
from gateway.inbound.context import VenueContext
from gateway.inbound.history.past import Past
from gateway.inbound.queries import Answers
from gateway.inbound.questions import Questions
from gateway.inbound.rates import Rates
from gateway.inbound.session import Session
from gateway.inbound.translate import Known
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.server.sequencing.clock import steady_ns
from gateway.venue.venue import Venue


class VenueHalted(Exception):
    """The server must stop. The message says why, what was saved, and what to do."""


class Turns(ABC):
    """Brings an exchange on, turn by turn, and tells its mirrors.

    Args:
        exchange: the core.
        fanout: its mirrors.
        counters: of the venue.
    """

    def __init__(self, exchange: Exchange, fanout: Fanout, counters: Counters) -> None:
        self.counters: Final = counters
        self.time_scale = 0
        """Of a venue for tests: how many times as fast as the machine's its clock goes; 0 of any other."""
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self._answers: Final = Answers(exchange, fanout, counters)
        self._questions: Final = Questions(self._answers)

    def read_past(self, journal: Path, past_seq: int, disk: Disk = DISK) -> None:
        """Let what is not kept be read from a journal; up to `past_seq` the mirrors did not see it, if they were made from a snapshot."""
        past = Past(journal, self._fanout, self._questions.submit, disk)
        self._answers.read_journal(past, past_seq)

    def context(self, venue: Venue, durability: str, **others: Any) -> VenueContext:
        """What the sessions of a venue share whose turns these are; `others` as `VenueContext` takes them."""
        section = venue.server
        context = VenueContext(
            venue.venue_id,
            durability,
            venue.participants if "recording" in others else {},
            Known(self._exchange.instruments, self._exchange.assets),
            self._fanout,
            counters=self.counters,
            tip=lambda: self.tip,
            rates=None if venue.limits.lifted else Rates(venue.limits, steady_ns),
            heartbeat_ns=section.heartbeat_s * NS_PER_SECOND,
            silence_ns=section.heartbeat_s * section.missed_heartbeats * NS_PER_SECOND,
            faucet=venue.faucet,
            now=lambda: self.now_ns,
            absence=self._exchange.absence,
            access=self._exchange.access,
            time_scale=self.time_scale,
            **others,
        )
        self._answers.records.connections_of = context.keyholders.connections_of
        return context

    @property
    @abstractmethod
    def tip(self) -> tuple[int, bytes]:
        """Sequence number and link of the last batch in the journal."""

    @property
    @abstractmethod
    def now_ns(self) -> int:
        """The time of the venue, nanoseconds since the epoch, UTC: it never decreases."""

    @property
    @abstractmethod
    def has_work(self) -> bool:
        """Whether a turn is to come at once."""

    @property
    @abstractmethod
    def next_due(self) -> int:
        """Changes with what is due next by the clock; 0: nothing."""

    @abstractmethod
    def due_in_ns(self) -> int | None:
        """How long until something is due by the clock; None: no time is known."""

    @abstractmethod
    def turn(self) -> None:
        """Do what waits or is due, within bounds; what came of it stands in the outboxes then, or once it is written.

        Raises:
            VenueHalted: it can't be done.
        """

    @abstractmethod
    def close(self) -> None:
        """It ends in order. Raises `OSError` if what is to be kept of it can't be."""

    @abstractmethod
    def abandon(self) -> None:
        """It ends at a fault: nothing is touched."""

    def pass_time(self) -> bool:
        """Let what is told change that changes because time passes, a piece of it, which then stands in the outboxes; returns whether there is more.

        Not while anything of an earlier time may still come: then that brings its time along.
        """
        return not self.is_behind and self._fanout.pass_time(self.now_ns)

    @property
    def is_behind(self) -> bool:
        """Whether something that happened, or is due, by now is yet to be told."""
        return self.due_in_ns() == 0

    # ── the disk, for turns that write ─────────────────────────────────────────────────────────────────────────────

    @property
    def is_syncing(self) -> bool:
        """Whether a frame of the journal is synced now: what stands in the outboxes may be of it, and must wait."""
        return False

    @property
    def is_full(self) -> bool:
        """Whether turns wait for the disk: a frame is synced, and the next one takes no more."""
        return False

    def synced(self) -> None:  # noqa: B027 - what writes nothing has nothing to do here
        """Take note that the frame is durable: what it says may leave. Raises `VenueHalted` if the disk failed."""

    def write(self) -> list[Row]:
        """Write what turns have gathered as one frame, and hand it out; returns its rows. Raises `VenueHalted` if the journal failed."""
        return []

    # ── questions ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def has_questions(self) -> bool:
        """Whether questions wait that may be answered."""
        return self._questions.are_waiting

    @property
    def has_fresh_questions(self) -> bool:
        """Whether a participant waits who had asked nothing before."""
        return self._questions.are_fresh_waiting

    @property
    def may_answer(self) -> bool:
        """Whether questions may be answered now."""
        return True

    def submit(self, session: Session) -> None:
        """Note that requests of a session wait."""
        if session.questions:
            self._questions.submit(session)

    def answer(self) -> None:
        """Answer questions within their share, which then stand in the outboxes."""
        self._questions.answer()

    def wind_up(self) -> None:
        """It ends soon: no question that waits now is answered, and work is what must be done before."""
        self._questions.drop()

    def tidy(self) -> None:
        """Make a little room while nothing waits: what ends is small sooner than it must be."""
        self._exchange.shrink(SHRUNK_PER_TURN)
