"""The book at a moment, three times: as `sbx at` shows it, as folded from market data, and as the engine has it."""

from __future__ import annotations

import random
from bisect import bisect_right
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import BUY, SELL
from gateway.session.moments import Moment
from gateway.session.recorded import Recorded
from gateway.session.views import Views
from tests.support.gateway.inprocess.played_again import playing, record
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.journal.replayed import replayed
from tests.support.gateway.venues.small_venue import NaiveBook, client

Levels = list[tuple[str, str]]
"""Price and quantity, best first: bids, then asks."""


async def folded(directory: Path) -> tuple[list[int], list[Levels]]:
    """The book after each message of an independent reader, and the time of each."""
    times, books = [], []
    async with playing(directory) as server, client(f"ws://127.0.0.1:{server.port}") as raw:
        await raw.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        naive = NaiveBook()
        server._begin()
        while (message := await raw.receive())["type"] != "recording_ended":
            naive.apply(message)
            times.append(message["time"])
            books.append(naive.best(10**6))
    return times, books


def books_of(directory: Path) -> list[tuple[int, Levels]]:
    """The time of each command, and the engine's book after it."""
    found: list[tuple[int, Levels]] = []
    for exchange in replayed(directory):
        book = exchange.books.get("BTC/RUB")
        levels = (
            []
            if book is None
            else [(f"{t / 2:.1f}", f"{q / 10:.1f}") for side in (BUY, SELL) for t, q in book.levels(side, 10**6)]
        )
        found.append((exchange.time_ns, levels))
    return found


def seen_at(session: Recorded, time_ns: int) -> Levels:
    """What `sbx at TIME --book` shows."""
    walk = session.walk(session.seq_of(Moment(time_ns=time_ns)))
    for _ in walk.go_on():
        pass
    walk.close()
    book: Any = Views(walk.exchange).book("BTC/RUB", 10_000)
    return [(level["price"], level["quantity"]) for name in ("bids", "asks") for level in book[name]]


# A walk from a snapshot takes some 20 ms, so a thousand take half a minute.
@pytest.mark.parametrize("moments", [40, pytest.param(1_000, marks=pytest.mark.soak)])
async def test_the_book_is_the_same_seen_three_ways(tmp_path: Path, moments: int) -> None:
    for seed in range(1, 5):
        record(tmp_path, seed, 300, batch=1)
        save(tmp_path)
    times, books = await folded(tmp_path)
    engine = books_of(tmp_path)
    session = Recorded(tmp_path / "journal")
    for _ in session.open():
        pass
    chance = random.Random(9)
    depths = []
    for _ in range(moments):
        time_ns = chance.randint(engine[0][0], engine[-1][0])
        seen = seen_at(session, time_ns)
        assert seen == books[bisect_right(times, time_ns) - 1]
        assert seen == engine[bisect_right(engine, time_ns, key=lambda each: each[0]) - 1][1]
        depths.append(len(seen))
    session.close()
    assert sorted(depths)[moments // 2] > 10
