"""The venue's turns without a server: a request goes in, and what the venue says to anybody comes out."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from engine.exchange import Exchange
from engine.vocabulary.access import SCOPES_OF
from gateway.core import new_exchange
from gateway.inbound.admin import ALLOWED
from gateway.inbound.keyholders import Proven
from gateway.inbound.session import Session
from gateway.near import instead
from gateway.protocol import messages as m
from gateway.protocol.wire import JSON, payload_of
from gateway.server.sequencing.sequencer import Sequencer
from gateway.server.sequencing.startup import start_venue
from gateway.server.sequencing.turns import VenueHalted
from gateway.venue.file import LimitsSection
from gateway.venue.venue import Participant, Venue

R = TypeVar("R", bound=m.Message)
Hears = Callable[[str, m.AnyMessage], None]
"""Takes a message that a participant hears which answers nothing."""

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(m.AnyMessage).decode


class RequestRefused(ValueError):
    """A request that is no sound one, or a change that the venue did not carry out. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: Final = code
        self.detail: Final = detail


class OwnClock:
    """A clock that stands still until it is moved. Nanoseconds since the epoch, UTC."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def __call__(self) -> int:
        """The time."""
        return self.time_ns


class Running:
    """A venue that runs inside the program. Not for several threads at once.

    Args:
        venue: as its file describes it; its rates are lifted.
        directory: where its journal is, or is begun.
        time_ns: where its clock stands.
        hears: is told what participants hear, in order.

    Raises:
        StartError, JournalError, OSError: as `start_venue`.
    """

    def __init__(self, venue: Venue, directory: Path, time_ns: int, hears: Hears) -> None:
        assert __debug__, "assertions guard the venue"
        self.clock: Final = OwnClock(time_ns)
        self._venue: Final = msgspec.structs.replace(venue, limits=LimitsSection(lifted=True))
        started = start_venue(self._venue, directory, "os", new_exchange, wall=self.clock, steady=self.clock)
        self.exchange: Final[Exchange] = started.exchange
        self.clock.time_ns = started.sequencer.now_ns
        self._sequencer: Final = started.sequencer
        self._fanout: Final = started.fanout
        self._context: Final = self._sequencer.context(self._venue, "os", identities=started.identities)
        self._hears: Final = hears
        self._sessions: Final[dict[tuple[str, str], Session]] = {}
        """By name and role."""
        self._request_id = 0
        self.last_seq = 0
        """The command that the last request became."""
        self.finish: Final = weakref.finalize(self, _end, self._sequencer)
        """Signs and closes the journal; when the program ends, at the latest."""

    @property
    def is_over(self) -> bool:
        """Whether it is closed."""
        return not self.finish.alive

    def ask(self, participant: str, role: str, request: m.AnyRequest) -> m.AnyMessage:
        """Carry a request out, and all that is due by now; returns the reply to it.

        Args:
            participant: who asks; need not be one that the venue file names.
            role: as what: `participant`, `supervisor` or `operator`.
            request: with any id; it gets one of its own.

        Raises:
            RequestRefused: it was not sequenced: the venue answered it by an error.
            VenueHalted: the core failed. The journal has all before it, and the command is saved beside it.
        """
        self._check_open()
        self._request_id += 1
        session = self._session(participant, role)
        payload = _ENCODE(msgspec.structs.replace(request, id=self._request_id))
        with uninterrupted():
            session.receive(payload)
            self._run(session)
            reply = self._deliver()
        if session.closing is not None:
            # So many mistakes end a connection; here there is always another.
            session.end()
            del self._sessions[participant, role]
        if isinstance(reply, m.Error):
            raise RequestRefused(reply.code, reply.detail)
        assert reply is not None, "every request is answered"
        return reply

    def admin(self, command: str, arguments: dict[str, m.Argument]) -> int:
        """Carry out a command of a supervisor or operator; returns its sequence number, or that of the proposal which waits.

        Raises:
            RequestRefused: nobody may send it, an argument is wrong, or it was refused.
        """
        role = next((role for role in ("supervisor", "operator") if command in ALLOWED[role]), "")
        if not role:
            names = sorted({*ALLOWED["supervisor"], *ALLOWED["operator"]})
            raise RequestRefused("not_allowed", f"there is no command {command}{instead(command, names)}")
        name = next((each.participant for each in self._venue.participants.values() if each.role == role), role)
        reply = self.ask(name, role, m.Admin(id=0, command=command, arguments=arguments))
        if isinstance(reply, m.Rejected):
            raise RequestRefused(reply.code, reply.detail)
        assert isinstance(reply, m.Done)
        return reply.seq

    def advance(self, until_ns: int) -> None:
        """Move the clock, and let everything happen that is due by then."""
        self._check_open()
        assert until_ns >= self.clock.time_ns
        self.clock.time_ns = until_ns
        # Weeks may take a while: between two turns Ctrl-C may come.
        while self._sequencer.due_in_ns() == 0:
            with uninterrupted():
                self._turn()
                self._deliver()
        while self._sequencer.pass_time():
            pass
        self._deliver()

    def _check_open(self) -> None:
        if self.is_over:
            raise RuntimeError("the venue is closed")

    def _session(self, participant: str, role: str) -> Session:
        """The connection of a participant, which needs no login here."""
        session = self._sessions.get((participant, role))
        if session is None:
            session = self._sessions[participant, role] = Session(self._context, JSON, "")
            session.act_as(Proven(Participant(participant, role, b""), None, SCOPES_OF[role]))
        return session

    def _run(self, session: Session) -> None:
        """Take turns until nothing waits, nothing is due, and nothing is left of a command."""
        sequencer = self._sequencer
        is_waiting = bool(session.inbox)
        sequencer.submit(session)
        while sequencer.has_work or sequencer.due_in_ns() == 0:
            self._turn()
            if is_waiting and not session.inbox:
                # What is due came in turns before, and what it has left comes in turns behind.
                is_waiting, self.last_seq = False, self.exchange.seq
        # A venue for tests may have moved its time.
        self.clock.time_ns = max(self.clock.time_ns, sequencer.now_ns)
        while sequencer.has_questions:
            sequencer.answer()

    def _turn(self) -> None:
        try:
            self._sequencer.turn()
        except VenueHalted:
            # As a server does: the journal stays as it is.
            self.finish.detach()
            self._sequencer.abandon()
            raise

    def _deliver(self) -> m.AnyMessage | None:
        """Hand over what stands in the outboxes; returns the reply to the last request, if there is one."""
        reply: m.AnyMessage | None = None
        # A mistake is answered at once, in no turn.
        for session in self._sessions.values():
            assert session.participant is not None
            for frame in session.frames:
                message = _DECODE(payload_of(frame))
                if getattr(message, "id", None) == self._request_id:
                    reply = message
                self._hears(session.participant.participant, message)
            session.frames.clear()
        self._fanout.dirty.clear()
        return reply


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off until what must not be cut in two is done: a command is carried out and journaled, or it is not."""
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        # Only the main thread is interrupted.
        yield
        return
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def _end(sequencer: Sequencer) -> None:
    sequencer.close()
