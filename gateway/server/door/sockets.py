"""Listening, and what is done with each socket that comes in before it is a WebSocket."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from engine.vocabulary.limits import (
    MAX_MESSAGE_BYTES,
    MAX_READ_BYTES,
    MAX_STRANGER_READ_BYTES,
    MAX_THROWN_AWAY_BYTES,
    SOCKET_BUFFER_BYTES,
)
from engine.vocabulary.memory_limits import GONE_TIMEOUT_SECONDS
from gateway.addresses import parsed_address
from gateway.server.door.arrivals import Arrivals
from gateway.server.door.intake import Intake, Strangers
from gateway.server.loop.share import Share

# What a connection begins with; it grows to what a message needs that comes in parts.
READ_BUFFER_BYTES: Final = 2 * MAX_READ_BYTES
# What picows reports goes to the log, which bounds it; that sockets come and go is not worth a line.
_PICOWS_LOGGER: Final = logging.getLogger("gateway.picows")
_PICOWS_LOGGER.setLevel(logging.WARNING)
# Those who have an IPv6 address have as many as they like: the network is what counts.
IPV6_NETWORK_BITS: Final = 64


class Visitor:
    """A socket that came in at a door, from when it is accepted to its end."""

    __slots__ = ("address", "host", "intake", "is_in", "is_shaking")

    def __init__(self, address: str, host: str, intake: Intake) -> None:
        self.address: Final = address
        """Where it is from, as it is counted."""
        self.host: Final = host
        """The address of ours that it came to."""
        self.intake: Final = intake
        """Whether it is read."""
        self.is_in = True
        self.is_shaking = True
        """It has not asked for a WebSocket yet."""


Admit = Callable[[Visitor, WSUpgradeRequest], WSUpgradeResponseWithListener | None]
"""Answers an HTTP request."""


class Bounds:
    """How many sockets there may be at a door."""

    __slots__ = ("handshakes", "handshakes_per_address", "sockets", "sockets_per_address")

    def __init__(self, sockets: int, sockets_per_address: int, handshakes: int, handshakes_per_address: int) -> None:
        self.sockets: Final = sockets
        self.handshakes: Final = handshakes
        self.handshakes_per_address: Final = handshakes_per_address
        self.sockets_per_address: Final = sockets_per_address


class Door:
    """Who may come in at a port, and who is in: idle sockets must not take the descriptors that the journal needs.

    Sockets count from when they are accepted, whatever becomes of them: TLS, an HTTP request, a WebSocket.
    """

    def __init__(
        self, admit: Admit, bounds: Bounds, refused: Counter[str], fail: Callable[[BaseException], None]
    ) -> None:
        """Open it.

        Args:
            admit: answers HTTP requests.
            bounds: of its sockets.
            refused: where it is counted who is not let in.
            fail: what to do with a fault.
        """
        self.sockets: Final[set[AcceptedSocket]] = set()
        """Open ones, WebSockets or not yet; without those in the handshake of TLS."""
        self.turned_away = 0
        """Sockets that there was no room for."""
        self._admit: Final = admit
        self._bounds: Final = bounds
        self._refused: Final = refused
        self.strangers: Final = Strangers(fail, Share())
        """Whose turn it is, of those who have not logged in."""
        self.arrivals: Final = Arrivals()
        """Which newcomers wait."""
        self._count = 0
        self._shaking = 0
        self._at: Final[Counter[str]] = Counter()
        self._shaking_at: Final[Counter[str]] = Counter()
        """By address."""

    def enter(self, peer: str, host: str) -> Visitor | None:
        """Count a socket that was accepted; None: there is no room for it.

        Args:
            peer: its address.
            host: the address of ours that it came to.
        """
        bounds, address = self._bounds, counted_address(peer)
        if self._count >= bounds.sockets:
            self.turned_away += 1
            return None
        if (
            self._shaking_at[address] >= bounds.handshakes_per_address
            or self._at[address] >= bounds.sockets_per_address
        ):
            self._refused["address_full"] += 1
            return None
        if self._shaking >= bounds.handshakes:
            self._refused["handshakes_full"] += 1
            return None
        self._count += 1
        self._shaking += 1
        self._at[address] += 1
        self._shaking_at[address] += 1
        return Visitor(address, host, Intake(self.strangers))

    def answer(self, visitor: Visitor, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener | None:
        """Answer the request of a socket, and take note if it is to be a WebSocket."""
        answer = self._admit(visitor, request)
        if answer is not None and answer.listener is not None:
            self._shaken(visitor)
        return answer

    def leave(self, visitor: Visitor) -> None:
        """The socket is gone, or never came to be one of ours."""
        if visitor.is_in:
            visitor.is_in = False
            self._shaken(visitor)
            self._count -= 1
            if not visitor.intake.was_known:
                self.arrivals.went_unknown(visitor.address)
            _take_one(self._at, visitor.address)

    def abort_all(self) -> None:
        """End what is still connected, WebSocket or not yet."""
        for each in list(self.sockets):
            each.abort()

    def _shaken(self, visitor: Visitor) -> None:
        if visitor.is_shaking:
            visitor.is_shaking = False
            self._shaking -= 1
            _take_one(self._shaking_at, visitor.address)


def _take_one(counts: Counter[str], key: str) -> None:
    if counts[key] > 1:
        counts[key] -= 1
    else:
        del counts[key]


def plain_address(address: str) -> str:
    """An address as it is compared: without a zone, one of IPv4 as such although it came in as one of IPv6."""
    return str(parsed_address(address))


def counted_address(address: str) -> str:
    """What the sockets of an address are counted by: itself, or its network if it is one of IPv6."""
    plain = plain_address(address)
    if ":" not in plain or plain == "::1":
        return plain
    return str(ipaddress.ip_network((plain, IPV6_NETWORK_BITS), strict=False))


class _Nobody(asyncio.BufferedProtocol):
    """Takes nothing: in place of who is gone."""


_NOBODY: Final = _Nobody()
# Where what nobody looks at is read to.
_THROWN_AWAY: Final = memoryview(bytearray(MAX_READ_BYTES))


class AcceptedSocket(WSProtocol):  # type: ignore[misc]
    """An accepted socket, WebSocket or not yet, counted by its door.

    This is what picows' own `ws_create_server` makes for each connection, which has no place to count them.
    """

    def __init__(self, door: Door, visitor: Visitor, handshake_seconds: float) -> None:
        super().__init__(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=partial(door.answer, visitor),
            logger=_PICOWS_LOGGER,
            disconnect_on_exception=True,
            websocket_handshake_timeout=handshake_seconds,
            enable_auto_ping=False,
            auto_ping_idle_timeout=0,
            auto_ping_reply_timeout=0,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            # The session answers pings, but not each of a flood.
            enable_auto_pong=False,
            max_frame_size=MAX_MESSAGE_BYTES,
            extra_headers=None,
            read_buffer_init_size=READ_BUFFER_BYTES,
        )
        self._door: Final = door
        self._share: Final = door.strangers.share
        self._visitor: Final = visitor
        self._is_refused = False
        """picows has found a frame that it does not take, and closes in a moment. It would keep, and look at, all that came meanwhile."""
        self._thrown_away_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin."""
        self._door.sockets.add(self)
        self._visitor.intake.begin(transport, self._look)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make room."""
        self._door.sockets.discard(self)
        self._door.leave(self._visitor)
        self._visitor.intake.end()
        super().connection_lost(error)
        if self.transport.is_secure:
            # uvloop's TLS goes on knowing the methods of what it read for: nobody else would free the two
            # (tests/gateway/server/test_no_cycles.py).
            self.transport.underlying_transport.set_protocol(_NOBODY)

    def get_buffer(self, size_hint: int) -> memoryview:
        """Where to read to: little at once, since all of it is decoded before anything else can happen."""
        if self._is_refused:
            return _THROWN_AWAY
        room: memoryview = super().get_buffer(size_hint)
        visitor = self._visitor
        # A request for a WebSocket is one, however long.
        is_more = visitor.intake.is_known or visitor.is_shaking
        return room[: MAX_READ_BYTES if is_more else MAX_STRANGER_READ_BYTES]

    def buffer_updated(self, size: int) -> None:
        """Look at what was read; of a stranger when it is its turn."""
        intake = self._visitor.intake
        if intake.is_known:
            self._share.have_others_come = True
            self._look(size)
        else:
            intake.came(size)

    def _look(self, size: int) -> None:
        """Take what was read, unless picows has refused what came before."""
        if not self._is_refused:
            super().buffer_updated(size)
            handshake = self.transport.close_handshake
            self._is_refused = handshake is not None and handshake.sent is not None
            return
        self._thrown_away_bytes += size
        if self._thrown_away_bytes > MAX_THROWN_AWAY_BYTES:
            self._visitor.intake.want(False)

    def abort(self) -> None:
        """End the connection at once."""
        self.transport.underlying_transport.abort()


async def listening_socket(host: str, port: int, backlog: int) -> socket.socket:
    """A socket that listens at an address and never blocks, with the venue's bounds on what it buffers. Raises `OSError` if it can't be had."""
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, address = (
        await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit these.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        bound.bind(address)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_TIMEOUT_SECONDS * 1_000)
        bound.listen(backlog)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound
