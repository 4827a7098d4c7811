from __future__ import annotations

import asyncio

import pytest

from gateway.client import ClientError, ConnectionLost, connect
from gateway.keys import new_private_key
from gateway.outbound.channels.levels import checksum
from gateway.protocol import messages as m
from tests.support.gateway.links.scripted_venue import ACCOUNT, ScriptedVenue, scripted

KEY = new_private_key()


async def test_a_gap_in_the_reports_is_filled_by_asking_again():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.Balances):
            # Reports 2 and 3 are lost; 1 comes twice.
            await venue.send(venue.report(1), venue.report(1), venue.report(4))
            await venue.send(m.BalancesReply(id=request.id, account=ACCOUNT, seq=4, balances=[]))
        elif isinstance(request, m.Resume):
            await venue.send(*(venue.report(seq) for seq in range(request.after_seq + 1, 5)))
            await venue.send(m.Resumed(id=request.id, account=ACCOUNT, seq=4, snapshot=False))

    async with scripted(answer) as venue, connect(venue.url, "p", KEY) as client, client.reports() as reports:
        await client.balances()
        seen = [(await asyncio.wait_for(anext(reports), 5)).seq for _ in range(4)]
        assert seen == [1, 2, 3, 4]
        assert client.gaps == 1
        assert [request.after_seq for request in venue.requests if isinstance(request, m.Resume)] == [1]


async def test_after_a_lost_connection_reports_are_resumed_and_pending_requests_fail():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.NewOrder):
            await venue.send(venue.report(1, client_order_id=request.client_order_id, id=request.id))
        elif isinstance(request, m.Instruments):
            venue.report_seq = 3
            await venue.cut()
        elif isinstance(request, m.Resume):
            filled = {"exec_type": "trade", "order_status": "filled", "filled_quantity": "1", "leaves_quantity": "0"}
            filled |= {"last_price": "5", "last_quantity": "1", "side": "buy", "liquidity": "maker", "trade_id": 1}
            order = next(each for each in venue.requests if isinstance(each, m.NewOrder))
            # The last report that was seen is asked for again, so that a venue that lost its last moments is noticed.
            assert request.after_seq == 0
            await venue.send(venue.report(1, client_order_id=order.client_order_id), venue.report(2))
            await venue.send(venue.report(3, order_id=1, client_order_id=order.client_order_id, **filled))
            await venue.send(m.Resumed(id=request.id, account=ACCOUNT, seq=3, snapshot=False))

    async with scripted(answer) as venue, connect(venue.url, "p", KEY) as client:
        order = await client.buy("A/B", quantity="1", price="5")
        with pytest.raises(ConnectionLost):
            await client.instruments()
        await asyncio.wait_for(order.filled(), 5)
        assert (client.reconnects, venue.connections) == (1, 2)
        assert order.filled_quantity == 1
        assert order.has_all_fills


async def test_orders_whose_reports_are_gone_for_good_end_as_unknown():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.NewOrder):
            await venue.send(venue.report(1, client_order_id=request.client_order_id, id=request.id))
        elif isinstance(request, m.Instruments):
            venue.report_seq = 20_000
            await venue.cut()
        elif isinstance(request, m.Resume):
            await venue.send(m.Resumed(id=request.id, account=ACCOUNT, seq=20_000, snapshot=True))
        elif isinstance(request, m.OpenOrders):
            await venue.send(m.OpenOrdersReply(id=request.id, account=ACCOUNT, seq=20_000, orders=[]))

    async with scripted(answer) as venue, connect(venue.url, "p", KEY) as client, client.reports() as reports:
        order = await client.buy("A/B", quantity="1", price="5")
        await anext(reports)
        with pytest.raises(ConnectionLost):
            await client.instruments()
        told = await asyncio.wait_for(anext(reports), 5)
        assert isinstance(told, m.Resumed)
        assert told.snapshot
        await asyncio.wait_for(order.ended(), 5)
        assert order.status == "unknown"


async def test_a_book_with_a_wrong_checksum_is_fetched_anew():
    subscriptions = 0

    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        nonlocal subscriptions
        if isinstance(request, m.Subscribe):
            subscriptions += 1
            bids = [("10.0", str(subscriptions))]
            await venue.send(
                m.Subscribed(id=request.id, channel="book", instrument="A/B", seq=5),
                m.BookSnapshot(instrument="A/B", seq=5, time=1, bids=bids, asks=[], checksum=checksum(bids, [])),
            )
            if subscriptions == 1:
                update = {"instrument": "A/B", "time": 1, "bids": [("9.0", "1")], "asks": [], "checksum": 1}
                await venue.send(m.BookUpdate(seq=6, prev_seq=5, **update))
        elif isinstance(request, m.Unsubscribe):
            await venue.send(m.Unsubscribed(id=request.id, channel="book", instrument="A/B"))

    async with scripted(answer) as venue, connect(venue.url) as client:
        book = await client.book("A/B")
        while book.bids != [(10, 2)]:
            await asyncio.wait_for(book.changed(), 5)
        assert book.resyncs == 1


async def test_without_reconnecting_everything_ends_with_the_reason():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.Subscribe):
            await venue.send(m.Subscribed(id=request.id, channel="trades", instrument="A/B", seq=0))
        else:
            await venue.cut()

    async with scripted(answer) as venue, connect(venue.url, reconnect=False) as client:
        trades = client.trades("A/B")
        await trades.start()
        with pytest.raises(ConnectionLost):
            await client.instruments()
        with pytest.raises(ClientError, match="lost"):
            await asyncio.wait_for(anext(trades), 5)
        with pytest.raises(ClientError, match="lost"):
            await client.instruments()


async def test_missed_trades_are_counted():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.Unsubscribe):
            await venue.cut()
            return
        await venue.send(m.Subscribed(id=request.id, channel="trades", instrument="A/B", seq=7))
        for seq in (8, 9, 12):
            text = {"price": "1", "quantity": "1", "taker_side": "buy", "time": 1}
            await venue.send(m.TradePrint(instrument="A/B", seq=seq, prev_seq=seq - 1, trade_id=seq, **text))

    async with scripted(answer) as venue, connect(venue.url) as client, client.trades("A/B") as trades:
        assert [(await asyncio.wait_for(anext(trades), 5)).seq for _ in range(3)] == [8, 9, 12]
        assert trades.missed == 2


async def test_what_passes_between_two_subscriptions_is_not_missed():
    seq = 7

    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        nonlocal seq
        if isinstance(request, m.Subscribe):
            await venue.send(m.Subscribed(id=request.id, channel="trades", instrument="A/B", seq=seq))
        else:
            seq = 100
            await venue.send(m.Unsubscribed(id=request.id, channel="trades", instrument="A/B"))

    async with scripted(answer) as venue, connect(venue.url) as client:
        for _ in range(2):
            async with client.trades("A/B") as trades:
                assert trades.missed == 0
