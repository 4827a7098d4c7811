"""Listening, and what is done with each socket that comes in before it is a WebSocket."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

from picows import WSAutoPingStrategy, WSListener, WSUpgradeRequest, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from engine.vocabulary.limits import GONE_TIMEOUT_SECONDS, MAX_MESSAGE_BYTES, MAX_READ_BYTES, SOCKET_BUFFER_BYTES

# What a connection begins with; it grows to what a message needs that comes in parts.
READ_BUFFER_BYTES: Final = 2 * MAX_READ_BYTES
# picows reports each protocol violation of a client. That is the client's business, and a flood of it would be ours.
_PICOWS_LOGGER: Final = logging.getLogger("gateway.picows")
_PICOWS_LOGGER.setLevel(logging.CRITICAL)

Admit = Callable[[WSUpgradeRequest], WSListener | WSUpgradeResponseWithListener | None]
"""Answers an HTTP request."""


class Door:
    """Who may come in at a port, and who is in: idle sockets must not take the descriptors that the journal needs."""

    def __init__(self, admit: Admit, max_sockets: int, handshake_seconds: float) -> None:
        self.admit: Final = admit
        self.max_sockets: Final = max_sockets
        self.handshake_seconds: Final = handshake_seconds
        """A socket without a whole HTTP request is closed after this."""
        self.sockets: Final[set[AcceptedSocket]] = set()
        """Open ones, WebSockets or not yet."""
        self.turned_away = 0
        """Sockets that there was no room for."""

    def abort_all(self) -> None:
        """End what is still connected, WebSocket or not yet."""
        for each in list(self.sockets):
            each.abort()


class AcceptedSocket(WSProtocol):  # type: ignore[misc]
    """An accepted socket, WebSocket or not yet, counted by its door.

    This is what picows' own `ws_create_server` makes for each connection, which has no place to count them.
    """

    def __init__(self, door: Door) -> None:
        super().__init__(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=door.admit,
            logger=_PICOWS_LOGGER,
            disconnect_on_exception=True,
            websocket_handshake_timeout=door.handshake_seconds,
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

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Go on only with a socket that there is room for."""
        if len(self._door.sockets) < self._door.max_sockets:
            self._door.sockets.add(self)
            super().connection_made(transport)
        else:
            self._door.turned_away += 1
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Make room."""
        if self in self._door.sockets:
            self._door.sockets.remove(self)
            super().connection_lost(error)

    def get_buffer(self, size_hint: int) -> memoryview:
        """Where to read to: little at once, since all of it is decoded before anything else can happen."""
        room: memoryview = super().get_buffer(size_hint)
        return room[:MAX_READ_BYTES]

    def abort(self) -> None:
        """End the connection at once."""
        self.transport.underlying_transport.abort()


async def bound_socket(host: str, port: int) -> socket.socket:
    """A socket bound to an address, with the venue's bounds on what it buffers. Raises `OSError` if it can't be had."""
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
    except BaseException:
        bound.close()
        raise
    return bound
