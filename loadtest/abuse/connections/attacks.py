"""The attacks, a row each: how many connections it takes, and what each of them does until the venue ends it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec

from engine.vocabulary.limits import MAX_LOGIN_ATTEMPTS, MAX_QUOTES_PER_SIDE
from gateway.protocol.messages import (
    Balances,
    CancelOrder,
    Instruments,
    Login,
    MassCancel,
    MassQuote,
    NewOrder,
    OpenOrders,
    Positions,
    Resume,
    Subscribe,
    Unsubscribe,
)
from loadtest.abuse.connections.foe import Foe, Identity, frame, text

SMALL_BUFFER_BYTES: Final = 4_096
"""To receive: what is beyond stays with the venue."""
BURST_BYTES: Final = 65_536
"""Sent at once by those who send as fast as they can."""
HUGE_BYTES: Final = 10 * 1024 * 1024
HEADER_PAUSE_S: Final = 0.2
PING: Final = 0x89
_CHANNELS: Final = ("trades", "top", "ticker", "book")


class Attack(NamedTuple):
    """One kind of attack."""

    name: str
    connections: int
    """At the same time, in a whole siege."""
    about: str
    life: Callable[[Foe], Awaitable[None]]
    """One connection from its beginning to its end; then it begins anew."""
    pause_s: float = 0.0
    """Between the end and the new beginning."""


async def _deaf(foe: Foe) -> None:
    hello = await foe.greet(SMALL_BUFFER_BYTES)
    if foe.number % 2:
        await foe.log_in(hello)
    await foe.subscribe(_CHANNELS)
    await foe.outlast()


async def _flood(foe: Foe) -> None:
    hello = await foe.greet()
    # Half of them are of one participant who has gone wild, half of them nobody.
    who = await foe.log_in(hello) if foe.number % 2 else foe.ground.logins[0]
    await foe.flood(_orders(foe, who))


async def _garbage(foe: Foe) -> None:
    kind = foe.number % 4
    chance = random.Random(f"garbage {foe.number}")
    if kind == 0:
        await foe.connect()
        await foe.flood(chance.randbytes(BURST_BYTES))
    await foe.greet()
    if kind == 1:
        await foe.flood(_burst([frame(chance.randbytes(chance.randrange(1, 200))) for _ in range(100)]))
    if kind == 2:
        wrong = [f'{{"type":"new_order","id":{n},"quantity":{n},"x":[[]]}}'.encode() for n in range(100)]
        await foe.flood(_burst([frame(each) for each in wrong]))
    # Reserved bits, opcodes that don't exist, no mask, a continuation of nothing.
    first = chance.choice((0xF1, 0x83, 0x80, 0x8B))
    await foe.flood(_burst([frame(b"{}", first)]))


async def _huge(foe: Foe) -> None:
    kind = foe.number % 3
    if kind == 0:
        await foe.connect()
        await foe.flood(b"GET / HTTP/1.1\r\nX: " + b"x" * HUGE_BYTES)
    await foe.greet()
    if kind == 1:
        await foe.flood(frame(b" " * HUGE_BYTES))
    part = b" " * (HUGE_BYTES // 320)
    await foe.flood(frame(part, 0x01) + frame(part, 0x00) * 319)


async def _pings(foe: Foe) -> None:
    await foe.greet(SMALL_BUFFER_BYTES)
    await foe.send(text(Subscribe(id=1, channel="heartbeat")))
    pings = _burst([frame(b"p" * 125, PING)])
    while True:
        await foe.send(pings)


async def _asks(foe: Foe) -> None:
    hello = await foe.greet()
    names = foe.ground.instruments
    if foe.number % 2:
        account = (await foe.log_in(hello)).account
        questions: list[msgspec.Struct] = [
            Resume(id=1, account=account, after_seq=0),
            OpenOrders(id=2, account=account),
            Balances(id=3, account=account),
            Positions(id=4, account=account),
        ]
    else:
        name = names[foe.number % len(names)]
        questions = [
            Subscribe(id=1, channel="book", instrument=name),
            Unsubscribe(id=2, channel="book", instrument=name),
            Subscribe(id=3, channel="top", instrument=name),
            Instruments(id=4),
        ]
    await foe.flood(_burst([text(each) for each in questions]))


async def _churn(foe: Foe) -> None:
    await foe.greet()
    asked = [
        Subscribe(id=number, channel="book", instrument=name) for number, name in enumerate(foe.ground.instruments)
    ]
    await foe.send(b"".join(text(each) for each in asked))


async def _half_open(foe: Foe) -> None:
    await foe.connect()
    await foe.drain()


async def _slow_headers(foe: Foe) -> None:
    await foe.connect()
    for letter in foe.request:
        await foe.send(bytes([letter]))
        await asyncio.sleep(HEADER_PAUSE_S)
    await foe.drain()


async def _wrong_logins(foe: Foe) -> None:
    await foe.greet()
    who = foe.ground.logins[foe.number % len(foe.ground.logins)]
    signature = random.Random(f"login {foe.number}").randbytes(64).hex()
    logins = [
        Login(id=number, participant=who.participant, signature=signature) for number in range(MAX_LOGIN_ATTEMPTS)
    ]
    await foe.send(b"".join(text(each) for each in logins))
    await foe.drain()


def _orders(foe: Foe, who: Identity) -> bytes:
    """What costs a venue something and its sender nothing: all of it is refused, or was there before."""
    name = foe.ground.instruments[foe.number % len(foe.ground.instruments)]
    far = [("1", "1")] * MAX_QUOTES_PER_SIDE
    kinds: list[list[msgspec.Struct]] = [
        [CancelOrder(id=number, account=who.account, order_id=number + 1) for number in range(100)],
        [
            NewOrder(id=number, account=who.account, client_order_id=f"f{number}", instrument=name, side="buy", quantity="1", price="1")
            for number in range(100)
        ],
        [MassQuote(id=1, account=who.account, quote_id="f", instrument=name, bids=far, asks=[])],
        [MassCancel(id=1, account=who.account)],
    ]  # fmt: skip
    return _burst([text(each) for each in kinds[foe.number // 2 % len(kinds)]])


def _burst(frames: list[bytes]) -> bytes:
    """Frames, repeated up to about `BURST_BYTES`."""
    whole = b"".join(frames)
    return whole * max(BURST_BYTES // len(whole), 1)


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack("deaf", 100, "subscribe to all, half of them logged in, and read nothing", _deaf, 1.0),
        Attack("floods", 50, "orders and cancels as fast as they go, half of them without a login", _flood),
        Attack("garbage", 20, "noise, malformed requests, forbidden frames", _garbage),
        Attack("huge", 5, "messages and headers of 10 MB", _huge),
        Attack("pings", 20, "ping as fast as they can, and read nothing", _pings),
        Attack("asks", 20, "only ask, as fast as they are answered, half of them without a login", _asks),
        Attack("churn", 10, "come, ask for every book, and go", _churn),
        Attack("half-open", 100, "open a socket and say nothing", _half_open),
        Attack("slow-headers", 50, "send a request letter by letter", _slow_headers),
        Attack("wrong-logins", 20, "log in with signatures that don't hold", _wrong_logins),
    )
}
"""By name."""
