"""A disk that takes its time, under a real server: nothing is said before it is done, and the venue does not stand still."""

from __future__ import annotations

import asyncio
import errno
import json
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from engine.vocabulary.limits import MAX_INBOX_COMMANDS, MAX_READ_BYTES
from gateway.disk import Disk
from gateway.server.peers.connection import Connection
from gateway.server.server import Server
from tests.support.gateway.venues.small_venue import RawClient, client, serving, url_of

TERMS = {
    "type": "new_order",
    "account": "alice",
    "instrument": "BTC/RUB",
    "side": "buy",
    "quantity": "0.1",
    "price": "90",
}


class HeldDisk:
    """Syncs of the thread beside the turns wait until the test lets them go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_sync = threading.Event()
        self.waiting = threading.Event()
        self.syncs = 0
        self.error: OSError | None = None
        sync = Disk.sync

        def held(disk: Disk, descriptor: int) -> None:
            if threading.current_thread().name == "journal sync":
                self.syncs += 1
                self.waiting.set()
                assert self.may_sync.wait(20)
                if self.error is not None:
                    raise self.error
            sync(disk, descriptor)

        monkeypatch.setattr(Disk, "sync", held)


@pytest.fixture
def disk(monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", 0)
    disk = HeldDisk(monkeypatch)
    yield disk
    disk.may_sync.set()


async def until(happened: Callable[[], bool]) -> None:
    """Wait until the venue, which runs in this process, has come to something."""
    for _ in range(10_000):
        if happened():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it does not happen")


async def silent(who: RawClient) -> None:
    """Nothing is said for a while."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(who.socket.recv(), 0.1)


@asynccontextmanager
async def held(directory: Path, disk: HeldDisk) -> AsyncIterator[tuple[Server, RawClient, RawClient]]:
    """A venue with an order of Alice's on its way to the disk."""
    async with serving(directory) as server:
        async with client(url_of(server), "alice") as alice, client(url_of(server), "bob") as bob:
            await alice.send(**TERMS, client_order_id="first")
            await until(disk.waiting.is_set)
            yield server, alice, bob
        disk.may_sync.set()


