"""Signs of life: a peer that is dead is let go, one that lives is not, and who can't see pings is told."""

from __future__ import annotations

import asyncio
import json
import time

from websockets.asyncio.client import connect

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.server.loop.heartbeats import PEERS_A_PASS, Heartbeats
from tests.support.gateway.links.raw_frames import Apart, frame, raw_connection, read_frame
from tests.support.gateway.venues.small_venue import client, serving, small_venue, url_of

QUICK = "\n[server]\nheartbeat_s = 1\nmissed_heartbeats = 3\n"


def now():
    return asyncio.get_running_loop().time()


async def test_a_peer_that_says_nothing_is_asked_and_then_let_go(tmp_path):
    async with serving(tmp_path / "venue", small_venue(QUICK), metrics_port=0) as server:
        began = now()
        reader, writer = await raw_connection(Apart(url_of(server), 0))
        writer.write(frame(0x81, b'{"type":"subscribe","id":1,"channel":"trades","instrument":"BTC/RUB"}'))
        assert (await read_frame(reader))[0] == 1
        seen = []
        while True:
            opcode, payload = await read_frame(reader)
            seen.append(opcode)
            if opcode == 8:
                break
        assert seen == [9, 9, 8]
        assert (int.from_bytes(payload[:2], "big"), payload[2:]) == (1008, b"nothing was heard for 3 s")
        assert 2.9 < now() - began < 6
        # It does not answer the goodbye either.
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert server.counters.closed["dead_peer"] == 1
        writer.close()


async def test_whatever_is_heard_is_a_sign_of_life(tmp_path):
    async with serving(tmp_path / "venue", small_venue(QUICK)) as server:
        signs = (frame(0x8A, b""), frame(0x81, b'{"type":"instruments","id":1}'), frame(0x89, b"are you there"))
        links = [await raw_connection(Apart(url_of(server), 0)) for _ in signs]
        for _, writer in links:
            writer.write(frame(0x81, b'{"type":"subscribe","id":1,"channel":"trades","instrument":"BTC/RUB"}'))
        for _ in range(10):
            for (_, writer), sign in zip(links, signs, strict=True):
                writer.write(sign)
            await asyncio.sleep(0.5)
        assert server.counters.closed["dead_peer"] == 0
        assert len(server.door.sockets) == len(signs)
        for _, writer in links:
            writer.close()


async def test_who_answers_pings_may_say_nothing_else_and_is_told_if_it_asks(tmp_path):
    async with serving(tmp_path / "venue", small_venue(QUICK)) as server:
        async with client(url_of(server)) as listener, client(url_of(server), "alice") as alice:
            assert listener.hello["heartbeat_interval"] == NS_PER_SECOND
            assert listener.hello["heartbeat_timeout"] == 3 * NS_PER_SECOND
            subscribed = await listener.ask(type="subscribe", channel="heartbeat")
            beats = [await listener.until("heartbeat") for _ in range(5)]
            assert [beat["seq"] for beat in beats] == [subscribed["seq"] + number for number in range(1, 6)]
            assert [beat["time"] for beat in beats] == sorted(beat["time"] for beat in beats)
            assert (await alice.order("buy", "1", "90", "a1", account="alice"))["exec_type"] == "new"
            assert (await listener.ask(type="unsubscribe", channel="heartbeat"))["type"] == "unsubscribed"
        assert server.counters.closed["dead_peer"] == 0


async def test_a_venue_that_stood_still_takes_nobody_for_dead(tmp_path):
    async with serving(tmp_path / "venue", small_venue(QUICK)) as server, client(url_of(server), "alice") as alice:
        await alice.ask(type="instruments")
        # Blocks the loop of both, as a long turn would block the venue's.
        time.sleep(5)  # noqa: ASYNC251
        assert (await alice.ask(type="instruments"))["type"] == "instruments"
        await asyncio.sleep(0)
        assert server.counters.closed["dead_peer"] == 0


async def test_a_peer_that_reads_slowly_lives(tmp_path):
    """What it has yet to read holds its pings up: the sender says how slow it may be."""
    async with (
        serving(tmp_path / "venue", small_venue(QUICK)) as server,
        connect(url_of(server), proxy=None, ping_interval=None) as socket,
    ):
        assert json.loads(await socket.recv())["type"] == "hello"
        (connection,) = server._connections.values()
        connection.session.is_backed_up = True
        for _ in range(10):
            connection.look(1, 3)
        connection.session.is_backed_up = False
        for _ in range(2):
            connection.look(1, 3)
        assert not connection._is_closing


async def test_one_whose_orders_are_to_go_with_it_lives_while_it_takes_something(tmp_path):
    async with (
        serving(tmp_path / "venue", small_venue(QUICK)) as server,
        connect(url_of(server), proxy=None, ping_interval=None) as socket,
    ):
        assert json.loads(await socket.recv())["type"] == "hello"
        (connection,) = server._connections.values()
        session, backlog = connection.session, connection._sender.backlog
        connection.look(1, 3)
        session.is_backed_up, session.armed = True, 1
        backlog.begin(0, 1_000)
        for second in range(1, 10):
            backlog.look(second * NS_PER_SECOND, 1_000 - second)
            connection.look(1, 3)
        for second in range(10, 12):
            backlog.look(second * NS_PER_SECOND, 991)
            connection.look(1, 3)
        # It has taken nothing, but said something.
        connection._is_heard = True
        for second in range(12, 15):
            backlog.look(second * NS_PER_SECOND, 991)
            connection.look(1, 3)
            assert not connection._is_closing
        session.is_backed_up = session.armed = False
        backlog.end()


class Crowd:
    """A host of heartbeats and all its peers, who write down when they are looked at, and told."""

    def __init__(self, size):
        self.host = self
        self.size = size
        self.untold = 0
        self.looked = []
        self.told = []
        self.begun = []
        self.third = asyncio.Event()

    def look(self, heartbeat_s, silence_s):
        self.looked.append(now())

    def begin_heartbeat(self):
        assert self.untold == 0, "the one before has been told to all"
        self.begun.append(now())
        if len(self.begun) == 3:
            self.third.set()
        self.untold = self.size
        return self.untold

    def tell_heartbeat(self, most):
        part = min(most, self.untold)
        self.told.append(part)
        self.untold -= part
        return self.untold > 0

    def pass_time(self):
        return False

    def fail(self, error):
        raise error


async def test_many_are_looked_at_and_told_in_pieces_over_the_second(monkeypatch):
    monkeypatch.setattr("gateway.server.loop.heartbeats.LOOK_SECONDS", 0.3)
    crowd = Crowd(1_000)
    heartbeats = Heartbeats(crowd, [crowd] * crowd.size, 1, 9)
    heartbeats.begin()
    await asyncio.wait_for(crowd.third.wait(), 9)
    heartbeats.end()
    pieces = -(-crowd.size // PEERS_A_PASS)
    # All of two looks, and the first piece of the third.
    assert len(crowd.looked) == 2 * crowd.size + PEERS_A_PASS
    last = crowd.size - (pieces - 1) * PEERS_A_PASS
    assert crowd.told[: 2 * pieces] == 2 * [*[PEERS_A_PASS] * (pieces - 1), last]
    for begun, first in zip(crowd.begun[:2], (0, crowd.size), strict=True):
        of_a_look = crowd.looked[first : first + crowd.size]
        assert of_a_look[0] - begun < of_a_look[-1] - begun
        assert of_a_look[-1] - of_a_look[0] >= 0.9 * 0.3 * (pieces - 1) / pieces
