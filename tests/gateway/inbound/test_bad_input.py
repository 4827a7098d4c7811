"""Bad input of every kind gets a clear error or a clean close, and costs the others nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from engine.vocabulary.limits import MAX_FRAGMENTS, MAX_MALFORMED_MESSAGES, MAX_MESSAGE_BYTES, MAX_PONGS_PER_SECOND
from gateway.inbound.session import MAX_ERROR_CHARS
from tests.support.gateway.links.raw_frames import Apart, close_code, frame, raw_connection, read_frame
from tests.support.gateway.protocol.bad_messages import MESSAGES, order
from tests.support.gateway.venues.small_venue import RawClient, client, served_apart, serving, url_of


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    with served_apart(tmp_path_factory.mktemp("bad") / "venue", "--durability", "os") as (url, process):
        yield Apart(url, process.pid)
        assert process.poll() is None, "bad input stopped the venue"


async def trades_on(alice: RawClient, number: int) -> None:
    """Alice enters and cancels an order."""
    assert (await alice.order("buy", "1", "90", f"t{number}", account="alice"))["exec_type"] == "new"
    cancelled = await alice.ask(type="cancel_order", account="alice", client_order_id=f"t{number}")
    assert cancelled["exec_type"] == "cancelled"


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_malformed_message_gets_an_error_that_says_why(venue):
    """Over several connections: each bears only so many."""
    async with client(venue.url, "alice") as trader:
        for start in range(0, len(MESSAGES), 40):
            async with client(venue.url, "bob") as bob:
                for number, (content, request_id, detail) in enumerate(MESSAGES[start : start + 40]):
                    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
                    await bob.socket.send(payload, text=True)
                    error = await bob.receive()
                    assert (error["type"], error["code"]) == ("error", "malformed"), (content, error)
                    assert error.get("id") == request_id or not detail, (content, error)
                    assert error["detail"].startswith(detail), (content, error)
                    assert len(error["detail"]) <= MAX_ERROR_CHARS
                    await trades_on(trader, start + number)
                # The very connection goes on as well.
                assert (await bob.ask(type="instruments"))["type"] == "instruments"


async def test_every_malformed_message_in_msgpack(venue):
    for start in range(0, len(MESSAGES), 40):
        async with client(venue.url, "alice", binary=True) as alice:
            for content, request_id, _ in MESSAGES[start : start + 40]:
                if isinstance(content, bytes) or "arguments" in (content or ()):
                    continue
                await alice.socket.send(msgspec.msgpack.encode(content))
                error = await alice.receive()
                assert (error["type"], error["code"], error.get("id")) == ("error", "malformed", request_id), content
    async with client(venue.url, "alice", binary=True) as alice:
        for payload in (b"", b"\xc1", b"\x91" * 60_000, b"\xdf\xff\xff\xff\xff", b"\x81\xa2id\xd9\xff", b"{}"):
            await alice.socket.send(payload)
            assert (await alice.receive())["code"] == "malformed"
        assert (await alice.ask(type="instruments"))["type"] == "instruments"


async def test_a_connection_bears_only_so_many_malformed_messages(venue):
    async with client(venue.url) as stranger:
        for _ in range(MAX_MALFORMED_MESSAGES):
            await stranger.socket.send("?")
        answers, code = await stranger.until_closed()
        assert len(answers) == MAX_MALFORMED_MESSAGES
        assert code == 1008


async def test_requests_without_a_login_count_as_malformed(venue):
    async with client(venue.url) as stranger:
        for _ in range(MAX_MALFORMED_MESSAGES):
            await stranger.send(type="balances", account="alice")
        answers, code = await stranger.until_closed()
        assert {each["code"] for each in answers} == {"not_logged_in"}
        assert code == 1008


# ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────

REQUEST = b'{"type":"instruments","id":1}'
TEXT, BINARY, CONTINUATION, PING = 0x1, 0x2, 0x0, 0x9
FINAL = 0x80


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param([frame(FINAL | BINARY, REQUEST)], 1003, id="binary on a text protocol"),
        pytest.param([frame(FINAL | 0x40 | TEXT, REQUEST)], 1002, id="a reserved bit"),
        pytest.param([frame(FINAL | 0x10 | PING, b"")], 1002, id="a reserved bit of a ping"),
        pytest.param([frame(FINAL | CONTINUATION, REQUEST)], 1002, id="a continuation of nothing"),
        pytest.param([frame(TEXT, b"{"), frame(FINAL | TEXT, REQUEST)], 1002, id="a message within a message"),
        pytest.param([frame(FINAL | 0x3, REQUEST)], 1002, id="an opcode that does not exist"),
        pytest.param([frame(FINAL | TEXT, REQUEST, masked=False)], 1002, id="not masked"),
        pytest.param([frame(PING, b"")], 1002, id="a fragmented ping"),
        pytest.param([frame(FINAL | PING, bytes(126))], 1002, id="a long ping"),
        pytest.param(
            [frame(TEXT, b"")] + [frame(CONTINUATION, b"")] * (MAX_FRAGMENTS - 1), 1008, id="too many fragments"
        ),
        pytest.param([frame(TEXT, b" " * 40_000), frame(CONTINUATION, b" " * 40_000)], 1009, id="too long in pieces"),
        pytest.param([frame(FINAL | TEXT, b" " * (MAX_MESSAGE_BYTES + 1))], 1009, id="too long"),
    ],
)
async def test_frames_that_break_the_protocol_close_the_connection(venue, frames, code):
    reader, writer = await raw_connection(venue)
    writer.write(b"".join(frames))
    assert await close_code(reader) == code
    writer.close()


async def test_fragments_make_a_message_with_pings_between(venue):
    reader, writer = await raw_connection(venue)
    for part in (
        frame(TEXT, REQUEST[:9]),
        frame(FINAL | PING, b"?"),
        frame(CONTINUATION, b""),
        frame(FINAL, REQUEST[9:]),
    ):
        writer.write(part)
        await asyncio.sleep(0.01)
    assert await read_frame(reader) == (0xA, b"?")
    opcode, payload = await read_frame(reader)
    assert (opcode, json.loads(payload)["type"]) == (TEXT, "instruments")
    writer.close()


async def test_a_message_of_the_largest_size_is_read(venue):
    reader, writer = await raw_connection(venue)
    writer.write(frame(FINAL | TEXT, REQUEST.ljust(MAX_MESSAGE_BYTES)))
    assert json.loads((await read_frame(reader))[1])["type"] == "instruments"
    writer.close()


async def test_ten_megabytes_close_the_connection_and_nothing_else(venue):
    async with client(venue.url, "alice") as alice:
        async with client(venue.url, "bob", compression=None) as bob:
            with suppress(ConnectionClosed):
                await bob.socket.send("x" * 10_000_000)
            assert (await bob.until_closed())[1] == 1009
        await trades_on(alice, 1_000)


async def test_what_is_no_websocket_is_turned_away(venue):
    host, port = venue.url.removeprefix("ws://").split(":")
    for opening in (
        b"POST / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"x" * 20_000,
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(opening)
        answer = await asyncio.wait_for(reader.read(100), 5)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer
        writer.close()


# ── floods ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def flood(venue: Apart, data: bytes, seconds: float) -> None:
    """Send without reading until it is over, however often it is thrown out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _, writer = await raw_connection(venue)
        try:
            while time.monotonic() < end and not writer.transport.is_closing():
                writer.write(data)
                await asyncio.wait_for(writer.drain(), max(end - time.monotonic(), 0.001))
                await asyncio.sleep(0)
        except (ConnectionError, TimeoutError):
            continue
        finally:
            writer.transport.abort()


