"""Many connections, with TLS and without: what each takes of the venue's memory, how fast they come, and what orders wait meanwhile.

The venue, the crowd and those who trade are a process each. All of the crowd come at once, as after a lost link; first
while nobody trades, then while somebody does.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import ssl
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from engine.vocabulary.limits import MAX_CONNECTIONS
from gateway.protocol.messages import Hello, Login, login_challenge
from gateway.self_signed import KEY, write_certificate
from loadtest.bench.costs.percentiles import percentile
from loadtest.bench.costs.resting import resident_bytes
from loadtest.bench.engines.measure import Machine, Skipped, machine
from loadtest.bench.served.crowd import COME, GO, SUBPROTOCOL, Came, Gone, Orders, Seat
from loadtest.bench.served.gateway import MIDDLE_PRICE, Keys, requests, write_venue
from loadtest.serving import Served, serving

CONNECTION_BENCHMARKS: Final = {"connections": False, "connections_tls": True}
"""Name -> whether with TLS."""
CONNECTIONS: Final = 1_000
MOST_CONNECTIONS: Final = MAX_CONNECTIONS - 48
SECONDS: Final = 5.0
"""Of each phase in which only trading is measured."""
RATE: Final = 200
"""Requests a second, of all who trade: few enough that they wait for nothing else but the crowd."""
TRADERS: Final = 2
MEMBERS_OF_ONE: Final = 8
"""Connections of a participant."""
LONGEST_S: Final = 300.0
"""For which requests are drawn: the crowd is in before."""
CROWD: Final = (sys.executable, "-P", "-m", "loadtest.bench.served.crowd")
NICE: Final = 10
"""The crowd's handshakes take a core: those who trade have it before them."""
_ID: Final = re.compile(rb'"id":(\d+)')
_CPU_CLOCK: Final = 2
"""CPUCLOCK_SCHED of Linux."""
WORKLOAD: Final = (
    f"all connections come at once, each logs in ({MEMBERS_OF_ONE} of a participant) and subscribes to heartbeat; "
    f"{TRADERS} others send {RATE} requests a second between them, about half passive limit orders, four tenths cancels, one tenth orders through the "
    f"middle ({MIDDLE_PRICE}), latency from when each was due; durability os, elr-2025"
)
LEFT_OUT: Final = (
    "the network: all are on one machine, a process each, the crowd at nice 10; what the kernel keeps for a socket; "
    "market data: who only listens to heartbeats costs little"
)

_Answer = TypeVar("_Answer", Came, Gone)


class Latency(msgspec.Struct):
    """Of the replies to requests, from when each was due."""

    requests: int
    ns_p50: int
    ns_p99: int
    ns_max: int


class ConnectionsLine(msgspec.Struct):
    """The result."""

    benchmark: str
    engine: str
    build: str
    tls: str
    """Version, cipher and key of the certificate; empty without."""
    connections: int
    bytes_per_connection: int
    """By which the venue's process grew when all had come for the first time."""
    bytes_per_connection_again: int
    """When all had left and come again: memory that was used before is not all used again."""
    arrivals_per_second: int
    """From the socket to the subscription, while nobody trades."""
    arrivals_per_second_beside_orders: int
    arrivals_again: int
    """Attempts beyond the first, over both times: who was not let in tries again."""
    venue_us_per_arrival: int
    """Processor time of the venue, while nobody trades."""
    latency: dict[str, Latency]
    """`without` the crowd, `among` it, and while it is `arriving`."""
    workload: str
    left_out: str
    machine: Machine


class Trader(WSListener):
    """One who sends requests when they are due, whatever became of those before."""

    def __init__(self, name: str, keys: Keys) -> None:
        loop = asyncio.get_running_loop()
        self.ready: Final[asyncio.Future[None]] = loop.create_future()
        self.elapsed_ns: Final[list[int]] = []
        self._name: Final = name
        self._key: Final = keys[name]
        self._frames: Final = deque(requests(1, name, math.ceil(LONGEST_S * RATE / TRADERS)))
        self._due_ns: Final[dict[int, int]] = {}
        self._sent = 0
        self._last: asyncio.Future[None] | None = None
        """Done when nothing waits for a reply."""
        self._transport: WSTransport

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Fail who waits for it."""
        for future in (self.ready, self._last):
            if future is not None and not future.done():
                future.set_exception(ConnectionError("the venue closed the connection"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Follow the login, then take the time of replies."""
        payload = frame.get_payload_as_bytes()
        if self.ready.done():
            answered = _ID.search(payload)
            if answered is not None:
                self.elapsed_ns.append(time.perf_counter_ns() - self._due_ns.pop(int(answered[1])))
                if self._last is not None and not self._due_ns:
                    self._last.set_result(None)
                    self._last = None
        elif payload.startswith(b'{"type":"hello"'):
            hello = msgspec.json.decode(payload, type=Hello)
            signature = self._key.sign(login_challenge(hello.venue, self._name, hello.nonce)).hex()
            login = Login(id=0, participant=self._name, signature=signature)
            transport.send(WSMsgType.TEXT, msgspec.json.encode(login))
        elif payload.startswith(b'{"type":"welcome"'):
            self.ready.set_result(None)
        else:
            self.ready.set_exception(ConnectionError(payload.decode(errors="replace")))

    def send(self, due_ns: int) -> None:
        """Send the next request."""
        self._sent += 1
        self._due_ns[self._sent] = due_ns
        self._transport.underlying_transport.write(self._frames.popleft())

    async def answered(self) -> None:
        """Until each request has its reply."""
        if self._due_ns:
            self._last = asyncio.get_running_loop().create_future()
            await self._last

    def close(self) -> None:
        """Leave the venue."""
        self._transport.disconnect()


