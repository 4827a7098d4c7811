from __future__ import annotations

import asyncio
import json
import time
import urllib.request

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.limits import NS_PER_DAY
from gateway.journal.files import JournalLocked
from gateway.journal.reader import JournalReader
from gateway.server.sequencing.startup import StartError
from gateway.venue.venue import load_rulebook_documents
from tests.support.gateway.venues.clearing_desk import FUTURE
from tests.support.gateway.venues.small_venue import client, served_apart, serving, small_venue, url_of


@pytest.fixture
async def url(tmp_path):
    async with serving(tmp_path / "venue") as server:
        yield url_of(server)


async def test_resume(url):
    async with client(url, "alice") as alice:
        for number in range(5):
            await alice.order("buy", "1", "90", f"a{number}", account="alice")
    async with client(url) as again:
        welcome = await again.login("alice")
        assert welcome["accounts"] == {"alice": 7}
        resumed = await again.ask(type="resume", account="alice", after_seq=3)
        assert (resumed["type"], resumed["seq"], resumed["snapshot"]) == ("resumed", 7, False)
        assert [each["seq"] for each in again.reports] == [4, 5, 6, 7]
        assert [each["client_order_id"] for each in again.reports] == ["a1", "a2", "a3", "a4"]
        assert all("id" not in each for each in again.reports)
        again.reports.clear()
        assert (await again.ask(type="resume", account="alice", after_seq=7))["snapshot"] is False
        assert (await again.ask(type="resume", account="alice", after_seq=8))["snapshot"] is True
        assert again.reports == []


async def test_everything_goes_on_after_a_restart(tmp_path):
    directory = tmp_path / "venue"
    async with (
        serving(directory) as server,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "bob") as bob,
    ):
        resting = await alice.order("sell", "2", "101", "a1", account="alice")
        await bob.order("buy", "0.5", "101", "b1", account="bob")
        await alice.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        before = await alice.until("book_snapshot")
        top_before = await alice.ask(type="subscribe", channel="top", instrument="BTC/RUB")
        time_before = resting["transact_time"]
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        assert server.started.notes == []
        assert server.started.torn is None
        again = await alice.order("sell", "2", "101", "a1", account="alice")
        assert (again["exec_type"], again["order_id"], again["leaves_quantity"]) == (
            "status",
            resting["order_id"],
            "1.5",
        )
        await alice.ask(type="resume", account="alice", after_seq=2)
        assert [(each["seq"], each["exec_type"]) for each in alice.reports] == [(3, "new"), (4, "trade")]
        assert alice.reports[0]["transact_time"] == time_before
        await alice.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        after = await alice.until("book_snapshot")
        assert {**after, "time": 0} == {**before, "time": 0}
        top_after = await alice.ask(type="subscribe", channel="top", instrument="BTC/RUB")
        assert top_after["seq"] == top_before["seq"]
        trades = await alice.ask(type="subscribe", channel="trades", instrument="BTC/RUB")
        assert trades["seq"] == 1
    assert [segment.is_signed for segment in _read(directory).segments] == [True, True]


def _read(directory):
    reader = JournalReader(directory / "journal")
    for _ in reader.rows():
        pass
    return reader


async def test_a_venue_file_that_grew_is_sequenced_and_what_changed_is_reported(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory) as server:
        first = server.started.exchange.seq
    asset = '\n[[assets]]\nasset = "ETH"\nkind = "crypto"\nscale = 8\n'
    account = '\n[[accounts]]\naccount = "bob.2"\nparticipant = "bob"\ninvestor = "bob"\ndeposits = { RUB = "5" }\n'
    async with serving(directory, small_venue(asset + account)) as server, client(url_of(server), "bob") as bob:
        assert server.started.notes == []
        assert server.started.exchange.seq == first + 3
        assert (await bob.ask(type="balances", account="bob.2"))["balances"][0]["total"] == "5.00"
    changed = small_venue(asset.replace("8", "6"))
    async with serving(directory, changed) as server:
        assert server.started.exchange.seq == first + 3
        assert server.started.notes == [
            "asset ETH: scale is 6 in the file, 8 here; it can't change within a session: it stays"
        ]


async def test_another_rulebook_comes_in_force_only_if_asked_for(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory):
        pass
    name, documents = load_rulebook_documents("general-2026")
    old = small_venue()
    setup = (
        (old.setup[0][0], msgspec.structs.replace(old.setup[0][1], name=name, documents=documents)),
        *old.setup[1:],
    )
    venue = msgspec.structs.replace(old, rulebook=name, rulebook_documents=documents, setup=setup)
    how = "to have it so: sbx control rulebook general-2026"
    async with serving(directory, venue) as server:
        assert server.started.fanout.rulebook == "elr-2025"
        assert server.started.notes == [
            f"rulebook: name is general-2026 in the file, elr-2025 here; {how}",
            f"rulebook: digest is {venue.rulebook_digest} in the file, {old.rulebook_digest} here; {how}",
        ]
    async with serving(directory, venue, force_rulebook=True) as server:
        assert server.started.fanout.rulebook == "general-2026"
        seq = server.started.exchange.seq
    async with serving(directory, venue, force_rulebook=True) as server:
        assert server.started.exchange.seq == seq


