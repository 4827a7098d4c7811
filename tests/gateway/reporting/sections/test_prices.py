"""Prices over time in a bounded number of steps: against all trades, however many there are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.vocabulary.messages.events import Trade
from gateway.reporting.sections.prices import Prices
from gateway.reporting.sums.buckets import MOST, Series
from tests.support.gateway.reporting.reported import ReportedVenue, drive, sections

SECOND_NS = 10**9


@pytest.mark.parametrize("seed", range(5))
def test_steps_are_those_of_the_trades_and_no_more_than_a_page_can_show(seed: int) -> None:
    chance = random.Random(seed)
    series, trades, time_ns = Series(), [], 10**18 + chance.randrange(SECOND_NS)
    for _ in range(3_000):
        time_ns += chance.choice((0, 1, SECOND_NS // 3, 7 * SECOND_NS, 900 * SECOND_NS))
        trades.append((time_ns, chance.randint(90, 110), chance.randint(1, 5)))
        series.take(*trades[-1])
    buckets = list(series)
    assert 1 < len(buckets) <= MOST
    assert series.length_ns % SECOND_NS == 0
    for bucket in buckets:
        assert bucket.start_ns % series.length_ns == 0
        inside = [each for each in trades if bucket.start_ns <= each[0] < bucket.start_ns + series.length_ns]
        prices = [price for _, price, _ in inside]
        assert (bucket.open, bucket.high, bucket.low, bucket.close) == (prices[0], max(prices), min(prices), prices[-1])
        assert (bucket.trades, bucket.lots) == (len(inside), sum(lots for *_, lots in inside))
        assert bucket.tick_lots == sum(price * lots for _, price, lots in inside)
    assert sum(bucket.trades for bucket in buckets) == len(trades)
    # They were doubled no further than they had to be.
    finer = {each[0] // (series.length_ns // 2) for each in trades}
    assert len(finer) > MOST


def test_prices_of_a_session(tmp_path: Path) -> None:
    venue = drive(ReportedVenue("general-2026"), 4, 1_200)
    trades = [event for row in venue.rows for event in row[3] if isinstance(event, Trade)]
    tables = sections(venue.write(tmp_path), Prices)
    series = tables["price_series"].objects()
    for row in tables["prices"].objects():
        own = [event for event in trades if event.instrument == row["instrument"]]
        scale = venue.exchange.books[str(row["instrument"])].instrument.tick_e8
        ticks = [event.price_ticks for event in own]
        prices = [float(str(row[key])) * 10**8 / scale for key in ("open", "high", "low", "close")]
        assert prices == pytest.approx([ticks[0], max(ticks), min(ticks), ticks[-1]])
        assert row["trades"] == len(own)
        assert sum(int(str(each["trades"])) for each in series if each["instrument"] == row["instrument"]) == len(own)
    assert len(tables["prices"].rows) == len({event.instrument for event in trades})
