"""The link under a connection: dialling, login, requests and their replies, and dialling again when it is lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from gateway.client.errors import ClientError, ConnectionLost, OrderRejected, RequestFailed
from gateway.client.key import Key, private_key
from gateway.protocol import messages as m

Encoding = Literal["json", "msgpack"]
R = TypeVar("R", bound=m.Message)

# The largest message of a venue: a full book of a busy instrument stays well below it.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
OPEN_TIMEOUT_SECONDS: Final = 10
RECONNECT_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts to connect again; the last one repeats."""


class Link:
    """One participant's link to a venue, kept alive. What comes in goes to `_take`; `_restore` and `_end` say what became of it."""

    def __init__(self, url: str, participant: str | None, key: Key | None, encoding: Encoding, reconnect: bool) -> None:
        self.url = url
        self.participant = participant
        self.hello: m.Hello
        """The venue's greeting: its id, durability and rulebook."""
        self.welcome: m.Welcome | None = None
        """The reply to the login; None without one."""
        self.reconnects = 0
        self._key = private_key(key) if key is not None else None
        self._encoding: Encoding = encoding
        self._reconnect = reconnect
        self._socket: ClientConnection
        self._encode: Callable[[object], bytes]
        self._decode: Callable[[bytes], m.AnyMessage]
        if encoding == "json":
            self._encode = msgspec.json.Encoder().encode
            self._decode = msgspec.json.Decoder(m.AnyMessage).decode
        else:
            self._encode = msgspec.msgpack.Encoder().encode
            self._decode = msgspec.msgpack.Decoder(m.AnyMessage).decode
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[m.AnyMessage]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._broken: ClientError | None = None

    # ── for what stands on it ──────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, message: m.AnyMessage) -> None:
        """Take in a message; if it is a reply, who waits for it sees it afterwards."""
        raise NotImplementedError

    def _logged_in(self, welcome: m.Welcome) -> None:
        """The venue let the participant in."""
        raise NotImplementedError

    async def _restore(self) -> None:
        """Bring a new link to where the lost one was."""
        raise NotImplementedError

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def request(self, request: m.AnyRequest, expect: type[R]) -> R:
        """Send a request and return its reply, which is of type `expect`. Raises as `submit` does."""
        reply = await (await self.send(request))
        if isinstance(reply, m.Error | m.Rejected):
            raise RequestFailed.of(reply)
        if isinstance(reply, m.RequestRejected) or (isinstance(reply, m.ExecutionReport) and _rejects(reply)):
            raise OrderRejected(reply)
        if not isinstance(reply, expect):
            raise ClientError(f"expected {expect.__name__}, the venue sent {type(reply).__name__}")
        return reply

    async def send(self, request: m.AnyRequest) -> asyncio.Future[m.AnyMessage]:
        """Send a request whose `id` is new; returns a future of its reply. For those who keep many in flight."""
        if self._broken is not None:
            raise self._broken
        future: asyncio.Future[m.AnyMessage] = asyncio.get_running_loop().create_future()
        self._replies[request.id] = future
        try:
            await self._socket.send(self._encode(request), text=self._encoding == "json")
        except ConnectionClosed as error:
            self._replies.pop(request.id, None)
            raise ConnectionLost(f"the connection to {self.url} is lost: {error}") from error
        return future

    def next_id(self) -> int:
        """A request id that was not used on this connection."""
        return next(self._ids)

    @property
    def accounts(self) -> list[str]:
        """The accounts this participant may use."""
        return list(self.welcome.accounts) if self.welcome is not None else []

    # ── connection ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Connect and log in. Raises `ConnectionLost` or, if the login fails, `RequestFailed`."""
        try:
            await self._dial()
        except (OSError, TimeoutError, WebSocketException) as error:
            raise ConnectionLost(f"can't connect to {self.url}: {error}") from error
        self._spawn(self._run())

    async def close(self) -> None:
        """Close the connection and end all streams."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._socket.close()
        self._end(None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside the caller; what goes wrong in it breaks the client for all to see."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ConnectionLost):
            # Work that the next connection repeats.
            return
        if error is not None:
            broken = error if isinstance(error, ClientError) else ClientError(f"{type(error).__name__}: {error}")
            broken.__cause__ = error
            self._end(broken)

    async def _dial(self) -> None:
        self._socket = await open_websocket(
            self.url,
            subprotocols=[Subprotocol(f"sbx.v1.{self._encoding}")],
            # Messages are small; compressing them would cost more time than it saves.
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=1024,
        )
        try:
            await asyncio.wait_for(self._log_in(), OPEN_TIMEOUT_SECONDS)
        except BaseException:
            await self._socket.close()
            raise

    async def _log_in(self) -> None:
        hello = await self._receive()
        if not isinstance(hello, m.Hello):
            raise ClientError(f"expected the venue's hello, got {type(hello).__name__}")
        self.hello = hello
        if self.participant is None or self._key is None:
            return
        challenge = m.login_challenge(hello.venue, self.participant, hello.nonce)
        signature = self._key.sign(challenge).hex()
        login = m.Login(id=next(self._ids), participant=self.participant, signature=signature)
        await self._socket.send(self._encode(login), text=self._encoding == "json")
        reply = await self._receive()
        if isinstance(reply, m.Error):
            raise RequestFailed.of(reply)
        if not isinstance(reply, m.Welcome):
            raise ClientError(f"expected a welcome, got {type(reply).__name__}")
        self.welcome = reply
        self._logged_in(reply)

    async def _receive(self) -> m.AnyMessage:
        return self._decode(await self._socket.recv(decode=False))

    async def _run(self) -> None:
        """Read until the client is closed, connecting again whenever the connection is lost."""
        while True:
            lost = await self._read()
            for future in self._replies.values():
                if not future.done():
                    future.set_exception(lost)
                    # Whoever waits sees it; nobody need wait.
                    future.exception()
            self._replies.clear()
            if not self._reconnect:
                raise ClientError(str(lost)) from lost
            await self._dial_again()
            self.reconnects += 1
            self._spawn(self._restore())

    async def _dial_again(self) -> None:
        waits = itertools.chain(RECONNECT_SECONDS, itertools.repeat(RECONNECT_SECONDS[-1]))
        while True:
            await asyncio.sleep(next(waits))
            try:
                await self._dial()
                return
            except (OSError, TimeoutError, WebSocketException):
                # The venue is not back yet; how long to go on is for the user to decide, by closing the client.
                continue

    async def _read(self) -> ConnectionLost:
        """Dispatch messages until the connection ends; returns how it ended."""
        while True:
            try:
                message = await self._receive()
            except ConnectionClosed as error:
                return ConnectionLost(f"the connection to {self.url} is lost: {error}")
            await self._take(message)
            self._answer(message)

    def _answer(self, message: m.AnyMessage) -> None:
        request_id = getattr(message, "id", None)
        if request_id is not None:
            future = self._replies.pop(request_id, None)
            if future is not None and not future.done():
                future.set_result(message)

    def _end(self, error: ClientError | None) -> None:
        """Nothing comes any more: the link was closed or, with an error, broke."""
        self._broken = self._broken or error or ClientError("the client is closed")
        for future in self._replies.values():
            if not future.done():
                future.set_exception(self._broken)
                future.exception()
        self._replies.clear()


def _rejects(reply: m.ExecutionReport) -> bool:
    return reply.exec_type == "rejected" or (reply.exec_type == "status" and reply.order_status == "rejected")
