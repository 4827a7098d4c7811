"""Round trips through a venue: a server process, and 8 connections that each keep 64 requests under way.

The client must not be what is measured: its requests are encoded and framed before the clock starts, one write carries
all that a read made room for, and a reply is recognised by its `id` without being decoded.
"""

from __future__ import annotations

import asyncio
import functools
import random
import statistics
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import msgspec
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.keys import new_private_key, public_key_hex
from gateway.protocol.messages import AnyRequest, CancelOrder, Hello, Login, NewOrder, login_challenge
from loadtest.bench.engines.measure import Machine, machine
from loadtest.serving import serving

CONNECTIONS: Final = 8
WINDOW: Final = 64
SUBPROTOCOL: Final = "sbx.v1.json"
INSTRUMENT: Final = "BTC/RUB"
MIDDLE_PRICE: Final = 8_000_000
PRICE_STEP: Final = 100
WORKLOAD: Final = (
    "JSON requests; of 10 about 5 passive limit orders up to 40 ticks from the middle, 4 cancels of the oldest order, "
    "1 order through the middle; 1 instrument, elr-2025"
)

Keys: TypeAlias = dict[str, Ed25519PrivateKey]
"""Of participants."""
_VENUE: Final = """
[venue]
id = "bench"
port = 0
durability = "{durability}"

[limits]
lifted = true

[[assets]]
asset = "RUB"
kind = "fiat"
scale = 2

[[assets]]
asset = "BTC"
kind = "crypto"
scale = 8

[[instruments]]
instrument = "BTC/RUB"
kind = "spot"
base = "BTC"
quote = "RUB"
tick = "100"
lot = "0.0001"
min_quantity = "0.0001"
max_quantity = "100"
max_notional = "1000000000"
reference_price = "8000000"
collar_ppm = 30_000
phase = "continuous"
"""

_PARTICIPANT: Final = """
[[participants]]
participant = "{name}"
role = "participant"
public_key = "{public_key}"

[[investors]]
investor = "{name}"
kind = "firm"
assets_rub = 5_000_000_000
income_rub = 9_000_000_000
acknowledgements = [1]

[[accounts]]
account = "{name}"
participant = "{name}"
investor = "{name}"
deposits = {{ RUB = "5000000000000", BTC = "1000000" }}
"""


class GatewayLine(msgspec.Struct):
    """The result of the gateway's benchmark under one durability."""

    benchmark: str
    engine: str
    build: str
    durability: str
    round_trips_per_second_max: int
    round_trips_per_second_median: int
    operations: int
    repeats: int
    connections: int
    window: int
    workload: str
    seed: int
    trades: int
    """Of the last repeat; how the connections interleave is not under the seed's control."""
    refused: int
    """Of the last repeat: requests that were answered with a refusal, as a cancel of an order just filled is."""
    left_out: str
    machine: Machine


class Outcome(NamedTuple):
    """One run: how long it took, and what came back."""

    elapsed_ns: int
    trades: int
    refused: int


def client_frame(payload: bytes) -> bytes:
    """A masked text frame (RFC 6455 section 5.2) with the masking key 0, which leaves the payload as it is."""
    size = len(payload)
    assert size < 1 << 16
    length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    return bytes((0x81,)) + length + bytes(4) + payload


def requests(seed: int, account: str, count: int) -> list[bytes]:
    """Draw the framed requests of one connection."""
    chance = random.Random(f"{seed} {account}")
    encode = msgspec.json.Encoder().encode
    entered: deque[str] = deque()
    frames: list[bytes] = []
    for number in range(1, count + 1):
        roll = chance.randrange(10)
        request: AnyRequest
        if roll < 4 and len(entered) > 20:
            request = CancelOrder(id=number, account=account, client_order_id=entered.popleft())
        else:
            side = chance.choice((-1, 1))
            # Sells above the middle and buys below it rest; one in ten goes through to the other side.
            ticks = chance.randrange(1, 41) * (-1 if roll == 9 else 1)
            name = f"o{number}"
            if ticks > 0:
                entered.append(name)
            request = NewOrder(
                id=number,
                account=account,
                client_order_id=name,
                instrument=INSTRUMENT,
                side="sell" if side > 0 else "buy",
                quantity=f"0.{chance.randrange(1, 200):04}",
                price=str(MIDDLE_PRICE + side * ticks * PRICE_STEP),
            )
        frames.append(client_frame(encode(request)))
    return frames


