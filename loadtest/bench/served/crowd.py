"""A process of many connections that come all at once, stay, and go when they are told to; for `loadtest/bench/served/connections.py`.

What it is told comes on standard input: first its `Orders`, then `come` and `go`, a line each. It answers each with a line.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from typing import Final

import msgspec
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from engine.vocabulary.limits import MAX_CONNECTIONS_PER_ADDRESS
from gateway.open_files import allow_open_files
from gateway.protocol.messages import Hello, Login, Subscribe, login_challenge

COME, GO = b"come\n", b"go\n"
SUBPROTOCOL: Final = "sbx.v1.json"
PATIENCE_S: Final = 30.0
"""Until all is answered: who waits in the kernel's queue waits for all before him."""
AGAIN_S: Final = 0.5
"""Until one that was not let in tries again."""
SPARE_FILES: Final = 64
PER_ADDRESS: Final = MAX_CONNECTIONS_PER_ADDRESS - 124
"""The rest is for those who trade meanwhile."""


class Seat(msgspec.Struct, frozen=True):
    """Who may log in."""

    participant: str
    key: bytes
    """The 32 raw bytes of the private key."""


class Orders(msgspec.Struct, frozen=True):
    """What the process does."""

    url: str
    ca_file: str
    """What vouches for the venue; empty: no TLS."""
    connections: int
    seats: tuple[Seat, ...]
    """They are taken in turn."""
    nice: int
    """How much less of the processor it gets than those who trade."""
    cores: tuple[int, ...]
    """That it may use; none: all."""


class Came(msgspec.Struct):
    """All are in."""

    seconds: float
    """From the first socket to the last reply."""
    again: int
    """Attempts that the venue did not let in."""
    tls: str
    """Version and cipher that were agreed; empty without."""


class Gone(msgspec.Struct):
    """All have left."""

    lost: int
    """Of them: those that the venue had ended before."""


class Member(WSListener):
    """One connection: logs in, and subscribes to `heartbeat`."""

    def __init__(self, seat: Seat) -> None:
        loop = asyncio.get_running_loop()
        self.is_in: Final[asyncio.Future[None]] = loop.create_future()
        self.is_out: Final[asyncio.Future[None]] = loop.create_future()
        self.transport: WSTransport
        self._seat: Final = seat

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell who waits."""
        if not self.is_in.done():
            self.is_in.set_exception(ConnectionError("the venue closed the connection"))
        self.is_out.set_result(None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Follow the login; then only read."""
        if self.is_in.done():
            return
        payload = frame.get_payload_as_bytes()
        if payload.startswith(b'{"type":"hello"'):
            hello = msgspec.json.decode(payload, type=Hello)
            name = self._seat.participant
            key = Ed25519PrivateKey.from_private_bytes(self._seat.key)
            signature = key.sign(login_challenge(hello.venue, name, hello.nonce)).hex()
            self._send(Login(id=1, participant=name, signature=signature))
        elif payload.startswith(b'{"type":"welcome"'):
            self._send(Subscribe(id=2, channel="heartbeat"))
        elif payload.startswith(b'{"type":"subscribed"'):
            self.is_in.set_result(None)
        else:
            self.is_in.set_exception(ConnectionError(payload.decode(errors="replace")))

    def _send(self, message: msgspec.Struct) -> None:
        self.transport.send(WSMsgType.TEXT, msgspec.json.encode(message))


class Crowd:
    """All connections of the process."""

    def __init__(self, orders: Orders) -> None:
        self._orders: Final = orders
        self._trusts: Final = ssl.create_default_context(cafile=orders.ca_file) if orders.ca_file else None
        self._members: Final[list[Member]] = []
        self._again = 0

    async def come(self) -> Came:
        """All at once; ends when the last one is in."""
        self._again = 0
        began_ns = time.monotonic_ns()
        self._members.extend(await asyncio.gather(*map(self._bring_in, range(self._orders.connections))))
        seconds = (time.monotonic_ns() - began_ns) / 1e9
        agreed = self._members[0].transport.underlying_transport.get_extra_info("ssl_object")
        return Came(seconds, self._again, f"{agreed.version()}, {agreed.cipher()[0]}" if agreed is not None else "")

    async def go(self) -> Gone:
        """All leave; ends when the last one is out."""
        lost = sum(member.is_out.done() for member in self._members)
        for member in self._members:
            if not member.is_out.done():
                member.transport.disconnect()
        await asyncio.gather(*(member.is_out for member in self._members))
        self._members.clear()
        return Gone(lost)

    async def _bring_in(self, number: int) -> Member:
        """One connection; tries again until it is let in."""
        orders = self._orders
        seat = orders.seats[number % len(orders.seats)]
        # As clients of several machines.
        local = f"127.0.0.{2 + number // PER_ADDRESS}", 0
        while True:
            member = Member(seat)
            try:
                # uvloop never says it if the venue ends a handshake of TLS.
                async with asyncio.timeout(PATIENCE_S):
                    await ws_connect(
                        lambda member=member: member,
                        orders.url,
                        ssl_context=self._trusts,
                        websocket_handshake_timeout=PATIENCE_S,
                        extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOL},
                        local_addr=local,
                    )
                    await member.is_in
                return member
            except (OSError, WSError):
                self._again += 1
            await asyncio.sleep(AGAIN_S)


async def _obey(orders: Orders) -> None:
    """Come and go until standard input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    crowd = Crowd(orders)
    while line := await reader.readline():
        found = await (crowd.come() if line == COME else crowd.go())
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        sys.stdout.buffer.flush()


def main() -> None:
    """Take orders, and obey."""
    # Read without a buffer, which would keep what comes after the first line.
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(sys.stdin.fileno(), 1)
    orders = msgspec.json.decode(line, type=Orders)
    os.nice(orders.nice)
    if orders.cores:
        os.sched_setaffinity(0, orders.cores)
    allow_open_files(orders.connections + SPARE_FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_obey(orders))


if __name__ == "__main__":
    main()
