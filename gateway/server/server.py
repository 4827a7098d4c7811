"""The server: listens, lets connections in, runs turns, and stops in order or, at a fault, at once."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Final

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from engine.vocabulary.limits import (
    MAX_CONNECTIONS,
    MAX_HANDSHAKES,
    MAX_HANDSHAKES_PER_ADDRESS,
    MAX_SOCKETS_PER_ADDRESS,
    NS_PER_SECOND,
    STOP_NS,
)
from gateway.audit.audit import HANDSHAKE_REFUSED, Audit, Caller
from gateway.inbound.context import VenueContext
from gateway.inbound.frames import GOING_AWAY
from gateway.inbound.session import Session
from gateway.outbound.channels.heartbeat import Heartbeats as HeartbeatChannel
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.messages import Goodbye, Message
from gateway.protocol.wire import CODECS
from gateway.server.door.handshake import Callers, health, negotiate, refusal
from gateway.server.door.listening import Certificate, Listener
from gateway.server.door.sockets import Bounds, Door, Visitor
from gateway.server.loop.guarded import guarded
from gateway.server.loop.heartbeats import Heartbeats
from gateway.server.peers.connection import CLOSE_SECONDS, Connection
from gateway.server.peers.local import LocalPeers
from gateway.server.peers.sending import Senders
from gateway.server.scheduler import Scheduler
from gateway.server.sequencing.turns import Turns, VenueHalted
from gateway.venue.file import ServerSection

NONCE_BYTES: Final = 16
MIN_PACED_NS: Final = 1_000_000
"""Before conflated channels are looked at again: what is ready on sockets is read in between."""


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
        self.local: Final = LocalPeers(self, context)
        """Peers in this process."""
        self.port = 0
        """Where it listens."""
        self.host = self
        """As `guarded` finds it."""
        self.connections_made = 0
        """How many there have been since it began to listen."""
        self._context: Final = context
        self._turns: Final = turns
        self._connections: Final[dict[Outbox, Connection]] = {}
        self._addresses: Final[dict[str, int]] = {}
        self._loop: Final = asyncio.get_running_loop()
        self._listener: Final = Listener(self, self.door, certificate)
        self._section: Final = section
        self._callers = Callers((), ())
        silence_s = section.heartbeat_s * section.missed_heartbeats
        self._heartbeats: Final = Heartbeats(self, self._connections.values(), section.heartbeat_s, silence_s)
        self._spent_ns = 0
        """In turns, and not counted yet."""
        self._paced_ns = 0
        """When conflated channels are looked at next; 0: they tell nothing."""
        self._paced_timer: asyncio.TimerHandle | None = None
        self._is_stopping = False
        self._is_empty: Final = asyncio.Event()
        self._ended: Final[asyncio.Future[None]] = self._loop.create_future()
        self._scheduler: Final = Scheduler(self, turns, self._loop)
        context.attendance.submit = self._scheduler.received

    # ── from start to end ──────────────────────────────────────────────────────────────────────────────────────────

    async def listen(self, host: str, port: int) -> None:
        """Open the port. Raises `OSError` if it can't be had."""
        self._callers = Callers((host, *self._section.hosts), self._section.origins)
        await self._listener.listen(host, port)
        self.port = self._listener.port
        self._scheduler.wait_for_due()
        self._heartbeats.begin()

    async def wait(self) -> None:
        """Wait until the venue has ended. Raises `VenueHalted` if a fault ended it."""
        await asyncio.shield(self._ended)

    async def stop(self) -> None:
        """Stop in order: no new requests, commands received carried out, the turns closed, connections too.

        It takes `STOP_NS` for the commands at most, what the disk takes for the last of them, then a second for the
        goodbyes. What was not carried out by then was not acknowledged either. Questions that wait are not answered.

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
        await self._scheduler.run_out(time.monotonic_ns() + STOP_NS)
        if not self._ended.done():
            seq, link = self._turns.tip
            self.tell_all(Goodbye(seq=seq, link=link.hex(), time=self.now_ns))
        for connection in list(self._connections.values()):
            connection.close(GOING_AWAY, "the venue stops")
        if self._connections:
            # Each is aborted by then, if its peer does not answer.
            await asyncio.wait_for(self._is_empty.wait(), 2 * CLOSE_SECONDS)
        if not self._ended.done():
            self._scheduler.end()
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
        self._scheduler.end()
        self.close_sockets()
        self._turns.abandon()

    def close_sockets(self) -> None:
        """End what is still connected, WebSocket or not yet."""
        self._listener.close()
        self._heartbeats.end()
        self._cancel_paced()
        self.local.end()
        self.door.abort_all()

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

    def _admit(self, visitor: Visitor, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener | None:
        """Answer an HTTP request: let a WebSocket in, or say why not."""
        try:
            refused = self._callers.refuse(request.headers, visitor.host)
            if refused is not None:
                self.counters.refused[refused[0]] += 1
                said = {name.lower(): request.headers.get(name, "") for name in ("Host", "Origin")}
                self.audit.note(HANDSHAKE_REFUSED, Caller("", visitor.address), reason=refused[0], **said)
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

    @property
    def audit(self) -> Audit:
        """Where it is noted who comes, goes and is refused."""
        return self._context.audit

    def tell_all(self, message: Message) -> None:
        """Send a message to everybody who has logged in or subscribed to something."""
        began_ns = time.monotonic_ns()
        known = [connection.session for connection in self._connections.values() if connection.session.is_known]
        self._context.fanout.broadcast(known, message)
        self.send(began_ns)

    def begin_heartbeat(self) -> int:
        """Count a beat of that channel; returns how many subscribers are to be told that the venue lives."""
        return self._context.fanout.channels.one(HeartbeatChannel).beat()

    def tell_heartbeat(self, most: int) -> bool:
        """Tell so many of them at most; returns whether there are more."""
        began_ns, channel = time.monotonic_ns(), self._context.fanout.channels.one(HeartbeatChannel)
        self._context.fanout.broadcast(channel.next_told(most), channel.message(self.now_ns))
        self.send(began_ns)
        return bool(channel.untold)

    def _tell_paced(self, now_ns: int) -> None:
        """Hand out what conflated channels may tell by now, and come back when they may tell the rest."""
        fanout = self._context.fanout
        fanout.tell_paced(now_ns)
        pacer = fanout.channels.pacer
        if pacer.are_waiting and not (self._paced_ns and self._paced_ns <= pacer.next_ns):
            self._cancel_paced()
            self._paced_ns = pacer.next_ns
            wait_ns = max(self._paced_ns - now_ns, MIN_PACED_NS)
            self._paced_timer = self._loop.call_later(wait_ns / NS_PER_SECOND, self._send_paced)

    @guarded
    def _send_paced(self) -> None:
        self._paced_ns = 0
        self.send(time.monotonic_ns())

    def _cancel_paced(self) -> None:
        if self._paced_timer is not None:
            self._paced_timer.cancel()
        self._paced_ns = 0

    def pass_time(self) -> bool:
        """Tell a piece of what changes because time passes; returns whether there is more."""
        began_ns = time.monotonic_ns()
        is_more = self._turns.pass_time()
        if self._context.fanout.dirty:
            self.send(began_ns)
        return is_more

    def joined(self, connection: Connection) -> int:
        """Count a connection; returns how many there are now from its address."""
        self.connections_made += 1
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
            self._scheduler.schedule_answers()
        count = self._addresses[connection.address] - 1
        if count:
            self._addresses[connection.address] = count
        else:
            del self._addresses[connection.address]
        if not self._connections:
            self._is_empty.set()

    def received(self, session: Session) -> None:
        """Requests of a session wait."""
        self._scheduler.received(session)

    def throttled(self, connection: Connection) -> None:
        """A connection is not read until it may be again."""
        self._scheduler.throttled(connection)

    @property
    def is_syncing(self) -> bool:
        """Whether a frame of the journal is synced: what is said now may be of it."""
        return self._turns.is_syncing

    def release(self, began_ns: int) -> None:
        """Send what waited for that."""
        self.senders.release()
        self.local.release()
        self._spend(began_ns)

    def _spend(self, began_ns: int) -> None:
        """Count the loop's time; what waits for the same sync is one turn."""
        self._spent_ns += time.monotonic_ns() - began_ns
        if not self.is_syncing:
            self.counters.turn.observe(self._spent_ns)
            self._spent_ns = 0

    def send(self, began_ns: int) -> None:
        """Send what a turn or answers brought: one write for each connection, once it is durable. To who does not read, a little later."""
        if self._context.fanout.channels.pacer.are_waiting:
            self._tell_paced(began_ns)
        dirty = self._context.fanout.dirty
        for outbox in dirty:
            connection = self._connections.get(outbox)
            # Without one it is of a peer in this process, of a connection that is gone, or collects what waits for a snapshot.
            if connection is None:
                self.local.flush(outbox)
                continue
            if connection.session.is_backed_up and connection.session.closing is None:
                self.senders.put_off(connection)
            else:
                connection.flush()
        dirty.clear()
        self.senders.end_turn()
        self._spend(began_ns)