async def _trade(traders: list[Trader], is_over: asyncio.Event) -> Latency:
    """Trade at the rate until it is over and the last reply is there."""
    for trader in traders:
        trader.elapsed_ns.clear()
    began_ns = time.perf_counter_ns()
    number = 0
    while not is_over.is_set():
        due_ns = began_ns + number * 1_000_000_000 // RATE
        await asyncio.sleep(max(due_ns - time.perf_counter_ns(), 0) / 1e9)
        traders[number % len(traders)].send(due_ns)
        number += 1
    await asyncio.gather(*(trader.answered() for trader in traders))
    in_order = sorted(each for trader in traders for each in trader.elapsed_ns)
    return Latency(len(in_order), percentile(in_order, 500), percentile(in_order, 990), in_order[-1])


async def _trade_for(traders: list[Trader], seconds: float) -> Latency:
    is_over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, is_over.set)
    return await _trade(traders, is_over)


class _Crowd:
    """The process of the crowd."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process: Final = process

    async def told(self, word: bytes, answer: type[_Answer]) -> _Answer:
        """Tell it a word; returns what it answers. Raises `ConnectionError` if it failed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(word)
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the process of the crowd has failed; what it said is above")
        return msgspec.json.decode(line, type=answer)


@asynccontextmanager
async def _crowd(orders: Orders) -> AsyncIterator[_Crowd]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*CROWD, stdin=pipe, stdout=pipe)
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(orders) + b"\n")
        yield _Crowd(process)
        process.stdin.close()
        await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@asynccontextmanager
async def _trading(served: Served, keys: Keys, trusts: ssl.SSLContext | None) -> AsyncIterator[list[Trader]]:
    traders = [Trader(name, keys) for name in list(keys)[:TRADERS]]
    for trader in traders:
        headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
        await ws_connect(lambda trader=trader: trader, served.url, ssl_context=trusts, extra_headers=headers)
        await trader.ready
    yield traders
    for trader in traders:
        trader.close()


async def _measure(name: str, build: str, directory: Path, connections: int, seconds: float) -> ConnectionsLine:
    keys = write_venue(directory, "os", TRADERS + math.ceil(connections / MEMBERS_OF_ONE))
    options = ["--no-follower"]
    trusts, ca_file = None, ""
    if CONNECTION_BENCHMARKS[name]:
        cert, key = write_certificate(directory)
        options += ["--tls-cert", str(cert), "--tls-key", str(key)]
        trusts, ca_file = ssl.create_default_context(cafile=str(cert)), str(cert)
    cores = sorted(os.sched_getaffinity(0))
    seats = tuple(Seat(who, key.private_bytes_raw()) for who, key in list(keys.items())[TRADERS:])
    async with serving(directory, options=options, cores=cores[:1]) as served:
        orders = Orders(served.url, ca_file, connections, seats, NICE, tuple(cores[1:]))
        async with _trading(served, keys, trusts) as traders, _crowd(orders) as crowd:
            # Whatever is done for the first time is done here.
            without = await _trade_for(traders, seconds)
            before_bytes, before_s = resident_bytes(served.pid), _cpu_s(served.pid)
            first = await crowd.told(COME, Came)
            came_s, came_bytes = _cpu_s(served.pid) - before_s, resident_bytes(served.pid)
            among = await _trade_for(traders, seconds)
            lost = (await crowd.told(GO, Gone)).lost
            is_over = asyncio.Event()
            trading = asyncio.create_task(_trade(traders, is_over))
            # They are heard before the others come.
            await asyncio.sleep(min(seconds, 1.0))
            second = await crowd.told(COME, Came)
            is_over.set()
            arriving = await trading
            again_bytes = resident_bytes(served.pid)
            lost += (await crowd.told(GO, Gone)).lost
    if lost:
        raise ConnectionError(f"{name}: the venue ended {lost} connections that had done nothing")
    return ConnectionsLine(
        name,
        "sandbox-exchange",
        build,
        f"{first.tls}, {KEY}" if first.tls else "",
        connections,
        (came_bytes - before_bytes) // connections,
        (again_bytes - before_bytes) // connections,
        round(connections / first.seconds),
        round(connections / second.seconds),
        first.again + second.again,
        round(came_s * 1e6 / connections),
        {"without": without, "among": among, "arriving": arriving},
        WORKLOAD,
        LEFT_OUT,
        machine(),
    )


def measure_connections(
    name: str, build: str, connections: int = CONNECTIONS, seconds: float = SECONDS
) -> ConnectionsLine | Skipped:
    """Run one of `CONNECTION_BENCHMARKS`.

    Args:
        name: of the benchmark.
        build: name of the build that runs here, and in the venue.
        connections: of the crowd.
        seconds: of each phase in which only trading is measured.
    """
    if sys.platform != "linux":
        return Skipped(name, build, "the memory of another process is read as Linux tells it")
    with tempfile.TemporaryDirectory() as directory, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(name, build, Path(directory), connections, seconds))


def _cpu_s(pid: int) -> float:
    """Processor time that a process has taken so far; to the nanosecond, where /proc knows ticks of 10 ms."""
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK)