async def slowest_round_trip(venue: Apart, seconds: float, name: str) -> float:
    """Trade all the while; the longest that anything took."""
    slowest = 0.0
    async with client(venue.url, "alice") as alice:
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end:
            start = time.monotonic()
            await trades_on(alice, hash((name, number)))
            slowest = max(slowest, time.monotonic() - start)
            number += 1
    return slowest


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pings", frame(FINAL | PING, b"?" * 100) * 500),
        ("fragments", frame(TEXT, b"") + frame(CONTINUATION, b"") * 500),
        ("malformed", frame(FINAL | TEXT, b"{") * 500),
        ("questions", frame(FINAL | TEXT, REQUEST) * 500),
        (
            "subscriptions",
            frame(FINAL | TEXT, b'{"type":"subscribe","id":1,"channel":"book","instrument":"BTC/RUB"}') * 300,
        ),
        ("long messages", frame(FINAL | TEXT, b" " * 60_000) * 3),
        ("half a message", frame(FINAL | TEXT, REQUEST)[:-1]),
    ],
)
async def test_floods_that_are_never_read_cost_nobody_else(venue, name, data):
    """Four flooders share this process with the trader, so that what it measures is an upper bound."""
    before = venue.memory_bytes()
    seconds = 0.7
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(flood(venue, data, seconds))
        trading = group.create_task(slowest_round_trip(venue, seconds, name))
    assert trading.result() < 1.0
    assert venue.memory_bytes() - before < 64 * 1024 * 1024


