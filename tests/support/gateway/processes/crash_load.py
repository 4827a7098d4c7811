"""A load of resting orders on a real venue, until it is killed; and what is left of it afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.asyncio.client import ClientConnection

from gateway.protocol.messages import login_challenge
from tests.support.gateway.processes.live_venue import LiveVenue

PARTICIPANTS = ("mm-alpha", "mm-beta")
WINDOW = 32
QUICK_ORDERS = 4_000
"""Of a connection; then it enters a hundred a second: an account has 10 000 open orders at most."""


async def log_in(venue: LiveVenue, participant: str) -> ClientConnection:
    """A connection that is logged in."""
    key = load_pem_private_key(venue.key(participant).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    socket = await websockets.connect(venue.url)
    hello = json.loads(await socket.recv())
    signature = key.sign(login_challenge(hello["venue"], participant, hello["nonce"])).hex()
    await request(socket, type="login", id=0, participant=participant, signature=signature)
    return socket


async def request(socket: ClientConnection, **fields: object) -> Any:
    """Send a request and wait for its reply, passing over reports of other things."""
    await socket.send(json.dumps(fields))
    while True:
        message = json.loads(await socket.recv())
        if message.get("id") == fields["id"]:
            assert message["type"] != "error", message
            return message


async def load(venue: LiveVenue, participant: str, sent: dict[str, int], acknowledged: dict[str, int]) -> None:
    """Send resting orders, a window of them in flight, until the connection breaks."""
    socket = await log_in(venue, participant)
    in_flight = entered = 0
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            while in_flight < WINDOW:
                number = sum(sent.values())
                client_order_id = f"{participant}-{number}"
                sent[participant] = sent.get(participant, 0) + 1
                order = {
                    "type": "new_order",
                    "id": number + 1,
                    "account": f"{participant}.main",
                    "client_order_id": client_order_id,
                    "instrument": "BTC/RUB",
                    "side": "buy",
                    "price": "7000000",
                    "quantity": "0.0001",
                }
                await socket.send(json.dumps(order))
                in_flight += 1
            report = json.loads(await socket.recv())
            if report["type"] == "execution_report":
                assert report["exec_type"] == "new", report
                acknowledged[report["client_order_id"]] = report["order_id"]
                in_flight -= 1
                entered += 1
                if entered > QUICK_ORDERS:
                    await asyncio.sleep(0.01)


async def kill_under_load(
    venue: LiveVenue,
    chance: random.Random,
    sent: dict[str, int],
    acked: dict[str, int],
    until: Callable[[], object] = lambda: True,
) -> None:
    """Kill the venue's process at a random instant of a load, but not before something is so."""
    loads = [asyncio.create_task(load(venue, participant, sent, acked)) for participant in PARTICIPANTS]
    before = len(acked)
    while len(acked) < before + 50 or not until():
        await asyncio.sleep(0.005)
        assert venue.process.poll() is None, "the venue stopped by itself"
    await asyncio.sleep(chance.uniform(0, 0.2))
    os.kill(venue.process.pid, signal.SIGKILL)
    venue.process.wait(10)
    await asyncio.wait_for(asyncio.gather(*loads), 10)


async def take_orders(venue: LiveVenue) -> Counter[tuple[str, int]]:
    """Every open order of both participants, counted; then cancel them, so that an account never reaches its limit."""
    found: Counter[tuple[str, int]] = Counter()
    for participant in PARTICIPANTS:
        socket = await log_in(venue, participant)
        listed: list[dict[str, Any]] = []
        more = True
        while more:
            after = listed[-1]["order_id"] if listed else 0
            reply = await request(socket, type="open_orders", id=1, account=f"{participant}.main", after_order_id=after)
            listed += reply["orders"]
            more = reply.get("more", False)
        found.update((order["client_order_id"], order["order_id"]) for order in listed)
        done = await request(socket, type="mass_cancel", id=2, account=f"{participant}.main")
        assert done["orders"] == len(listed)
        await socket.close()
    return found
