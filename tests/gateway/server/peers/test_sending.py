"""Bursts that the venue makes, over real sockets: who reads gets all of them, who does not is dropped, others are served."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.vocabulary.limits import SOCKET_BUFFER_BYTES
from engine.vocabulary.memory_limits import GONE_TIMEOUT_SECONDS
from gateway.inbound.session import Session
from gateway.server.peers.connection import Connection
from gateway.server.venue_server import VenueServer
from tests.support.gateway.links.paced_link import PacedLink, paced_link
from tests.support.gateway.venues.small_venue import RawClient, client, serving, url_of

ORDERS = 1_500
"""Whose cancels are 600 KB to each who hears of them."""
MAX_UNREAD = 1_700_000
"""More than twice that, with what five transports have; less than three times that with it."""


class Floor(NamedTuple):
    server: VenueServer
    link: PacedLink
    alice: RawClient
    bob: RawClient
    sue: RawClient
    """She has the drop copy, over the link."""

    @property
    def sues_connection(self) -> Connection:
        return next(
            connection
            for connection in self.server._connections.values()
            if connection.session.participant is not None and connection.session.participant.participant == "sue"
        )

    @property
    def open_orders(self) -> int:
        return len(self.server.started.exchange.accounts["alice"].open_orders)


@asynccontextmanager
async def floor(directory: Path) -> AsyncIterator[Floor]:
    async with serving(directory, durability="os") as server, paced_link(url_of(server)) as link:
        url = url_of(server)
        async with client(url, "alice") as alice, client(url, "bob") as bob, client(link.url, "sue") as sue:
            await rest_orders(alice, ORDERS)
            await sue.ask(type="subscribe", channel="drop_copy")
            yield Floor(server, link, alice, bob, sue)


async def rest_orders(alice: RawClient, count: int, name: str = "a") -> None:
    """Enter so many orders of hers, all of which rest."""
    terms = {"type": "new_order", "account": "alice", "instrument": "BTC/RUB", "side": "buy", "quantity": "0.1"}
    for number in range(count):
        await alice.send(**terms, client_order_id=f"{name}{number}", price=str(50 + number % 50))
    for _ in range(count):
        assert (await alice.receive())["exec_type"] == "new"


async def until(happened: Callable[[], bool]) -> None:
    """Wait until the venue, which runs in this process, has come to something."""
    for _ in range(1_000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not happen")


async def kill(sue: RawClient, *, on: bool = True) -> int:
    """Ask for Alice's kill switch to be turned; returns the id of the request."""
    arguments = {"scope": "participant", "key": "alice", "on": on, "reason": "a test"}
    return await sue.send(type="admin", command="set_kill_switch", arguments=arguments)


async def until_reply(who: RawClient, request_id: int) -> list[dict[str, Any]]:
    """All messages up to a reply, and it."""
    found = [await who.receive()]
    while found[-1].get("id") != request_id:
        found.append(await who.receive())
    return found


def cancels(messages: list[dict[str, Any]]) -> list[int]:
    """The numbers of Alice's cancels among messages."""
    own = (each for each in messages if each.get("account") == "alice")
    return [each["seq"] for each in own if each["exec_type"] == "cancelled"]