async def test_a_journal_that_does_not_replay_stops_the_start(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory):
        pass
    # Another core than the one that wrote it.
    with pytest.raises(StartError, match="does not replay"):
        async with serving(directory, exchange=lambda: Exchange(PreTradeHook())):
            pass
    async with serving(directory):
        pass


async def test_a_directory_has_one_venue_at_a_time(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory):
        with pytest.raises(JournalLocked):
            async with serving(directory):
                pass


# ── HTTP and stopping ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_pings_and_logins_are_answered_while_the_venue_catches_up(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.sequencer.CATCH_UP_EVENTS", 40)
    venue = small_venue(FUTURE.replace("mark_interval_s = 86_400", "mark_interval_s = 60"))
    async with serving(tmp_path, venue) as server, client(url_of(server), "alice") as alice:
        before = server.started.exchange.seq
        monkeypatch.setattr(server.started.sequencer, "_clock", lambda: time.time_ns() + 14 * NS_PER_DAY)
        await alice.send(
            type="new_order",
            account="alice",
            client_order_id="a",
            instrument="BTC/RUB",
            side="buy",
            order_type="limit",
            quantity="1",
            price="90",
        )
        seen = [before]
        # No more than are answered in a second.
        for _ in range(4):
            await asyncio.wait_for(await alice.socket.ping(), 10)
            seen.append(server.started.exchange.seq)
        async with client(url_of(server), "bob"):
            seen.append(server.started.exchange.seq)
        report = await alice.receive()
        assert (report["exec_type"], report["order_id"]) == ("new", server.started.exchange.seq)
        # Each before it had caught up, and a bit later.
        assert [*seen, report["order_id"]] == sorted({*seen, report["order_id"]})


async def test_health_and_what_is_no_venue(url):
    http = url.replace("ws://", "http://")

    def get(path):
        with urllib.request.urlopen(http + path, timeout=5) as response:
            return response.status, json.load(response)

    status, facts = await asyncio.to_thread(get, "/health")
    assert status == 200
    assert (facts["venue"], facts["rulebook"], facts["durability"]) == ("small", "elr-2025", "fsync")
    for path, offered, status in (("/other", [], 404), ("/", ["mqtt"], 400)):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url + path, subprotocols=[Subprotocol(each) for each in offered] or None, proxy=None):
                pass
        assert refused.value.response.status_code == status


async def test_without_a_subprotocol_it_is_json(url):
    async with connect(url, proxy=None) as socket:
        assert socket.subprotocol is None
        assert json.loads(await socket.recv())["type"] == "hello"
    async with connect(url, subprotocols=[Subprotocol("mqtt"), Subprotocol("sbx.v1.msgpack")], proxy=None) as socket:
        assert socket.subprotocol == "sbx.v1.msgpack"
        assert isinstance(await socket.recv(), bytes)


async def test_stopping_carries_out_what_was_received_and_says_goodbye(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        ids = [
            await alice.send(
                type="new_order",
                account="alice",
                client_order_id=f"c{number}",
                instrument="BTC/RUB",
                side="buy",
                price="90",
                quantity="1",
            )
            for number in range(300)
        ]
        await alice.receive()
        stopping = asyncio.create_task(server.stop())
        messages = [json.loads(message) async for message in alice.socket]
        assert messages.pop()["type"] == "goodbye"
        answered = 1 + len(messages)
        assert (alice.socket.close_code, alice.socket.close_reason) == (1001, "the venue stops")
        await stopping
        assert 0 < answered <= len(ids)
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        assert len(await alice.open_orders("alice")) == answered


def test_serve_says_when_it_is_ready_and_stops_in_order(tmp_path):
    with served_apart(tmp_path / "venue", "--durability", "os") as (url, process):
        with urllib.request.urlopen(url.replace("ws://", "http://") + "/health", timeout=5) as response:
            assert json.load(response)["durability"] == "os"
        process.terminate()
        assert process.wait(10) == 0
    assert _read(tmp_path / "venue").segments[-1].is_signed
    assert (tmp_path / "venue" / "venue.key").exists()


async def test_stopping_does_not_wait_for_who_never_shook_hands(tmp_path):
    async with serving(tmp_path / "venue") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        async with client(url_of(server)):
            assert len(server.door.sockets) == 2
        await asyncio.wait_for(server.stop(), 5)
    assert await asyncio.wait_for(reader.read(1), 5) == b""
    writer.close()
