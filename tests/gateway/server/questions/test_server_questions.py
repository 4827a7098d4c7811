"""Who only asks costs others little: not their orders, not memory, not the end of the venue."""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

from engine.vocabulary.limits import MAX_ANSWER_STEPS, MAX_INBOX_COMMANDS, MAX_READ_BYTES, STOP_NS
from gateway.disk import Disk
from tests.support.gateway.links.raw_frames import Apart, Flood, frame, raw_connection
from tests.support.gateway.venues.small_venue import RawClient, client, served_apart, serving, url_of

FINAL_TEXT = 0x81
LEVELS = 4_000
RESUME = {"type": "resume", "account": "alice", "after_seq": 2}
SUBSCRIBE = {"type": "subscribe", "channel": "book", "instrument": "BTC/RUB"}

SNAPSHOT = b'"book_snapshot"'


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


async def fill_book(alice: RawClient, levels: int = LEVELS) -> None:
    """So many levels, and as many reports."""
    for number in range(levels):
        terms = {"instrument": "BTC/RUB", "client_order_id": f"f{number}", "side": "buy", "account": "alice"}
        await alice.send(type="new_order", price=f"{(levels - number) / 2:.1f}", quantity="0.1", **terms)
    await alice.ask(type="balances", account="alice")
    alice.reports.clear()


async def order_seconds(bob: RawClient, names: str, count: int) -> float:
    """How long an order takes, of so many one after the other: the median."""
    took = []
    for number in range(count):
        began = time.perf_counter()
        assert (await bob.order("sell", "0.1", "9000", f"{names}{number}", account="bob"))["exec_type"] == "new"
        took.append(time.perf_counter() - began)
    return statistics.median(took)


async def test_a_flood_of_questions_takes_little_from_orders_and_no_memory_and_does_not_hold_up_the_end(tmp_path):
    """Some seconds: it compares what orders wait with and without a flood, and each answer of that is long."""
    with served_apart(tmp_path / "venue", "--durability", "os") as (url, process):
        apart = Apart(url, process.pid)
        async with client(url, "bob") as bob:
            async with client(url, "alice") as alice:
                await fill_book(alice)
            alone = await order_seconds(bob, "a", 100)
            before = apart.memory_bytes()
            with Flood(url, "alice", RESUME) as resumes, Flood(url, "", SUBSCRIBE) as snapshots:
                await until(lambda: min(resumes.read_bytes, snapshots.read_bytes) > 500_000)
                flooded = await order_seconds(bob, "b", 100)
                assert apart.memory_bytes() - before < 32 << 20
                # An answer at once would be 10 ms and more; a share of a turn is half of one, and this process has to read, too.
                assert flooded < alone + 10 * MAX_ANSWER_STEPS / 1e6
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 10) == 0
                assert time.monotonic() - began < 2


async def test_what_connections_asked_that_are_gone_costs_nothing(tmp_path):
    async with serving(tmp_path / "venue", durability="os") as server:
        apart = Apart(url_of(server), 0)
        questions = frame(FINAL_TEXT, b'{"type":"instruments","id":1}') * MAX_INBOX_COMMANDS
        for _ in range(50):
            _, writer = await raw_connection(apart)
            writer.write(questions)
            writer.close()
        async with client(apart.url) as public:
            began = time.monotonic()
            await public.ask(type="instruments")
            assert time.monotonic() - began < 1
        await until(lambda: not server._connections)
        assert server.started.sequencer.waiting_requests == 0
        assert not (server.started.sequencer.has_work or server.started.sequencer.has_questions)


