"""A small venue for tests of the server, and a client that knows no more of it than docs/PROTOCOL.md says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine.exchange import Exchange
from gateway.core import new_exchange
from gateway.keys import public_key_hex
from gateway.server.opening import start_server
from gateway.server.sequencing.turns import VenueHalted
from gateway.server.venue_server import VenueServer
from gateway.venue.venue import Venue, check_setup, parse_venue
from tests.support.gateway.protocol.contract import check_asked, check_received
from tests.support.small_market import SMALL_MARKET

PARTICIPANTS = {"alice": "participant", "bob": "participant", "sue": "supervisor", "otto": "operator"}
KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    for number, name in enumerate(PARTICIPANTS, start=1)
}
SECONDS = 10
"""No answer takes longer, or there is none."""

_HEAD = """
[venue]
id = "small"
port = 0
rulebook = "elr-2025"
"""

_INVESTOR = """
[[investors]]
investor = "{name}"
kind = "firm"
assets_rub = 5_000_000_000
income_rub = 9_000_000_000

[[warnings]]
text = "{name} may lose all that is paid."

[[accounts]]
account = "{name}"
participant = "{name}"
investor = "{name}"
deposits = {{ RUB = "1000000000", BTC = "1000000" }}
"""


def venue_text(extra: str = "") -> str:
    """The venue file: one instrument, tick 0.5 and lot 0.1, and an account for each of alice and bob."""
    text = _HEAD + SMALL_MARKET
    for name, role in PARTICIPANTS.items():
        key = public_key_hex(KEYS[name])
        text += f'\n[[participants]]\nparticipant = "{name}"\nrole = "{role}"\npublic_key = "{key}"\n'
        if role == "participant":
            text += _INVESTOR.format(name=name)
    return text + extra


def small_venue(extra: str = "") -> Venue:
    venue = parse_venue(venue_text(extra), "", Path())
    check_setup(venue)
    return venue


@asynccontextmanager
async def serving(
    directory: Path,
    venue: Venue | None = None,
    exchange: Callable[[], Exchange] = new_exchange,
    halts: str = "",
    **options: Any,
) -> AsyncIterator[VenueServer]:
    """A server in this process, stopped in order; or, with `halts`, one that must have been stopped by such a fault."""
    server = await start_server(venue or small_venue(), directory, exchange=exchange, **options)
    try:
        yield server
    finally:
        if halts:
            with pytest.raises(VenueHalted, match=halts):
                await server.wait()
        else:
            await server.stop()


def serve_command(directory: Path, *options: str) -> list[str]:
    """`sbx serve` in a process of its own, without one that follows it."""
    return [sys.executable, "-m", "gateway.cli", "serve", "--no-follower", str(directory), *options]


@contextmanager
def served_apart(
    directory: Path, *options: str, prefix: tuple[str, ...] = (), env: dict[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`sbx serve` in a process of its own; yields its URL and the process, and ends it in order if it still runs."""
    directory.mkdir(exist_ok=True)
    if not (directory / "venue.toml").exists():
        (directory / "venue.toml").write_text(venue_text())
    command = serve_command(directory, "--json", *options)
    with subprocess.Popen([*prefix, *command], stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the venue did not start"
            yield json.loads(line)["url"], process
        finally:
            process.terminate()
            process.wait(20)


class RawClient:
    """A connection, its messages as plain dictionaries. All that it sends and gets is held to the published schemas."""

    def __init__(self, socket: ClientConnection, binary: bool) -> None:
        self.socket = socket
        self.binary = binary
        self.hello: dict[str, Any] = {}
        self.reports: list[dict[str, Any]] = []
        """Messages that were no reply to a request of `ask`, in order."""
        self._ids = iter(range(1, 1 << 30))

    async def send(self, **request: Any) -> int:
        """Send a request; returns its id."""
        request = {"id": next(self._ids), **request}
        check_asked(request)
        await self.socket.send(msgspec.msgpack.encode(request) if self.binary else json.dumps(request))
        return int(request["id"])

    async def receive(self) -> dict[str, Any]:
        """The next message, whatever it is."""
        raw = await asyncio.wait_for(self.socket.recv(), SECONDS)
        assert isinstance(raw, bytes) == self.binary
        message: dict[str, Any] = msgspec.msgpack.decode(raw) if isinstance(raw, bytes) else json.loads(raw)
        check_received(message)
        return message

    async def until_closed(self) -> tuple[list[dict[str, Any]], int]:
        """All messages until the venue closes the connection, and the code it closes with."""
        messages = []
        while True:
            try:
                messages.append(await self.receive())
            except ConnectionClosed as closed:
                # 1006: there was no close frame.
                return messages, closed.rcvd.code if closed.rcvd is not None else 1006

    async def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return its reply; what comes before it goes to `reports`."""
        request_id = await self.send(**request)
        while True:
            message = await self.receive()
            if message.get("id") == request_id:
                return message
            self.reports.append(message)

    async def open_orders(self, account: str) -> list[dict[str, Any]]:
        """All open orders of an account, page after page."""
        listed: list[dict[str, Any]] = []
        while True:
            after = listed[-1]["order_id"] if listed else 0
            reply = await self.ask(type="open_orders", account=account, after_order_id=after)
            listed += reply["orders"]
            if not reply.get("more"):
                return listed

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a type, of those seen already or to come."""
        for number, message in enumerate(self.reports):
            if message["type"] == kind:
                return self.reports.pop(number)
        while True:
            message = await self.receive()
            if message["type"] == kind:
                return message
            self.reports.append(message)

    async def login(
        self, name: str, key: Ed25519PrivateKey | None = None, key_name: str = "", **more: Any
    ) -> dict[str, Any]:
        """Log in as `name`, with its own key or another one, which may be named."""
        if key_name:
            more["key"] = key_name
        challenge = f"sbx.v1 login\n{self.hello['venue']}\n{name}\n{self.hello['nonce']}"
        signature = (key or KEYS[name]).sign(challenge.encode()).hex()
        return await self.ask(type="login", participant=name, signature=signature, **more)

    async def order(self, side: str, quantity: str, price: str | None, name: str, **terms: Any) -> dict[str, Any]:
        """Enter an order in BTC/RUB for the account that is named like the participant."""
        if price is not None:
            terms["price"] = price
        else:
            terms.setdefault("order_type", "market")
        terms = {"instrument": "BTC/RUB", "client_order_id": name, "quantity": quantity, "side": side, **terms}
        return await self.ask(type="new_order", **terms)


@asynccontextmanager
async def client(url: str, participant: str = "", binary: bool = False, **options: Any) -> AsyncIterator[RawClient]:
    """Connect and, with a participant, log in."""
    subprotocols = [Subprotocol("sbx.v1.msgpack" if binary else "sbx.v1.json")]
    async with connect(url, subprotocols=subprotocols, proxy=None, max_size=None, max_queue=None, **options) as socket:
        raw = RawClient(socket, binary)
        raw.hello = await raw.receive()
        assert raw.hello["type"] == "hello"
        if participant:
            welcome = await raw.login(participant)
            assert welcome["type"] == "welcome", welcome
        yield raw


def url_of(server: VenueServer) -> str:
    return f"ws://127.0.0.1:{server.port}"


class NaiveBook:
    """A client's copy of a book: dictionaries, sorted whenever they are looked at."""

    def __init__(self) -> None:
        self.seq = -1
        self.sides: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def apply(self, message: dict[str, Any]) -> None:
        if message["type"] == "book_snapshot":
            self.sides = ({}, {})
        else:
            assert message["prev_seq"] == self.seq, "a message is missing"
            assert message["seq"] > self.seq
        for side, levels in zip(self.sides, (message["bids"], message["asks"]), strict=True):
            for price, quantity in levels:
                if quantity == "0":
                    del side[price]
                else:
                    side[price] = quantity
        self.seq = message["seq"]
        assert zlib.crc32("|".join(f"{p}:{q}" for p, q in self.best(10)).encode()) == message["checksum"]

    def best(self, depth: int) -> list[tuple[str, str]]:
        bids = sorted(self.sides[0].items(), key=lambda level: -float(level[0]))[:depth]
        asks = sorted(self.sides[1].items(), key=lambda level: float(level[0]))[:depth]
        return bids + asks
