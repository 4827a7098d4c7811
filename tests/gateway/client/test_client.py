from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from decimal import Decimal

import pytest

from gateway.client import Client, ClientError, OrderEnded, OrderRejected, RequestFailed, connect
from gateway.protocol import messages as m
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

# Each test trades around a price of its own instrument, so that tests sharing a venue don't meet.
names = itertools.count(1)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue") / "venue") as live:
        yield live


def login(venue: LiveVenue, participant: str, **options):
    return connect(venue.url, participant, venue.key(participant), **options)


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, 10)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_the_example_of_the_readme(venue, encoding):
    async with login(venue, "mm-alpha", encoding=encoding) as maker, login(venue, "anna", encoding=encoding) as taker:
        trades = maker.trades("ETH/RUB")
        await trades.start()
        resting = await maker.sell("ETH/RUB", quantity="0.010", price="250000")
        assert resting.status == "new"
        assert resting.order_id > 0
        order = await taker.buy("ETH/RUB", quantity="0.01", price="250000")
        assert await soon(order.filled()) is order
        assert (await soon(resting.filled())).fills[0].liquidity == "maker"
        assert order.fills[0].price == 250_000
        trade = await soon(anext(trades))
        assert (f"{trade.price}", f"{trade.quantity}", trade.taker_side) == ("250000", "0.010", "buy")


async def test_a_reject_names_the_rule(venue):
    async with login(venue, "boris") as client:
        with pytest.raises(OrderRejected) as refused:
            await client.buy("XMR/RUB", quantity="1", price="28000")
        assert refused.value.code == "compliance"
        assert refused.value.rule == "ANON-1"
        assert "privacy" in refused.value.title
        assert "ANON-1" in refused.value.rules
        assert refused.value.detail
        with pytest.raises(OrderRejected) as refused:
            await client.buy("BTC/RUB", quantity="1", price="8000000.01")
        assert refused.value.code == "tick"
        with pytest.raises(ValueError, match="quantity: 'one' is no decimal number"):
            await client.buy("BTC/RUB", quantity="one", price="8000000")
        with pytest.raises(RequestFailed) as failed:
            await client.buy("BTC/RUB", quantity="-1", price="8000000")
        assert failed.value.code == "malformed"


async def test_amend_cancel_and_mass_cancel(venue):
    async with login(venue, "mm-beta") as client:
        order = await client.buy("SOL/RUB", quantity="5", price="9000")
        await order.amend(price="9001", quantity="4")
        assert (order.price, order.leaves_quantity) == (9001, 4)
        assert [each.order_id for each in await client.open_orders()] == [order.order_id]
        await order.cancel()
        assert (order.status, order.reason, order.is_open) == ("cancelled", "requested", False)
        with pytest.raises(OrderEnded, match="cancelled"):
            await order.filled()
        with pytest.raises(OrderRejected) as refused:
            await order.cancel()
        assert refused.value.code == "unknown_order"
        orders = [await client.buy("SOL/RUB", quantity="1", price=price) for price in (9500, 9499, 9498)]
        assert await client.mass_cancel(instrument="SOL/RUB", side="sell") == 0
        assert await client.mass_cancel(instrument="SOL/RUB") == 3
        assert {(await soon(each.ended())).reason for each in orders} == {"mass_cancel"}


async def test_requests_overlap_and_market_orders_end(venue):
    async with login(venue, "mm-alpha") as maker, login(venue, "delta-fund") as taker:
        prices = [str(180 + step) for step in range(45)]
        orders = await asyncio.gather(*(maker.sell("XRP/RUB", quantity="1", price=price) for price in prices))
        assert len({order.order_id for order in orders}) == 45
        # The collar, 5 % over the reference of 180, ends the sweep: 180 to 189 trade.
        swept = await taker.buy("XRP/RUB", quantity="30")
        await soon(swept.ended())
        assert (swept.status, swept.reason, swept.filled_quantity) == ("cancelled", "collar", 10)
        assert [f"{fill.price}" for fill in swept.fills] == [f"{price}.00" for price in range(180, 190)]
        killed = await taker.buy("XRP/RUB", quantity="5", price="150", time_in_force="ioc")
        assert (await soon(killed.ended())).reason == "immediate_or_cancel"
        await maker.mass_cancel()


async def test_balances_and_instruments(venue):
    async with login(venue, "kappa-bank") as client:
        before = (await client.balances())["RUB"]
        order = await client.buy("TON/RUB", quantity="100", price="120")
        after = (await client.balances())["RUB"]
        # The value and the larger fee, 300 millionths.
        assert before.available - after.available == Decimal("12003.60")
        assert after.total == before.total
        await order.cancel()
        assert (await client.balances())["RUB"] == before
        listed = await client.instruments()
        assert listed["BTC/RUB"].tick_size == 100
        assert listed["BTC/RUB"].phase == "continuous"


