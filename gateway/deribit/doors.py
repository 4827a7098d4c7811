"""Where this port listens: sockets are counted as they are accepted, and who sends no whole request is let go.

What reads HTTP behind it (`aiohttp`) has no bound on either.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import web

from engine.vocabulary.limits import HANDSHAKE_TIMEOUT_SECONDS, MAX_ACCEPTS_A_PASS, SOCKET_NS, TLS_NS
from gateway.server.door.sockets import counted_address, listening_socket
from gateway.server.loop.share import Share

MAX_GUESTS: Final = 256
"""Sockets of this port: each takes what aiohttp buffers (some 256 KiB of a body, 64 KiB to send) beside what a connection leaves unread."""
MAX_GUESTS_PER_ADDRESS: Final = 64
REQUEST_SECONDS: Final = 10
"""So long a socket may take for a whole request, from its beginning or its last answer on, if it is the first."""
IDLE_SECONDS: Final = 75
"""And so long if it is another: who is idle makes room."""
BACKLOG: Final = 128
_NO_ROOM_SECONDS: Final = 0.05


class _NoParser:
    """Takes nothing any more."""

    def feed_data(self, data: bytes) -> None:
        """Whatever comes."""


_NO_PARSER: Final = _NoParser()


class Guest(asyncio.Protocol):
    """One socket: what comes is passed on to a protocol of aiohttp."""

    def __init__(self, doors: Doors, inner: asyncio.Protocol, address: str) -> None:
        self.address: Final = address
        self.transport: asyncio.Transport | None = None
        self.closed: Final[list[Callable[[], None]]] = []
        """What is to be done when it is gone."""
        self.host = ""
        """The address of ours that it came to."""
        self.state: Any = None
        """What the port keeps of it."""
        self._doors: Final = doors
        self._inner = inner
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # That of uvloop is one, but says so to no `isinstance`.
        self.transport = cast(asyncio.Transport, transport)
        self.host = transport.get_extra_info("sockname")[0]
        self._doors.came(self)
        self._inner.connection_made(transport)
        self.wait(REQUEST_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self.asks()
        self._doors.went(self)
        self._inner.connection_lost(exc)
        for close in self.closed:
            close()
        # They know each other: nobody else would free them, since a venue's collector is off.
        if isinstance(self._inner, web.RequestHandler):
            # That of a WebSocket goes on knowing what it called back.
            self._inner.set_parser(cast(Any, _NO_PARSER))
        self._inner, self.transport, self.state = asyncio.Protocol(), None, None
        self.closed.clear()

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inner.resume_writing()

    def asks(self) -> None:
        """A whole request has come: as long as that is answered, it is not waited for another."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def wait(self, seconds: float) -> None:
        """Wait for a request, so long."""
        self.asks()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def abort(self) -> None:
        """End it at once."""
        if self.transport is not None:
            self.transport.abort()


class Doors:
    """Accepts sockets at one port until it is closed.

    Args:
        inner: makes what reads HTTP.
        certificate: what TLS shows, asked for each socket; None: there is no TLS.
    """

    def __init__(self, inner: Callable[[], asyncio.Protocol], certificate: Callable[[], ssl.SSLContext] | None) -> None:
        self.port = 0
        self.turned_away = 0
        """Sockets that there was no room for."""
        self._inner: Final = inner
        self._certificate: Final = certificate
        self._loop: Final = asyncio.get_running_loop()
        self._listening: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._entering: Final[set[asyncio.Task[Any]]] = set()
        self._guests: Final[dict[asyncio.BaseTransport, Guest]] = {}
        self._count = 0
        self._at: Final[Counter[str]] = Counter()
        self._share: Final = Share()
        """Of the loop's time, for sockets that come and go."""

    async def listen(self, address: str, port: int) -> None:
        """Open the port. Raises `OSError` if it can't be had."""
        self._listening = await listening_socket(address, port, BACKLOG)
        self.port = self._listening.getsockname()[1]
        self._loop.add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Accept nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        for task in self._entering:
            task.cancel()

    def abort_all(self) -> None:
        """End all sockets at once."""
        for guest in list(self._guests.values()):
            guest.abort()

    def guest(self, transport: asyncio.BaseTransport | None) -> Guest | None:
        """Whose transport it is; None: it is gone."""
        return None if transport is None else self._guests.get(transport)

    def came(self, guest: Guest) -> None:
        """It can be read now."""
        assert guest.transport is not None
        self._guests[guest.transport] = guest

    def went(self, guest: Guest) -> None:
        """It is gone."""
        assert guest.transport is not None
        del self._guests[guest.transport]
        self._leave(guest.address)

    def _leave(self, address: str) -> None:
        self._count -= 1
        self._at[address] -= 1
        if not self._at[address]:
            del self._at[address]

    def _accept(self) -> None:
        assert self._listening is not None
        for _ in range(MAX_ACCEPTS_A_PASS):
            if not self._share.is_left():
                self._pause(self._share.wait_s())
                return
            try:
                accepted, peer = self._listening.accept()
            except BlockingIOError:
                return
            except OSError:
                # It has gone, or no descriptor is free.
                self._pause(_NO_ROOM_SECONDS)
                return
            self._share.spend(SOCKET_NS if self._certificate is None else SOCKET_NS + TLS_NS)
            address = counted_address(peer[0])
            if self._count >= MAX_GUESTS or self._at[address] >= MAX_GUESTS_PER_ADDRESS:
                self.turned_away += 1
                accepted.close()
                continue
            self._count += 1
            self._at[address] += 1
            accepted.setblocking(False)
            task = self._loop.create_task(self._let_in(accepted, address))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _let_in(self, accepted: socket.socket, address: str) -> None:
        tls: dict[str, Any] = {}
        if self._certificate is not None:
            tls = {"ssl": self._certificate(), "ssl_handshake_timeout": HANDSHAKE_TIMEOUT_SECONDS}
        guest = Guest(self, self._inner(), address)
        try:
            await self._loop.connect_accepted_socket(lambda: guest, accepted, **tls)
        except (OSError, asyncio.CancelledError):
            # It spoke no TLS, took too long, or went.
            if guest.transport is None:
                self._leave(address)
                accepted.close()

    def _pause(self, seconds: float) -> None:
        assert self._listening is not None
        self._loop.remove_reader(self._listening)
        self._timer = self._loop.call_later(seconds, self._accept_again)

    def _accept_again(self) -> None:
        if self._listening is not None:
            self._loop.add_reader(self._listening, self._accept)
