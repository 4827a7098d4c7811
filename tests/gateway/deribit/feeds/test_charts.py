"""Candles: those of the venue joined to longer ones, as a plain fold over trades has them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deribit.feeds.charts import MINUTE_NS, RESOLUTIONS, chart_document, joined
from gateway.protocol.channel_messages import CandleBar
from tests.support.gateway.outside.deribit_client import ALICE, BOB, connected, opened, resting
from tests.support.gateway.venues.small_venue import serving

TRADES = st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 99), st.integers(1, 9)), min_size=1, max_size=60)


def minutes(trades: list[tuple[int, int, int]], length: int) -> list[CandleBar]:
    """What the venue would tell: candles of so many minutes of trades (minute, price, quantity), in order of time."""
    found: dict[int, list[tuple[int, int]]] = {}
    for minute, price, quantity in sorted(trades, key=lambda trade: trade[0]):
        found.setdefault(minute // length * length, []).append((price, quantity))
    return [
        CandleBar(
            start=start * MINUTE_NS,
            open=str(each[0][0]),
            high=str(max(price for price, _ in each)),
            low=str(min(price for price, _ in each)),
            close=str(each[-1][0]),
            volume=str(sum(quantity for _, quantity in each)),
            turnover=str(sum(price * quantity for price, quantity in each)),
            trades=len(each),
        )
        for start, each in found.items()
    ]


@given(TRADES, st.sampled_from([name for name, each in RESOLUTIONS.items() if each.length_ns]))
def test_joined_candles_are_those_of_the_trades(trades: list[tuple[int, int, int]], name: str):
    resolution = RESOLUTIONS[name]
    parts = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}[resolution.interval]
    bars = joined(minutes(trades, parts), resolution)
    wanted = minutes(trades, int(name))
    assert [(bar.start_ns, bar.opened, bar.high, bar.low, bar.close) for bar in bars] == [
        (each.start, each.open, each.high, each.low, each.close) for each in wanted
    ]
    assert [Decimal(bar.volume_e8) / 10**8 for bar in bars] == [Decimal(each.volume) for each in wanted]
    assert [Decimal(bar.turnover_e8) / 10**8 for bar in bars] == [Decimal(each.turnover) for each in wanted]


def test_no_candles():
    assert chart_document([])["status"] == "no_data"


@pytest.mark.parametrize("resolution", ["1", "3", "720", "1D"])
async def test_candles_of_the_past_and_the_one_that_runs(tmp_path, resolution: str):
    terms = {"instrument_name": "BTC_RUB", "amount": "0.5"}
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        connected(port) as socket,
    ):
        asked = {"instrument_name": "BTC_RUB", "resolution": resolution}
        assert (await rest.result("public/get_tradingview_chart_data", **asked))["status"] == "no_data"
        channel = f"chart.trades.BTC_RUB.{resolution}"
        assert await socket.result("public/subscribe", channels=[channel, "chart.trades.BTC_RUB.7"]) == [channel]
        for price in (100, 101):
            await rest.result("private/buy", ALICE, price=price, **terms)
            await rest.result("private/sell", BOB, price=price, **terms)
            told = await socket.told(channel)
        found = await rest.result("public/get_tradingview_chart_data", **asked)
        assert (found["status"], found["close"][-1], sum(found["volume"])) == ("ok", 101.0, 1.0)
        assert (told["tick"], told["close"]) == (found["ticks"][-1], 101.0)
        assert sum(found["cost"]) == 100.5
        past = {"start_timestamp": 0, "end_timestamp": found["ticks"][0] - 1}
        assert (await rest.result("public/get_tradingview_chart_data", **asked, **past))["status"] == "no_data"
        assert (await rest.error("public/get_tradingview_chart_data", **(asked | {"resolution": "7"})))[
            "code"
        ] == -32602
