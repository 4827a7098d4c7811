"""The port itself: HTTP and WebSocket, on the venue's own loop, by aiohttp."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.deribit.callers.caller import Caller
from gateway.deribit.callers.signatures import Signed
from gateway.deribit.connection import MAX_BODY_BYTES, UNREADABLE_COST, SocketConnection, Unread, outcome
from gateway.deribit.dialect.failures import TOO_MANY, Failure
from gateway.deribit.dialect.rpc import Call, Unreadable, error_answer, read_call
from gateway.deribit.doors import IDLE_SECONDS, Doors, Guest
from gateway.deribit.service import Service
from gateway.server.door.handshake import Callers
from gateway.server.door.listening import Certificate
from gateway.server.peers.local import LocalPeers
from gateway.venue.file import ServerSection

PATH: Final = "/api/v2"
SOCKET_PATH: Final = "/ws/api/v2"
BODY_SECONDS: Final = 5
"""For the body of a request, behind its head."""
MAX_LINE_BYTES: Final = 8_190
CLOSE_SECONDS: Final = 2.0
OWES_SECONDS: Final = 0.25
"""So long who owes for more than a second waits to be told so, and is not read: a flood over all sockets of an address is 256 answers a
second, as WebSockets and `sbx.v1` are not read at all while they owe."""
_STATUSES: Final = {0: 200, TOO_MANY: 429, -32601: 404, 10047: 429, 13004: 401, 13009: 401, 11051: 503, 11094: 500}
"""Of HTTP, by the code of the error; 400 of all others. `ccxt` looks at the code first."""


class _Unquoted(logging.Filter):
    """What is no HTTP is an error of whoever sent it, which aiohttp would log with the bytes: URLs, headers and bodies have secrets in them.

    Nor is it worth a word that somebody went, or sent a body too slowly.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is logged."""
        return not (
            record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | ConnectionError | TimeoutError)
        )


_LOG: Final = logging.getLogger("gateway.deribit.http")
_LOG.addFilter(_Unquoted())


class DeribitPort:
    """Answers calls in the dialect of Deribit until it is closed.

    Args:
        peers: of the venue.
        directory: of the venue, where its file of keys is.
        section: of the venue file: by which names it may be called.
        certificate: to listen with TLS.
    """

    def __init__(
        self, peers: LocalPeers, directory: Path, section: ServerSection, certificate: Certificate | None = None
    ) -> None:
        self.service: Final = Service(peers, directory)
        self._section: Final = section
        self._is_test: Final = peers.context.time_scale > 0
        self._certificate: Final = certificate
        self._callers = Callers((), ())
        self._connections: Final[set[SocketConnection]] = set()
        self._unread: Final = Unread()
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get(SOCKET_PATH, self._socket)
        for path in (PATH, PATH + "/{method:.*}"):
            application.router.add_get(path, self._get, allow_head=False)
            application.router.add_post(path, self._post)
        application.router.add_route("*", "/{path:.*}", self._nothing)
        self._runner: Final = web.AppRunner(
            application,
            access_log=None,
            logger=_LOG,
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=0,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
            read_bufsize=MAX_BODY_BYTES,
            shutdown_timeout=CLOSE_SECONDS,
        )
        self._doors: Doors | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return 0 if self._doors is None else self._doors.port

    async def listen(self, host: str, port: int) -> None:
        """Open it.

        Raises:
            KeysError: the file of keys can't be used.
            OSError: the port can't be had.
        """
        await self.service.begin()
        await self._runner.setup()
        self._callers = Callers((host, *self._section.hosts), self._section.origins)
        inner: Callable[[], asyncio.Protocol] = self._runner.server  # type: ignore[assignment]  # set up a line before
        self._doors = Doors(inner, None if self._certificate is None else self._shown)
        await self._doors.listen(host, port)

    async def close(self) -> None:
        """Answer nobody any more: connections are told that the venue stops."""
        if self._doors is not None:
            self._doors.close()
        if self._connections:
            await asyncio.wait(
                [asyncio.ensure_future(each.close()) for each in self._connections], timeout=CLOSE_SECONDS
            )
        if self._doors is not None:
            self._doors.abort_all()
        await self._runner.cleanup()
        self.service.end()

    def _shown(self) -> ssl.SSLContext:
        """What TLS shows now: the certificate may have been read again."""
        assert self._certificate is not None
        return self._certificate.context

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _guest(self, request: web.Request) -> Guest:
        """Whose request it is, who is asked nothing more until it is answered. Raises `HTTPForbidden`."""
        guest = None if self._doors is None else self._doors.guest(request.transport)
        if guest is None:
            raise web.HTTPServiceUnavailable(text="gone")
        guest.asks()
        refused = self._callers.refuse(request.headers.copy(), guest.host)
        if refused is not None:
            forbidden = web.HTTPForbidden(text=f"{refused[0]}: the venue may not be called so")
            # Who asks again has to come again: for that there is a bound.
            forbidden.force_close()
            raise forbidden
        return guest

    def _stranger(self, guest: Guest) -> Caller:
        """Who asks over this socket without a key: its rate is that of its address."""
        if guest.state is None or guest.state.asker.is_over:
            caller = self.service.stranger(guest.address)
            guest.state = caller
            guest.closed[:] = [caller.asker.end]
        found: Caller = guest.state
        return found

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        guest = self._guest(request)
        connection = SocketConnection(self.service, guest, self._unread, self._is_test)
        self._connections.add(connection)
        try:
            return await connection.serve(request)
        finally:
            self._connections.discard(connection)
            guest.wait(CLOSE_SECONDS)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        """Parameters stand in the URL."""
        guest = self._guest(request)
        try:
            query = request.query
            if len(query) != len(set(query)):
                failure = Failure(-32602, "Invalid params", reason="a parameter stands there twice")
                return await self._refused(guest, failure)
            return await self._answer(
                request, guest, Call(None, request.match_info.get("method", ""), dict(query)), b""
            )
        finally:
            guest.wait(IDLE_SECONDS)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        """The body is a request of JSON-RPC; the URL may name its method, too."""
        guest = self._guest(request)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
            call = read_call(body)
            named = request.match_info.get("method", "")
            if named and named != call.method:
                raise Unreadable(-32600, "Invalid Request", "the URL names another method", call.id)
            return await self._answer(request, guest, call, body)
        except Unreadable as error:
            return await self._refused(guest, error.failure, error.id)
        except TimeoutError:
            guest.abort()
            raise
        finally:
            guest.wait(IDLE_SECONDS)

    async def _answer(self, request: web.Request, guest: Guest, call: Call, body: bytes) -> web.StreamResponse:
        caller, signed = self._stranger(guest), None
        header = request.headers.get("Authorization")
        if header is not None:
            try:
                caller, signed = await self._signed(guest, header, request, body)
            except Failure as failure:
                return await self._refused(guest, failure, call.id, is_failed_login=True)
        code, text = await outcome(self.service, call, caller, self._is_test, signed)
        return await _response(code, text)

    async def _signed(self, guest: Guest, header: str, request: web.Request, body: bytes) -> tuple[Caller, Signed]:
        if not header.isascii() or not request.raw_path.isascii():
            raise Failure(13009, "unauthorized", reason="what is signed is ASCII")
        return await self.service.signed(guest.address, header, (request.method, request.raw_path, body))

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        """There is nothing at this URL, or not for this verb."""
        guest = self._guest(request)
        try:
            return await self._refused(guest, Failure(-32601, "Method not found", reason=f"calls are at {PATH}/METHOD"))
        finally:
            guest.wait(IDLE_SECONDS)

    async def _refused(
        self, guest: Guest, failure: Failure, call_id: Any = None, is_failed_login: bool = False
    ) -> web.StreamResponse:
        """Say no to what is no call, or was not signed by a key; it costs. What is refused for its rate is noted nowhere."""
        asker = self._stranger(guest).asker
        try:
            asker.charge(UNREADABLE_COST)
            if is_failed_login:
                asker.note_failed(self.service.context.audit, "")
        except Failure as owes:
            failure = owes
        return await _response(failure.code, error_answer(None, failure, self._is_test, call_id))


async def _response(code: int, text: bytes) -> web.Response:
    if code == TOO_MANY:
        await asyncio.sleep(OWES_SECONDS)
    return web.Response(body=text, status=_STATUSES.get(code, 400), content_type="application/json")
