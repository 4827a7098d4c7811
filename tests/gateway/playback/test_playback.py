"""A recorded session served again: who watches is told what was told then."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from engine.book.order_book import LimitOrderBook
from engine.record.rows import Row, decode_command, decode_events
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.events import Event, OrderAccepted
from gateway.cli.recordings.verify import command as verify_command
from gateway.client import ClientError, LocalBook, RequestFailed, connect
from gateway.journal.reader import JournalReader
from gateway.keys import write_private_key
from gateway.playback.server import PlaybackServer
from gateway.server.sequencing.turns import VenueHalted
from gateway.session.recorded import Recorded
from tests.support.gateway.inprocess.played_again import BETWEEN_NS, playing, record
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.journal.replayed import replayed
from tests.support.gateway.venues.small_venue import (
    KEYS,
    NaiveBook,
    RawClient,
    client,
    serving,
    small_venue,
    venue_text,
)

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
            assert [*book.written("buy"), *book.written("sell")] == naive.best(10**6)
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


# ── read-only ──────────────────────────────────────────────────────────────────────────────────────────────────────

ORDER = {"account": "alice", "client_order_id": "new", "instrument": "BTC/RUB", "side": "buy", "quantity": "0.1"}
HALT = {"command": "set_phase", "arguments": {"instrument": "BTC/RUB", "phase": "halted", "reason": "news"}}
COMMANDS_OF: dict[str, list[dict[str, Any]]] = {
    "alice": [
        {"type": "new_order", **ORDER, "price": "90"},
        {"type": "amend_order", "account": "alice", "order_id": 20, "quantity": "0.1"},
        {"type": "cancel_order", "account": "alice", "order_id": 20},
        {"type": "mass_cancel", "account": "alice"},
        {"type": "mass_quote", "account": "alice", "quote_id": "q", "instrument": "BTC/RUB", "bids": [], "asks": []},
    ],
    "sue": [{"type": "admin", "command": "kill_switch", "arguments": {"scope": "venue", "name": "", "on": True}}],
    "otto": [{"type": "admin", **HALT}],
    "": [{"type": "new_order", **ORDER, "price": "90"}, {"type": "admin", **HALT}],
}


@pytest.mark.parametrize("name", COMMANDS_OF)
async def test_every_command_is_refused(venue: Path, name: str) -> None:
    async with playing(venue, "700") as server, client(url_of(server), name) as raw:
        for command in COMMANDS_OF[name]:
            reply = await raw.ask(**command)
            assert (reply["type"], reply["code"]) == ("error", "read_only")
            assert "recording" in reply["detail"]
        assert server.playback.seq == 700
        # A request that can't be read is what it is anywhere.
        assert (await raw.ask(type="new_order"))["code"] == "malformed"


async def test_a_client_s_order_is_refused_in_words(venue: Path, tmp_path: Path) -> None:
    key = tmp_path / "alice.pem"
    write_private_key(key, KEYS["alice"])
    async with playing(venue, "700") as server, connect(url_of(server), "alice", key) as stock:
        assert stock.hello.recording is not None
        assert stock.hello.recording.last_seq > 700
        with pytest.raises(RequestFailed, match="read_only: this is a recording"):
            await stock.buy("BTC/RUB", quantity="0.1", price=90)


# ── from a moment in the middle ────────────────────────────────────────────────────────────────────────────────────


async def test_it_begins_with_the_state_at_a_moment(venue: Path) -> None:
    """Behind the snapshot, and in the middle of a batch: book, orders, balances as they were, and every report up to then."""
    seq = 801
    exchange = next(each for each in replayed(venue) if each.seq == seq)
    alice = exchange.accounts["alice"]
    async with playing(venue, str(seq)) as server, client(url_of(server)) as raw:
        assert raw.hello["time"] == exchange.time_ns
        recording = {"speed": "max", "seq": seq, "time": exchange.time_ns}
        assert raw.hello["recording"].items() >= recording.items()
        welcome = await raw.login("alice")
        assert welcome["recording"].items() >= recording.items()
        assert welcome["accounts"] == {"alice": alice.report_seq}
        # The last batch that is over.
        tip = f"{welcome['seq']}:{welcome['link']}"
        assert welcome["seq"] == seq - 2
        assert CliRunner().invoke(verify_command, [str(venue), "--tip", tip]).exit_code == 0
        await subscribe(raw, "book")
        naive = NaiveBook()
        naive.apply(await raw.receive())
        assert naive.best(10**6) == levels_of(exchange.books["BTC/RUB"])
        listed = await raw.open_orders("alice")
        assert [each["order_id"] for each in listed] == sorted(alice.open_orders)
        (rouble,) = [
            each for each in (await raw.ask(type="balances", account="alice"))["balances"] if each["asset"] == "RUB"
        ]
        balance = alice.balances[0]
        assert (rouble["available"], rouble["reserved"]) == tuple(
            f"{amount // 100}.{amount % 100:02d}" for amount in (balance.available, balance.reserved)
        )
        # Those from before the snapshot stand in the journal alone.
        resumed = await raw.ask(type="resume", account="alice", after_seq=0)
        assert not resumed.get("snapshot")
        assert [each["seq"] for each in raw.reports] == list(range(1, alice.report_seq + 1))
        raw.reports.clear()
        server._begin()
        await raw.until("recording_ended")
    numbers = [each["seq"] for each in raw.reports if each.get("account") == "alice"]
    *_, last = replayed(venue)
    assert numbers == list(range(alice.report_seq + 1, last.accounts["alice"].report_seq + 1))


async def test_a_time_between_two_commands_is_where_its_clock_begins(venue: Path) -> None:
    session = Recorded(venue / "journal", keeps_index=False)
    for _ in session.open():
        pass
    begin_ns = session.begin_ns
    session.close()
    async with playing(venue, "0.105s", "1x") as server, client(url_of(server)) as raw:
        assert raw.hello["time"] == begin_ns + 105_000_000
        first = server.playback.seq
        server._begin()
        await until(lambda: server.playback.seq > first)
        # Who is late to show a command is not ahead of it.
        assert server.now_ns <= begin_ns + 105_000_000 + (server.playback.seq - first) * BETWEEN_NS


async def test_after_the_end_there_is_nothing_to_show(venue: Path) -> None:
    *_, last = replayed(venue)
    async with playing(venue, "1h", "10x") as server, client(url_of(server)) as raw:
        server._begin()
        server.step(5)
        assert (raw.hello["recording"]["seq"], raw.hello["time"]) == (last.seq, last.time_ns)
        assert server.playback.due_in_ns() is None


# ── step by step ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_step_is_a_command(venue: Path) -> None:
    """Each changes what it changed, though four of them were one batch; numbers go on as in the session."""
    states = {
        exchange.seq: levels_of(exchange.books["BTC/RUB"]) for exchange in replayed(venue) if 700 <= exchange.seq <= 740
    }
    async with playing(venue, "700", "step") as server, client(url_of(server)) as raw:
        await subscribe(raw, "book")
        naive = NaiveBook()
        naive.apply(await raw.receive())
        await asyncio.sleep(0.05)
        for seq in range(701, 741):
            assert server.playback.seq == seq - 1
            assert naive.best(10**6) == states[seq - 1]
            server.step(1)
            await until(partial(lambda shown: server.playback.seq == shown, seq))
            await raw.ask(type="instruments")
            for message in raw.reports:
                naive.apply(message)
            raw.reports.clear()
        server.step(10**9)
        await raw.until("recording_ended")


# ── those who read slowly, and what can't be read ──────────────────────────────────────────────────────────────────


async def test_it_waits_for_who_reads_slowly(tmp_path: Path) -> None:
    record(tmp_path, 3, 2_500, 32)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        async with playing(tmp_path) as server:
            slow.setblocking(False)
            await asyncio.get_running_loop().sock_connect(slow, ("127.0.0.1", server.port))
            async with client(url_of(server), "sue", sock=slow) as raw, client(url_of(server)) as other:
                await subscribe(raw, "drop_copy", None)
                await subscribe(other, "book")
                raw.socket.transport.pause_reading()
                server._begin()
                await until(lambda: bool(server.senders.unread.behind))
                seq = server.playback.seq
                await asyncio.sleep(0.1)
                assert server.playback.seq == seq
                assert not server.playback.has_ended
                raw.socket.transport.resume_reading()
                naive, _, _ = await follow(other)
                await raw.until("recording_ended")
        *_, last = replayed(tmp_path)
        assert naive.best(10**6) == levels_of(last.books["BTC/RUB"])
        for name in ("alice", "bob"):
            numbers = [each["seq"] for each in raw.reports if each.get("account") == name and "seq" in each]
            assert numbers == list(range(numbers[0], last.accounts[name].report_seq + 1))
            assert len(numbers) > 1_000


async def test_what_does_not_replay_stops_it(tmp_path: Path) -> None:
    record(tmp_path, 4, 40)
    (tmp_path / "journal").rename(tmp_path / "sound")
    rows: list[Row] = []
    seq = 0
    for number, time_ns, command, events in JournalReader(tmp_path / "sound").rows():
        happened: list[Event] = [*decode_events(events)]
        if number > 40 and not seq and type(happened[0]) is OrderAccepted:
            seq, happened[0] = number, msgspec.structs.replace(happened[0], client_order_id="another")
        rows.append((number, time_ns, decode_command(command), happened))
    assert seq
    write_journal(tmp_path / "journal", rows)
    async with playing(tmp_path, venue=small_venue()) as server:
        async with client(url_of(server)) as raw:
            await subscribe(raw, "book")
            server._begin()
            await raw.until_closed()
        with pytest.raises(VenueHalted, match=f"differs from what was recorded since sequence number {seq}"):
            await server.wait()