async def test_reports_answers_logins_and_errors_wait_and_a_ping_does_not(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (server, alice, bob):
        await bob.send(type="balances", account="bob")
        await bob.send(type="subscribe", channel="book", instrument="BTC/RUB")
        await bob.socket.send("{")
        # A pong says nothing of the venue.
        await asyncio.wait_for(await bob.socket.ping(), 5)
        newcomer = asyncio.create_task(client(url_of(server)).__aenter__())
        await asyncio.gather(silent(alice), silent(bob))
        assert not newcomer.done()
        assert disk.syncs == 1
        disk.may_sync.set()
        assert (await alice.receive())["client_order_id"] == "first"
        kinds = [(await bob.receive())["type"] for _ in range(4)]
        assert sorted(kinds) == ["balances", "book_snapshot", "error", "subscribed"]
        stranger = await newcomer
        assert stranger.hello["type"] == "hello"
        await stranger.socket.close()


async def test_orders_that_come_meanwhile_are_one_frame(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (server, alice, _):
        seq = server.started.exchange.seq
        for number in range(20):
            await alice.send(**TERMS, client_order_id=f"a{number}")
        await until(lambda: server.started.exchange.seq == seq + 20)
        assert server.started.writer.next_seq == seq + 1
        await silent(alice)
        disk.may_sync.set()
        heard = [(await alice.receive())["client_order_id"] for _ in range(21)]
        assert heard == ["first", *(f"a{number}" for number in range(20))]
        assert disk.syncs == 2


async def test_what_waits_is_bounded_and_nobody_is_read_further(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_BATCH_EVENTS", 40)
    async with held(tmp_path / "venue", disk) as (server, alice, bob):
        seq = server.started.exchange.seq
        orders = 3 * MAX_INBOX_COMMANDS
        sending = asyncio.create_task(_send_many(alice, orders))
        # Errors are replies, too, and as many as requests.
        asking = asyncio.create_task(_ask_nonsense(bob, orders))
        await asyncio.sleep(0.3)
        held_back = [
            (connection.session.waiting_requests, len(connection._sender._held))  # type: ignore[union-attr]
            for connection in server._connections.values()
        ]
        # Two events each: what has no room is not applied.
        assert server.started.exchange.seq <= seq + 21
        shortest = len(json.dumps({"id": 1, "type": "rates"}))
        most = MAX_INBOX_COMMANDS + MAX_READ_BYTES // shortest
        assert all(waiting <= most and replies <= most for waiting, replies in held_back)
        assert sum(replies for _, replies in held_back) > MAX_INBOX_COMMANDS // 2
        disk.may_sync.set()
        await asyncio.gather(sending, asking)
        heard = [(await alice.receive())["client_order_id"] for _ in range(orders + 1)]
        assert heard == ["first", *(f"a{number}" for number in range(orders))]
        replies = [(await bob.receive())["type"] for _ in range(orders)]
        assert replies == ["rates"] * orders


async def _send_many(alice: RawClient, count: int) -> None:
    for number in range(count):
        await alice.send(**TERMS, client_order_id=f"a{number}")


async def _ask_nonsense(bob: RawClient, count: int) -> None:
    for _ in range(count):
        await bob.send(type="rates")


async def test_who_closes_hears_first_what_waited(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (_, alice, bob):
        for socket in (alice.socket, bob.socket):
            closing = asyncio.create_task(socket.close())
        await asyncio.sleep(0.05)
        disk.may_sync.set()
        await closing
        assert (await alice.receive())["client_order_id"] == "first"
        with pytest.raises(ConnectionClosed) as closed:
            await alice.receive()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000


async def test_of_who_is_gone_nothing_waits(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (server, alice, bob):
        senders = server.senders
        await _ask_nonsense(bob, 10)
        # The report of Alice's order waits, too.
        await until(lambda: len(senders._holding) == 2)
        sender = list(senders._holding)[1]
        bob.socket.transport.abort()
        await until(lambda: len(senders._holding) == 1)
        assert not sender._held
        disk.may_sync.set()
        assert (await alice.receive())["client_order_id"] == "first"


async def test_a_quiet_peer_is_asked_meanwhile_and_not_taken_for_dead(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (server, _, bob):
        connection = next(each for each in server._connections.values() if _is_of(each, "bob"))
        connection.look(1, 9)
        connection.look(1, 9)
        assert not connection._is_heard
        await until(lambda: connection._is_heard)
        assert bob.socket.close_code is None
        disk.may_sync.set()


def _is_of(connection: Connection, participant: str) -> bool:
    found = connection.session.participant
    return found is not None and found.participant == participant


async def test_who_was_not_greeted_yet_need_not_have_logged_in(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.connection.LOGIN_TIMEOUT_SECONDS", 0.1)
    async with held(tmp_path / "venue", disk) as (server, _, _):
        newcomer = asyncio.create_task(client(url_of(server)).__aenter__())
        await asyncio.sleep(0.35)
        disk.may_sync.set()
        assert (await newcomer).hello["type"] == "hello"


async def test_why_a_connection_ends_is_said_however_long_the_disk_takes(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.connection.CLOSE_SECONDS", 0.05)
    async with held(tmp_path / "venue", disk) as (server, _, bob):
        next(each for each in server._connections.values() if _is_of(each, "bob")).close(1008, "enough")
        await asyncio.sleep(0.3)
        disk.may_sync.set()
        _, code = await bob.until_closed()
        assert code == 1008
        await until(lambda: len(server._connections) == 1)


async def test_health_names_the_last_command_that_is_durable(tmp_path, disk):
    async with held(tmp_path / "venue", disk) as (server, alice, _):
        health = f"http://127.0.0.1:{server.port}/health"

        def seq() -> int:
            with urllib.request.urlopen(health, timeout=5) as reply:
                return int(json.load(reply)["seq"])

        last = server.started.exchange.seq
        assert await asyncio.to_thread(seq) == last - 1
        disk.may_sync.set()
        await alice.receive()
        assert await asyncio.to_thread(seq) == last


async def test_a_venue_that_stops_waits_for_the_disk_and_says_so(tmp_path, disk, monkeypatch, caplog):
    monkeypatch.setattr("gateway.server.scheduler.SAID_EVERY_SECONDS", 0.05)
    async with serving(tmp_path / "venue") as server, client(url_of(server), "alice") as alice:
        await alice.send(**TERMS, client_order_id="first")
        await until(disk.waiting.is_set)
        await alice.send(**TERMS, client_order_id="second")
        await until(lambda: server.started.exchange.seq == server.started.writer.next_seq)
        stopping = asyncio.create_task(server.stop())
        await until(lambda: caplog.text.count("the venue stops, and has waited 0 s for the disk") >= 2)
        assert not stopping.done()
        disk.may_sync.set()
        messages, code = await alice.until_closed()
        await stopping
        assert messages.pop()["type"] == "goodbye"
        assert ([each["client_order_id"] for each in messages], code) == (["first", "second"], 1001)
    async with serving(tmp_path / "venue") as server:
        assert not server.started.torn and len(server.started.exchange.accounts["alice"].open_orders) == 2


async def test_a_sync_that_fails_later_ends_the_venue_and_nothing_is_said(tmp_path, disk):
    async with (
        serving(tmp_path / "venue", halts="the journal can't be written.*Input/output error") as server,
        client(url_of(server), "alice") as alice,
    ):
        await alice.send(**TERMS, client_order_id="first")
        await until(disk.waiting.is_set)
        disk.error = OSError(errno.EIO, "Input/output error")
        disk.may_sync.set()
        messages, _ = await alice.until_closed()
        assert messages == []


async def test_with_a_disk_that_takes_long_orders_are_as_many_and_only_later(tmp_path, monkeypatch):
    sync = Disk.sync

    def slow(disk: Disk, descriptor: int) -> None:
        if threading.current_thread().name == "journal sync":
            time.sleep(0.05)
        sync(disk, descriptor)

    monkeypatch.setattr(Disk, "sync", slow)
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", 0)
    async with serving(tmp_path / "venue") as server, client(url_of(server), "alice") as alice:
        began = time.monotonic()
        written = server.started.writer.waited_ns
        asked: list[Any] = [alice.send(**TERMS, client_order_id=f"a{number}") for number in range(200)]
        for each in asked:
            await each
        for _ in range(200):
            assert (await alice.receive())["exec_type"] == "new"
        # One sync after the other for each order would be ten seconds.
        assert time.monotonic() - began < 5
        assert server.started.writer.waited_ns - written >= 50_000_000
