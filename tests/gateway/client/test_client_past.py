"""What a client asks of the past, by itself page after page; awaited, and with a client that waits."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.client import RequestFailed, connect
from gateway.client.blocking import connect_sync
from tests.support.gateway.venues.small_venue import KEYS, serving, url_of


async def test_all_pages_are_read_as_one_list(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        connect(url_of(server), "alice", KEYS["alice"]) as alice,
        connect(url_of(server), "bob", KEYS["bob"]) as bob,
    ):
        await alice.sell("BTC/RUB", quantity="20", price="100", client_order_id="a")
        async with bob.fills() as told:
            for number in range(7):
                await bob.buy("BTC/RUB", quantity="0.5", price="100", client_order_id=f"b{number}")
            live = [await anext(told) for _ in range(7)]
        pages = bob.fill_history(sort="oldest", page=3)
        assert pages.seq is None
        first = await anext(pages)
        assert (first.fee_asset, first.leaves_quantity, first.corrected) == ("RUB", Decimal(0), None)
        # What comes meanwhile is told, too.
        await bob.buy("BTC/RUB", quantity="1", price="100", client_order_id="late")
        found = [first, *await pages.all()]
        for fill, as_told in zip(found, live, strict=False):
            assert {name: getattr(fill, name) for name in as_told.__struct_fields__} == {
                name: getattr(as_told, name) for name in as_told.__struct_fields__
            }
        assert [fill.client_order_id for fill in found] == [*(f"b{number}" for number in range(7)), "late"]
        assert (pages.seq, pages.truncated) == (found[-1].seq, False)
        assert [fill async for fill in bob.fill_history(page=2, instrument="BTC/RUB")] == found[::-1]
        assert [fill async for fill in bob.fill_history(order_id=found[3].order_id)] == [found[3]]
        assert [fill async for fill in bob.fill_history(after_seq=found[5].seq, sort="oldest")] == found[6:]
        assert await bob.fill_history(to_time=10**17).all() == []

        orders = await bob.order_history(page=5).all()
        assert [order.client_order_id for order in orders] == [fill.client_order_id for fill in found[::-1]]
        assert {(order.order_status, order.average_price, order.is_open) for order in orders} == {
            ("filled", Decimal(100), False)
        }
        assert [order.is_open for order in await alice.order_history(which="all").all()] == [True]
        resting = await alice.order_status(client_order_id="a")
        assert (resting.fills, resting.filled_value, resting.leaves_quantity) == (8, Decimal(450), Decimal("15.5"))
        assert await alice.order_status(order_id=resting.order_id) == resting
        with pytest.raises(RequestFailed, match="unknown"):
            await bob.order_status(client_order_id="a")
        assert await bob.settlements(kinds=["close_out"]).all() == []

        fees = await bob.fees()
        assert fees.by_instrument["BTC/RUB"].taker_ppm == 1_000
        assert fees.paid == {"RUB": sum(fill.fee for fill in found)}
        assert [*await bob.assets()] == ["RUB", "BTC"]
        assert await bob.time() >= found[-1].time
        assert [each.open_orders for each in (await alice.limits()).accounts] == [1]
        assert (await bob.me()).accounts[0].investor == "bob"


async def test_a_client_that_waits_reads_the_same(tmp_path: Path) -> None:
    def trade(url: str) -> None:
        with connect_sync(url, "alice", KEYS["alice"]) as alice, connect_sync(url, "bob", KEYS["bob"]) as bob:
            alice.sell("BTC/RUB", quantity="5", price="100")
            for _ in range(5):
                bob.buy("BTC/RUB", quantity="1", price="100")
            pages = bob.fill_history(page=2)
            seqs = [fill.seq for fill in pages]
            assert (len(seqs), pages.seq, pages.truncated) == (5, seqs[0], False)
            assert [fill.seq for fill in bob.fill_history(sort="oldest").all()] == seqs[::-1]
            assert next(bob.order_history(which="all")).order_status == "filled"
            assert bob.me().role == "participant"
            assert bob.limits().max_connections == 64
            assert bob.fees().paid == {"RUB": Decimal("0.50")}

    async with serving(tmp_path) as server:
        await asyncio.to_thread(trade, url_of(server))
