"""One WebSocket of this port: requests are answered as they are done, and what it gets waits for it, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import Final

from aiohttp import ClientError, WSMsgType, web

from gateway.deribit.callers.caller import Caller
from gateway.deribit.callers.signatures import Signed
from gateway.deribit.calls.public_calls import AUTH
from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.rpc import Call, Unreadable, answer, error_answer, read_call
from gateway.deribit.doors import REQUEST_SECONDS, Guest
from gateway.deribit.service import Service

MAX_BODY_BYTES: Final = 65_536
"""Of a request, as in `sbx.v1`."""
MAX_AT_ONCE: Final = 32
"""Requests of a connection that are carried out at once; then it is not read."""
MAX_UNREAD_BYTES: Final = 8 * 1024 * 1024
"""That wait for one who does not read: a snapshot of the largest book has less, and so have all open orders of an account, which are one
answer."""
MAX_UNREAD_BYTES_IN_ALL: Final = 64 * 1024 * 1024
"""Beyond it whoever leaves most unread is let go."""
MAX_UNREADABLE: Final = 100
UNREADABLE_COST: Final = 5
"""What is no request costs as much as one of `sbx.v1` that is malformed."""
HEARTBEAT_SECONDS: Final = 15.0
CLOSE_SECONDS: Final = 1.0
_POLICY: Final = 1008
_UNSUPPORTED: Final = 1003
_AWAY: Final = 1001
_LOG: Final = logging.getLogger("gateway.deribit")


class Unread:
    """What all connections of the port leave unread."""

    def __init__(self) -> None:
        self.size = 0
        self.connections: Final[dict[SocketConnection, None]] = {}

    def bound(self) -> None:
        """See that it is not too much."""
        while self.size > MAX_UNREAD_BYTES_IN_ALL:
            max(self.connections, key=lambda each: each.unread_bytes).abort()


class SocketConnection:
    """A connection: who it is, and what it gets."""

    def __init__(self, service: Service, guest: Guest, unread: Unread, is_test: bool) -> None:
        self.caller: Final[Caller] = service.stranger(guest.address)
        self.unread_bytes = 0
        self._service: Final = service
        self._guest: Final = guest
        self._unread: Final = unread
        self._is_test: Final = is_test
        self._socket: Final = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, max_msg_size=MAX_BODY_BYTES, compress=False
        )
        self._queue: Final[deque[bytes]] = deque()
        self._has_some: Final = asyncio.Event()
        self._is_read: Final = asyncio.Event()
        self._is_read.set()
        self._answering: Final[set[asyncio.Task[None]]] = set()
        self._room: Final = asyncio.Semaphore(MAX_AT_ONCE)
        self._unreadable = 0
        self._is_let_go = False
        """Then nothing more of it is carried out, although aiohttp has read it already."""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Answer it until it ends."""
        self.caller.subscriber = self
        writing: asyncio.Task[None] | None = None
        try:
            await self._socket.prepare(request)
            self._unread.connections[self] = None
            self._service.connections[self.caller] = self.abort
            writing = asyncio.ensure_future(self._write())
            await self._read()
        finally:
            self._unread.connections.pop(self, None)
            self._service.connections.pop(self.caller, None)
            self._service.feeds.drop(self)
            self.caller.asker.end()
            for task in (*self._answering, *([writing] if writing is not None else [])):
                task.cancel()
            self._forget()
            # They know each other: nobody else would free them.
            self.caller.subscriber = self.caller.desk = None
        return self._socket

    def send(self, text: bytes) -> None:
        """Let it be sent a message, after all before it. Who leaves too much unread is let go."""
        if self not in self._unread.connections:
            return
        self._queue.append(text)
        self.unread_bytes += len(text)
        self._unread.size += len(text)
        self._has_some.set()
        self._is_read.clear()
        if self.unread_bytes > MAX_UNREAD_BYTES:
            self.abort()
        self._unread.bound()

    def abort(self) -> None:
        """End it at once: a close frame would only wait behind what it does not read."""
        self._is_let_go = True
        self._unread.connections.pop(self, None)
        self._forget()
        self._guest.abort()

    async def close(self) -> None:
        """End it in order: the venue stops."""
        await self._say_goodbye(_AWAY, b"the venue stops")

    async def _say_goodbye(self, code: int, why: bytes) -> None:
        """Close it, behind what it is to be sent, if it reads that soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._is_read.wait()
        await self._socket.close(code=code, message=why)

    def _forget(self) -> None:
        self._unread.size -= self.unread_bytes
        self.unread_bytes = 0
        self._queue.clear()

    async def _write(self) -> None:
        while True:
            await self._has_some.wait()
            while self._queue:
                text = self._queue.popleft()
                try:
                    await self._socket.send_frame(text, WSMsgType.TEXT)
                except (ConnectionError, ClientError, RuntimeError):
                    # It is gone or closing: whoever reads it finds that out.
                    return
                # A size is no more than what is counted: it may have been let go meanwhile.
                size = min(len(text), self.unread_bytes)
                self.unread_bytes -= size
                self._unread.size -= size
            self._has_some.clear()
            self._is_read.set()

    async def _read(self) -> None:
        wait: float | None = REQUEST_SECONDS
        while not self._socket.closed:
            try:
                # Whoever is known is asked with pings whether it lives.
                message = await self._socket.receive(timeout=wait)
            except TimeoutError:
                await self._say_goodbye(_POLICY, b"nothing was asked")
                return
            if message.type is not WSMsgType.TEXT:
                if message.type is WSMsgType.BINARY:
                    await self._say_goodbye(_UNSUPPORTED, b"JSON travels in text frames")
                return
            wait = None
            if self._is_let_go:
                return
            await self._take(message.data.encode(errors="surrogatepass"))
            if self._unreadable >= MAX_UNREADABLE:
                await self._say_goodbye(_POLICY, b"too many malformed messages")
                return
            # Who owes for what it asked is not read until nothing is owed.
            if owed := self.caller.asker.wait_s:
                await asyncio.sleep(owed)

    async def _take(self, body: bytes) -> None:
        try:
            call = read_call(body)
        except Unreadable as error:
            self._unreadable += 1
            failure = error.failure
            try:
                self.caller.asker.charge(UNREADABLE_COST)
            except Failure as owes:
                failure = owes
            self.send(error_answer(None, failure, self._is_test, error.id))
            return
        if call.method == AUTH:
            # What follows a login may be sent before its answer has come.
            await self._answer(call)
            return
        await self._room.acquire()
        if self._is_let_go:
            return
        task = asyncio.ensure_future(self._answer(call))
        self._answering.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._room.release()

    async def _answer(self, call: Call) -> None:
        self.send((await outcome(self._service, call, self.caller, self._is_test))[1])


async def outcome(
    service: Service, call: Call, caller: Caller, is_test: bool, signed: Signed | None = None
) -> tuple[int, bytes]:
    """The answer to a call, and the code of its error; 0: there is none."""
    try:
        return 0, answer(call, await service.carry_out(call, caller, signed), is_test)
    except Failure as failure:
        return failure.code, error_answer(call, failure, is_test)
    except Exception:  # noqa: BLE001 - a fault of this translation: whoever asked is told, the log has it, and the venue, which it is no part of, goes on
        _LOG.exception("a fault in the Deribit port: %s", call.method[:64])
        return 11094, error_answer(call, Failure(11094, "internal_server_error"), is_test)
