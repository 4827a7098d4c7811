"""The socket under a client: dials, reads and writes, and dials again when the link is lost. What it all means, `protocol` knows."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client.links.later import Later
from gateway.client.links.protocol import ClientProtocol
from gateway.client.values.errors import ClientError, ConnectionLost
from gateway.protocol import messages as m

Encoding = Literal["json", "msgpack"]
VENUE: Final = "venue"
PingSeconds = float | Literal["venue"] | None

# The largest message of a venue: a full book of a busy instrument stays well below it.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
OPEN_TIMEOUT_SECONDS: Final = 10
REQUEST_TIMEOUT_SECONDS: Final = 10.0
"""For a reply, unless the program says otherwise."""
CLOSE_TIMEOUT_SECONDS: Final = 1
"""For the peer's half of a close. A dead one has none, and is to be dialled again."""
RECONNECT_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts to connect again; the last one repeats. From the first again after a link that came to be resumed."""
UNSAID_INTERVAL_NS: Final = 5 * NS_PER_SECOND
UNSAID_TIMEOUT_NS: Final = 10 * NS_PER_SECOND
"""Of pings to a venue whose hello does not say."""
MAX_UNSENT: Final = 1_024
"""Requests that wait to be sent; who sends more waits."""


class Pings(msgspec.Struct, frozen=True, kw_only=True):
    """How a dead link is noticed: a ping each `interval` seconds, to be answered within `timeout`.

    None: not at all. `venue`: as the venue says in its hello what it does itself.
    """

    interval: PingSeconds = VENUE
    timeout: PingSeconds = VENUE

    def agreed(self, hello: m.Hello) -> tuple[float | None, float | None]:
        """Interval and timeout towards a venue: together they are what it gives its clients itself."""
        interval_ns = hello.heartbeat_interval or UNSAID_INTERVAL_NS
        timeout_ns = (
            max(hello.heartbeat_timeout - interval_ns, interval_ns) if hello.heartbeat_timeout else UNSAID_TIMEOUT_NS
        )
        return (
            interval_ns / NS_PER_SECOND if self.interval == VENUE else self.interval,
            timeout_ns / NS_PER_SECOND if self.timeout == VENUE else self.timeout,
        )


DEFAULT_PINGS: Final = Pings()


class Link:
    """Carries a `ClientProtocol` over one socket after the other."""

    def __init__(
        self,
        url: str,
        protocol: ClientProtocol,
        encoding: Encoding,
        pings: Pings,
        reconnect: bool,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url: Final = url
        self._protocol: Final = protocol
        self._encoding: Final[Encoding] = encoding
        self._pings: Final = pings
        self._reconnect: Final = reconnect
        self._tls: Final = tls
        self._encode: Callable[[object], bytes]
        self._decode: Callable[[bytes], m.AnyMessage]
        self._decode_later: Callable[[bytes], Later]
        if encoding == "json":
            self._encode = msgspec.json.Encoder().encode
            self._decode = msgspec.json.Decoder(m.AnyMessage).decode
            self._decode_later = msgspec.json.Decoder(Later).decode
        else:
            self._encode = msgspec.msgpack.Encoder().encode
            self._decode = msgspec.msgpack.Decoder(m.AnyMessage).decode
            self._decode_later = msgspec.msgpack.Decoder(Later).decode
        self._wake: Final = asyncio.Event()
        self._has_room: Final = asyncio.Event()
        self._socket: ClientConnection | None = None
        """The present one, or the last."""
        self._running: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ── for the client ─────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Connect and log in. Raises `ConnectionLost` or, if the login fails, `RequestFailed`."""
        try:
            socket = await self._dial()
        except (OSError, TimeoutError, ValueError, WebSocketException) as error:
            # ValueError: of a URL that is none, as with a port of 99999 or two dots in the name.
            raise ConnectionLost(f"can't connect to {self.url}: {str(error) or type(error).__name__}") from error
        self._running = asyncio.get_running_loop().create_task(self._run(socket))
        self._running.add_done_callback(self._finished)

    async def close(self) -> None:
        """Close the connection."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        if self._socket is not None:
            await self._socket.close()
        self._protocol.end(None)

    def wake(self) -> None:
        """Something was asked: send it, and mind its time limit."""
        self._wake.set()
        limit = self._protocol.next_limit
        if self._timer is not None:
            if self._timer.when() == limit:
                return
            self._timer.cancel()
            self._timer = None
        if limit is not None:
            self._timer = asyncio.get_running_loop().call_at(limit, self._tick)

    async def room(self) -> None:
        """Wait until one more request may be sent."""
        while self._protocol.unsent >= MAX_UNSENT and self._protocol.ended is None:
            self._has_room.clear()
            await self._has_room.wait()

    # ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        self._timer = None
        self._protocol.tick(asyncio.get_running_loop().time())
        self._has_room.set()
        self.wake()

    def _finished(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ClientError):
            broken = ClientError(f"{type(error).__name__}: {error}")
            broken.__cause__ = error
            error = broken
        self._protocol.end(error)
        if self._timer is not None:
            self._timer.cancel()
        self._has_room.set()

    async def _run(self, socket: ClientConnection) -> None:
        """Read until the client is closed, connecting again whenever the connection is lost."""
        waits = _waits()
        while True:
            reason = await self._serve(socket)
            await socket.close()
            if self._protocol.state == "resumed":
                waits = _waits()
            self._protocol.lost(reason)
            if self._protocol.ended is not None:
                raise self._protocol.ended
            if not self._reconnect:
                raise ClientError(reason)
            socket = await self._dial_again(waits)

    async def _dial_again(self, waits: Iterator[float]) -> ClientConnection:
        while True:
            await asyncio.sleep(next(waits))
            try:
                return await self._dial()
            except (OSError, TimeoutError, WebSocketException, ClientError):
                # The venue is not back yet, or has no place yet; how long to go on is for the user to decide.
                if self._protocol.ended is not None:
                    raise

    async def _dial(self) -> ClientConnection:
        """A socket on which the client is logged in."""
        socket = await open_websocket(
            self.url,
            ssl=self._tls,
            subprotocols=[Subprotocol(f"sbx.v1.{self._encoding}")],
            # Messages are small; compressing them would cost more time than it saves.
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_SECONDS,
            close_timeout=CLOSE_TIMEOUT_SECONDS,
            # Our own: how often, the venue says only once there is a socket.
            ping_interval=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=1024,
        )
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
                self._protocol.link_up()
                while not self._protocol.is_up:
                    self._take(await socket.recv(decode=False))
                    if self._protocol.refusal is not None:
                        raise self._protocol.refusal
                    if not self._protocol.is_up:
                        await self._send_all(socket)
        except BaseException:
            await socket.close()
            raise
        self._socket = socket
        return socket

    async def _serve(self, socket: ClientConnection) -> str:
        """Carry messages until the connection ends; returns how it ended."""
        loop = asyncio.get_running_loop()
        beside = [loop.create_task(self._write(socket)), loop.create_task(self._ping(socket))]
        try:
            while self._protocol.refusal is None:
                self._take(await socket.recv(decode=False))
                self.wake()
            return f"the connection to {self.url} was given up: {self._protocol.refusal}"
        except ConnectionClosed as error:
            said = self._protocol.goodbye
            if said is not None:
                return f"the venue at {self.url} stopped, in order, after command {said.seq}"
            return f"the connection to {self.url} is lost: {error}"
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)

    def _take(self, frame: bytes) -> None:
        try:
            message = self._decode(frame)
        except msgspec.MsgspecError as error:
            self._take_later(frame, error)
        else:
            self._protocol.receive(message)

    def _take_later(self, frame: bytes, error: msgspec.MsgspecError) -> None:
        """Pass over a message of a type that a later release has, but for a report, which counts. Give up what can't be read."""
        try:
            later = self._decode_later(frame)
        except msgspec.MsgspecError:
            later = None
        if later is None or later.is_known:
            self._protocol.refuse(ClientError(f"a message can't be read: {error}"))
        elif later.report is not None:
            self._protocol.receive(later.report)

    async def _write(self, socket: ClientConnection) -> None:
        """Send what is to be sent, as it comes."""
        while True:
            self._wake.clear()
            try:
                await self._send_all(socket)
            except ConnectionClosed:
                # Who reads notices, too, and says what becomes of it.
                return
            await self._wake.wait()

    async def _ping(self, socket: ClientConnection) -> None:
        """Ask for a sign of life now and then; close a socket that gives none."""
        assert self._protocol.hello is not None
        interval, timeout = self._pings.agreed(self._protocol.hello)
        try:
            while interval is not None:
                await asyncio.sleep(interval)
                async with asyncio.timeout(timeout):
                    await (await socket.ping())
        except TimeoutError:
            await socket.close(CloseCode.INTERNAL_ERROR, f"no answer to a ping within {timeout:g} s")
        except ConnectionClosed:
            # Who reads notices, too.
            return

    async def _send_all(self, socket: ClientConnection) -> None:
        while (message := self._protocol.next_message()) is not None:
            await socket.send(self._encode(message), text=self._encoding == "json")
            self._has_room.set()


def _waits() -> Iterator[float]:
    return itertools.chain(RECONNECT_SECONDS, itertools.repeat(RECONNECT_SECONDS[-1]))
