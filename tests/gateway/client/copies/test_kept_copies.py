"""Books with options, and queues, that a client keeps at a real venue, over sockets, lost links and restarts."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.client import Client, LocalBook, LocalQueue, RequestFailed, connect
from gateway.client.copies.local_copy import OutOfStep
from gateway.protocol import messages as m
from tests.support.gateway.venues.small_venue import KEYS, serving, url_of


async def settled(copy: LocalBook | LocalQueue, seq: int) -> None:
    """Wait until a copy has reached a number."""
    async with asyncio.timeout(10):
        while copy.seq < seq or not copy.is_current:
            await copy.changed()


async def enter(client: Client, prices: range) -> None:
    for price in prices:
        await client.buy("BTC/RUB", quantity="1", price=str(price))


async def test_a_book_of_two_levels_changes_ten_times_a_second_at_most(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        connect(url_of(server), "alice", KEYS["alice"]) as alice,
        connect(url_of(server)) as public,
    ):
        whole = await public.book("BTC/RUB")
        few = await public.book("BTC/RUB", depth=5, interval="100ms")
        assert (few.depth, few.interval, few.bids) == (5, "100ms", [])
        changes, began = 0, time.monotonic()

        async def count() -> None:
            nonlocal changes
            while True:
                await few.changed()
                changes += 1

        counting = asyncio.create_task(count())
        await enter(alice, range(80, 96))
        await settled(whole, 16)
        await settled(few, 16)
        counting.cancel()
        assert 1 <= changes <= 2 + (time.monotonic() - began) * 10
        assert few.bids == whole.bids[:5]
        assert (few.resyncs, whole.resyncs, len(whole.bids)) == (0, 0, 16)
        with pytest.raises(RequestFailed, match="depth: book has 1, 5, 10"):
            await public.book("BTC/RUB", depth=7)


async def test_a_queue_says_what_is_ahead_of_an_order(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        connect(url_of(server), "alice", KEYS["alice"]) as alice,
        connect(url_of(server), "bob", KEYS["bob"]) as bob,
    ):
        await alice.buy("BTC/RUB", quantity="2", price="90")
        queue = await bob.queue("BTC/RUB")
        mine = await bob.buy("BTC/RUB", quantity="1", price="90")
        await settled(queue, 2)
        (listed,) = await bob.open_orders()
        assert listed.order_id == mine.order_id and listed.public_id is not None
        assert queue.ahead(listed.public_id) == 2
        assert [order.quantity for order in queue.orders("buy")] == [2, 1]
        found = queue.find(listed.public_id)
        assert found is not None and (found.price, found.quantity) == (Decimal(90), 1)
        await alice.mass_cancel()
        await settled(queue, 3)
        assert (queue.ahead(listed.public_id), len(queue), queue.ahead(99), queue.find(99)) == (0, 1, None, None)


async def test_public_ids_and_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        async with serving(tmp_path) as server, connect(url_of(server), "alice", KEYS["alice"]) as alice:
            queue = await alice.queue("BTC/RUB")
            if not seen:
                await enter(alice, range(90, 95))
                await settled(queue, 5)
            seen.append((queue.seq, list(queue.orders("buy")), queue.checksum()))
    assert seen[0] == seen[1]
    assert [order.public_id for order in seen[0][1]] == [5, 4, 3, 2, 1]


def test_a_queue_that_does_not_fit_is_found_out() -> None:
    def update(*changes: tuple[str, str, int, str, str], previous: int = 3, checksum: int = 0) -> m.OrdersUpdate:
        return m.OrdersUpdate(
            instrument="A/B", seq=previous + 1, prev_seq=previous, time=1, changes=list(changes), checksum=checksum
        )

    for wrong, said in (
        (update(previous=2), "follows 2, the copy is at 3"),
        (update(("execute", "buy", 9, "1", "1")), "execute of 9"),
        (update(("add", "buy", 41, "100.5", "1")), "add of 41"),
        (update(("reduce", "buy", 41, "100.5", "1.0"), checksum=5), "checksum differs at 4"),
    ):
        queue = LocalQueue("A/B")
        bids, asks = [(41, "100.5", "2.0"), (44, "100.5", "0.5")], [(37, "101.0", "1.0")]
        # The example of docs/PROTOCOL.md.
        queue.apply(m.OrdersSnapshot(instrument="A/B", seq=3, time=1, bids=bids, asks=asks, checksum=3_795_636_997))
        with pytest.raises(OutOfStep, match=said):
            queue.apply(wrong)
