"""A client keeps its place: against a venue in a process of its own, over a link that cuts, delays, freezes and tears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from gateway.client import (
    Client,
    ClientError,
    ConnectionLost,
    Limit,
    Order,
    ReportsLost,
    RequestFailed,
    RequestTimedOut,
    connect,
)
from gateway.protocol import messages as m
from tests.support.gateway.links.unruly_link import UnrulyLink, unruly_link
from tests.support.gateway.processes.mortal_venue import MortalVenue
from tests.support.gateway.venues.small_venue import KEYS, served_apart, venue_text

T = TypeVar("T")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_apart(tmp_path_factory.mktemp("venue") / "venue") as (url, _):
        yield url


def login(url: str, name: str, **options: Any) -> Any:
    return connect(url, name, KEYS[name], account=name, **options)


async def soon(awaitable: Awaitable[T], seconds: float = 10) -> T:
    return await asyncio.wait_for(awaitable, seconds)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def again(link: UnrulyLink, client: Client) -> None:
    """Cut the link, and wait until the client is back."""
    before = client.reconnects
    link.cut()
    await until(lambda: client.reconnects > before)
    await soon(client.resumed())


@asynccontextmanager
async def linked(url: str, name: str, **options: Any) -> AsyncIterator[tuple[UnrulyLink, Client]]:
    async with unruly_link(url) as link, login(link.url, name, **options) as client:
        yield link, client


async def insist(client: Client, side: m.Side, price: str, client_order_id: str, quantity: str = "1") -> Order:
    """Send an order, again and again, until it is answered: as the documents advise."""
    while True:
        try:
            terms = Limit(instrument="BTC/RUB", side=side, quantity=quantity, price=price)
            return await client.submit(terms, client_order_id=client_order_id)
        except ConnectionLost:
            continue


# ── subscriptions ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_refused_subscription_may_be_tried_again(url):
    async with linked(url, "alice") as (link, client), login(url, "otto") as otto:
        gold = client.index("GOLD")
        for _ in range(2):
            with pytest.raises(RequestFailed, match="unknown"):
                await soon(gold.start())
            with pytest.raises(RequestFailed, match="unknown"):
                await soon(client.book("NOPE"))
        await again(link, client)
        await otto.admin("set_index_price", index="GOLD", price="5")
        await soon(gold.start())
        assert (await soon(anext(gold))).price == 5
        await otto.admin("set_index_price", index="GOLD", price="6")
        assert (await soon(anext(gold))).price == 6
        await again(link, client)
        await otto.admin("set_index_price", index="GOLD", price="7")
        # The state that a return begins with was told before.
        assert (await soon(anext(gold))).price == 7
        assert gold.missed == 0
        second = client.index("GOLD")
        assert (await soon(anext(second))).price == 7


async def test_auctions_can_be_followed_and_a_channel_that_nobody_reads_is_let_pass(url):
    async with login(url, "alice") as client, login(url, "otto") as otto:
        asked = m.Subscribe(id=client.next_id(), channel="auction", instrument="BTC/RUB")
        assert (await client.request(asked, m.Subscribed)).channel == "auction"
        auctions = client.auction("BTC/RUB")
        await soon(auctions.start())
        await otto.admin("set_phase", instrument="BTC/RUB", phase="opening_auction")
        order = await client.buy("BTC/RUB", quantity="1", price="90")
        await otto.admin("set_phase", instrument="BTC/RUB", phase="continuous")
        assert (await soon(anext(auctions))).instrument == "BTC/RUB"
        await order.cancel()


async def test_what_a_supervisor_copies_is_not_missed_for_the_commands_between(url):
    async with linked(url, "sue") as (link, client), login(url, "alice") as alice, login(url, "otto") as otto:
        copies = client.drop_copy()
        await soon(copies.start())
        await (await alice.buy("BTC/RUB", quantity="1", price="90")).cancel()
        for _ in range(2):
            await soon(anext(copies))
        link.is_open = False
        link.cut()
        # Else it is resumed because it has not noticed yet, and what is told before it is back is told to nobody.
        await until(lambda: client.state != "resumed")
        for price in range(50):
            await otto.admin("set_index_price", index="SILVER", price=str(price + 1))
        link.is_open = True
        await soon(client.resumed())
        order = await alice.buy("BTC/RUB", quantity="1", price="90")
        assert (await soon(anext(copies))).order_id == order.order_id
        assert copies.missed == 0
        link.is_open = False
        link.cut()
        await until(lambda: client.state != "resumed")
        await order.cancel()
        link.is_open = True
        await soon(client.resumed())
        await (await alice.buy("BTC/RUB", quantity="1", price="90")).cancel()
        await soon(anext(copies))
        assert copies.missed == 1


# ── coming back ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_sends_again_through_a_return_is_answered(url):
    async with linked(url, "alice") as (link, client):
        for number in range(20):
            # Between the socket and the login there is time to send too early.
            link.delay_seconds = 0.002 * (number % 3)
            link.cut()
            order = await soon(insist(client, "buy", "80", f"again-{number}"))
            await order.cancel()
        assert client.reconnects == 20
        orders = await client.open_orders()
        assert orders == []


async def test_a_place_that_is_taken_for_a_moment_is_waited_for(url):
    async with linked(url, "alice") as (link, client), AsyncExitStack() as others:
        for _ in range(62):
            await others.enter_async_context(login(url, "alice"))
        link.is_open = False
        link.cut()
        async with AsyncExitStack() as last:
            for _ in range(2):
                # The lost link's place may be counted for a moment yet.
                while True:
                    try:
                        await last.enter_async_context(login(url, "alice"))
                        break
                    except RequestFailed as error:
                        if error.code != "too_many":
                            raise
                        await asyncio.sleep(0.01)
            before = link.connections
            link.is_open = True
            await until(lambda: link.connections >= before + 3)
            assert client.state == "lost"
        await soon(client.resumed())
        await (await client.buy("BTC/RUB", quantity="1", price="80")).cancel()


async def test_an_order_sent_again_after_its_answer_was_lost_has_its_fills(url):
    async with linked(url, "alice") as (link, client), login(url, "bob") as bob:
        link.freeze()
        sending = asyncio.create_task(client.buy("BTC/RUB", quantity="2", price="95", client_order_id="lost-answer"))
        async with login(url, "alice") as watching:
            while not await watching.open_orders():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await bob.sell("BTC/RUB", quantity="2", price="95")
        link.cut()
        with pytest.raises(ConnectionLost) as lost:
            await sending
        assert lost.value.was_sent
        order = await soon(insist(client, "buy", "95", "lost-answer", "2"))
        assert (order.status, [fill.quantity for fill in order.fills]) == ("filled", [2])
        assert order.has_all_fills
    # Another run of the program finds them, too.
    async with login(url, "alice") as client:
        order = await soon(insist(client, "buy", "95", "lost-answer", "2"))
        assert (order.status, [fill.quantity for fill in order.fills]) == ("filled", [2])


async def test_an_account_opened_since_the_login_is_ones_own(url):
    async with linked(url, "alice") as (link, client), login(url, "otto") as otto, client.reports() as reports:
        await otto.admin("open_account", account="alice.new", participant="alice", investor="alice")
        await otto.admin("deposit", account="alice.new", asset="RUB", amount="1000")
        order = await soon(client.buy("BTC/RUB", quantity="1", price="80", account="alice.new"))
        assert order.status == "new"
        assert order.order_id
        assert [(await soon(anext(reports))).seq for _ in range(2)] == [1, 2]
        assert client.accounts == ["alice", "alice.new"]
        await again(link, client)
        await order.cancel()
        assert order.status == "cancelled"
        assert client.gaps == 0


async def test_torn_frames_and_delays_lose_nothing(url):
    async with linked(url, "alice") as (link, client):
        for number in range(5):
            link.tear()
            order = await soon(insist(client, "buy", "80", f"torn-{number}"))
            await order.cancel()
            assert (order.status, order.order_id > 0) == ("cancelled", True)
        assert client.reconnects


# ── a venue that lost its last moments ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("grows", [False, True], ids=["numbers go back", "numbers pass those that were lost"])
async def test_what_the_venue_lost_is_no_longer_believed(tmp_path, grows):
    # Takes 2 s: a venue starts twice.
    async with AsyncExitStack() as all_of:
        venue = await all_of.enter_async_context(MortalVenue(tmp_path / "venue"))
        link = await all_of.enter_async_context(unruly_link(venue.url))
        client = await all_of.enter_async_context(login(link.url, "alice"))
        reports = await all_of.enter_async_context(client.reports())
        fills = await all_of.enter_async_context(client.fills())
        portfolio = await client.portfolio()
        kept = await client.buy("BTC/RUB", quantity="1", price="90")
        filling = await client.buy("BTC/RUB", quantity="1", price="91")
        async with login(venue.url, "bob") as bob:
            await bob.sell("BTC/RUB", quantity="1", price="91")
        await soon(filling.filled())
        assert portfolio["BTC/RUB"].quantity == 1
        gone = await client.buy("BTC/RUB", quantity="1", price="92", client_order_id="gone")
        link.is_open = False
        await venue.kill()
        # The sale that filled one order, and all that came after it.
        venue.lose_tail(2)
        await venue.start()
        elsewhere = await all_of.enter_async_context(login(venue.url, "alice"))
        bob = await all_of.enter_async_context(login(venue.url, "bob"))
        for price in range(80, 86 if grows else 80):
            await (await elsewhere.buy("BTC/RUB", quantity="1", price=str(price))).cancel()
        link.venue_url = venue.url
        link.is_open = True
        await soon(client.resumed())
        assert (kept.status, filling.status, gone.status) == ("new", "new", "lost")
        assert (filling.fills, filling.filled_quantity, filling.is_open) == ([], 0, True)
        assert portfolio["BTC/RUB"].quantity == 0
        assert (await soon(anext(fills))).price == 91
        with pytest.raises(ReportsLost, match="lost for good, or void"):
            await soon(anext(fills))
        waiting = asyncio.create_task(filling.filled())
        await bob.sell("BTC/RUB", quantity="2", price="90")
        assert len((await soon(waiting)).fills) == 1
        await soon(kept.filled())
        # Both at 90.5 on average.
        assert (portfolio["BTC/RUB"].quantity, portfolio["BTC/RUB"].average_price) == (2, Decimal("90.5"))
        assert portfolio.is_complete
        anew = await client.buy("BTC/RUB", quantity="1", price="92", client_order_id="gone")
        assert anew.status == "new"
        told = [await soon(anext(reports)) for _ in range(5)]
        assert isinstance(told[-1], m.Resumed)
        assert told[-1].snapshot


# ── dead peers ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_frozen_link_is_noticed_by_pings(url):
    async with linked(url, "alice", ping_interval=0.1, ping_timeout=0.2) as (link, client):
        events = client.connection_events()
        await events.start()
        order = await client.buy("BTC/RUB", quantity="1", price="80")
        link.freeze()
        lost = asyncio.create_task(client.lost())
        with pytest.raises(ConnectionLost) as error:
            await soon(client.balances(), 5)
        assert error.value.was_sent
        assert not isinstance(error.value, RequestTimedOut)
        await soon(lost)
        link.cut()
        await soon(client.connected())
        await soon(client.resumed())
        assert [(await soon(anext(events))).kind for _ in range(3)] == ["lost", "connected", "resumed"]
        await order.cancel()


# Three seconds of silence, and one for the goodbye.
async def test_a_frozen_link_is_noticed_as_soon_as_the_venue_would(tmp_path):
    venue = tmp_path / "venue"
    venue.mkdir()
    (venue / "venue.toml").write_text(venue_text("\n[server]\nheartbeat_s = 1\nmissed_heartbeats = 3\n"))
    with served_apart(venue) as (url, _):
        async with linked(url, "alice") as (link, client):
            link.freeze()
            link.is_open = False
            began = asyncio.get_running_loop().time()
            # By the defaults of a client, sixteen.
            await soon(client.lost(), 9)
            assert asyncio.get_running_loop().time() - began > 1.9


async def test_each_request_has_a_time_limit_that_says_what_is_known(url):
    async with linked(url, "alice", ping_interval=None, request_timeout=0.3) as (link, client):
        trades = client.trades("BTC/RUB")
        link.freeze()
        with pytest.raises(RequestTimedOut, match=r"no reply within 0\.3 s; it was sent, and may have been") as error:
            await soon(client.buy("BTC/RUB", quantity="1", price="80", client_order_id="limit"))
        assert error.value.was_sent
        with pytest.raises(RequestTimedOut):
            await soon(trades.start())
        link.is_open = False
        link.cut()
        await soon(client.lost())
        with pytest.raises(RequestTimedOut, match=r"no connection within 0\.3 s; nothing was sent") as error:
            await soon(client.balances())
        assert not error.value.was_sent
        with pytest.raises(RequestTimedOut):
            await soon(client.book("BTC/RUB"))
        link.is_open = True
        await soon(client.connected())
        order = await soon(insist(client, "buy", "80", "limit"))
        await order.cancel()
        await soon(trades.start())
        assert (await soon(client.book("BTC/RUB"))).is_current


async def test_when_the_client_ends_nobody_waits_for_ever(url):
    async with linked(url, "alice", reconnect=False) as (link, client):
        order = await client.buy("BTC/RUB", quantity="1", price="80", client_order_id="ends")
        book = await client.book("BTC/RUB")
        stream = client.trades("BTC/RUB")
        await stream.start()
        waits: list[Any] = [order.filled(), order.ended(), book.changed(), anext(stream)]
        waiting = [asyncio.ensure_future(each) for each in waits]
        lost = asyncio.ensure_future(client.lost())
        await asyncio.sleep(0)
        link.cut()
        for each in waiting:
            with pytest.raises(ClientError, match="lost"):
                await soon(each)
        await soon(lost)
        for later in (client.connected(), client.lost(), order.filled(), book.changed(), anext(stream), anext(stream)):
            with pytest.raises(ClientError, match="lost"):
                await soon(later)
        assert client.state == "closed"
    async with login(url, "alice") as client:
        await client.cancel(client_order_id="ends")
