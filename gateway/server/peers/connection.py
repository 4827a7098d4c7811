"""One WebSocket connection: what joins picows, which knows frames, to a session, which knows the protocol.

picows swallows what its callbacks raise, so each of them is guarded: a fault in here ends the venue as one in the core does.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from engine.vocabulary.limits import (
    FRAME_OVERHEAD_BYTES,
    LOGIN_TIMEOUT_SECONDS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_INBOX_COMMANDS,
    MAX_THROWN_AWAY_BYTES,
    NS_PER_SECOND,
)
from gateway.audit.audit import Audit
from gateway.inbound.frames import CLOSE, PING, POLICY_VIOLATION, TRY_AGAIN_LATER
from gateway.inbound.session import Session
from gateway.metrics.counters import Counters
from gateway.protocol.wire import TEXT, frame_header
from gateway.server.door.intake import Intake
from gateway.server.door.sockets import counted_address, plain_address
from gateway.server.loop.guarded import Failing, guarded
from gateway.server.peers import ends
from gateway.server.peers.sending import Sender, Senders

# After a close frame the peer has this long to answer it; an early disconnect would send a reset that eats the frame.
CLOSE_SECONDS: Final = 1
_PING_FRAME: Final = frame_header(PING, 0)


class Host(Failing, Protocol):
    """What a connection needs of its server."""

    @property
    def counters(self) -> Counters:
        """The venue's."""

    @property
    def senders(self) -> Senders:
        """What those of all connections share."""

    @property
    def now_ns(self) -> int:
        """The venue's time."""

    @property
    def connections_made(self) -> int:
        """How many there have been."""

    @property
    def audit(self) -> Audit:
        """Where it is noted who comes and goes."""

    def joined(self, connection: Connection) -> int:
        """Count a connection; returns how many there are now from its address."""

    def left(self, connection: Connection) -> None:
        """Forget a connection."""

    def received(self, session: Session) -> None:
        """Requests of it wait, or it can take more of an answer."""

    def throttled(self, connection: Connection) -> None:
        """It is not read until the next turn is over."""


