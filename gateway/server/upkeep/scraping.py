"""The metrics endpoint: `GET /metrics` on a loopback port of its own, served by the venue's loop.

Whoever asks takes time from the one writer, so all of it is bounded: how many sockets are accepted a second, how many
are open, and how often the text is made.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.server.door.handshake import Callers
from gateway.server.door.sockets import AcceptedSocket, Bounds, Door, Visitor, listening_socket

HOST: Final = "127.0.0.1"
PATH: Final = b"/metrics"
# Text that is younger than this is good enough, and making it takes the writer about a millisecond.
FRESH_NS: Final = NS_PER_SECOND // 10
# Between two sockets that are accepted: at most 20 a second, each about 0.5 ms. The others wait with the kernel.
ACCEPT_SECONDS: Final = 0.05
MAX_SCRAPERS: Final = 8
BACKLOG: Final = 16
# A scraper sends its request at once, or makes room for another.
REQUEST_SECONDS: Final = 2


class MetricsEndpoint:
    """Answers scrapers until it is closed."""

    def __init__(self, render: Callable[[], tuple[bytes, str]], fail: Callable[[BaseException], None]) -> None:
        """Prepare.

        Args:
            render: makes the text; returns it with its content type.
            fail: what to do with a fault in it.
        """
        self.port = 0
        """Where it listens."""
        self._render: Final = render
        self._fail: Final = fail
        bounds = Bounds(MAX_SCRAPERS, MAX_SCRAPERS, MAX_SCRAPERS, MAX_SCRAPERS)
        self._door: Final = Door(self._admit, bounds, Counter(), fail)
        self._callers: Final = Callers((), ())
        self._loop: Final = asyncio.get_running_loop()
        self._text: tuple[bytes, str] = b"", ""
        self._made_ns = -FRESH_NS
        self._listening: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._accepting: asyncio.Task[object] | None = None

    @property
    def url(self) -> str:
        """What a scraper asks for."""
        return f"http://{HOST}:{self.port}{PATH.decode()}"

    async def listen(self, port: int) -> None:
        """Open the port; 0: any free one. Raises `OSError` if it can't be had."""
        listening = await listening_socket(HOST, port, BACKLOG)
        self._listening = listening
        self.port = listening.getsockname()[1]
        self._loop.add_reader(listening, self._accept)

    def close(self) -> None:
        """Answer nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        if self._accepting is not None:
            self._accepting.cancel()
        self._door.abort_all()

    def _accept(self) -> None:
        """Take one socket, and look for the next one after a while."""
        assert self._listening is not None
        self._loop.remove_reader(self._listening)
        self._timer = self._loop.call_later(ACCEPT_SECONDS, self._accept_next)
        try:
            accepted, peer = self._listening.accept()
        except OSError:
            # It has gone, or no descriptor is free: then the venue has better uses for the next one.
            return
        visitor = self._door.enter(peer[0], HOST)
        if visitor is None:
            accepted.close()
            return
        accepted.setblocking(False)
        connecting = self._loop.connect_accepted_socket(
            lambda: AcceptedSocket(self._door, visitor, REQUEST_SECONDS), accepted
        )
        self._accepting = self._loop.create_task(connecting)

    def _accept_next(self) -> None:
        if self._listening is not None:
            self._loop.add_reader(self._listening, self._accept)

    def _admit(self, visitor: Visitor, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener | None:
        """Answer a request."""
        refused = self._callers.refuse(request.headers, visitor.host)
        if refused is not None:
            return refused[1]
        if request.path.split(b"?", 1)[0] != PATH:
            return None
        try:
            now_ns = time.monotonic_ns()
            if now_ns - self._made_ns >= FRESH_NS:
                self._text = self._render()
                self._made_ns = now_ns
            body, content_type = self._text
            response = WSUpgradeResponse.create_ok_response(body, {"Content-Type": content_type})
            return WSUpgradeResponseWithListener(response, None)
        except BaseException as error:
            self._fail(error)
            raise
