"""The server: listens, lets connections in, runs turns, and stops in order or, at a fault, at once."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Final

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from engine.vocabulary.limits import (
    ANSWERS_PAUSE_NS,
    MAX_CONNECTIONS,
    MAX_HANDSHAKES,
    MAX_HANDSHAKES_PER_ADDRESS,
    MAX_SOCKETS_PER_ADDRESS,
    NS_PER_SECOND,
    STOP_NS,
    STRANGERS_QUIET_NS,
)
from gateway.inbound.context import VenueContext
from gateway.inbound.frames import GOING_AWAY
from gateway.inbound.session import Session
from gateway.outbound.channels.heartbeat import Heartbeats as HeartbeatChannel
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.messages import Message
from gateway.protocol.wire import CODECS
from gateway.server.connection import CLOSE_SECONDS, Connection
from gateway.server.guarded import guarded
from gateway.server.handshake import Callers, health, negotiate, refusal
from gateway.server.heartbeats import Heartbeats
from gateway.server.listening import Certificate, Listener
from gateway.server.sending import Senders
from gateway.server.sockets import Bounds, Door, Visitor
from gateway.server.turns import Turns, VenueHalted
from gateway.venue.file import ServerSection

NONCE_BYTES: Final = 16
# The clock of the machine may be set; nothing waits longer for what is due before it looks again.
MAX_WAIT_SECONDS: Final = 60


class Server:
    """Serves a venue to those who connect, whatever its turns are made of.

    Args:
        context: what its sessions share.
        turns: what brings the venue on.
        section: of the venue file.
        certificate: to listen with TLS.
    """

    def __init__(
        self, context: VenueContext, turns: Turns, section: ServerSection, certificate: Certificate | None = None
    ) -> None:
        self.counters: Final = turns.counters
        bounds = Bounds(MAX_CONNECTIONS, MAX_SOCKETS_PER_ADDRESS, MAX_HANDSHAKES, MAX_HANDSHAKES_PER_ADDRESS)
        self.door: Final = Door(self._admit, bounds, self.counters.refused, self.fail)
        self.certificate: Final = certificate
        """If it listens with TLS."""
        self.senders: Final = Senders(self)
        self.port = 0
        """Where it listens."""
        self.host = self
        """As `guarded` finds it."""
        self._context: Final = context
        self._turns: Final = turns
        self._connections: Final[dict[Outbox, Connection]] = {}
        self._addresses: Final[dict[str, int]] = {}
        self._throttled: list[Connection] = []
        self._loop: Final = asyncio.get_running_loop()
        self._listener: Final = Listener(self, self.door, certificate)
        self._section: Final = section
        self._callers = Callers((), ())
        silence_s = section.heartbeat_s * section.missed_heartbeats
        self._heartbeats: Final = Heartbeats(self, self._connections.values(), section.heartbeat_s, silence_s)
        self._is_turn_scheduled = False
        self._turned_ns = 0
        """When the last turn began that had commands."""
        self._answers_timer: asyncio.TimerHandle | None = None
        """If answers wait for their time."""
        self._are_answers_scheduled = False
        self._have_answers_waited = False
        """For a turn that was scheduled after them."""
        self._is_stopping = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0
        """What the timer waits for."""
        self._is_empty: Final = asyncio.Event()
        self._ended: Final[asyncio.Future[None]] = self._loop.create_future()

    # ── from start to end ──────────────────────────────────────────────────────────────────────────────────────────

    async def listen(self, host: str, port: int) -> None:
        """Open the port. Raises `OSError` if it can't be had."""
        self._callers = Callers((host, *self._section.hosts), self._section.origins)
        await self._listener.listen(host, port)
        self.port = self._listener.port
        self._wait_for_due()
        self._heartbeats.begin()

    async def wait(self) -> None:
        """Wait until the venue has ended. Raises `VenueHalted` if a fault ended it."""
        await asyncio.shield(self._ended)

    async def stop(self) -> None:
        """Stop in order: no new requests, commands received carried out, the turns closed, connections too.

        It takes `STOP_NS` for the commands at most, then a second for the goodbyes. What was not carried out by then was not
        acknowledged either. Questions that wait are not answered.

        Raises:
            VenueHalted: a fault came first.
            OSError: the turns could not be closed.
        """
        if self._is_stopping or self._ended.done():
            await self.wait()
            return
        self._is_stopping = True
        self._listener.close()
        # From now on nobody is read.
        self._heartbeats.end()
        for connection in self._connections.values():
            connection.stop_reading()
        self._turns.wind_up()
        until_ns = time.monotonic_ns() + STOP_NS
        while self._turns.has_work and not self._ended.done() and time.monotonic_ns() < until_ns:
            self._turn()
            # Others must run: what was written leaves the process in between.
            await asyncio.sleep(0)
        for connection in list(self._connections.values()):
            connection.close(GOING_AWAY, "the venue stops")
        if self._connections:
            # Each is aborted by then, if its peer does not answer.
            await asyncio.wait_for(self._is_empty.wait(), 2 * CLOSE_SECONDS)
        if not self._ended.done():
            self._cancel_timer()
            self.close_sockets()
            self._turns.close()
            self._ended.set_result(None)
        await self.wait()

    def fail(self, error: BaseException) -> None:
        """Stop at once: nothing more is sequenced or sent, the journal stays as it is."""
        if self._ended.done():
            return
        if not isinstance(error, VenueHalted):
            halted = VenueHalted(
                f"a fault in the gateway: {type(error).__name__}: {error}. All that was acknowledged is in the journal."
            )
            halted.__cause__ = error
            error = halted
        self._ended.set_exception(error)
        # Whoever waits sees it; nobody need.
        self._ended.exception()
        self._cancel_timer()
        self.close_sockets()
        self._turns.abandon()

    def close_sockets(self) -> None:
        """End what is still connected, WebSocket or not yet."""
        self._listener.close()
        self._heartbeats.end()
        self.door.abort_all()

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

    def _admit(self, visitor: Visitor, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener | None:
        """Answer an HTTP request: let a WebSocket in, or say why not."""
        try:
            refused = self._callers.refuse(request.headers, visitor.host)
            if refused is not None:
                self.counters.refused[refused[0]] += 1
                return refused[1]
            path = request.path.split(b"?", 1)[0]
            if path == b"/health":
                return health(self._context, len(self._connections))
            if path != b"/":
                self.counters.refused["no_such_path"] += 1
                return None
            if self._is_stopping or self._ended.done():
                self.counters.refused["venue_stops"] += 1
                return refusal(503, "the venue stops")
            codec, headers = negotiate(request.headers)
            if codec is None:
                self.counters.refused["no_such_subprotocol"] += 1
                return refusal(400, f"no such subprotocol; there are {', '.join(CODECS)}")
            session = Session(self._context, codec, secrets.token_hex(NONCE_BYTES))
            connection = Connection(self, session, visitor.intake)
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), connection)
        except BaseException as error:
            self.fail(error)
            raise

    @property
    def now_ns(self) -> int:
        """The venue's time."""
        return self._turns.now_ns

    def tell_all(self, message: Message) -> None:
        """Send a message to everybody who has logged in or subscribed to something."""
        began_ns = time.monotonic_ns()
        known = [connection.session for connection in self._connections.values() if connection.session.is_known]
        self._context.fanout.broadcast(known, message)
        self._send(began_ns)

    def tell_heartbeat(self) -> None:
        """Tell the subscribers of that channel that the venue lives."""
        began_ns, channel = time.monotonic_ns(), self._context.fanout.channels.one(HeartbeatChannel)
        self._context.fanout.broadcast(channel.subscribers, channel.beat(self.now_ns))
        self._send(began_ns)

    def joined(self, connection: Connection) -> int:
        """Count a connection; returns how many there are now from its address."""
        self._connections[connection.session] = connection
        self._is_empty.clear()
        count = self._addresses[connection.address] = self._addresses.get(connection.address, 0) + 1
        return count

    def left(self, connection: Connection) -> None:
        """Forget a connection."""
        if self._connections.pop(connection.session, None) is None:
            return
        if self._turns.has_questions:
            # An answer that others waited for may have ended with it.
            self._schedule_answers()
        count = self._addresses[connection.address] - 1
        if count:
            self._addresses[connection.address] = count
        else:
            del self._addresses[connection.address]
        if not self._connections:
            self._is_empty.set()

    def received(self, session: Session) -> None:
        """Requests of a session wait: commands for the next turn, questions for what comes after it."""
        self._turns.submit(session)
        if self._turns.has_work:
            self._schedule()
        if self._turns.has_questions:
            self._schedule_answers()

    def throttled(self, connection: Connection) -> None:
        """A connection is not read until the next turn is over, or the next answers, where some wait: those may be its own."""
        self._throttled.append(connection)
        if not self._turns.has_questions:
            self._schedule()

    def _read_throttled(self) -> None:
        throttled, self._throttled = self._throttled, []
        for connection in throttled:
            connection.end_turn()

    # ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _schedule(self) -> None:
        if not self._is_turn_scheduled:
            self._is_turn_scheduled = True
            self._loop.call_soon(self._scheduled_turn)

    def _schedule_answers(self) -> None:
        """Answer when the replies of a turn have left: uvloop writes once all that is scheduled now has run.

        Where answers wait for their time, a participant who asks now and then does not.
        """
        if self._answers_timer is not None:
            if not self._turns.has_fresh_questions:
                return
            self._answers_timer.cancel()
            self._answers_timer = None
        if not self._are_answers_scheduled:
            self._are_answers_scheduled = True
            self._loop.call_soon(self._scheduled_answers)

    def _schedule_more_answers(self) -> None:
        """Go on with answers: a little later, if there are turns that would wait for them."""
        is_quiet = time.monotonic_ns() - self._turned_ns >= STRANGERS_QUIET_NS
        if is_quiet or self._turns.has_fresh_questions:
            self._schedule_answers()
        else:
            self._answers_timer = self._loop.call_later(ANSWERS_PAUSE_NS / NS_PER_SECOND, self._scheduled_answers)

    @guarded
    def _scheduled_turn(self) -> None:
        """Run a turn, then look who is to be read again. What is ready on other sockets is read in between."""
        self._is_turn_scheduled = False
        # A venue that stops runs its last turns itself.
        if self._is_stopping or self._ended.done():
            return
        self._turn()
        if self._turns.next_due != self._timer_due:
            # Something is due earlier now, or what was due is done.
            self._cancel_timer()
            self._wait_for_due()
        self._read_throttled()
        if self._turns.has_work:
            self._schedule()
        else:
            self._turns.tidy()

    @guarded
    def _turn(self) -> None:
        """Run a turn and send what came of it."""
        began_ns = time.monotonic_ns()
        if self._turns.has_work:
            self._turned_ns = began_ns
        self._turns.turn()
        self._send(began_ns)

    @guarded
    def _scheduled_answers(self) -> None:
        """Answer questions within their share, and go on with that when other sockets have been read.

        Commands that came in meanwhile go first, but not twice.
        """
        self._are_answers_scheduled = False
        self._answers_timer = None
        if self._is_stopping or self._ended.done():
            return
        if self._is_turn_scheduled and not self._have_answers_waited:
            self._have_answers_waited = True
            self._schedule_answers()
            return
        self._have_answers_waited = False
        began_ns = time.monotonic_ns()
        self._turns.answer()
        self._send(began_ns)
        self._read_throttled()
        if self._turns.has_questions:
            self._schedule_more_answers()
            if self._turns.due_in_ns() == 0:
                self._schedule()

    def _send(self, began_ns: int) -> None:
        """Send what a turn or answers brought: one write for each connection. To who does not read, a little later."""
        dirty = self._context.fanout.dirty
        for outbox in dirty:
            connection = self._connections.get(outbox)
            # Without one it is of a connection that is gone, or collects what waits for a snapshot.
            if connection is None:
                continue
            if connection.session.is_backed_up:
                self.senders.put_off(connection)
            else:
                connection.flush()
        dirty.clear()
        self.senders.end_turn()
        self.counters.turn.observe(time.monotonic_ns() - began_ns)

    @guarded
    def _wait_for_due(self) -> None:
        """Wake the venue when something is due although nobody sends anything."""
        self._timer_due = self._turns.next_due
        due_ns = self._turns.due_in_ns()
        if due_ns == 0:
            self._schedule()
        seconds = MAX_WAIT_SECONDS if due_ns is None else min(due_ns / NS_PER_SECOND, MAX_WAIT_SECONDS)
        # Not at once again: the turn that runs what is due comes first.
        self._timer = self._loop.call_later(max(seconds, 0.001), self._wait_for_due)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
