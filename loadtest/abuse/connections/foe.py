"""A bad connection: a plain socket whose bytes are made by hand, since no library would send them."""

from __future__ import annotations

import asyncio
import select
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.protocol.messages import Hello, Login, Subscribe, login_challenge

CONNECT_TIMEOUT_S: Final = 10.0
READ_BYTES: Final = 262_144
_CLOSE_HEAD: Final = 0x88
_TEXT_HEAD: Final = 0x81
_LONG, _LONGEST = 126, 127
"""Lengths that say that the length follows, in two bytes or in eight."""


class Over(Exception):
    """The venue has ended a connection, or never let it in; the message says how."""


class Tally:
    """What one kind of attack did, and what became of it."""

    def __init__(self) -> None:
        self.opened = 0
        """Sockets that were connected."""
        self.greeted = 0
        """Of those, WebSockets that the venue let in."""
        self.sent_bytes = 0
        self.read_bytes = 0
        self.ended: Final[Counter[str]] = Counter()
        """How the venue ended them: a close code, an HTTP status, `cut` if it said nothing."""


class Identity(msgspec.Struct, frozen=True):
    """Who a bad connection can log in as; the venue has nothing against it."""

    participant: str
    key: bytes
    """The 32 raw bytes of the private key."""
    account: str


class Ground(msgspec.Struct, frozen=True):
    """What all bad connections of a process know."""

    url: str
    addresses: tuple[str, ...]
    """Local addresses that they come from, in turn."""
    logins: tuple[Identity, ...]
    instruments: tuple[str, ...]


class Foe:
    """One bad connection. What can't go on raises `Over`."""

    def __init__(self, ground: Ground, number: int, tally: Tally) -> None:
        self.ground: Final = ground
        self.number: Final = number
        self.tally: Final = tally
        self._parts: Final = urlsplit(ground.url)
        self._loop: Final = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._unread = b""
        """What came after the answer to the upgrade."""

    async def connect(self, receive_buffer: int = 0) -> None:
        """Open the socket; with a small `receive_buffer`, in bytes, what is not read is soon the venue's to keep."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        self._socket = made
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.bind((self.ground.addresses[self.number % len(self.ground.addresses)], 0))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._loop.sock_connect(made, (self._parts.hostname, self._parts.port))
        except (OSError, TimeoutError) as error:
            raise Over("refused") from error
        self.tally.opened += 1

    @property
    def request(self) -> bytes:
        """The HTTP request of an upgrade."""
        return (
            f"GET / HTTP/1.1\r\nHost: {self._parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: sbx.v1.json\r\n\r\n"
        ).encode()

    async def greet(self, receive_buffer: int = 0) -> Hello:
        """Connect, become a WebSocket, and return what the venue says first."""
        await self.connect(receive_buffer)
        await self.send(self.request)
        head, _, self._unread = (await self._until(b"\r\n\r\n")).partition(b"\r\n\r\n")
        status = head.partition(b"\r\n")[0].split(b" ")[1].decode()
        if status != "101":
            raise Over(f"HTTP {status}")
        hello = msgspec.json.decode(await self._message(), type=Hello)
        self.tally.greeted += 1
        return hello

    async def log_in(self, hello: Hello) -> Identity:
        """Log in, truly; returns as whom."""
        who = self.ground.logins[self.number % len(self.ground.logins)]
        signature = Ed25519PrivateKey.from_private_bytes(who.key).sign(
            login_challenge(hello.venue, who.participant, hello.nonce)
        )
        await self.send(text(Login(id=0, participant=who.participant, signature=signature.hex())))
        return who

    async def subscribe(self, channels: Sequence[str]) -> None:
        """Ask for channels of all instruments."""
        wanted = [(channel, name) for channel in channels for name in self.ground.instruments]
        await self.send(
            b"".join(
                text(Subscribe(id=number, channel=channel, instrument=name))  # type: ignore[arg-type]
                for number, (channel, name) in enumerate(wanted, start=1)
            )
        )

    async def send(self, content: bytes) -> None:
        """Send bytes, waiting as long as the venue takes no more."""
        assert self._socket is not None
        try:
            await self._loop.sock_sendall(self._socket, content)
        except OSError as error:
            # It may have said why before it cut.
            raise Over(self._last_word()) from error
        self.tally.sent_bytes += len(content)

    async def flood(self, content: bytes) -> None:
        """Send the same bytes again and again, as fast as they are taken, and read all that comes back; ends with the connection."""
        sending = asyncio.create_task(self._send_for_ever(content))
        try:
            await self.drain()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def drain(self) -> None:
        """Read all, without a look, until the connection ends."""
        tail = b""
        while True:
            chunk = await self._read()
            if not chunk:
                raise Over(_reason(tail))
            tail = (tail + chunk)[-128:]

    async def outlast(self) -> None:
        """Read nothing until the connection is gone."""
        assert self._socket is not None
        watched = select.poll()
        watched.register(self._socket, 0)
        while not watched.poll(0):  # noqa: ASYNC110 - there is no event: nothing is read
            await asyncio.sleep(0.5)
        raise Over("cut")

    def leave(self) -> None:
        """Close the socket, without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _send_for_ever(self, content: bytes) -> None:
        with suppress(Over):
            while True:
                await self.send(content)
                await asyncio.sleep(0)

    async def _read(self) -> bytes:
        assert self._socket is not None
        try:
            chunk = await self._loop.sock_recv(self._socket, READ_BYTES)
        except OSError:
            return b""
        self.tally.read_bytes += len(chunk)
        return chunk

    async def _until(self, mark: bytes) -> bytes:
        found = self._unread
        while mark not in found:
            chunk = await self._read()
            if not chunk:
                raise Over("cut")
            found += chunk
        return found

    async def _message(self) -> bytes:
        """The payload of the first frame, which is shorter than 64 KiB."""
        found = self._unread
        while True:
            size, head = (found[1], 2) if len(found) > 1 else (0, 4)
            if size == _LONG:
                size, head = int.from_bytes(found[2:4], "big"), 4
            if len(found) >= head + size and len(found) > head:
                self._unread = found[head + size :]
                if found[0] == _CLOSE_HEAD:
                    raise Over(_reason(found[: head + size]))
                return found[head : head + size]
            chunk = await self._read()
            if not chunk:
                raise Over("cut")
            found += chunk

    def _last_word(self) -> str:
        """Why a connection was ended that takes nothing any more, if a close frame is still to be read."""
        assert self._socket is not None
        with suppress(OSError):
            return _reason(self._socket.recv(READ_BYTES))
        return "cut"


def text(message: msgspec.Struct) -> bytes:
    """A message as a frame."""
    return frame(msgspec.json.encode(message))


def frame(payload: bytes, first_byte: int = _TEXT_HEAD) -> bytes:
    """A frame of a client, masked with zeros."""
    size = len(payload)
    if size < _LONG:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | _LONG]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | _LONGEST]) + size.to_bytes(8, "big")
    return bytes([first_byte]) + length + bytes(4) + payload


def _reason(tail: bytes) -> str:
    """The close code, if the last bytes that came are a close frame."""
    for at in range(max(len(tail) - 127, 0), len(tail) - 3):
        if tail[at] == _CLOSE_HEAD and tail[at + 1] == len(tail) - at - 2:
            return str(int.from_bytes(tail[at + 2 : at + 4], "big"))
    return "cut"
