"""The client library where futures clear and assets move."""

from __future__ import annotations

import asyncio

import pytest

from gateway.client import OrderRejected, RequestFailed, connect
from tests.support.gateway.venues.clearing_desk import at_desk
from tests.support.gateway.venues.small_venue import KEYS


async def test_the_client_library_takes_every_report_in_its_stride(tmp_path):
    async with at_desk(tmp_path) as desk, connect(desk.url, "bob", KEYS["bob"]) as bob:
        reports = bob.reports("bob")
        await reports.start()
        marks, prices = bob.marks("BTC-FUT"), bob.index("BTC")
        await marks.start()
        assert (await asyncio.wait_for(anext(prices), 10)).price == 100
        await desk.leave_bob("1200")
        short = await bob.sell("BTC-FUT", quantity="10", price="100")
        assert (await desk.alice.order("buy", "10", "100", "a", account="alice", instrument="BTC-FUT"))["type"]
        await asyncio.wait_for(short.filled(), 10)
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT", price="150")
        assert (await asyncio.wait_for(anext(marks), 10)).price == 150
        held = await bob.positions()
        assert [(each.instrument, each.quantity) for each in held.positions] == [("BTC-FUT", -10)]
        assert held.cover[0].call_until
        await desk.alice.order("sell", "10", "150", "a2", account="alice", instrument="BTC-FUT")
        await desk.done(desk.sue, "close_out", account="bob", instrument="BTC-FUT")
        number = await bob.transfer("alice", "RUB", 5, "domestic_payment", client_order_id="t")
        assert await bob.transfer("alice", "RUB", 5, "domestic_payment", client_order_id="t") == number
        with pytest.raises(OrderRejected) as refused:
            await bob.transfer("alice", "BTC", "0.5", "domestic_payment", client_order_id="u")
        assert refused.value.rule == "PAY-1"
        with pytest.raises(RequestFailed, match=r"compliance: transfer [0-9]+ was refused"):
            await bob.transfer("alice", "BTC", "0.5", "domestic_payment", client_order_id="u")
        # Reports that answer what others did: a ladder from another connection, a trade undone.
        ladder = {"quote_id": "q", "instrument": "BTC/RUB", "bids": [["90", "1"]], "asks": []}
        assert (await desk.bob.ask(type="mass_quote", account="bob", **ladder))["type"] == "mass_quoted"
        assert (await desk.alice.order("sell", "1", "90", "a3", account="alice"))["exec_type"] == "new"
        while (trade := await desk.alice.until("execution_report")).get("instrument") != "BTC/RUB":
            pass
        await desk.done(desk.sue, "bust_trade", trade_id=trade["trade_id"], reason="a test")
        resting = await bob.buy("BTC/RUB", quantity="1", price="90")
        await resting.cancel()
        seen = []
        while not seen or getattr(seen[-1], "reason", None) != "requested":
            seen.append(await asyncio.wait_for(anext(reports), 10))
        assert {type(each).__name__ for each in seen} >= {
            "VariationMargin",
            "MarginCall",
            "MarginRestored",
            "CloseOut",
            "Transferred",
            "MassQuoted",
            "TradeCorrected",
        }
        assert bob.gaps == 0
