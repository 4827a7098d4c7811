"""Candles of a running venue: what a client's iterator says over lost links, days and starts is what the journal comes to."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.record.rows import decode_events
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import Trade
from gateway.candles import traded
from gateway.client import Candle, connect
from gateway.client.blocking import connect_sync
from gateway.journal.reader import JournalReader
from gateway.server.venue_server import VenueServer
from gateway.venue.venue import Venue, parse_venue
from tests.support.gateway.feeds.trades_over_days import LENGTHS, plain_start
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.small_venue import RawClient, client, serving, url_of, venue_text

TICK, LOT = Decimal("0.5"), Decimal("0.1")
NAME = "BTC/RUB"


def venue_for_tests() -> Venue:
    return parse_venue(venue_text().replace("port = 0", "port = 0\ntest = true"), "", Path())


def expected(directory: Path, interval: str, now_ns: int) -> list[Candle]:
    """The candles of the trades in the journal, by a plain function."""
    found: dict[int, list[Trade]] = {}
    for _, time_ns, _, events in JournalReader(directory / "journal").rows():
        for event in decode_events(events):
            if type(event) is Trade and event.instrument == NAME:
                found.setdefault(plain_start(time_ns, LENGTHS[interval]), []).append(event)
    return [
        Candle(
            instrument=NAME,
            interval=interval,  # type: ignore[arg-type]
            start=start,
            open=some[0].price_ticks * TICK,
            high=max(each.price_ticks for each in some) * TICK,
            low=min(each.price_ticks for each in some) * TICK,
            close=some[-1].price_ticks * TICK,
            volume=sum(each.quantity_lots for each in some) * LOT,
            turnover=sum(each.price_ticks * each.quantity_lots for each in some) * TICK * LOT,
            trades=len(some),
            closed=start + LENGTHS[interval] * NS_PER_SECOND <= now_ns,
        )
        for start, some in sorted(found.items())
    ]


class Market:
    """Alice and Bob trade with each other, at times that Otto moves to."""

    def __init__(self, server: VenueServer, alice: RawClient, bob: RawClient, otto: RawClient, *, seed: int) -> None:
        self.server = server
        self.sides = (alice, "alice"), (bob, "bob")
        self.otto = otto
        self.chance = random.Random(seed)
        self.prefix = f"s{seed}"

    async def trade(self, count: int, pause: int) -> None:
        """So many trades, with at most so many seconds between."""
        for number in range(count):
            price = str(95 + self.chance.randint(0, 8))
            for (raw, name), side in zip(self.sides, ("sell", "buy"), strict=True):
                reply = await raw.order(
                    side, str(1 + number % 3), price, f"{self.prefix}-{number}-{pause}", account=name
                )
                assert reply["type"] == "execution_report" and reply["exec_type"] == "new", reply
            await self.move(self.chance.randint(1, pause))

    async def move(self, seconds: int) -> None:
        arguments = {"until_ns": self.server.now_ns + seconds * NS_PER_SECOND, "reason": "a test"}
        assert (await self.otto.ask(type="admin", command="advance_time", arguments=arguments))["type"] == "done"


async def read(stream: Any, into: dict[int, Candle], told: list[Candle]) -> None:
    with suppress(asyncio.CancelledError):
        async for candle in stream:
            into[candle.start] = candle
            told.append(candle)


async def until(condition: Any, seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("interval", ["1s", "1m", "1d"])
async def test_an_iterator_misses_nothing_over_days_and_starts(
    interval: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that the index is needed for nearly all.
    monkeypatch.setattr(traded, "MAX_KEPT_SECONDS_PER_INSTRUMENT", 5)
    got: dict[int, Candle] = {}
    told: list[Candle] = []
    port = 0
    reading: asyncio.Task[None] | None = None
    followed: Any = None
    try:
        for number in range(2):
            async with serving(tmp_path, venue_for_tests(), durability="os", port=port) as server:
                port = server.port
                async with (
                    client(url_of(server), "alice") as alice,
                    client(url_of(server), "bob") as bob,
                    client(url_of(server), "otto") as otto,
                ):
                    market = Market(server, alice, bob, otto, seed=number)
                    await market.trade(4, 3)
                    if reading is None:
                        # In the middle of a candle.
                        followed = connect(f"ws://127.0.0.1:{port}")
                        library = await followed.__aenter__()
                        stream = library.candles(NAME, interval)
                        reading = asyncio.create_task(read(stream, got, told))
                    await market.trade(5, 40)
                    await market.trade(3, 50_000)
                    final = expected(tmp_path, interval, server.now_ns)
                    await until(lambda: all(got.get(each.start) == each for each in final if each.closed))  # noqa: B023
                    assert await library.candle_history(NAME, interval) == expected(tmp_path, interval, server.now_ns)
            if number == 0:
                save(tmp_path)
        # None came twice, nor out of its order, and each closed once.
        starts = [each.start for each in told]
        assert starts == sorted(starts)
        assert len({(each.start, each.trades, each.closed) for each in told}) == len(told)
        assert sum(each.closed for each in told) == sum(each.closed for each in got.values())
    finally:
        if reading is not None:
            reading.cancel()
            await reading
            await followed.__aexit__(None, None, None)


async def test_a_candle_closes_though_nothing_happens_and_others_ask_in_vain(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, durability="os") as server,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "bob") as bob,
    ):
        subscribed = await alice.ask(type="subscribe", channel="candles", instrument=NAME, interval="1s")
        assert (subscribed["seq"], subscribed["interval"]) == (0, "1s")
        assert (await alice.until("candle_snapshot"))["candles"] == []
        await alice.order("sell", "1", "100", "a", account="alice")
        await bob.order("buy", "1", "100", "b", account="bob")
        running, closed = await alice.until("candle"), await alice.until("candle")
        assert (running["prev_seq"], running["seq"], running["trades"]) == (0, 2, 1)
        assert (closed["prev_seq"], closed["seq"], closed["closed"]) == (2, 3, True)
        assert closed["time"] == closed["start"] + NS_PER_SECOND
        assert {**closed, **{name: running[name] for name in ("prev_seq", "seq", "time")}} == {
            **running,
            "closed": True,
        }
        page = await bob.ask(type="candle_history", instrument=NAME, interval="1d")
        assert [each["trades"] for each in page["candles"]] == [1]
        for wrong, code in (
            ({"type": "subscribe", "channel": "candles", "instrument": NAME}, "malformed"),
            ({"type": "subscribe", "channel": "candles", "instrument": NAME, "interval": "7m"}, "malformed"),
            ({"type": "subscribe", "channel": "candles", "instrument": "X/Y", "interval": "1m"}, "unknown"),
            ({"type": "candle_history", "instrument": "X/Y", "interval": "1m"}, "unknown"),
            ({"type": "candle_history", "instrument": NAME, "interval": "7m"}, "malformed"),
            ({"type": "candle_history", "instrument": NAME, "interval": "1m", "limit": 201}, "malformed"),
        ):
            await bob.send(**wrong)
            assert (await bob.until("error"))["code"] == code, wrong
        assert (await alice.ask(type="unsubscribe", channel="candles", instrument=NAME, interval="1s"))[
            "type"
        ] == "unsubscribed"


async def test_programs_without_a_loop_read_candles_too(tmp_path: Path) -> None:
    async with serving(tmp_path, durability="os") as server:
        async with client(url_of(server), "alice") as alice, client(url_of(server), "bob") as bob:
            await alice.order("sell", "1", "100", "a", account="alice")
            await bob.order("buy", "1", "100", "b", account="bob")

        def program() -> tuple[Candle, list[Candle], Decimal | None]:
            with connect_sync(url_of(server)) as blocking:
                first = next(iter(blocking.candles(NAME, "1h")))
                ticker = next(iter(blocking.ticker(NAME)))
                return first, blocking.candle_history(NAME, "1h"), ticker.volume_24h

        first, page, volume = await asyncio.to_thread(program)
        assert [first] == page
        assert (first.open, first.volume, volume) == (100, 1, 1)
