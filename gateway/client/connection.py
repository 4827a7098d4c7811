"""The connection under a client: login, requests and replies, report sequences, subscriptions, and connecting again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from gateway.client.book import BookOutOfStep, LocalBook
from gateway.client.orders import ClientError, ConnectionLost, Order, OrderRejected, RequestFailed
from gateway.client.streams import Stream
from gateway.protocol import messages as m

Encoding = Literal["json", "msgpack"]
Key = Ed25519PrivateKey | bytes | str | Path
"""A private key: itself, its 32 raw bytes, its PEM text as bytes, or the path of a PEM file."""
Report = m.AnyReport | m.Resumed
"""What a private report stream carries. `Resumed` with `snapshot` true: reports were lost, ask for orders and balances."""
ChannelKey = tuple[str, str | None]
R = TypeVar("R", bound=m.Message)

# The largest message of a venue: a full book of a busy instrument stays well below it.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
OPEN_TIMEOUT_SECONDS: Final = 10
RECONNECT_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts to connect again; the last one repeats."""


class Subscription:
    """One subscription, shared by all streams that read it, or the book that follows it."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.streams: list[Stream[Any]] = []
        self.book: LocalBook | None = None
        self.lock = asyncio.Lock()


class Connection:
    """One participant's connection to a venue, kept alive."""

    def __init__(
        self,
        url: str,
        participant: str | None,
        key: Key | None,
        encoding: Encoding,
        reconnect: bool,
    ) -> None:
        self.url = url
        self.participant = participant
        self.hello: m.Hello
        """The venue's greeting: its id, durability and rulebook."""
        self.welcome: m.Welcome | None = None
        """The reply to the login; None without one."""
        self.gaps = 0
        """Gaps found in report sequences, each closed by asking again."""
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
        self._orders: dict[tuple[str, str], Order] = {}
        self._report_seq: dict[str, int] = {}
        self._resuming: set[str] = set()
        self._report_streams: list[tuple[str | None, Stream[Report]]] = []
        self._channels: dict[ChannelKey, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._broken: ClientError | None = None

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

    async def _subscribe(self, channel: m.ChannelName, instrument: str | None) -> None:
        request = m.Subscribe(id=next(self._ids), channel=channel, instrument=instrument)
        await self.request(request, m.Subscribed)

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
        for account, seq in reply.accounts.items():
            self._report_seq.setdefault(account, seq)

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

    async def _restore(self) -> None:
        """Subscribe again and fetch missed reports on a new connection."""
        for (name, instrument), channel in list(self._channels.items()):
            if channel.streams or channel.book is not None:
                request = m.Subscribe(id=next(self._ids), channel=name, instrument=instrument)  # type: ignore[arg-type]
                await self.request(request, m.Subscribed)
        for account in self.accounts:
            await self._resume(account)

    async def _read(self) -> ConnectionLost:
        """Dispatch messages until the connection ends; returns how it ended."""
        while True:
            try:
                message = await self._receive()
            except ConnectionClosed as error:
                return ConnectionLost(f"the connection to {self.url} is lost: {error}")
            await self._dispatch(message)

    async def _dispatch(self, message: m.AnyMessage) -> None:
        if isinstance(message, m.AnyReport):
            self._take_report(message)
        elif isinstance(message, m.BookSnapshot | m.BookUpdate):
            await self._take_book(message)
        elif isinstance(message, m.ChannelMessage):
            self._take_told(message)
        elif isinstance(message, m.Subscribed):
            channel = self._channels[message.channel, message.instrument]
            for stream in channel.streams:
                stream.missed += max(message.seq - channel.seq, 0) if channel.seq is not None else 0
            channel.seq = message.seq
        request_id = getattr(message, "id", None)
        if request_id is not None:
            future = self._replies.pop(request_id, None)
            if future is not None and not future.done():
                future.set_result(message)

    def _take_report(self, report: m.AnyReport) -> None:
        account = report.account
        seq = None if isinstance(report, m.TransferStatus) else report.seq
        if self.welcome is None or account not in self.welcome.accounts:
            channel = self._channels.get(("drop_copy", None))
            for stream in channel.streams if channel is not None else ():
                stream.put(report)
            return
        if seq is not None:
            last = self._report_seq[account]
            if seq <= last:
                return
            if seq > last + 1:
                # Dropped: resuming brings it again, in its place.
                if account not in self._resuming:
                    self.gaps += 1
                    self._spawn(self._resume(account))
                return
            self._report_seq[account] = seq
        if isinstance(report, m.ExecutionReport) and (seq is not None or report.exec_type == "status"):
            order = self._orders.get((account, report.client_order_id))
            if order is not None and not _foreign(order, report):
                order.apply(report)
                if not order.is_open:
                    del self._orders[account, report.client_order_id]
        self._hand_out(account, report)

    def _hand_out(self, account: str, report: Report) -> None:
        for wanted, stream in self._report_streams:
            if wanted is None or wanted == account:
                stream.put(report)

    async def _resume(self, account: str) -> None:
        """Fetch the reports after the last one seen."""
        if account in self._resuming:
            return
        self._resuming.add(account)
        try:
            request = m.Resume(id=next(self._ids), account=account, after_seq=self._report_seq[account])
            reply = await self.request(request, m.Resumed)
            if reply.snapshot:
                self._report_seq[account] = max(reply.seq, self._report_seq[account])
                self._hand_out(account, reply)
                await self._forget_ended(account)
        finally:
            self._resuming.discard(account)

    async def list_orders(self, account: str) -> list[m.OpenOrder]:
        """List the open orders of an account by order id, page after page."""
        found: list[m.OpenOrder] = []
        while True:
            after = found[-1].order_id if found else 0
            request = m.OpenOrders(id=next(self._ids), account=account, after_order_id=after)
            reply = await self.request(request, m.OpenOrdersReply)
            found += reply.orders
            if not reply.more:
                return found

    async def _forget_ended(self, account: str) -> None:
        """End the orders that do not rest any more and whose last reports are gone."""
        resting = {order.client_order_id for order in await self.list_orders(account)}
        for key, order in list(self._orders.items()):
            if key[0] == account and key[1] not in resting and order.order_id:
                order.end("unknown")
                del self._orders[key]

    def _take_told(self, message: m.AnyChannelMessage) -> None:
        channel = self._channels.get((message.channel, message.about))
        if channel is None:
            return
        # Those of one turn may be summed up in one message; it says which one it follows.
        before: int = getattr(message, "prev_seq", message.seq - 1)
        missed = 0 if channel.seq is None else max(before - channel.seq, 0)
        channel.seq = message.seq
        for stream in channel.streams:
            stream.missed += missed
            stream.put(message)

    async def _take_book(self, message: m.BookSnapshot | m.BookUpdate) -> None:
        channel = self._channels.get(("book", message.instrument))
        if channel is None or channel.book is None or (channel.book.seq < 0 and isinstance(message, m.BookUpdate)):
            return
        try:
            await channel.book.apply(message)
        except BookOutOfStep:
            channel.book.resyncs += 1
            channel.book.seq = -1
            self._spawn(self._fetch_book(message.instrument))

    async def _fetch_book(self, instrument: str) -> None:
        """Get a new snapshot by subscribing anew."""
        request = m.Unsubscribe(id=next(self._ids), channel="book", instrument=instrument)
        await self.request(request, m.Unsubscribed)
        await self._subscribe("book", instrument)

    def _end(self, error: ClientError | None) -> None:
        self._broken = self._broken or error or ClientError("the client is closed")
        for future in self._replies.values():
            if not future.done():
                future.set_exception(self._broken)
                future.exception()
        self._replies.clear()
        streams = [stream for _, stream in self._report_streams]
        streams += [stream for channel in self._channels.values() for stream in channel.streams]
        for stream in streams:
            stream.end(error)


def _rejects(reply: m.ExecutionReport) -> bool:
    return reply.exec_type == "rejected" or (reply.exec_type == "status" and reply.order_status == "rejected")


def _foreign(order: Order, report: m.ExecutionReport) -> bool:
    """Whether a report is of another order with the same client order id: a reject of a resent id with other content."""
    return report.exec_type == "rejected" and report.code == "duplicate_id" and order.order_id != 0


def private_key(key: Key) -> Ed25519PrivateKey:
    """Take a private key in any of its forms. Raises `ClientError` if it is none."""
    if isinstance(key, Ed25519PrivateKey):
        return key
    try:
        content = key if isinstance(key, bytes) else Path(key).expanduser().read_bytes()
        loaded = (
            Ed25519PrivateKey.from_private_bytes(content)
            if len(content) == 32
            else load_pem_private_key(content, password=None)
        )
    except (OSError, ValueError, TypeError) as error:
        raise ClientError(f"the private key can't be read: {error}") from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise ClientError("the private key is not an Ed25519 key")
    return loaded