async def test_who_asks_and_does_not_read_waits_and_keeps_nobody_busy(tmp_path):
    async with serving(tmp_path / "venue", durability="os") as server:
        async with client(url_of(server), "alice") as alice:
            await fill_book(alice, 1_000)
        await until(lambda: not server._connections)
        apart = Apart(url_of(server), 0)
        reader, writer = await raw_connection(apart)
        writer.transport.pause_reading()
        asked = 4 * MAX_INBOX_COMMANDS
        subscribe = frame(FINAL_TEXT, json.dumps({**SUBSCRIBE, "id": 1}).encode())
        writer.write(subscribe * asked)
        (connection,) = server._connections.values()
        await until(lambda: connection.session.is_backed_up)
        await asyncio.sleep(0.05)
        turns = server.counters.turn.total
        waiting, unread = connection.session.waiting_requests, connection.unread_bytes
        await asyncio.sleep(0.2)
        # What it asked waits, as much as an inbox holds. Nothing is made for it, and nothing turns.
        assert (connection.session.waiting_requests, connection.unread_bytes) == (waiting, unread)
        assert server.counters.turn.total == turns
        assert 0 < waiting <= MAX_INBOX_COMMANDS + MAX_READ_BYTES // len(subscribe) + 1 < asked
        assert unread < 1 << 20
        async with client(apart.url, "bob") as bob:
            await order_seconds(bob, "b", 5)
        # As it reads, it gets every answer.
        writer.transport.resume_reading()
        snapshots, tail = 0, b""
        while snapshots < asked:
            chunk = await asyncio.wait_for(reader.read(1 << 20), 10)
            assert chunk
            snapshots += (tail + chunk).count(SNAPSHOT)
            tail = (tail + chunk)[1 - len(SNAPSHOT) :]
        writer.close()


async def test_who_waits_for_an_answer_is_not_thrown_out_for_not_having_subscribed(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.connection.LOGIN_TIMEOUT_SECONDS", 0.1)
    async with serving(tmp_path / "venue", durability="os") as server, client(url_of(server)) as public:
        (connection,) = server._connections.values()
        # As if much was asked.
        connection.session.is_backed_up = True
        asked = await public.send(**SUBSCRIBE)
        await asyncio.sleep(0.4)
        connection.session.is_backed_up = False
        connection.backed_up()
        assert (await public.receive())["id"] == asked


async def test_stopping_takes_no_longer_than_it_may_however_much_waits(tmp_path, monkeypatch):
    """Some seconds: the disk is slow. The time it may take is a tenth of what it is, which no machine is fast enough for."""
    stop_ns = STOP_NS // 10
    monkeypatch.setattr("gateway.server.server.STOP_NS", stop_ns)
    directory = tmp_path / "venue"
    sync = Disk.sync

    def slow(self: Disk, descriptor: int) -> None:
        time.sleep(0.05)
        sync(self, descriptor)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(directory))
        first = server.started.exchange.seq
        senders = [await stack.enter_async_context(client(url_of(server), "alice")) for _ in range(20)]
        monkeypatch.setattr(Disk, "sync", slow)
        for place, each in enumerate(senders):
            terms = {"type": "new_order", "id": 1, "account": "alice", "instrument": "BTC/RUB", "side": "buy"}
            orders = [
                {**terms, "price": "90", "quantity": "0.1", "client_order_id": f"{place}-{number}"}
                for number in range(MAX_INBOX_COMMANDS)
            ]
            # All at once, past the library.
            each.socket.transport.write(b"".join(frame(FINAL_TEXT, json.dumps(order).encode()) for order in orders))
        await until(lambda: server.started.sequencer.waiting_requests >= 10 * MAX_INBOX_COMMANDS)
        waiting = server.started.sequencer.waiting_requests
        began, seq = time.monotonic(), server.started.exchange.seq
        await server.stop()
        assert stop_ns / 1e9 < time.monotonic() - began < 2
        monkeypatch.setattr(Disk, "sync", sync)
        last = server.started.exchange.seq
        assert 0 < last - seq < waiting
    # What was carried out is in the journal, and nothing else.
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        assert server.started.exchange.seq == last
        assert len(await alice.open_orders("alice")) == last - first
