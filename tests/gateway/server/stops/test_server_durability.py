"""What was acknowledged is on the disk, as the system calls show; what was not may be sent again after a crash."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from engine.vocabulary.limits import MAX_OPEN_ORDERS_PER_ACCOUNT
from tests.support.gateway.venues.small_venue import RawClient, client, served_apart

CALLS = "fsync,fdatasync,write,writev,sendto,sendmsg"


def can_trace(tmp_path) -> str:
    """Why system calls can't be traced here; empty if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    command = ["strace", "-f", "-o", str(tmp_path / "probe"), "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"strace can't trace here: {tried.stderr.strip()}"


def syncs(lines: list[str], descriptor: str) -> list[tuple[int, int]]:
    """Where each sync of a descriptor begins in a trace, and where it has come to its end, well.

    A call of one thread during which another thread calls is told in two lines.
    """
    found, running = [], {}
    for place, line in enumerate(lines):
        thread = line.split(maxsplit=1)[0]
        if re.search(rf"sync\({descriptor}\) += 0", line):
            found.append((place, place))
        elif re.search(rf"sync\({descriptor} <unfinished", line):
            running[thread] = place
        elif re.search(r"sync resumed>\) += 0", line) and thread in running:
            found.append((running.pop(thread), place))
    return found


@pytest.mark.parametrize("durability", ["fsync", "os"])
async def test_the_sync_comes_before_the_send(tmp_path, durability):
    problem = can_trace(tmp_path)
    if problem:
        pytest.skip(problem)
    trace = tmp_path / "trace"
    # The tracer is a grandchild: the venue itself is stopped in order.
    prefix = ("strace", "-D", "-f", "-s", "100000", "-o", str(trace), "-e", f"trace={CALLS}")
    with served_apart(tmp_path / "venue", "--durability", durability, prefix=prefix) as (url, _):
        async with client(url, "alice") as alice:
            for number in range(3):
                await alice.order("buy", "1", "90", f"durable-{number}", account="alice")
    lines = trace.read_text().splitlines()
    for number in range(3):
        name = f"durable-{number}"
        written = next(i for i, line in enumerate(lines) if name in line and "exec_type" not in line)
        sent = next(i for i, line in enumerate(lines) if name in line and "exec_type" in line)
        assert written < sent
        journal = re.search(r"write\((\d+),", lines[written])
        assert journal is not None
        own = [begin for begin, end in syncs(lines, journal[1]) if written < begin and end < sent]
        assert len(own) == (1 if durability == "fsync" else 0), lines[written : sent + 1]


async def test_of_orders_that_come_together_none_is_acknowledged_before_its_own_sync(tmp_path):
    """Those that come while a frame is synced, in another thread, wait for the next one."""
    problem = can_trace(tmp_path)
    if problem:
        pytest.skip(problem)
    trace = tmp_path / "trace"
    prefix = ("strace", "-D", "-f", "-s", "100000", "-o", str(trace), "-e", f"trace={CALLS}")
    terms = {"account": "alice", "instrument": "BTC/RUB", "side": "buy", "quantity": "0.1", "price": "90"}
    names = [f"together-{number:03}" for number in range(200)]
    with served_apart(tmp_path / "venue", prefix=prefix) as (url, _):
        async with client(url, "alice") as alice:
            for name in names:
                await alice.send(type="new_order", client_order_id=name, **terms)
            for name in names:
                assert (await alice.receive())["client_order_id"] == name
    lines = trace.read_text().splitlines()
    writers, syncers = set(), set()
    for name in names:
        written = next(i for i, line in enumerate(lines) if name in line and "exec_type" not in line)
        sent = next(i for i, line in enumerate(lines) if name in line and "exec_type" in line)
        journal = re.search(r"write\((\d+),", lines[written])
        assert journal is not None
        own = [begin for begin, end in syncs(lines, journal[1]) if written < begin and end < sent]
        assert own, lines[written : sent + 1]
        writers.add(lines[written].split(maxsplit=1)[0])
        syncers.add(lines[own[0]].split(maxsplit=1)[0])
    assert len(writers) == 1 and syncers - writers


def price(number: int) -> str:
    return str(50 + number % 40)


async def enter_until_killed(alice: RawClient, names: list[str], acknowledged: dict[str, int]) -> None:
    """Keep a window of orders under way; note what is acknowledged until the connection breaks."""
    window = asyncio.Semaphore(32)

    async def send() -> None:
        # An account may have no more orders resting.
        for _ in range(MAX_OPEN_ORDERS_PER_ACCOUNT):
            await window.acquire()
            number = len(names)
            names.append(f"o{number}")
            terms = {"instrument": "BTC/RUB", "side": "buy", "quantity": "0.1", "price": price(number)}
            await alice.send(type="new_order", account="alice", client_order_id=f"o{number}", **terms)

    sending = asyncio.create_task(send())
    with suppress(ConnectionClosed):
        while True:
            message = await alice.receive()
            assert message["exec_type"] == "new", message
            acknowledged[message["client_order_id"]] = message["order_id"]
            window.release()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_what_was_under_way_at_a_kill_is_sent_again_and_acts_once(tmp_path):
    chance = random.Random(3)
    rounds = 2
    names: list[str] = []
    total = 0
    for _ in range(rounds):
        first = len(names)
        acknowledged: dict[str, int] = {}
        with served_apart(tmp_path / "venue") as (url, process):
            async with client(url, "alice", close_timeout=0.1) as alice:
                trading = asyncio.create_task(enter_until_killed(alice, names, acknowledged))
                await asyncio.sleep(chance.uniform(0.05, 0.3))
                process.kill()
                await trading
        with served_apart(tmp_path / "venue") as (url, process):
            async with client(url, "alice") as alice:
                resting = await alice.open_orders("alice")
                found = {order["client_order_id"]: order["order_id"] for order in resting}
                assert len(found) == len(resting), "an order is there twice"
                assert acknowledged.items() <= found.items(), "an acknowledged order is gone"
                assert set(found) <= set(names[first:])
                # Whatever was under way is sent again: what did get in is not entered a second time.
                for number in range(first, len(names)):
                    if names[number] not in acknowledged:
                        reply = await alice.order("buy", "0.1", price(number), names[number], account="alice")
                        entered = names[number] in found
                        assert reply["exec_type"] == ("status" if entered else "new")
                        assert not entered or reply["order_id"] == found[names[number]]
                ended = await alice.ask(type="mass_cancel", account="alice")
                assert ended["orders"] == len(names) - first
        total += len(acknowledged)
    assert total > 10 * rounds
