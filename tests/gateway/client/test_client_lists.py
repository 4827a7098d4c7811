"""Pairs, brackets and ladders at a venue: what each of their orders is told, and what is known when answers are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar

import pytest

from gateway.client import Client, ConnectionLost, Limit, Market, OrderRejected, Pair, RequestTimedOut, Stop, connect
from gateway.client.accounts import account as accounts
from tests.support.gateway.links.unruly_link import unruly_link
from tests.support.gateway.venues.small_venue import KEYS, served_apart

T = TypeVar("T")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_apart(tmp_path_factory.mktemp("venue") / "venue") as (url, _):
        yield url


def login(url: str, name: str, **options: Any) -> Any:
    return connect(url, name, KEYS[name], account=name, **options)


async def soon(awaitable: Awaitable[T]) -> T:
    return await asyncio.wait_for(awaitable, 10)


def legs(side: Any = "buy", limit: str = "90", stop: str = "110", quantity: str = "1") -> dict[str, Any]:
    terms = {"instrument": "BTC/RUB", "side": side, "quantity": quantity}
    return {"limit": Limit(price=limit, **terms), "stop": Stop(stop_price=stop, **terms)}


async def pair_of(client: Client, name: str, **terms: str) -> Pair:
    return await soon(client.submit_pair(**legs(**terms), client_order_id=name))


async def trade_at(url: str, price: str) -> None:
    async with login(url, "alice") as alice, login(url, "bob") as bob:
        await alice.sell("BTC/RUB", quantity="0.1", price=price)
        await bob.buy("BTC/RUB", quantity="0.1", price=price)


async def test_of_a_pair_one_cancels_the_other(url):
    await trade_at(url, "100")
    async with login(url, "alice") as alice, login(url, "bob") as bob:
        pair = await pair_of(alice, "one")
        assert [each.status for each in pair] == ["new", "new"]
        assert pair.limit.client_order_id == "one.limit"
        assert pair.stop.order_id == pair.limit.order_id + 2**40
        await bob.sell("BTC/RUB", quantity="1", price="90")
        await soon(pair.limit.filled())
        assert (await soon(pair.stop.ended())).reason == "one_cancels_other"
        await trade_at(url, "100")


@pytest.mark.parametrize(
    ("wrong", "code", "of"),
    [
        ({"limit": "90.3"}, "tick", "limit"),
        ({"stop": "110.3"}, "tick", "stop"),
        ({"quantity": "0.05"}, "lot", "limit"),
    ],
)
async def test_a_pair_is_refused_with_the_reject_of_the_order_at_fault(url, wrong, code, of):
    async with login(url, "alice") as alice:
        with pytest.raises(OrderRejected) as refused:
            await pair_of(alice, f"wrong-{code}-{of}", **wrong)
        assert (refused.value.code, refused.value.message.client_order_id) == (code, f"wrong-{code}-{of}.{of}")
        assert await alice.open_orders() == []
        # Sent again, it is refused again.
        with pytest.raises(OrderRejected):
            await pair_of(alice, f"wrong-{code}-{of}", **wrong)


async def test_what_is_malformed_enters_nothing_and_the_name_stays_free(url):
    async with login(url, "alice") as alice:
        with pytest.raises(Exception, match="malformed"):
            await pair_of(alice, "twice", quantity="-1")
        pair = await pair_of(alice, "twice")
        # Of the two one is cancelled, and the other by that.
        assert await alice.mass_cancel() == 1
        assert {(await soon(each.ended())).reason for each in pair} == {"mass_cancel", "one_cancels_other"}


async def test_a_bracket_waits_for_its_entry(url):
    await trade_at(url, "100")
    terms = {"instrument": "BTC/RUB", "quantity": "2"}
    async with login(url, "alice") as alice, login(url, "bob") as bob:
        bracket = await soon(
            alice.submit_bracket(
                entry=Limit(side="buy", price="99", **terms),
                take_profit=Limit(side="sell", price="105", **terms),
                stop=Stop(side="sell", stop_price="95", **terms),
                client_order_id="b",
            )
        )
        assert [each.status for each in bracket] == ["new"] * 3
        assert [each.client_order_id for each in bracket] == ["b.entry", "b.take_profit", "b.stop"]
        await bob.sell("BTC/RUB", quantity="1", price="99")
        await bracket.entry.cancel()
        # One was filled: so much of the other two is left.
        assert [each.quantity for each in bracket] == [2, 1, 1]
        await bob.buy("BTC/RUB", quantity="1", price="105")
        await soon(bracket.take_profit.filled())
        assert (await soon(bracket.stop.ended())).reason == "one_cancels_other"
        # An entry that trades at once has its fills by the time it is handed over.
        await bob.sell("BTC/RUB", quantity="1", price="100")
        at_once = await soon(
            alice.submit_bracket(
                entry=Market(instrument="BTC/RUB", side="buy", quantity=1),
                take_profit=Limit(instrument="BTC/RUB", side="sell", quantity=1, price="105"),
                stop=Stop(instrument="BTC/RUB", side="sell", quantity=1, stop_price="95"),
            )
        )
        await soon(at_once.entry.filled())
        await alice.mass_cancel()
        await trade_at(url, "100")


async def test_a_pair_whose_answer_was_lost_is_found_again_by_this_program_and_by_another(url):
    async with unruly_link(url) as link, login(link.url, "alice") as alice, login(url, "bob") as bob:
        link.freeze()
        sending = asyncio.create_task(alice.submit_pair(**legs(quantity="2"), client_order_id="lost"))
        async with login(url, "alice") as watching:
            while len(await watching.open_orders()) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await bob.sell("BTC/RUB", quantity="0.5", price="90")
        link.cut()
        with pytest.raises(ConnectionLost) as lost:
            await sending
        assert lost.value.was_sent
        await soon(alice.resumed())
        pair = await pair_of(alice, "lost", quantity="2")
        # The first fill of the limit has cancelled the stop.
        assert (pair.limit.status, pair.limit.filled_quantity * 2) == ("partially_filled", 1)
        assert pair.limit.has_all_fills
        assert (pair.stop.status, pair.stop.reason) == ("cancelled", "one_cancels_other")
        assert pair.stop.order_id == pair.limit.order_id + 2**40
        same = await pair_of(alice, "lost", quantity="2")
        assert same.limit is pair.limit
        assert same.stop is pair.stop
        async with login(url, "alice") as another:
            found = await pair_of(another, "lost", quantity="2")
            assert [(each.order_id, each.status) for each in found] == [(each.order_id, each.status) for each in pair]
            assert found.limit.fills == pair.limit.fills
        await pair.limit.cancel()


async def test_a_pair_older_than_the_reports_that_are_asked_for_again_is_found_among_the_open_orders(url, monkeypatch):
    monkeypatch.setattr(accounts, "_REFETCHED", 3)
    async with login(url, "alice") as alice:
        pair = await pair_of(alice, "old")
        gone = await pair_of(alice, "gone")
        await gone.limit.cancel()
        for _ in range(3):
            await (await alice.buy("BTC/RUB", quantity="1", price="80")).cancel()
        async with login(url, "alice") as another:
            found = await pair_of(another, "old")
            assert [(each.order_id, each.status) for each in found] == [(each.order_id, "new") for each in pair]
            assert found.stop.stop_price == 110
            lost = await pair_of(another, "gone")
            assert [(each.order_id, each.status) for each in lost] == [
                (gone.limit.order_id, "cancelled"),
                (gone.stop.order_id, "unknown"),
            ]
        await alice.mass_cancel()


async def test_a_pair_has_the_time_limit_of_a_request(url):
    async with unruly_link(url) as link, login(link.url, "alice", request_timeout=0.3, ping_interval=None) as alice:
        link.freeze()
        with pytest.raises(RequestTimedOut) as late:
            await alice.submit_pair(**legs(), client_order_id="late")
        assert late.value.was_sent
        link.thaw()
        pair = await pair_of(alice, "late")
        assert [each.status for each in pair] == ["new", "new"]
        await alice.mass_cancel()


async def test_a_ladder_replaces_the_one_before(url):
    async with login(url, "alice") as alice, login(url, "bob") as bob, alice.fills() as fills:
        done = await alice.quote("BTC/RUB", bids=[("98", "1"), (97, 2)], asks=[("102", "1")], quote_id="q-1")
        assert (done.kept, done.cancelled, done.entered) == (0, 0, 3)
        done = await alice.quote("BTC/RUB", bids=[("98", "1")], asks=[("101", "0.5")], post_only=True)
        assert (done.kept, done.cancelled, done.entered) == (1, 2, 2 - 1)
        with pytest.raises(OrderRejected) as refused:
            await alice.quote("BTC/RUB", bids=[("103", "1")], asks=[("101", "1")])
        assert refused.value.code == "invalid"
        await bob.buy("BTC/RUB", quantity="0.5", price="101")
        fill = await soon(anext(fills))
        assert (fill.side, fill.price, fill.quantity * 2, fill.liquidity) == ("sell", 101, 1, "maker")
        assert (await alice.quote("BTC/RUB")).cancelled == 1
        assert await alice.open_orders() == []
