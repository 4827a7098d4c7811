"""Who asks too much waits for himself: neither the journal nor the others notice."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack

import pytest

from gateway.client import RateLimited, connect
from tests.support.gateway.links.raw_frames import Flood
from tests.support.gateway.venues.small_venue import (
    KEYS,
    client,
    served_apart,
    serving,
    small_venue,
    url_of,
    venue_text,
)

CANCEL = {"type": "cancel_order", "account": "alice", "order_id": 1}
SLOW = """
[limits]
address = { rate = 200, burst = 1_000 }
[limits.participants]
alice = { rate = 1_000, burst = 2_000 }
"""
FLOODS = 20


async def waits(bob, names: str, count: int = 200) -> list[float]:
    """How long orders take, one after the other, sorted."""
    took = []
    for number in range(count):
        began = time.perf_counter()
        assert (await bob.order("sell", "0.1", "109", f"{names}{number}", account="bob"))["exec_type"] == "new"
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
    return sorted(took)


async def test_twenty_connections_that_flood_cost_others_little_and_the_journal_what_their_rate_says(tmp_path):
    """Some seconds: it compares what orders wait with and without the flood."""
    directory = tmp_path / "venue"
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text(SLOW))
    with served_apart(directory, "--durability", "os") as (url, _), ExitStack() as flooding:
        async with client(url, "bob") as bob:
            alone = await waits(bob, "a")
            async with client(url, "sue") as sue:
                before = (await sue.ask(type="admin", command="set_limits", arguments={"participant": "bob"}))["seq"]
            began = time.monotonic()
            for _ in range(FLOODS):
                flooding.enter_context(Flood(url, "alice", CANCEL))
            flooded = await waits(bob, "b")
            async with client(url, "sue") as sue:
                after = (await sue.ask(type="admin", command="set_limits", arguments={"participant": "bob"}))["seq"]
            seconds = time.monotonic() - began
        # 200 of bob, two of sue; of alice a burst, a second's debt, and her rate. Ticks of the clock are few.
        sent = after - before - len(flooded)
        assert 1_000 < sent <= 2_000 + 1_000 + 1_000 * seconds + 100
        # What one refusal or one paid command costs is some 20 us; a read of each flooder's socket 100 at most.
        assert flooded[len(flooded) // 2] < alone[len(alone) // 2] + 0.01
        assert flooded[int(len(flooded) * 0.99)] < alone[int(len(alone) * 0.99)] + 0.1


async def test_on_one_connection_nothing_is_refused_it_is_read_later(tmp_path):
    async with (
        serving(tmp_path / "venue", small_venue(SLOW), durability="os") as server,
        client(url_of(server), "alice") as alice,
    ):
        began = time.monotonic()
        for _ in range(2_000):
            await alice.send(**CANCEL)
        replies = [await alice.receive() for _ in range(2_000)]
        assert {reply["type"] for reply in replies} == {"request_rejected"}
        # A connection has the half: 1 000 at once and 500 a second, and owes a second's worth at most.
        assert time.monotonic() - began > (2_000 - 1_000 - 500) / 500
        assert server.counters.rate_waits > 0
        assert server.counters.errors == {}
        # A ping waits no longer than what is owed.
        await asyncio.wait_for(await alice.socket.ping(), 2)


async def test_over_many_connections_what_is_owed_too_much_is_refused_with_the_time_to_wait(tmp_path):
    async with serving(tmp_path / "venue", small_venue(SLOW), durability="os") as server, AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(client(url_of(server), "alice")) for _ in range(FLOODS)]
        # What only its sender hears of: each request has its one answer, whichever.
        for _ in range(300):
            for each in connections:
                await each.send(type="rates")
        replies = [await each.receive() for each in connections for _ in range(300)]
        refused = [reply for reply in replies if reply["type"] == "error"]
        assert {reply["code"] for reply in refused} == {"rate_limited"}
        assert all(0 < reply["retry_after"] < 2_000_000_000 for reply in refused)
        assert server.counters.errors["rate_limited"] == len(refused) > 0
        # Bob is behind the same address, and owes nothing.
        async with client(url_of(server), "bob") as bob:
            assert (await bob.ask(type="rates"))["rates"][1]["left"] == 9_999
            assert (await bob.order("sell", "0.1", "109", "x", account="bob"))["exec_type"] == "new"


async def test_those_who_flood_without_a_login_keep_nobody_behind_their_address_from_it(tmp_path):
    directory = tmp_path / "venue"
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text(SLOW))
    with served_apart(directory, "--durability", "os") as (url, _), ExitStack() as flooding:
        for _ in range(FLOODS):
            flooding.enter_context(Flood(url, "", {"type": "instruments"}))
        await asyncio.sleep(0.5)
        for number in range(5):
            began = time.monotonic()
            async with client(url, "bob") as bob:
                assert (await bob.order("sell", "0.1", "109", f"x{number}", account="bob"))["exec_type"] == "new"
            assert time.monotonic() - began < 1
        # Whoever only asks shares the address's bucket with them.
        async with client(url) as public:
            assert (await public.ask(type="rates"))["rates"][1]["left"] < 10


async def test_the_client_raises_and_sends_nothing_again(tmp_path):
    async with serving(tmp_path / "venue", small_venue(SLOW), durability="os") as server, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(url_of(server), "alice", KEYS["alice"])) for _ in range(8)]
        assert (await clients[0].rates())["participant"].burst == 2_000
        asked = [each.rates() for each in clients for _ in range(1_000)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, RateLimited)]
        assert len(refused) == server.counters.errors["rate_limited"] > 0
        await asyncio.sleep(max(each.retry_after_ns for each in refused) / 1e9)
        assert await clients[0].balances()


@pytest.mark.parametrize("extra", ["", "[limits]\nlifted = true\n"])
async def test_rates_are_lifted_if_the_file_says_so(tmp_path, extra):
    async with (
        serving(tmp_path / "venue", small_venue(extra), durability="os") as server,
        client(url_of(server)) as public,
    ):
        welcome = await public.login("alice")
        assert ("rates" in welcome) == (not extra)
