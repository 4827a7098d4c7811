"""Whatever docs/PROTOCOL.md lets a program ask, the client has a method for: each is used at a venue, and what is sent is noted."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import pytest

from gateway.client import Client, Limit, OrderRejected, Stop, connect
from gateway.client.links.protocol import ClientProtocol
from gateway.client.values.commands import AdminCommand
from gateway.inbound.admin import ALLOWED
from gateway.outbound.given import FAUCET
from gateway.protocol import messages as m
from tests.support.gateway.links.unruly_link import unruly_link
from tests.support.gateway.venues.clearing_desk import clearing_venue
from tests.support.gateway.venues.small_venue import KEYS, serving, url_of


async def trade(client: Client) -> None:
    """Ask for everything that a participant may."""
    account = "alice"
    assert "BTC/RUB" in await client.instruments()
    assert await client.candle_history("BTC/RUB", "1h") == []
    assert set(await client.rates()) == {"connection", "participant"}
    order = await client.buy("BTC/RUB", quantity="1", price="90")
    await order.amend(price="91")
    await order.cancel()
    terms: dict[str, Any] = {"instrument": "BTC/RUB", "quantity": "1"}
    limit, stop = Limit(side="buy", price="90", **terms), Stop(side="buy", stop_price="110", **terms)
    await client.submit_pair(limit=limit, stop=stop)
    profit, loss = Limit(side="sell", price="110", **terms), Stop(side="sell", stop_price="85", **terms)
    await client.submit_bracket(entry=limit, take_profit=profit, stop=loss)
    await client.quote("BTC/RUB", bids=[("89", "1")])
    assert len(await client.open_orders()) == 6
    # Of a pair one is cancelled, and the other by that.
    assert await client.mass_cancel() == 4
    balances = await client.balances()
    assert balances["RUB"].total == balances["RUB"].available
    assert (await client.positions()).positions == []
    assert await client.contracts() == {}
    assert (await client.risk_warning()).account == account
    await client.transfer("bob", "RUB", 5, "domestic_payment")
    await client.request_withdrawal("RUB", 5, "account 1 of a bank")
    assert await client.movements() == []
    assert await client.fill_history().all() == []
    assert len(await client.order_history().all()) == 7
    assert (await client.order_status(order_id=order.order_id)).order_status == "cancelled"
    assert await client.settlements().all() == []
    assert (await client.fees()).paid == {}
    assert "BTC" in await client.assets()
    assert (await client.limits()).participant == (await client.me()).participant == account
    assert await client.time() > 0
    await client.cancel_all_after(60)
    await client.cancel_all_after(0)
    with pytest.raises(OrderRejected) as refused:
        await client.cancel_withdrawal(1)
    assert (refused.value.code, refused.value.detail) == ("invalid", "no withdrawal or transfer 1 waits")
    with pytest.raises(OrderRejected) as refused:
        await client.request_delivery("BTC-FUT", quantity="1")
    assert (refused.value.code, refused.value.detail) == ("unsupported", "BTC-FUT is cash-settled only")


async def follow(client: Client) -> None:
    """Follow every channel, and stop."""
    streams = [
        *(each("BTC/RUB") for each in (client.trades, client.top, client.ticker, client.status, client.auction)),
        client.candles("BTC/RUB", "1m"),
        client.marks("BTC-FUT"),
        client.index("BTC"),
        client.heartbeats(),
        client.drop_copy(),
        client.refusals(),
        client.changes(),
    ]
    for stream in streams:
        await stream.start()
    await client.book("BTC/RUB")
    await client.queue("BTC/RUB")
    for stream in streams:
        await stream.aclose()


async def test_every_request_and_channel_of_the_protocol_has_its_method(tmp_path, monkeypatch) -> None:
    sent: list[m.AnyRequest] = []
    next_message = ClientProtocol.next_message

    def noted(protocol: ClientProtocol) -> m.AnyRequest | None:
        request = next_message(protocol)
        if request is not None:
            sent.append(request)
        return request

    monkeypatch.setattr(ClientProtocol, "next_message", noted)
    async with serving(tmp_path, clearing_venue()) as server:
        url = url_of(server)
        async with (
            unruly_link(url) as link,
            connect(link.url, "alice", KEYS["alice"]) as alice,
            connect(url, "sue", KEYS["sue"]) as sue,
        ):
            await trade(alice)
            await follow(sue)
            assert set(await sue.records("account")) == {"alice", "bob"}
            await sue.admin("set_phase", instrument="BTC/RUB", phase="halted", reason="a test")
            # What the client asks for itself: the reports it missed.
            link.cut()
            await asyncio.wait_for(alice.lost(), 10)
            await asyncio.wait_for(alice.resumed(), 10)
            await alice.logout()
    assert {type(each) for each in sent} == set(get_args(m.AnyRequest))
    channels = {each.channel for each in sent if isinstance(each, m.Subscribe)}
    assert channels == set(get_args(m.ChannelName))
    assert channels - {"book", "orders"} == {each.channel for each in sent if isinstance(each, m.Unsubscribe)}


def test_the_names_of_commands_are_those_that_the_venue_knows() -> None:
    assert sorted(get_args(AdminCommand)) == sorted({FAUCET} | {name for names in ALLOWED.values() for name in names})
