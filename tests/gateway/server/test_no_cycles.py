"""Nothing that a venue makes is cyclic: `sbx serve` switches the collector off, so a cycle would be a leak."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import urllib.request
from collections import Counter

import pytest
from websockets.asyncio.client import connect

from gateway.core import new_exchange
from gateway.self_signed import write_certificate
from gateway.server.peers.connection import CLOSE_SECONDS
from tests.support.engine.draws.everything import Everything
from tests.support.gateway.inprocess.played_again import playing, record
from tests.support.gateway.venues.small_venue import client, serving, small_venue, url_of

OURS = ("gateway.", "engine.", "compliance.", "picows", "prometheus_client")


def cyclic() -> Counter[str]:
    """Objects of ours that only a collection would free, by type."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        found = Counter(f"{type(each).__module__}.{type(each).__name__}" for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    return Counter({name: count for name, count in found.items() if name.startswith(OURS)})


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def from_here_on() -> None:
    """Only look at what is made from now on: what earlier tests left may go at any time."""
    gc.collect()
    gc.freeze()


async def visit(url: str, kind: str) -> None:
    if kind == "http":
        with pytest.raises(urllib.error.HTTPError):
            await asyncio.to_thread(urllib.request.urlopen, url.replace("ws://", "http://") + "/nope", None, 5)
        return
    if kind == "trade":
        async with client(url, "alice") as alice:
            for number, side in enumerate(("buy", "sell")):
                await alice.send(
                    type="new_order", account="alice", client_order_id=f"c{id(alice)}-{number}", instrument="BTC/RUB",
                    side=side, order_type="limit", quantity="1", price="90", self_trade="cancel_both",
                )  # fmt: skip
                await alice.receive()
        return
    async with connect(url) as socket:
        await socket.recv()
        if kind == "abrupt":
            socket.transport.abort()
        elif kind == "malformed":
            await socket.send("{not json")
            await socket.recv()
        elif kind == "broken":
            # Binary under a text protocol: closed by the venue.
            await socket.send(b"\x00")
            await socket.wait_closed()
        elif kind == "watch":
            await socket.send(json.dumps({"type": "subscribe", "id": 1, "channel": "book", "instrument": "BTC/RUB"}))
            await socket.recv()


# Connections that the venue closes are dropped after a second.
@pytest.mark.parametrize("kind", ["watch", "malformed", "broken", "abrupt", "http", "trade"])
async def test_a_connection_that_ended_is_gone(kind, tmp_path, no_collector):
    async with serving(tmp_path / "venue", small_venue()) as server:
        url = url_of(server)
        await visit(url, kind)
        await asyncio.sleep(0.05)
        from_here_on()
        for _ in range(5):
            await visit(url, kind)
        await asyncio.sleep(CLOSE_SECONDS + 0.3 if kind == "broken" else 0.1)
        assert cyclic() == {}


@pytest.mark.parametrize("seed", [7, 53])
def test_what_the_core_makes_is_not_cyclic(seed, no_collector):
    drawn = Everything(seed, new_exchange(), "general-2026")
    for command in drawn.setup():
        drawn.send(command)
    from_here_on()
    for _ in range(700):
        drawn.send(drawn.step())
    assert cyclic() == {}


async def test_a_recording_that_is_served_makes_no_cycles(tmp_path, no_collector):
    record(tmp_path, 1, 200)
    async with playing(tmp_path, speed="step") as server:
        url = f"ws://127.0.0.1:{server.port}"
        async with client(url, "sue") as sue:
            await sue.ask(type="subscribe", channel="drop_copy")
            server.step(50)
            await visit(url, "watch")
            await asyncio.sleep(0.05)
            from_here_on()
            server.step(200)
            await sue.until("recording_ended")
            await visit(url, "watch")
            await asyncio.sleep(0.1)
            assert cyclic() == {}


async def test_a_connection_with_tls_that_ended_is_gone(tmp_path, no_collector):
    files = write_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=files[0])
    async with serving(tmp_path / "venue", tls=files) as server:

        async def visit() -> None:
            async with connect(f"wss://127.0.0.1:{server.port}", ssl=trusting, proxy=None) as socket:
                await socket.recv()
            # One that says nothing, and one that speaks no TLS.
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            await asyncio.sleep(0.02)
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.read()
            writer.close()

        await visit()
        await asyncio.sleep(0.1)
        from_here_on()
        for _ in range(5):
            await visit()
        await asyncio.sleep(0.3)
        assert cyclic() == {}