async def test_the_book_and_the_top_follow_the_venue(venue):
    async with login(venue, "mm-alpha") as client, connect(venue.url, encoding="msgpack") as public:
        book = await public.book("BNB/RUB")
        assert (book.bids, book.asks) == ([], [])
        tops, tickers = public.top("BNB/RUB"), public.ticker("BNB/RUB")
        await tops.start()
        await tickers.start()
        for step in range(15):
            await client.buy("BNB/RUB", quantity="0.5", price=str(70_000 - 10 * step))
        orders = await client.open_orders()
        await client.cancel(order_id=orders[0].order_id)
        async with login(venue, "mm-beta") as other:
            await other.sell("BNB/RUB", quantity="0.2", price="69990")
        await public.instruments()
        assert book.best_bid == (69_990, Decimal("0.3"))
        assert next(book.written("buy")) == ("69990", "0.300")
        assert len(book.bids) == 14
        assert book.resyncs == 0
        await client.mass_cancel()
        await public.instruments()
        assert book.bids == []
        seen = []
        while not seen or seen[-1].bid_price is not None or len(seen) < 3:
            seen.append(await soon(anext(tops)))
        assert max(int(top.bid_price) for top in seen if top.bid_price) == 70_000
        ticker = await soon(anext(tickers))
        while ticker.last_price is None or ticker.bid_price is not None:
            ticker = await soon(anext(tickers))
        assert (ticker.last_price, ticker.ask_price) == (69_990, None)
        assert tops.missed == tickers.missed == 0


async def test_reports_are_dense_for_each_account(venue):
    async with login(venue, "broker-north") as client:
        assert set(client.accounts) == {"vera.north", "daria.north", "lev.north", "egor.north", "kira.north"}
        with pytest.raises(ClientError, match="name the account"):
            await client.buy("BTC/RUB", quantity="0.001", price="7000000")
        async with client.reports() as reports:
            for _ in range(3):
                for account in ("daria.north", "lev.north"):
                    await client.buy("BTC/RUB", quantity="0.0001", price="7000000", account=account)
            for account in ("daria.north", "lev.north"):
                await client.mass_cancel(account=account)
            seen: dict[str, list[int]] = {}
            for _ in range(14):
                report = await soon(anext(reports))
                seen.setdefault(report.account, []).append(report.seq)
        for seqs in seen.values():
            assert seqs == list(range(seqs[0], seqs[0] + 7))


async def test_a_resent_order_acts_once(venue):
    async with login(venue, "anna") as client:
        terms = {"quantity": "1", "price": "60000", "client_order_id": f"once-{next(names)}"}
        first = await client.buy("BNB/RUB", **terms)
        again = await client.buy("BNB/RUB", **terms)
        assert again.order_id == first.order_id
        assert again is first
        with pytest.raises(OrderRejected) as refused:
            await client.buy("BNB/RUB", **{**terms, "price": "60010"})
        assert refused.value.code == "duplicate_id"
        assert first.is_open
        await first.cancel()
        assert (await client.buy("BNB/RUB", **terms)).status == "cancelled"


async def test_who_may_what(venue):
    async with login(venue, "anna") as client:
        with pytest.raises(RequestFailed) as refused:
            await client.admin("set_blocked", investor="boris", blocked=True, reason="test")
        assert refused.value.code == "not_allowed"
    with pytest.raises(RequestFailed) as refused:
        async with connect(venue.url, "anna", venue.key("boris")):
            pass
    assert refused.value.code == "login_failed"
    async with connect(venue.url) as public:
        with pytest.raises(ClientError, match="log in first"):
            await public.buy("BTC/RUB", quantity="1", price="1")


async def test_the_supervisor_acts_and_sees_the_drop_copy(venue):
    async with login(venue, "supervisor") as supervisor, login(venue, "boris") as boris:
        copies = supervisor.drop_copy()
        await copies.start()
        order = await boris.buy("TRX/RUB", quantity="10", price="20")
        copy = await soon(anext(copies))
        assert (copy.account, copy.order_id, copy.exec_type) == ("boris.main", order.order_id, "new")
        assert await supervisor.admin("set_blocked", investor="boris", blocked=True, reason="test") > order.order_id
        assert (await soon(order.ended())).reason == "compliance"
        with pytest.raises(OrderRejected) as refused:
            await boris.buy("TRX/RUB", quantity="10", price="20")
        assert refused.value.rule == "SAN-1"
        await supervisor.admin("set_blocked", investor="boris", blocked=False, reason="test over")
        await (await boris.buy("TRX/RUB", quantity="10", price="20")).cancel()


async def test_a_client_outlives_the_venue_process(tmp_path):
    """The venue is killed and started again on the same port: the client comes back with nothing lost."""
    directory = tmp_path / "venue"
    with live_venue(directory) as first:
        url, port = first.url, int(first.url.rsplit(":", 1)[1])
        async with login(first, "anna") as client:
            order = await client.buy("BTC/RUB", quantity="0.1", price="7700000")
            book = await client.book("BTC/RUB")
            first.process.kill()
            first.process.wait()
            with live_venue(directory, port=port) as second:
                assert second.url == url
                await _until_back(client)
                assert [each.order_id for each in await client.open_orders()] == [order.order_id]
                assert order.is_open
                async with login(second, "mm-alpha") as maker:
                    await maker.sell("BTC/RUB", quantity="0.1", price="7700000")
                await soon(order.filled())
                await client.instruments()
                assert book.bids == []


async def _until_back(client: Client) -> None:
    for _ in range(200):
        if client.reconnects:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the client did not come back")


async def test_nothing_is_sent_with_a_binary_float(venue):
    async with login(venue, "anna") as client:
        with pytest.raises(TypeError):
            await client.buy("BTC/RUB", quantity=0.1, price="8000000")  # type: ignore[arg-type]
        assert isinstance(client.hello, m.Hello)
        assert client.hello.rulebook == "general-2026"
