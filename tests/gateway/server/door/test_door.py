"""Who may come in: sockets count from when they are accepted, those of one address and those without a handshake apart."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from gateway.server.door.handshake import Callers
from gateway.server.door.sockets import Bounds, Door, counted_address, plain_address
from tests.support.gateway.venues.small_venue import client, serving, small_venue, url_of

ADDRESSES = ("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("address", "plain", "counted"),
    [
        ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("::1", "::1", "::1"),
        ("2001:db8::5", "2001:db8::5", "2001:db8::/64"),
        ("2001:0db8:0:0:ffff::5", "2001:db8::ffff:0:0:5", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
    ],
)
def test_by_what_an_address_counts(address, plain, counted):
    assert (plain_address(address), counted_address(address)) == (plain, counted)


@given(st.lists(st.tuples(st.sampled_from(("enter", "shake", "leave")), st.integers(0, 30)), max_size=80))
def test_no_bound_is_passed_and_what_leaves_makes_room(steps):
    bounds = Bounds(sockets=8, sockets_per_address=4, handshakes=5, handshakes_per_address=3)
    refused = Counter()
    door = Door(lambda visitor, request: None, bounds, refused, lambda error: None)
    visitors = []
    for what, number in steps:
        if what == "enter":
            here = [each for each in visitors if each.is_in]
            shaking = [each for each in here if each.is_shaking]
            address = ADDRESSES[number % len(ADDRESSES)]
            at = [each for each in here if each.address == counted_address(address)]
            may = (
                len(here) < 8 and len(shaking) < 5 and len([each for each in at if each.is_shaking]) < 3 and len(at) < 4
            )
            turned = door.turned_away + refused.total()
            visitor = door.enter(address, "127.0.0.1")
            assert (visitor is not None) == may
            assert door.turned_away + refused.total() - turned == (not may)
            if visitor is not None:
                visitors.append(visitor)
        elif visitors:
            visitor = visitors[number % len(visitors)]
            if what == "leave":
                door.leave(visitor)
            elif visitor.is_in:
                door._shaken(visitor)
    for visitor in visitors:
        door.leave(visitor)
        door.leave(visitor)
    assert (door._count, door._shaking, door._at, door._shaking_at) == (0, 0, Counter(), Counter())


async def test_one_address_does_not_take_all_sockets_and_slow_headers_end(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.server.MAX_HANDSHAKES_PER_ADDRESS", 3)
    monkeypatch.setattr("gateway.server.door.listening.HANDSHAKE_TIMEOUT_SECONDS", 1)
    async with serving(tmp_path / "venue") as server:
        began = asyncio.get_running_loop().time()
        # 127.0.0.2 is another address of this machine.
        idle = [await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.2", 0)) for _ in range(5)]
        for reader, _ in idle[3:]:
            assert await asyncio.wait_for(reader.read(1), 5) == b""
        assert server.counters.refused["address_full"] == 2
        async with client(url_of(server), "alice") as alice:
            assert (await alice.order("buy", "1", "90", "a1", account="alice"))["exec_type"] == "new"
            # A byte now and then is no handshake.
            for _ in range(20):
                idle[0][1].write(b"G")
                await asyncio.sleep(0.1)
                if idle[0][0].at_eof():
                    break
            for reader, _ in idle[:3]:
                assert await asyncio.wait_for(reader.read(), 5) == b""
            assert asyncio.get_running_loop().time() - began < 5
            assert len(server.door.sockets) == 1
        for _, writer in idle:
            writer.close()


LOOPBACK = "127.0.0.1"
CALLS = [
    # Where the call came in, Host, Origin; names and origins of the venue file; the status that refuses it.
    (LOOPBACK, "127.0.0.1:8765", None, (), (), 0),
    (LOOPBACK, "localhost", None, (), (), 0),
    (LOOPBACK, "LocalHost:1", None, (), (), 0),
    (LOOPBACK, "[::1]:8765", None, (), (), 403),
    (LOOPBACK, "127.0.0.2", None, (), (), 403),
    (LOOPBACK, "evil.example", None, (), (), 403),
    (LOOPBACK, "127.0.0.1.evil.example:8765", None, (), (), 403),
    (LOOPBACK, "localhost.evil.example", None, (), (), 403),
    (LOOPBACK, "", None, (), (), 403),
    (LOOPBACK, None, None, (), (), 400),
    (LOOPBACK, "venue.example:8765", None, ("Venue.example",), (), 0),
    (LOOPBACK, "evil.example", None, ("*",), (), 0),
    ("::1", "[::1]:8765", None, (), (), 0),
    ("::1", "localhost", None, (), (), 0),
    ("::ffff:10.0.0.5", "10.0.0.5:8765", None, (), (), 0),
    ("10.0.0.5", "localhost", None, (), (), 403),
    (LOOPBACK, "127.0.0.1:8765", "http://127.0.0.1:8765", (), (), 0),
    (LOOPBACK, "127.0.0.1:8765", "https://127.0.0.1:8765", (), (), 0),
    (LOOPBACK, "127.0.0.1:8765", "http://127.0.0.1:3000", (), (), 403),
    (LOOPBACK, "127.0.0.1:8765", "https://evil.example", (), (), 403),
    (LOOPBACK, "127.0.0.1:8765", "null", (), (), 403),
    (LOOPBACK, "127.0.0.1:8765", "", (), (), 403),
    (LOOPBACK, "127.0.0.1:8765", "https://console.example", (), ("https://console.example",), 0),
    (LOOPBACK, "127.0.0.1:8765", "https://console.example.evil", (), ("https://console.example",), 403),
    (LOOPBACK, "evil.example:8765", "http://evil.example:8765", (), (), 403),
]


@pytest.mark.parametrize(("address", "host", "origin", "hosts", "origins", "status"), CALLS)
def test_who_may_call_by_which_name(address, host, origin, hosts, origins, status):
    headers = CIMultiDict()
    for name, value in (("Host", host), ("Origin", origin)):
        if value is not None:
            headers.add(name, value)
    refused = Callers(hosts, origins).refuse(headers, address)
    assert (0 if refused is None else int(refused[1].response.status)) == status


@pytest.mark.parametrize("twice", ["Host", "Origin"])
def test_a_header_that_stands_twice_says_nothing(twice):
    headers = CIMultiDict([("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1")])
    headers.add(twice, headers[twice])
    assert Callers((), ()).refuse(headers, LOOPBACK) is not None


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ("Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", b"403", "forbidden_origin"),
        ("Host: evil.example\r\n", b"403", "forbidden_host"),
        ("Host: 127.0.0.1\r\nSec-WebSocket-Version: \u00ff\r\n", b"400", "bad_header"),
        ("Host: 127.0.0.1\r\nOrigin: http://page.example\r\n", b"101", ""),
    ],
)
async def test_it_is_refused_before_the_upgrade_and_counted(tmp_path, headers, status, reason):
    venue = small_venue('\n[server]\norigins = ["http://page.example"]\n')
    async with serving(tmp_path / "venue", venue, metrics_port=0) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        version = "" if "Version" in headers else "Sec-WebSocket-Version: 13\r\n"
        writer.write(f"GET / HTTP/1.1\r\n{headers}{upgrade}{version}\r\n".encode("latin-1"))
        assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] == status
        assert server.counters.refused == (Counter({reason: 1}) if reason else Counter())
        writer.close()
        # A page must not read the metrics either.
        reader, writer = await asyncio.open_connection("127.0.0.1", server.metrics.port)
        writer.write(f"GET /metrics HTTP/1.1\r\n{headers}\r\n".encode("latin-1"))
        answered = (await asyncio.wait_for(reader.readline(), 5)).split()[1]
        assert answered == (status if reason else b"403")
        writer.close()
