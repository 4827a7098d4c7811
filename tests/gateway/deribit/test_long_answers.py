"""Long answers and long books: paid for by their length, and never made at one go for long."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from gateway.deribit.calls import pieces
from gateway.deribit.dialect import market as markets
from gateway.deribit.feeds import market_feeds
from tests.support.gateway.outside.deribit_client import ALICE, Socket, connected, opened
from tests.support.gateway.venues.small_venue import serving, small_venue

NAME = "BTC_RUB"
SCARCE = "\n[limits]\naddress = { rate = 100, burst = 200 }\nparticipant = { rate = 100, burst = 400 }\n"
ORDERS = 60
SOME = 15
"""What comes back in the time that a request takes is less."""


def spent(port: Any) -> int:
    """What the one caller has spent of its rate."""
    (caller,) = port.service.connections
    left: int = caller.asker._peer.session.meter.stated()[-1].left
    return -left


async def fill_book(socket: Socket) -> None:
    await socket.login(ALICE)
    for number in range(ORDERS):
        await socket.result("private/buy", instrument_name=NAME, amount="0.1", price=60 + number / 2)


@pytest.mark.parametrize(("method", "params"), [
    ("private/get_open_orders", {}),
    ("private/get_open_orders_by_instrument", {"instrument_name": NAME}),
    ("public/subscribe", {"channels": [f"book.{NAME}.raw"]}),
])  # fmt: skip
async def test_its_length_is_paid_for(tmp_path, monkeypatch, method: str, params: dict[str, Any]):
    monkeypatch.setattr(pieces, "DOCUMENTS_PER_UNIT", 1)
    monkeypatch.setattr(market_feeds, "LEVELS_PER_UNIT", 1)
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        connected(port) as socket,
    ):
        await fill_book(socket)
        before = spent(port)
        await socket.result("public/test")
        assert spent(port) - before < SOME
        before = spent(port)
        await socket.result(method, **params)
        assert spent(port) - before > ORDERS - SOME


async def test_others_go_on_between_two_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE", 10)
    made: list[int] = []
    passes = 0
    documents = pieces.documents

    async def counted(caller, wanted, make, looked_at=0):
        def making(each):
            made.append(passes)
            return make(each)

        return await documents(caller, wanted, making, looked_at)

    monkeypatch.setattr("gateway.deribit.calls.account_calls.documents", counted)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await fill_book(socket)

        async def others() -> None:
            nonlocal passes
            while True:
                passes += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(others())
        found = await socket.result("private/get_open_orders")
        beside.cancel()
    assert len(found) == len(made) == ORDERS
    assert [each["order_id"] for each in found] == sorted(each["order_id"] for each in found)
    assert [made.count(each) for each in sorted(set(made))] == [10] * 6
    assert all(later == earlier + 1 for earlier, later in pairwise(sorted(set(made))))


async def test_a_whole_book_is_written_in_order(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await fill_book(socket)
        prices = [60 + number / 2 for number in reversed(range(ORDERS))]
        await socket.result("public/subscribe", channels=[f"book.{NAME}.raw"])
        told = await socket.told(f"book.{NAME}.raw")
        assert told["bids"] == [["new", price, 0.1] for price in prices] and told["asks"] == []
        asked = await socket.result("public/get_order_book", instrument_name=NAME, depth=markets.MAX_DEPTH)
        assert asked["bids"] == [[price, 0.1] for price in prices] and asked["asks"] == []
        few = await socket.result("public/get_order_book", instrument_name=NAME, depth=3)
        assert few["bids"] == asked["bids"][:3]
