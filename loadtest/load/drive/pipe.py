"""What goes between the command and its generators, a process each: frames of MessagePack over their pipes.

down: Assignment, Start, Settle, Finish
up:   Ready, Pulse (one a second), Chunk, Drained, Settled, Finished; or Failed at any time
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from loadtest.load.plan.seats import Listed

Levels = list[tuple[str, str]]


class SeatPlan(msgspec.Struct, array_like=True):
    """One trading connection."""

    number: int
    participant: str
    key: bytes
    """The 32 raw bytes of the private key."""
    accounts: tuple[str, ...]
    address: str = ""
    """The local address to connect from; empty: any."""


class WatcherPlan(msgspec.Struct, array_like=True):
    """One connection that listens to market data."""

    topics: list[tuple[str, str]]
    """Channels, each with its instrument."""
    keeps_books: bool = False
    """Whether its messages are kept, to rebuild the books afterwards."""
    address: str = ""
    interval: str = ""
    """Of channel `candles`, if it is among the topics."""


class Assignment(msgspec.Struct, tag=True):
    """All that one generator does."""

    url: str
    mix: str
    """As TOML."""
    shape: str
    """As the command line states it."""
    arrivals: str
    seed: int
    prefix: str
    """Of all client order ids: no other run on this venue has the same."""
    connections: int
    """Of the whole load, over all processes and machines."""
    rate: float
    seconds: float
    """Without the warm-up."""
    warm_up_s: float
    instruments: list[Listed]
    seats: list[SeatPlan]
    watchers: list[WatcherPlan]
    window: int = 0
    """Of a closed loop: requests under way on each connection; 0: open loop."""
    delay_ns: int = 0
    """Spent on each request on purpose, to see that the run says so."""
    drain_s: float = 10.0
    """So long replies are waited for after the last request."""
    cores: list[int] = []


class Start(msgspec.Struct, tag=True):
    """Begin at a time of the wall clock, nanoseconds since the epoch."""

    at_ns: int


class Settle(msgspec.Struct, tag=True):
    """Compare with what the venue says now; rebuild the books, if any were kept."""


class Finish(msgspec.Struct, tag=True):
    """Cancel all orders and leave."""


class Ready(msgspec.Struct, tag=True):
    """Connected; so many connections were refused."""

    connected: int
    refused: int
    detail: str = ""


class Pulse(msgspec.Struct, tag=True):
    """How it goes, once a second: all that is told while the load runs, since telling takes time from it."""

    at_ns: int
    """Since the start."""
    sent: int
    """So far, and likewise `answered`, `refused` and `lost`, the connections."""
    answered: int
    refused: int
    lost: int
    p50_ns: int
    """Of the replies since the pulse before."""
    p99_ns: int
    p999_ns: int


class Chunk(msgspec.Struct, tag=True):
    """What was noted since the chunk before, when it is much, or at the end. Arrays are the bytes of native 64-bit (`kind`: 16-bit) integers."""

    names: list[tuple[str, str, str]]
    """Kinds met for the first time: request, outcome, rule or code. A kind is its place in all these lists together."""
    due: bytes
    """Answered requests: intended time, nanoseconds since the start."""
    latency: bytes
    kind: bytes
    lag: bytes
    """Sent requests, in order of sending: by how much each was late."""
    lag_due: bytes
    fill: bytes
    report: bytes
    gaps: bytes
    """Turns of the loop in which something was sent or received."""
    delivery: dict[str, tuple[bytes, bytes]]
    """By channel: receipt, nanoseconds since the start, and latency of each message."""
    fills: int
    at_ns: int
    """Since the start."""
    busy_ns: int
    cpu_ns: int
    """Of this process, since the start."""


class Drained(msgspec.Struct, tag=True):
    """All is sent, and answered or given up. What does not add up is listed in words."""

    asked: int
    """Requests in the schedule."""
    unsent: int
    """Their connection was lost before."""
    unanswered: int
    doubled: int
    """Replies to nothing, or to something answered before."""
    report_gaps: list[str]
    """Where the numbers of reports have gaps or repeat, in words; likewise of market data."""
    market_gaps: list[str]
    sequenced: int
    """Requests whose reply says that the venue sequenced them."""
    lost: int


class Settled(msgspec.Struct, tag=True):
    """What was found when all was quiet."""

    accounts: int
    """Accounts whose last report was compared with what the venue says to a fresh login."""
    account_problems: list[str]
    books: dict[str, tuple[int, Levels, Levels]]
    """As rebuilt from market data: by instrument its sequence number, bids and asks."""
    updates: int
    book_problems: list[str]
    market_gaps: list[str] = []
    """As in `Drained`, with what a fresh subscription showed."""


class Finished(msgspec.Struct, tag=True):
    """Gone; so many further requests were sequenced."""

    sequenced: int


class Failed(msgspec.Struct, tag=True):
    """The generator can't go on."""

    reason: str


Down = Assignment | Start | Settle | Finish
Up = Ready | Pulse | Chunk | Drained | Settled | Finished | Failed
_LENGTH: Final = 4
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_down: Final = msgspec.msgpack.Decoder(Down).decode
_decode_up: Final = msgspec.msgpack.Decoder(Up).decode


class PipeClosed(Exception):
    """The other side is gone."""


def frame(message: Down | Up) -> bytes:
    """A message as it is written."""
    payload = _encode(message)
    return len(payload).to_bytes(_LENGTH, "big") + payload


async def read_down(reader: asyncio.StreamReader) -> Down:
    """Read what the command says. Raises `PipeClosed`."""
    message: Down = _decode_down(await _read(reader))
    return message


async def read_up(reader: asyncio.StreamReader) -> Up:
    """Read what a generator says. Raises `PipeClosed`."""
    message: Up = _decode_up(await _read(reader))
    return message


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        size = int.from_bytes(await reader.readexactly(_LENGTH), "big")
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise PipeClosed from error
