"""A participant's connection to a venue: requests and their replies, and what becomes of the link."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gateway.client.copies.streams import Stream
from gateway.client.links.key import Key, private_key, signing
from gateway.client.links.link import DEFAULT_PINGS, REQUEST_TIMEOUT_SECONDS, Encoding, Link, Pings
from gateway.client.links.link_states import ConnectionEvent, LinkState, Tip
from gateway.client.links.protocol import ClientProtocol
from gateway.client.values.errors import ClientError, OrderRejected, RequestFailed
from gateway.protocol import messages as m
from gateway.protocol.requests import CancelOnDisconnect

R = TypeVar("R", bound=m.Message)


class Connection:
    """Sends requests, over one link after the other."""

    def __init__(
        self,
        url: str,
        participant: str | None,
        key: Key | None,
        *,
        encoding: Encoding,
        reconnect: bool,
        pings: Pings = DEFAULT_PINGS,
        request_timeout: float = REQUEST_TIMEOUT_SECONDS,
        ca_file: Path | str | None = None,
        cancel_on_disconnect: CancelOnDisconnect | None = None,
        lang: m.Lang = "en",
        key_name: str = "",
    ) -> None:
        self.url = url
        self.participant = participant
        self.request_timeout = request_timeout
        sign = None if key is None else signing(private_key(key))
        self._protocol = ClientProtocol(participant, sign, request_timeout, self._happened)
        self._protocol.cancel_on_disconnect = cancel_on_disconnect
        self._protocol.lang = lang
        self._protocol.key_name = key_name
        self._link = Link(url, self._protocol, encoding, pings, reconnect, tls=_trusting(url, ca_file))
        self._event_streams: list[Stream[ConnectionEvent]] = []
        self._awaited: list[tuple[Collection[str], asyncio.Future[None]]] = []

    @property
    def hello(self) -> m.Hello:
        """The venue's last greeting: its id, durability and rulebook."""
        assert self._protocol.hello is not None, "not connected yet"
        return self._protocol.hello

    @property
    def welcome(self) -> m.Welcome | None:
        """The reply to the last login; None without one."""
        return self._protocol.welcome

    @property
    def tip(self) -> Tip | None:
        """The last batch of the journal that the venue told of; None: it has told of none. Keep it: `sbx verify --tip` compares."""
        return self._protocol.tip

    @property
    def accounts(self) -> list[str]:
        """The accounts this participant may use."""
        return self._protocol.accounts

    @property
    def reconnects(self) -> int:
        """How often the connection was lost and is there again."""
        return max(self._protocol.links - 1, 0)

    @property
    def gaps(self) -> int:
        """Gaps found in report sequences, each closed by asking again."""
        return self._protocol.gaps

    # ── the link ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> LinkState:
        """How the connection stands: `connecting`, `connected` (logged in), `resumed` (nothing is missing), `lost`, `closed`."""
        return self._protocol.state

    async def connected(self) -> None:
        """Wait until requests pass. Raises what ended the client."""
        await self._until({"connected", "resumed"})

    async def resumed(self) -> None:
        """Wait until subscriptions are on again and every report that was missed is here. Raises what ended the client."""
        await self._until({"resumed"})

    async def lost(self) -> None:
        """Wait until the connection is lost; at once if it is. Raises what ended the client."""
        await self._until({"lost"})

    def connection_events(self) -> Stream[ConnectionEvent]:
        """Follow what becomes of the connection from now on: `connected`, `resumed`, `lost`."""

        async def start() -> None:
            self._event_streams.append(stream)

        async def stop() -> None:
            self._event_streams.remove(stream)

        stream: Stream[ConnectionEvent] = Stream(start, stop)
        return stream

    async def open(self) -> None:
        """Connect and log in. Raises `ConnectionLost` or, if the login fails, `RequestFailed`."""
        await self._link.open()

    async def close(self) -> None:
        """Close the connection and end all streams."""
        await self._link.close()

    async def _until(self, kinds: Collection[str]) -> None:
        if self._protocol.ended is not None:
            raise self._protocol.ended
        if self._protocol.state not in kinds:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._awaited.append((kinds, future))
            await future

    def _happened(self, event: ConnectionEvent | ClientError | None) -> None:
        """An event, or the end: with an error, or in order."""
        is_end = not isinstance(event, ConnectionEvent)
        waiting, self._awaited = self._awaited, []
        for kinds, future in waiting:
            if isinstance(event, ConnectionEvent) and event.kind not in kinds:
                self._awaited.append((kinds, future))
            else:
                settle(future, self._protocol.ended if is_end else None)
        for stream in self._event_streams:
            if isinstance(event, ConnectionEvent):
                stream.put(event)
            else:
                stream.end(event)

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def request(self, request: m.AnyRequest, expect: type[R]) -> R:
        """Send a request and return its reply, which is of type `expect`. Raises as `submit` does."""
        return expected(await (await self.send(request)), expect)

    async def send(self, request: m.AnyRequest) -> asyncio.Future[m.AnyMessage]:
        """Send a request whose `id` is new; returns a future of its reply. For those who keep many in flight."""
        await self._link.room()
        if self._protocol.ended is not None:
            raise self._protocol.ended
        future: asyncio.Future[m.AnyMessage] = asyncio.get_running_loop().create_future()
        self._protocol.request(request, partial(settle, future), self._now())
        self._link.wake()
        return future

    def next_id(self) -> int:
        """A request id that was not used on this connection."""
        return self._protocol.next_id()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _trusting(url: str, ca_file: Path | str | None) -> ssl.SSLContext | None:
    """What a venue with TLS must show; None: it has none."""
    if not url.startswith("wss://"):
        if ca_file is not None:
            raise ClientError("ca_file is for a venue with TLS, at wss://")
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ClientError(f"{ca_file} can't be used: {error}") from error


def settle(future: asyncio.Future[Any], outcome: object) -> None:
    """Let who waits have an outcome; nobody need wait."""
    if future.done():
        return
    if isinstance(outcome, ClientError):
        future.set_exception(outcome)
        future.exception()
    else:
        future.set_result(outcome)


def expected(reply: m.AnyMessage, expect: type[R]) -> R:
    """A reply of the type that was asked for. Raises `RequestFailed`, `OrderRejected`, or `ClientError` if it makes no sense."""
    if isinstance(reply, m.Error | m.Rejected):
        raise RequestFailed.of(reply)
    if isinstance(reply, m.RequestRejected) or (isinstance(reply, m.ExecutionReport) and _rejects(reply)):
        raise OrderRejected(reply)
    if not isinstance(reply, expect):
        raise ClientError(f"expected {expect.__name__}, the venue sent {type(reply).__name__}")
    return reply


def _rejects(reply: m.ExecutionReport) -> bool:
    return reply.exec_type == "rejected" or (reply.exec_type == "status" and reply.order_status == "rejected")