class Connection(WSListener):
    """The transport's side of one session."""

    __slots__ = (
        "_close_timer", "_counters", "_credit_timer", "_data_frame", "_ended_by", "_frames_this_turn", "_intake",
        "_is_closing", "_is_heard", "_is_overdrawn", "_is_peeking", "_is_reading", "_is_stopped", "_is_throttled",
        "_login_timer", "_sender", "_silent_s", "_thrown_away_bytes", "_transport", "address", "host", "session",
    )  # fmt: skip

    def __init__(self, host: Host, session: Session, intake: Intake) -> None:
        super().__init__()
        self.host: Final = host
        self.session: Final = session
        self._intake: Final = intake
        self._counters: Final = host.counters
        self.address = ""
        self._ended_by = ends.BY_CLIENT
        """Why it ends, if it does."""
        self._data_frame: Final = WSMsgType.TEXT if session.codec.opcode == TEXT else WSMsgType.BINARY
        self._transport: asyncio.Transport | None = None
        self._sender: Sender | None = None
        self._is_closing = False
        self._thrown_away_bytes = 0
        """Of what came after that."""
        self._frames_this_turn = 0
        self._is_throttled = False
        """Too much came in for one turn."""
        self._is_overdrawn = False
        """It has used up what it may ask of the venue."""
        self._is_peeking = False
        """It is read once although its session is backed up."""
        self._is_stopped = False
        self._is_heard = True
        """Since the last look."""
        self._silent_s = 0
        """For how many looks it was not."""
        self._is_reading = True
        self._login_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._credit_timer: asyncio.TimerHandle | None = None

    # ── called by picows ───────────────────────────────────────────────────────────────────────────────────────────

    @guarded
    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet, unless the address has too many connections already."""
        underlying = self._transport = transport.underlying_transport
        self._sender = Sender(self, underlying, self.host.senders)
        peer = underlying.get_extra_info("peername")
        self.address = counted_address(peer[0]) if peer else ""
        count = self.host.joined(self)
        self.session.caller.came(plain_address(peer[0]) if peer else "", self.address, self.host.connections_made)
        if count > MAX_CONNECTIONS_PER_ADDRESS:
            self.close(TRY_AGAIN_LATER, f"at most {MAX_CONNECTIONS_PER_ADDRESS} connections from one address")
            return
        self._login_timer = asyncio.get_running_loop().call_later(LOGIN_TIMEOUT_SECONDS, self._check_login)
        self.session.came_from(self.address)
        self.session.greet(self.host.now_ns)
        self.flush()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass a frame to the session, and note what came of it."""
        # Guarded here: of what is done for each request, a wrapper's call would be a good part.
        try:
            self._take(frame)
        except BaseException as error:  # noqa: BLE001 - nothing above would see it
            self.host.fail(error)

    def _take(self, frame: WSFrame) -> None:
        session = self.session
        frames = session.frames
        self._is_heard = True
        if self._counters.is_watched:
            session.received_ns = time.monotonic_ns()
        kind = frame.msg_type
        if self._is_closing:
            if kind == WSMsgType.CLOSE:
                self._hang_up()
            else:
                self._throw_away(len(frame.get_payload_as_memoryview()))
            return
        if frames:
            self.flush_late()
        has_reserved_bits = frame.rsv1 or frame.rsv2 or frame.rsv3
        payload = frame.get_payload_as_bytes()
        if kind is self._data_frame and frame.fin and not has_reserved_bits and session.takes_whole_messages:
            session.receive(payload)
        else:
            session.receive_frame(kind.value, bool(frame.fin), bool(has_reserved_bits), payload, time.monotonic_ns())
        if (session.inbox and not session.is_waiting) or (session.questions and not session.is_asking):
            self.host.received(session)
        if frames:
            # A pong waits for nothing: a peer that reads a long burst must not take the venue for dead.
            self.flush(first=kind == WSMsgType.PING)
        if session.closing is not None:
            self.close(*session.closing)
            if kind == WSMsgType.CLOSE:
                self._hang_up()
        self._frames_this_turn += 1
        if self._frames_this_turn >= MAX_INBOX_COMMANDS and not self._is_throttled:
            self._is_throttled = True
            self._read_if_possible()
            self.host.throttled(self)
        meter = session.meter
        if meter is not None and meter.is_overdrawn and not self._is_overdrawn:
            self._wait_for_credit(meter.wait_ns())
        if not self._intake.is_known and not self._is_overdrawn and session.participant is not None:
            self._intake.know()
        if self._is_peeking:
            self._is_peeking = False
            self._read_if_possible()

    @guarded
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget the connection; what it sent before is still sequenced."""
        self._is_closing = True
        for timer in (self._login_timer, self._close_timer, self._credit_timer):
            if timer is not None:
                timer.cancel()
        self.session.end()
        self.session.frames.clear()
        if self._sender is not None:
            self._sender.leave()
            # The two know each other: nobody else would free them (tests/gateway/server/test_no_cycles.py).
            self._sender = None
        if self._ended_by == ends.BY_CLIENT:
            self._ended_by = ends.ended_by_picows(transport)
        ends.note_end(self.host.audit, self.session, self._ended_by)
        counters = self._counters
        (counters.refused if self._ended_by == ends.ADDRESS_FULL else counters.closed)[self._ended_by] += 1
        self.host.left(self)

    @guarded
    def pause_writing(self) -> None:
        """The transport has enough for now."""
        if self._sender is not None:
            self._sender.pause()

    @guarded
    def resume_writing(self) -> None:
        """The transport takes more."""
        if self._sender is not None:
            self._sender.resume()

    # ── called by its sender ───────────────────────────────────────────────────────────────────────────────────────

    def backed_up(self) -> None:
        """Hardly read from someone who does not read, and answer it nothing more; or go on with both."""
        self._is_peeking = False
        session = self.session
        if not session.is_backed_up and not self._is_closing:
            self.flush_late()
            if session.questions:
                self.host.received(session)
            if not self._is_throttled:
                self._throttle_if_full()
        self._read_if_possible()

    def may_ask(self) -> None:
        """Read a little from someone who may ping, or cancel orders, while a burst is on its way."""
        self._is_peeking = True
        self._read_if_possible()

    def released(self) -> None:
        """What waited for the disk has left."""
        if self.session.answered_ns:
            self._counters.answered(self.session.answered_ns)

    def too_slow(self) -> None:
        """Take note that it ends, and why."""
        if not self._is_closing:
            self._is_closing = True
            self._ended_by = ends.SLOW_CONSUMER
            self.session.end()

    # ── called by the server ───────────────────────────────────────────────────────────────────────────────────────

    def flush(self, first: bool = False) -> None:
        """Send what waits in the session's outbox; `first`: before all that waits for the disk or behind it, since it says nothing of the venue."""
        session = self.session
        frames = session.frames
        transport = self._transport
        if self._is_closing or transport is None or transport.is_closing():
            frames.clear()
            return
        assert self._sender is not None
        counters = self._counters
        counters.messages_sent += len(frames)
        counters.sent_bytes += self._sender.send(frames, first)
        frames.clear()
        if session.answered_ns and not self._sender.is_holding:
            counters.answered(session.answered_ns)
        if session.closing is not None:
            self.close(*session.closing)

    def flush_late(self) -> None:
        """Send what was put off because the peer had not read what came before, if there is any."""
        if self.session.frames:
            self.flush()

    def end_turn(self) -> None:
        """Let a throttled connection be read again, if its inbox has room."""
        self._is_throttled = False
        # Where answers wait for the client to read, turns make no room: it is not read before it reads.
        if not self.session.is_backed_up:
            self._throttle_if_full()
        self._read_if_possible()

    def look(self, heartbeat_s: int, silence_s: int) -> None:
        """Another second has gone by: ask who has been silent for a while, with a ping, and let go who stays silent.

        Who takes what was sent before lives; how long it may take is the sender's to say. Who is not read can't be heard.
        Where orders are to go with a connection, one that takes nothing is as silent as one that is sent nothing.
        """
        is_frozen = self.session.armed and self._sender is not None and self._sender.is_stuck
        if self._is_heard or not (is_frozen or (self._is_reading and not self.session.is_backed_up)):
            self._is_heard = False
            self._silent_s = 0
            return
        self._silent_s += 1
        if self._silent_s >= silence_s:
            self.close(POLICY_VIOLATION, f"nothing was heard for {silence_s} s", ends.DEAD_PEER)
        elif self._silent_s % heartbeat_s == 0 and not self._is_closing and self._sender is not None:
            self._counters.messages_sent += 1
            # It says nothing of the venue, and waits for no disk: who would answer it is not dead.
            self._counters.sent_bytes += self._sender.send([_PING_FRAME], first=True)

    def stop_reading(self) -> None:
        """Read nothing more until it is closed."""
        self._is_stopped = True
        self._read_if_possible()

    @property
    def unread_bytes(self) -> int:
        """What was sent and is not with the kernel yet."""
        return 0 if self._sender is None else self._sender.unread_bytes

    def close(self, code: int, reason: str, ended_by: str = "") -> None:
        """Send a close frame and give the peer time to answer it. `ended_by`: why, if the code does not say it."""
        transport = self._transport
        self.flush_late()
        if self._is_closing or transport is None or transport.is_closing():
            return
        payload = code.to_bytes(2, "big") + reason.encode()
        assert self._sender is not None
        self._sender.send([frame_header(CLOSE, len(payload)) + payload])
        if self._is_closing:
            # It was too slow.
            return
        self._is_closing = True
        self._ended_by = ended_by or ends.REASONS[code]
        self.session.end()
        # What still comes is read and thrown away: unread data would turn the end into a reset.
        self._read_if_possible()
        self._close_timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._give_up)

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    @guarded
    def _give_up(self) -> None:
        """The peer has had time to answer the close frame, if that has left: it may wait for the disk."""
        if self._sender is not None and self._sender.is_holding:
            self._close_timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._give_up)
        else:
            self.abort()

    def _hang_up(self) -> None:
        """Both sides have said that it ends."""
        if self._sender is not None:
            self._sender.hang_up()

    def _throw_away(self, size: int) -> None:
        """Take note of a frame that came too late to be looked at; who goes on sending is not read any more."""
        self._thrown_away_bytes += size + FRAME_OVERHEAD_BYTES
        self._read_if_possible()

    def _throttle_if_full(self) -> None:
        self._frames_this_turn = self.session.waiting_requests
        if self._frames_this_turn >= MAX_INBOX_COMMANDS:
            self._is_throttled = True
            self.host.throttled(self)

    def _wait_for_credit(self, wait_ns: int) -> None:
        self._counters.rate_waits += 1
        self._is_overdrawn = True
        self._intake.is_known = False
        self._read_if_possible()
        self._credit_timer = asyncio.get_running_loop().call_later(wait_ns / NS_PER_SECOND, self._credit_is_back)

    @guarded
    def _credit_is_back(self) -> None:
        # Others may have spent it. It is read all the same, or they could shut it out, pings and all: what it owes too much is refused.
        self._is_overdrawn = False
        self._read_if_possible()

    def _read_if_possible(self) -> None:
        transport = self._transport
        waits = (
            self._is_throttled
            or self._is_stopped
            or self._is_overdrawn
            or (self.session.is_backed_up and not self._is_peeking)
        )
        may_read = self._thrown_away_bytes <= MAX_THROWN_AWAY_BYTES if self._is_closing else not waits
        if may_read == self._is_reading or transport is None or transport.is_closing():
            return
        self._is_reading = may_read
        self._intake.want(may_read)

    @guarded
    def _check_login(self) -> None:
        session = self.session
        is_kept_waiting = session.questions or (self._sender is not None and self._sender.is_holding)
        if is_kept_waiting and not session.is_known:
            # That it has not logged in or subscribed yet may be the venue's doing, or its disk's.
            self._login_timer = asyncio.get_running_loop().call_later(LOGIN_TIMEOUT_SECONDS, self._check_login)
        elif not session.is_known:
            why = f"no login or subscription within {LOGIN_TIMEOUT_SECONDS} s"
            self.close(POLICY_VIOLATION, why, ends.LOGIN_TIMEOUT)
