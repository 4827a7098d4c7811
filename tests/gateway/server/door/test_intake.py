"""What is read of strangers: each pass of the loop looks at a few of them, in turn; and what comes too late is not read at all."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from typing import Any

from engine.vocabulary.limits import (
    MAX_ACCEPTS_A_PASS,
    MAX_CONNECTIONS,
    MAX_LOBBY,
    MAX_MALFORMED_MESSAGES,
    MAX_STRANGERS_A_PASS,
    MAX_THROWN_AWAY_BYTES,
    SOCKET_BUFFER_BYTES,
    SOCKET_NS,
    STRANGERS_FIRST_NS,
)
from gateway.server.door.intake import NEWCOMERS_LOOKS, Intake, Strangers
from gateway.server.loop.share import Share
from tests.support.gateway.links.raw_frames import Apart, frame, raw_connection
from tests.support.gateway.venues.small_venue import client, serving, url_of

TEXT = 0x81


class Transport:
    """A socket as the intake sees it."""

    def __init__(self) -> None:
        self.is_reading = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True


class Hall:
    """Strangers, and in which order they were looked at."""

    def __init__(self, count: int) -> None:
        self.faults: list[BaseException] = []
        self.looked: list[int] = []
        self.now_ns = 0
        self.strangers = strangers = Strangers(self.faults.append, Share(lambda: self.now_ns))
        self.transports: Any = [Transport() for _ in range(count)]
        self.intakes = [Intake(strangers) for _ in range(count)]
        for number, (intake, transport) in enumerate(zip(self.intakes, self.transports, strict=True)):
            intake.begin(transport, lambda size, number=number: self.looked.append(number))


async def test_a_pass_looks_at_a_few_and_all_have_their_turn():
    assert MAX_STRANGERS_A_PASS == 4
    hall = Hall(11)
    for intake in hall.intakes:
        intake.came(10)
    assert hall.looked == [0, 1, 2, 3]
    # Who waits is not read meanwhile.
    assert [each.is_reading for each in hall.transports] == [True] * 4 + [False] * 7
    await asyncio.sleep(0)
    assert hall.looked == [*range(8)]
    # Who comes again waits behind those who wait already.
    hall.intakes[0].came(10)
    for _ in range(4):
        await asyncio.sleep(0)
    assert hall.looked == [*range(11), 0]
    assert all(each.is_reading for each in hall.transports)
    assert hall.faults == []


async def test_newcomers_do_not_wait_behind_all_who_flood():
    hall = Hall(24)
    flooding, coming = hall.intakes[:20], hall.intakes[20:]
    for _ in range(NEWCOMERS_LOOKS):
        for intake in flooding:
            intake.came(10)
        for _ in range(6):
            await asyncio.sleep(0)
    hall.looked.clear()
    for intake in [*flooding, *coming]:
        intake.came(10)
    for _ in range(2):
        await asyncio.sleep(0)
    # Half of each pass is theirs; without them all of it is the others'.
    assert hall.looked == [0, 1, 2, 3, 20, 4, 21, 5, 22, 6, 23, 7]
    for _ in range(3):
        await asyncio.sleep(0)
    assert hall.looked[12:] == [*range(8, 20)]


async def test_who_is_gone_or_not_to_be_read_keeps_nobody_waiting():
    hall = Hall(11)
    for intake in hall.intakes:
        intake.came(10)
    for intake in hall.intakes[4:7]:
        intake.end()
    hall.intakes[7].want(False)
    await asyncio.sleep(0)
    assert hall.looked == [0, 1, 2, 3, 7, 8, 9, 10]
    assert [each.is_reading for each in hall.transports[7:]] == [False, True, True, True]
    hall.intakes[7].want(True)
    assert hall.transports[7].is_reading


def spend_all(strangers: Strangers) -> None:
    """Participants are there, and strangers owe a hundredth of a second of work."""
    share = strangers.share
    share.have_others_come = True
    assert share.is_left()
    share.spend(STRANGERS_FIRST_NS + 10_000_000)


async def test_what_was_spent_comes_back_before_another_is_looked_at():
    hall = Hall(MAX_STRANGERS_A_PASS + 2)
    for intake in hall.intakes:
        intake.came(10)
    spend_all(hall.strangers)
    is_open = asyncio.Event()
    assert not hall.strangers.may_enter(is_open.set)
    # However often the loop looks: by the clock nothing has come back.
    await asyncio.sleep(3 * hall.strangers.share.wait_s())
    assert hall.looked == [*range(MAX_STRANGERS_A_PASS)]
    assert not is_open.is_set()
    hall.now_ns += int(1e9 * hall.strangers.share.wait_s())
    await asyncio.wait_for(is_open.wait(), 5)
    assert hall.looked == [*range(MAX_STRANGERS_A_PASS + 2)]


async def test_who_waits_in_the_lobby_comes_behind_those_who_do_not():
    hall = Hall(3 * MAX_STRANGERS_A_PASS)
    strangers = hall.strangers
    for number in range(MAX_LOBBY):
        assert strangers.may_enter(lambda: None)
        strangers.wait(lambda number=number: hall.looked.append(-1 - number))
    assert not strangers.may_enter(lambda: None)
    for intake in hall.intakes:
        intake.came(10)
    # While a pass's worth of newcomers waits nobody is let in, then one in a pass.
    for _ in range(4):
        await asyncio.sleep(0)
    first, rest = hall.looked[: 2 * MAX_STRANGERS_A_PASS], hall.looked[2 * MAX_STRANGERS_A_PASS :]
    assert first == [*range(2 * MAX_STRANGERS_A_PASS)]
    assert rest == [*range(2 * MAX_STRANGERS_A_PASS, 3 * MAX_STRANGERS_A_PASS), -1, -2, -3][: len(rest)]
    assert -1 in rest
    strangers.end()
    assert sorted(number for number in hall.looked if number < 0) == [*range(-MAX_LOBBY, 0)]


async def test_an_honest_login_does_not_wait_for_those_who_come_and_go_without_end(tmp_path, monkeypatch):
    """Forty that reconnect at once, from another address, while a participant trades."""
    monkeypatch.setattr("gateway.server.loop.share.STRANGERS_PART", 50)
    async with serving(tmp_path / "venue", durability="os") as server, client(url_of(server), "alice") as alice:
        let_in, is_over = 0, False

        async def churn() -> None:
            nonlocal let_in
            while not is_over:
                there = await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.9", 0))
                there[1].write(b"\x16\x03\x01 no HTTP\r\n\r\n")
                with suppress(OSError):
                    await there[0].read()
                let_in += 1
                there[1].close()

        spend_all(server.door.strangers)
        began = time.monotonic()
        churning = [asyncio.create_task(churn()) for _ in range(40)]
        logins: list[float] = []
        while time.monotonic() - began < 1.5:
            asked = time.monotonic()
            logging_in = asyncio.create_task(_log_in(url_of(server)))
            while not logging_in.done():
                assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
            logins.append(time.monotonic() - asked)
        share_ns = (time.monotonic() - began) * 1e9 / 50
        # What was left when the last one came may have been little.
        assert let_in <= share_ns / SOCKET_NS + MAX_ACCEPTS_A_PASS
        assert max(logins) < 10
        is_over = True
        server.door.strangers.share._left_ns = STRANGERS_FIRST_NS
        await asyncio.wait_for(asyncio.gather(*churning), 20)


async def _log_in(url: str) -> None:
    async with client(url, "bob"):
        pass


async def test_a_request_whose_time_ran_out_while_it_waited_ends_nothing_but_its_socket(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.door.listening.HANDSHAKE_TIMEOUT_SECONDS", 0.2)
    async with serving(tmp_path / "venue", durability="os") as server, client(url_of(server), "alice") as alice:
        strangers = server.door.strangers
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.9", 0))
        while len(server.door.sockets) < 2:  # noqa: ASYNC110 - the venue tells nobody
            await asyncio.sleep(0.01)
        # It is its turn only when picows has ended it, and before the loop has.
        strangers._left = 0
        disconnect = next(
            each for each in server.door.sockets if not each._visitor.intake.was_known
        ).transport.disconnect
        monkeypatch.setattr(strangers, "_next_pass", lambda: None)
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        while not (strangers._newcomers or strangers._others):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        disconnect()
        assert not strangers._newcomers.popleft().look()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
        writer.close()


async def test_a_fault_in_a_look_is_told():
    hall = Hall(2 * MAX_STRANGERS_A_PASS)
    for intake, transport in zip(hall.intakes, hall.transports, strict=True):
        intake.begin(transport, lambda size: 1 // 0)
    for intake in hall.intakes[MAX_STRANGERS_A_PASS:]:
        intake._strangers._left = 0
        intake.came(1)
    await asyncio.sleep(0)
    assert [type(fault) for fault in hall.faults] == [ZeroDivisionError]


async def test_a_participant_is_no_stranger_unless_more_is_owed_than_there_is(tmp_path):
    async with serving(tmp_path / "venue", durability="os") as server, client(url_of(server), "alice") as alice:
        connection = next(iter(server._connections.values()))
        assert connection._intake.is_known
        async with client(url_of(server)) as stranger:
            await stranger.ask(type="subscribe", channel="top", instrument="BTC/RUB")
            other = next(each for each in server._connections.values() if each is not connection)
            assert not other._intake.is_known
        # It spends more than it has: what it sends next waits for credit, and then for its turn.
        meter = connection.session.meter
        assert meter is not None
        meter._own.left_ns = -300_000_000
        assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
        assert not connection._intake.is_known
        assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
        meter._own.left_ns = meter._own.burst_ns
        assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
        assert connection._intake.is_known


def _accepted(venue: Apart, opening: bytes, flood: bytes) -> int:
    """How many bytes of a flood a venue's socket takes from a WebSocket, until its end."""
    host, port = venue.url.removeprefix("ws://").split(":")
    with socket.socket() as peer:
        # What the kernel would take for the venue: little.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        peer.settimeout(10)
        peer.connect((host, int(port)))
        peer.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            + opening
        )
        taken = 0
        try:
            while True:
                taken += peer.send(flood)
        except OSError:
            return taken