async def test_pings_are_answered_but_not_each_of_a_flood(venue):
    reader, writer = await raw_connection(venue)
    writer.write(frame(FINAL | PING, b"?") * 1_000 + frame(FINAL | TEXT, REQUEST))
    pongs = 0
    while (received := await read_frame(reader))[0] == 0xA:
        pongs += 1
    assert received[0] == TEXT
    # The second may turn in between.
    assert MAX_PONGS_PER_SECOND <= pongs <= 2 * MAX_PONGS_PER_SECOND
    writer.close()


async def test_a_trader_who_floods_waits_for_no_more_than_his_turn(venue):
    """Bob sends thousands of orders in one go; alice's order passes them by."""
    async with client(venue.url, "alice") as alice, client(venue.url, "bob") as bob:
        flooding = [
            order(id=10_000 + number, account="bob", client_order_id=f"f{number}", price="80")
            for number in range(4_000)
        ]
        loop = asyncio.get_running_loop()
        sending = loop.create_task(_send_all(bob, flooding))
        await asyncio.sleep(0.01)
        await trades_on(alice, 10_000_000)
        await sending
        ended = await bob.ask(type="mass_cancel", account="bob")
        answered = [each for each in bob.reports if each.get("exec_type") == "new"]
        assert [each["id"] for each in answered] == list(range(10_000, 14_000))
        assert ended["orders"] == 4_000


async def _send_all(bob: RawClient, requests: list[dict[str, Any]]) -> None:
    for request in requests:
        await bob.socket.send(json.dumps(request))


async def test_a_consumer_that_reads_nothing_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.unread.UNREAD_TIMEOUT_SECONDS", 1)
    async with serving(tmp_path / "venue", durability="os") as server:
        apart = Apart(url_of(server), 0)
        _, writer = await raw_connection(apart)
        writer.write(frame(FINAL | TEXT, b'{"type":"subscribe","id":1,"channel":"top","instrument":"BTC/RUB"}'))
        writer.transport.pause_reading()
        async with client(apart.url, "alice") as alice:
            channel = server.started.fanout.channels.find("top", "BTC/RUB")
            assert channel is not None
            top = channel.subscribers
            number = 0
            while number == 0 or top:
                await trades_on(alice, number)
                number += 1
                assert number < 20_000, "it is still there"
            await trades_on(alice, number)
        writer.transport.abort()


async def test_who_neither_logs_in_nor_listens_must_go(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.connection.LOGIN_TIMEOUT_SECONDS", 0.1)
    async with serving(tmp_path / "venue") as server:
        url = url_of(server)
        async with client(url) as idle, client(url, "alice") as alice, client(url) as listener:
            await listener.ask(type="subscribe", channel="trades", instrument="BTC/RUB")
            assert (await idle.until_closed())[1] == 1008
            assert (await alice.ask(type="instruments"))["type"] == "instruments"
            assert (await listener.ask(type="instruments"))["type"] == "instruments"


async def test_connections_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.server.MAX_CONNECTIONS", 5)
    monkeypatch.setattr("gateway.server.peers.connection.MAX_CONNECTIONS_PER_ADDRESS", 3)
    monkeypatch.setattr("gateway.inbound.session.MAX_CONNECTIONS_PER_PARTICIPANT", 1)
    async with serving(tmp_path / "venue") as server:
        url = url_of(server)
        async with client(url, "alice"), client(url) as two, client(url) as three:
            assert (await two.login("alice"))["code"] == "too_many"
            with pytest.raises(ConnectionClosed) as closed:
                async with client(url):
                    pass
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
            assert (await three.ask(type="instruments"))["type"] == "instruments"
            # Sockets that never become WebSockets count in all.
            idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(4)]
            for reader, _ in idle[2:]:
                assert await asyncio.wait_for(reader.read(1), 5) == b""
            assert (await three.ask(type="instruments"))["type"] == "instruments"
            assert len(server.door.sockets) == 5
        for _, writer in idle:
            writer.transport.abort()
        await asyncio.sleep(0.1)
        assert not server.door.sockets
        async with client(url) as again:
            assert (await again.login("alice"))["type"] == "welcome"