@pytest.fixture
def soon(monkeypatch):
    """Peers are looked at ten times a second, and slow is who is 100 KB behind or takes nothing for half a second."""
    monkeypatch.setattr("gateway.server.peers.sending.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("gateway.server.peers.unread.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("gateway.server.peers.unread.MAX_LAG_BYTES", 100_000)
    monkeypatch.setattr("gateway.server.peers.unread.STALLED_SECONDS", 0.5)


async def test_a_supervisor_who_reads_slowly_hears_all_of_a_burst_and_others_trade_meanwhile(tmp_path, soon):
    async with floor(tmp_path / "venue") as (server, link, _, bob, sue):
        link.pace(1_000_000)
        hearing = asyncio.create_task(until_reply(sue, await kill(sue)))
        slowest, trades, most_unread = 0.0, 0, 0
        while not hearing.done():
            began = time.monotonic()
            assert (await bob.order("buy", "1", "90", f"b{trades}", account="bob"))["exec_type"] == "new"
            await bob.ask(type="cancel_order", account="bob", client_order_id=f"b{trades}")
            slowest = max(slowest, time.monotonic() - began)
            most_unread = max(most_unread, server.senders.unread.bytes)
            trades += 1
        *messages, reply = await hearing
        assert reply["type"] == "done"
        assert cancels(messages) == list(range(cancels(messages)[0], cancels(messages)[0] + ORDERS))
        # Most of it waited, many times what may be left unread; and many others were served while it did.
        assert most_unread > 350_000
        assert trades > 20
        assert slowest < 1.0
        assert not server.counters.closed["slow_consumer"]
        # She is like everybody else again.
        assert (await sue.ask(type="instruments"))["type"] == "instruments"
        await asyncio.sleep(0.1)
        assert server.senders.unread.bytes == 0
        assert not server.senders.unread.behind


async def test_what_is_new_for_who_does_not_read_is_put_together_and_keeps_its_place(tmp_path, soon, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.sending.LATE_NS", 60 * 1_000_000_000)
    monkeypatch.setattr("gateway.server.peers.unread.MAX_LAG_BYTES", 10_000_000)
    monkeypatch.setattr("gateway.server.peers.unread.STALLED_SECONDS", 60)
    async with floor(tmp_path / "venue") as venue:
        venue.link.pace(0)
        await kill(venue.sue)
        await until(lambda: venue.sues_connection.session.is_backed_up)
        for number in range(3):
            assert (await venue.bob.order("buy", "1", "90", f"b{number}", account="bob"))["exec_type"] == "new"
        # They wait for what may come next, and are no bytes for her socket yet.
        assert len(venue.sues_connection.session.frames) == 3
        # A ping is answered before all that waits; what came before it does not go with it.
        pong = await venue.sue.socket.ping()
        await until(lambda: not venue.sues_connection.session.frames)
        assert (await venue.bob.order("buy", "1", "90", "b3", account="bob"))["exec_type"] == "new"
        venue.link.pace(1 << 30)
        await asyncio.wait_for(pong, 10)
        messages = []
        while not (messages and messages[-1].get("client_order_id") == "b3"):
            messages.append(await venue.sue.receive())
        assert len(cancels(messages)) == ORDERS
        assert [each["client_order_id"] for each in messages if each.get("account") == "bob"] == [
            "b0",
            "b1",
            "b2",
            "b3",
        ]


async def test_a_transport_never_holds_more_than_a_piece(tmp_path, soon, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.unread.SEND_PIECE_BYTES", 20_000)
    monkeypatch.setattr("gateway.server.peers.sending.SEND_PIECE_BYTES", 20_000)
    async with floor(tmp_path / "venue") as venue:
        venue.link.pace(2_000_000)
        transport = venue.sues_connection._transport
        assert transport is not None
        hearing = asyncio.create_task(until_reply(venue.sue, await kill(venue.sue)))
        held = 0
        while not hearing.done():
            held = max(held, transport.get_write_buffer_size())
            await asyncio.sleep(0)
        assert len(cancels(await hearing)) == ORDERS
        assert SOCKET_BUFFER_BYTES // 4 < held < SOCKET_BUFFER_BYTES + 20_000 + 1_000


@pytest.mark.parametrize(("lag", "stalled", "unread"), [(100_000, 0.5, 60), (10_000_000, 60, 0.5)])
async def test_who_reads_nothing_is_dropped_in_time(tmp_path, soon, monkeypatch, lag, stalled, unread):
    """Much is left unread for a short time, little for a longer one."""
    monkeypatch.setattr("gateway.server.peers.unread.MAX_LAG_BYTES", lag)
    monkeypatch.setattr("gateway.server.peers.unread.STALLED_SECONDS", stalled)
    monkeypatch.setattr("gateway.server.peers.unread.UNREAD_TIMEOUT_SECONDS", unread)
    async with floor(tmp_path / "venue") as (server, link, _, bob, sue):
        link.pace(0)
        await kill(sue)
        await until(lambda: bool(server.senders.unread.behind))
        began = time.monotonic()
        number = 0
        while not server.counters.closed["slow_consumer"]:
            number += 1
            assert (await bob.order("buy", "1", "90", f"b{number}", account="bob"))["exec_type"] == "new"
        assert 0.4 < time.monotonic() - began < 2
        assert server.senders.unread.bytes == 0
        assert server.counters.closed == {"slow_consumer": 1}
        link.pace(1 << 30)
        messages, code = await sue.until_closed()
        # What she reads at last ends in the middle of what she was sent, without a gap.
        heard = cancels(messages)
        assert heard == list(range(heard[0], heard[0] + len(heard)))
        assert len(heard) < ORDERS
        assert code == 1006


async def test_a_pong_and_commands_pass_what_waits(tmp_path, soon, monkeypatch):
    """The switch is turned off again before she has heard all of what turning it on did."""
    monkeypatch.setattr("gateway.server.peers.unread.SEND_PIECE_BYTES", 20_000)
    monkeypatch.setattr("gateway.server.peers.sending.SEND_PIECE_BYTES", 20_000)
    async with floor(tmp_path / "venue") as venue:
        venue.link.pace(500_000)
        hearing = asyncio.create_task(until_reply(venue.sue, await kill(venue.sue)))
        await until(lambda: not venue.open_orders and bool(venue.server.senders.unread.behind))
        pong = await venue.sue.socket.ping()
        await kill(venue.sue, on=False)
        await asyncio.wait_for(pong, 5)
        number = 0
        while (await venue.alice.order("buy", "1", "90", f"late{number}", account="alice"))["exec_type"] != "new":
            number += 1
            await asyncio.sleep(0.01)
        assert not hearing.done()
        assert len(cancels(await hearing)) == ORDERS


async def test_who_is_behind_is_hardly_read(tmp_path, soon, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.unread.STALLED_SECONDS", 60)
    async with floor(tmp_path / "venue") as venue:
        connection = venue.sues_connection
        venue.link.pace(0)
        await kill(venue.sue)
        await until(lambda: bool(venue.server.senders.unread.behind))
        read = 0
        receive = Session.receive

        def counting(session: Session, payload: bytes) -> None:
            nonlocal read
            read += session is connection.session
            receive(session, payload)

        monkeypatch.setattr(Session, "receive", counting)
        request = b'{"type":"balances","id":1,"account":"alice"}' + b" " * 4_000
        flooding = asyncio.create_task(_flood(venue.sue, request, 2_000))
        await asyncio.sleep(0.5)
        # Ten looks a second, each of which lets in a buffer of 64 KiB at most.
        assert 0 < read < 6 * 17
        flooding.cancel()
        venue.link.pace(1 << 30)


async def _flood(who: RawClient, request: bytes, count: int) -> None:
    for _ in range(count):
        await who.socket.send(request, text=True)


async def test_all_together_have_a_bound_and_no_reader_is_dropped_for_the_idle(tmp_path, soon, monkeypatch):
    """Of two bursts to all, the idle leave the first one unread; with the second one it is too much."""
    monkeypatch.setattr("gateway.server.peers.unread.MAX_LAG_BYTES", 100_000_000)
    monkeypatch.setattr("gateway.server.peers.unread.MAX_UNREAD_BYTES", MAX_UNREAD)
    monkeypatch.setattr("gateway.server.peers.unread.SEND_PIECE_BYTES", 20_000)
    monkeypatch.setattr("gateway.server.peers.sending.SEND_PIECE_BYTES", 20_000)
    async with (
        floor(tmp_path / "venue") as (server, link, alice, _, sue),
        paced_link(url_of(server)) as idle_link,
        client(idle_link.url, "otto") as one,
        client(idle_link.url, "otto") as two,
        client(idle_link.url, "otto") as three,
    ):
        for idler in (one, two, three):
            await idler.ask(type="subscribe", channel="drop_copy")
        idle_link.pace(0)
        link.pace(2_000_000)
        most_unread = [0, 0]
        for burst in range(2):
            reading = asyncio.create_task(until_reply(sue, await kill(sue)))
            while not reading.done():
                most_unread[burst] = max(most_unread[burst], server.senders.unread.bytes)
                await asyncio.sleep(0)
            assert len(cancels(await reading)) == ORDERS
            assert bool(server.counters.closed["slow_consumer"]) == bool(burst)
            await until_reply(sue, await kill(sue, on=False))
            for _ in range(ORDERS):
                await alice.receive()
            if not burst:
                await rest_orders(alice, ORDERS, "again")
        assert max(most_unread) <= MAX_UNREAD
        assert list(server.counters.closed) == ["slow_consumer"]
        idle_link.pace(1 << 30)


async def test_subscribers_that_wait_do_not_keep_participants_waiting(tmp_path):
    """Each pass of the loop sends a piece to one of both, and other callbacks run in between."""
    order: list[Any] = []

    class Piece:
        def __init__(self, name: str) -> None:
            self.name = name

        def send_piece(self) -> None:
            order.append(self.name)

    async with serving(tmp_path / "venue") as server:
        senders: Any = server.senders
        for number in range(4):
            senders.add(Piece(f"stranger {number}"), False)
        for number in range(2):
            senders.add(Piece(f"participant {number}"), True)
        for between in range(4):
            await asyncio.sleep(0)
            order.append(between)
    assert order == [
        *("participant 0", "stranger 0", 0),
        *("participant 1", "stranger 1", 1),
        *("stranger 2", 2, "stranger 3", 3),
    ]


async def test_what_waits_goes_out_before_the_venue_says_goodbye(tmp_path, soon):
    async with floor(tmp_path / "venue") as venue:
        venue.link.pace(3_000_000)
        await kill(venue.sue)
        await until(lambda: not venue.open_orders)
        stopping = asyncio.create_task(venue.server.stop())
        messages, code = await venue.sue.until_closed()
        await stopping
        assert len(cancels(messages)) == ORDERS
        assert [each["type"] for each in messages[-2:]] == ["done", "goodbye"]
        assert code == 1001


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel has no such timeout")
async def test_the_kernel_sees_to_peers_that_vanish(tmp_path):
    async with serving(tmp_path / "venue") as server, client(url_of(server), "alice"):
        (accepted,) = server.door.sockets
        linked = accepted.transport.underlying_transport.get_extra_info("socket")
        assert linked.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == GONE_TIMEOUT_SECONDS * 1_000