async def test_who_goes_on_sending_when_it_is_over_is_not_read(tmp_path):
    """After too many mistakes, and after a frame that no WebSocket may send: a flood is not what a close is for."""
    most = MAX_THROWN_AWAY_BYTES + 6 * SOCKET_BUFFER_BYTES
    async with serving(tmp_path / "venue", durability="os") as server:
        venue = Apart(url_of(server), 0)
        flood = frame(TEXT, b"?" * 1_000) * 64
        mistakes = frame(TEXT, b"?") * MAX_MALFORMED_MESSAGES
        assert await asyncio.to_thread(_accepted, venue, mistakes, flood) < most
        assert await asyncio.to_thread(_accepted, venue, frame(0xF1, b"{}"), flood) < most
        assert await asyncio.to_thread(_accepted, venue, b"", b"x" * 100_000) < most
        # It serves others as before.
        async with client(venue.url, "alice") as alice:
            assert (await alice.ask(type="balances", account="alice"))["type"] == "balances"
        assert server.counters.closed["policy_violation"] >= 1


async def test_many_who_come_at_once_are_all_let_in(tmp_path):
    """A queue is no wall: what would take hundreds of passes takes that, and no more."""
    async with serving(tmp_path / "venue", durability="os") as server:
        venue = Apart(url_of(server), 0)
        count = min(300, MAX_CONNECTIONS)
        async with asyncio.timeout(20):
            found = await asyncio.gather(*(raw_connection(venue) for _ in range(count)))
        assert len(server._connections) == count
        for _, writer in found:
            writer.close()
