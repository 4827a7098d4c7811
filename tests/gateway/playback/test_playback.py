"""A recorded session served again: who watches is told what was told then."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.book.order_book import LimitOrderBook
from engine.exchange import Exchange
from engine.replay import Replay
from engine.vocabulary.codes import BUY, SELL
from gateway.client import ClientError, LocalBook, connect
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.playback.server import PlaybackServer
from tests.support.gateway.played_again import playing, record
from tests.support.gateway.saved_venue import save
from tests.support.gateway.small_venue import NaiveBook, RawClient, client, serving, venue_text

COMMANDS = 600
BATCH = 4
SECONDS = 20


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two halves, each of a second and a half; a snapshot between them."""
    directory = tmp_path_factory.mktemp("recorded")
    record(directory, 1, COMMANDS, BATCH)
    save(directory)
    record(directory, 2, COMMANDS, BATCH)
    return directory


def url_of(server: PlaybackServer) -> str:
    return f"ws://127.0.0.1:{server.port}"


def replayed(venue: Path) -> Iterator[Exchange]:
    """The state after every command."""
    exchange = new_exchange()
    replay = Replay(exchange)
    for row in JournalReader(venue / "journal").rows():
        replay.feed(row)
        yield exchange


def levels_of(book: LimitOrderBook) -> list[tuple[str, str]]:
    """All levels, best first, as the wire writes them: bids, then asks."""
    return [(f"{t / 2:.1f}", f"{lots / 10:.1f}") for side in (BUY, SELL) for t, lots in book.levels(side, 10**6)]


async def subscribe(reader: RawClient, channel: str, instrument: str | None = "BTC/RUB") -> None:
    about = {} if instrument is None else {"instrument": instrument}
    reply = await reader.ask(type="subscribe", channel=channel, **about)
    assert reply["type"] == "subscribed", reply


async def follow(reader: RawClient) -> tuple[NaiveBook, int, dict[str, Any]]:
    """Keep a book until the recording has ended; how many messages it took, and the last one. Each checksum is compared."""
    book = NaiveBook()
    for count in itertools.count():
        message = await reader.receive()
        if message["type"] == "recording_ended":
            return book, count, message
        if message["type"].startswith("book"):
            book.apply(message)
    raise AssertionError


async def note_changes(book: LocalBook, seen: list[int]) -> None:
    """Note the number of each message that a client's book takes."""
    with suppress(ClientError):
        while True:
            await book.changed()
            seen.append(book.seq)


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(("speed", "at_least_s"), [("10x", 0.3), ("max", 0.0)])
async def test_two_clients_have_the_book_at_each_checksum(venue: Path, speed: str, at_least_s: float) -> None:
    *_, last = replayed(venue)
    async with playing(venue, "0s", speed) as server:
        async with client(url_of(server)) as reader, connect(url_of(server)) as stock:
            assert reader.hello["recording"]["speed"] == speed
            await subscribe(reader, "book")
            book = await stock.book("BTC/RUB")
            assert book.bids == book.asks == []
            seen: list[int] = []
            noting = asyncio.create_task(note_changes(book, seen))
            began = time.monotonic()
            server._begin()
            naive, count, ended = await follow(reader)
            assert time.monotonic() - began > at_least_s
            assert count > COMMANDS / BATCH
            assert naive.best(10**6) == levels_of(last.books["BTC/RUB"])
            assert (ended["seq"], ended["time"]) == (last.seq, last.time_ns)
            await until(lambda: book.seq == naive.seq)
            # Without the snapshot.
            assert (book.resyncs, len(seen)) == (0, count - 1)
            assert [*book.bids, *book.asks] == naive.best(10**6)
        await noting
        # Who comes late finds it as it is, and is told so.
        async with client(url_of(server)) as late:
            assert late.hello["recording"]["seq"] == late.hello["recording"]["last_seq"] == last.seq
            await subscribe(late, "book")
            naive.apply(await late.receive())
            assert naive.best(10**6) == levels_of(last.books["BTC/RUB"])


# ── as it was told live ────────────────────────────────────────────────────────────────────────────────────────────

CHANNELS = ("book", "trades", "top", "ticker", "status", "auction")
FOR_SUPERVISORS = ("drop_copy", "changes")


async def listen(raw: RawClient, participant: str) -> None:
    """Subscribe to all that one may; all that is told is kept in `reports`."""
    for name in CHANNELS:
        await subscribe(raw, name)
    for name in FOR_SUPERVISORS if participant == "sue" else ():
        await subscribe(raw, name, None)


def told(raw: RawClient) -> list[dict[str, Any]]:
    """What was told of the venue."""
    return [message for message in raw.reports if message["type"] not in {"journal_tip", "recording_ended"}]


async def trade(url: str) -> None:
    """What two participants do, each waiting for its reply, and at last a halt."""
    chance = random.Random(3)
    async with client(url, "alice") as alice, client(url, "bob") as bob, client(url, "otto") as otto:
        for number in range(120):
            name, raw = chance.choice((("alice", alice), ("bob", bob)))
            side, price = chance.choice(("buy", "sell")), f"{(190 + chance.randrange(20)) / 2}"
            await raw.order(side, f"0.{chance.randrange(1, 10)}", price, f"{name}{number}", account=name)
            if not number % 9:
                await raw.ask(type="mass_cancel", account=name)
        halt = {"instrument": "BTC/RUB", "phase": "halted", "reason": "news"}
        assert (await otto.ask(type="admin", command="set_phase", arguments=halt))["type"] == "done"


async def test_whoever_listens_is_told_what_was_told_live(tmp_path: Path) -> None:
    (tmp_path / "venue.toml").write_text(venue_text())
    async with serving(tmp_path) as live:
        url = f"ws://127.0.0.1:{live.port}"
        async with client(url, "alice") as alice, client(url, "sue") as sue:
            await listen(alice, "alice")
            await listen(sue, "sue")
            await trade(url)
            # What is answered last was told last.
            for raw in (alice, sue):
                await raw.ask(type="instruments")
            before = told(alice), told(sue)
    async with (
        playing(tmp_path) as server,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "sue") as sue,
    ):
        await listen(alice, "alice")
        await listen(sue, "sue")
        server._begin()
        for raw in (alice, sue):
            await raw.until("recording_ended")
        assert (told(alice), told(sue)) == before
    assert min(map(len, before)) > 300