class Trader(WSListener):
    """One connection: logs in, then keeps a window of requests under way until all are answered."""

    def __init__(self, name: str, key: Ed25519PrivateKey, frames: list[bytes]) -> None:
        loop = asyncio.get_running_loop()
        self.ready: Final[asyncio.Future[None]] = loop.create_future()
        self.done: Final[asyncio.Future[None]] = loop.create_future()
        self.trades = 0
        self.refused = 0
        self._loop: Final = loop
        self._name: Final = name
        self._key: Final = key
        self._frames: Final = frames
        self._sent = 0
        self._answered = 0
        self._room = 0
        self._transport: WSTransport

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Fail what still waits."""
        for future in (self.ready, self.done):
            if not future.done():
                future.set_exception(ConnectionError("the venue closed the connection"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Follow the login, then count replies."""
        payload = frame.get_payload_as_bytes()
        if self.ready.done():
            self._count(payload)
        elif payload.startswith(b'{"type":"hello"'):
            hello = msgspec.json.decode(payload, type=Hello)
            signature = self._key.sign(login_challenge(hello.venue, self._name, hello.nonce)).hex()
            login = Login(id=0, participant=self._name, signature=signature)
            transport.send(WSMsgType.TEXT, msgspec.json.encode(login))
        elif payload.startswith(b'{"type":"welcome"'):
            self.ready.set_result(None)
        else:
            self.ready.set_exception(ConnectionError(payload.decode(errors="replace")))

    def start(self) -> None:
        """Send the first window."""
        self._room = WINDOW
        self._send()

    def close(self) -> None:
        """Leave the venue."""
        self._transport.disconnect()

    def _count(self, payload: bytes) -> None:
        if b'"liquidity":"taker"' in payload:
            self.trades += 1
        if b'"id":' not in payload:
            return
        if b'"code":' in payload:
            self.refused += 1
        self._answered += 1
        if self._answered == len(self._frames):
            self.done.set_result(None)
        elif not self._room:
            self._room = 1
            self._loop.call_soon(self._send)
        else:
            self._room += 1

    def _send(self) -> None:
        """Send as many requests as replies have made room for, in one write."""
        batch = self._frames[self._sent : self._sent + self._room]
        self._sent += len(batch)
        self._room = 0
        if batch:
            self._transport.underlying_transport.write(b"".join(batch))


def write_venue(directory: Path, durability: str, participants: int) -> Keys:
    """Write the venue file of the benchmark; return the key of each of its participants."""
    keys = {f"firm-{number}": new_private_key() for number in range(participants)}
    text = _VENUE.format(durability=durability)
    text += "".join(_PARTICIPANT.format(name=name, public_key=public_key_hex(key)) for name, key in keys.items())
    (directory / "venue.toml").write_text(text, encoding="utf-8")
    return keys


async def _run(directory: Path, traders: dict[str, tuple[Ed25519PrivateKey, list[bytes]]]) -> Outcome:
    """Serve a directory, connect the traders, and take the time from the first request to the last reply."""
    # What is measured is the venue.
    async with serving(directory, options=["--no-follower"]) as served:
        connected: list[Trader] = []
        for name, (key, frames) in traders.items():
            trader = Trader(name, key, frames)
            connected.append(trader)
            headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
            await ws_connect(functools.partial(_same, trader), served.url, extra_headers=headers)
            await trader.ready
        start_ns = time.perf_counter_ns()
        for trader in connected:
            trader.start()
        await asyncio.gather(*(trader.done for trader in connected))
        elapsed_ns = time.perf_counter_ns() - start_ns
        for trader in connected:
            trader.close()
    return Outcome(elapsed_ns, sum(trader.trades for trader in connected), sum(trader.refused for trader in connected))


def _same(trader: Trader) -> Trader:
    return trader


def measure_gateway(build: str, durability: str, seed: int, operations: int, repeats: int) -> GatewayLine:
    """Run a venue and its 8 connections, afresh for each repeat.

    Args:
        build: name of the build that runs here, and in the server.
        durability: `fsync` or `os`.
        seed: of the requests.
        operations: requests of all connections together.
        repeats: runs.
    """
    outcomes: list[Outcome] = []
    for _ in range(repeats):
        with (
            tempfile.TemporaryDirectory() as directory,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            keys = write_venue(Path(directory), durability, CONNECTIONS)
            traders = {name: (key, requests(seed, name, operations // CONNECTIONS)) for name, key in keys.items()}
            outcomes.append(runner.run(_run(Path(directory), traders)))
    count = operations // CONNECTIONS * CONNECTIONS
    rates = [count * NS_PER_SECOND // outcome.elapsed_ns for outcome in outcomes]
    return GatewayLine(
        "gateway",
        "sandbox-exchange",
        build,
        durability,
        max(rates),
        round(statistics.median(rates)),
        count,
        repeats,
        CONNECTIONS,
        WINDOW,
        WORKLOAD,
        seed,
        outcomes[-1].trades,
        outcomes[-1].refused,
        "the network: client and server share one machine, a process each; no subscriber of market data",
        machine(),
    )
