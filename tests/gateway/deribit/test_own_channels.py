"""Channels of one's own account, many at once: what a report or a look at what is held costs does not grow with those that it is not about."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.deribit.callers import listening
from gateway.deribit.callers.desk import PORTFOLIO_SECONDS
from gateway.deribit.feeds.account_feeds import OrdersFeed
from gateway.protocol import messages as m
from tests.support.gateway.outside.deribit_client import ALICE, connected, opened
from tests.support.gateway.venues.small_venue import serving

NAME = "BTC_RUB"


async def test_what_nobody_can_hold_costs_no_questions(tmp_path, monkeypatch):
    asked: list[object] = []

    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await socket.login(ALICE)
        desk = port.service._desks["alice"]
        asks = desk._asker.ask

        async def counted(request, kind):
            asked.append(request)
            return await asks(request, kind)

        monkeypatch.setattr(desk._asker, "ask", counted)
        channels = [f"user.portfolio.C{number}" for number in range(400)]
        # More than the venue takes questions of one session at once: those behind them are told, too.
        assert await socket.result("private/subscribe", channels=[*channels, "user.portfolio.RUB"])
        before = await socket.told("user.portfolio.RUB")
        await asyncio.sleep(2 * PORTFOLIO_SECONDS)
        asked.clear()
        await socket.result("private/buy", instrument_name=NAME, amount=1, price=90)
        assert (await socket.told("user.portfolio.RUB"))["available_funds"] < before["available_funds"]
        await asyncio.sleep(2 * PORTFOLIO_SECONDS)
        assert {type(each) for each in asked} == {m.Balances} and len(asked) <= 2


async def test_an_order_is_looked_at_by_channels_of_its_own_instrument_alone(tmp_path, monkeypatch):
    told: list[str] = []
    tells = OrdersFeed.ordered

    def counted(feed, order):
        told.append(feed.channel)
        tells(feed, order)

    monkeypatch.setattr(OrdersFeed, "ordered", counted)
    mine = [
        f"user.orders.{which}.{every}"
        for which in (NAME, "any", "any.any", "any.BTC", "any.RUB", "spot.any", "spot.BTC", "spot.RUB")
        for every in ("raw", "100ms", "agg2")
    ]
    others = [f"user.orders.{which}.raw" for which in ("ETH_RUB", "any.ETH", "future.BTC", "future.any", "option.RUB")]
    others += [f"user.orders.any.C{number}.raw" for number in range(400)]
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await socket.login(ALICE)
        assert await socket.result("private/subscribe", channels=others + mine) == others + mine
        await socket.result("private/buy", instrument_name=NAME, amount=1, price=90)
        for channel in mine:
            assert await socket.told(channel)
        assert sorted(told) == sorted(mine)
        await socket.result("private/unsubscribe_all")
        assert not port.service._desks["alice"].listening._by_what


async def test_an_account_has_a_bound_on_its_channels_over_all_connections(tmp_path, monkeypatch):
    monkeypatch.setattr(listening, "MAX_LISTENERS", 20)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(connected(port)) for _ in range(2)]
        for socket in (first, second):
            await socket.login(ALICE)
        await first.result("private/subscribe", channels=[f"user.portfolio.C{number}" for number in range(20)])
        refused = await second.ask("private/subscribe", channels=["user.portfolio.RUB"])
        assert (refused["error"]["code"], "20 channels" in refused["error"]["data"]["reason"]) == (13017, True)
        # What is told already is told another without more work.
        assert await second.result("private/subscribe", channels=["user.portfolio.C7"]) == ["user.portfolio.C7"]
        await first.socket.close()
        await asyncio.sleep(1)
        await second.result("private/subscribe", channels=["user.portfolio.RUB"])
        assert (await second.told("user.portfolio.RUB"))["currency"] == "RUB"


@pytest.mark.parametrize("currency", ["RUB", "rub", "Rub"])
async def test_a_currency_is_one_however_it_is_written(tmp_path, currency: str):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await socket.login(ALICE)
        await socket.result("private/subscribe", channels=[f"user.portfolio.{currency}"])
        assert (await socket.told(f"user.portfolio.{currency}"))["currency"] == "RUB"
