"""Orders whose owner is absent: a connection that is gone or frozen, a venue that was killed, a dead man's timer, a logout."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.state.absence import Absence
from engine.vocabulary.access import TRADE
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client.client import connect
from gateway.client.values.errors import ClientError
from gateway.inbound.attendance import Attendance
from gateway.protocol.requests import CancelOnDisconnect
from tests.support.gateway.links.paced_link import paced_link
from tests.support.gateway.links.raw_frames import frame, read_frame
from tests.support.gateway.processes.mortal_venue import MortalVenue
from tests.support.gateway.venues.key_commands import NEW, registers
from tests.support.gateway.venues.small_venue import KEYS, RawClient, client, serving, small_venue, url_of

GRACE = NS_PER_SECOND // 2
HANDS = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)
QUICK = "\n[server]\nheartbeat_s = 1\nmissed_heartbeats = 2\n"


async def rest(raw: RawClient, *names: str) -> None:
    for name in names:
        report = await raw.order("buy", "1", "90", name, account="alice")
        assert report["exec_type"] == "new", report


async def cancelled(raw: RawClient, most: float = 5) -> dict[str, str]:
    """Name and reason of the next cancel."""
    async with asyncio.timeout(most):
        while True:
            report = await raw.until("execution_report")
            if report["exec_type"] == "cancelled":
                return {report["client_order_id"]: report["reason"]}


async def open_names(raw: RawClient) -> list[str]:
    return [each["client_order_id"] for each in await raw.open_orders("alice")]


async def test_what_a_lost_connection_leaves_behind_is_cancelled_after_the_grace(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server, client(url_of(server), "sue") as sue:
        await sue.ask(type="subscribe", channel="drop_copy")
        async with client(url_of(server)) as bot:
            welcome = await bot.login("alice", cancel_on_disconnect={"grace": GRACE})
            assert welcome["cancel_on_disconnect"] == {"connection": 1, "grace": GRACE}
            await rest(bot, "a1", "a2")
        began = asyncio.get_running_loop().time()
        assert await cancelled(sue) == {"a2": "disconnected"}
        assert await cancelled(sue) == {"a1": "disconnected"}
        assert 0.4 < asyncio.get_running_loop().time() - began < 3


@pytest.mark.parametrize(
    ("of", "wanted", "left"),
    [
        ([], {"grace": GRACE}, ["a1"]),
        (["alice"], {"grace": GRACE, "accounts": ["alice"]}, ["a1"]),
        (["alice"], {"grace": 0, "accounts": ["spare", "alice"]}, ["a1"]),
        (["alice"], {"grace": 60 * NS_PER_SECOND}, ["a1"]),
        # Those who take less upon themselves, or nothing, are somebody else.
        (["alice"], {"grace": GRACE, "accounts": ["spare"]}, []),
        ([], {"grace": GRACE, "accounts": ["alice"]}, []),
        (["alice"], None, []),
    ],
)
async def test_back_is_who_is_armed_for_the_same_accounts(
    tmp_path: Path, of: list[str], wanted: dict[str, Any] | None, left: list[str]
) -> None:
    async with (
        serving(tmp_path / "venue") as server,
        client(url_of(server), "otto") as otto,
        client(url_of(server), "sue") as sue,
    ):
        await otto.ask(
            type="admin",
            command="open_account",
            arguments={"account": "spare", "participant": "alice", "investor": "alice"},
        )
        async with client(url_of(server)) as bot:
            await bot.login("alice", cancel_on_disconnect={"grace": GRACE, "accounts": of})
            await rest(bot, "a1")
        async with client(url_of(server)) as again:
            await again.login("alice", **({} if wanted is None else {"cancel_on_disconnect": wanted}))
            await asyncio.sleep(1)
            assert await open_names(sue) == left


async def test_who_comes_back_is_armed_by_its_own_login(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server, client(url_of(server), "sue") as sue:
        await sue.ask(type="subscribe", channel="drop_copy")
        for number in range(3):
            async with client(url_of(server)) as bot:
                await bot.login("alice", cancel_on_disconnect={"grace": GRACE})
                assert await open_names(bot) == ["a0"][:number]
                if not number:
                    await rest(bot, "a0")
        assert await cancelled(sue) == {"a0": "disconnected"}


async def test_a_second_program_and_one_that_looks_on_keep_nothing_open(tmp_path: Path) -> None:
    """A dead bot's orders go, whoever of its participant logs in, reads, trades on the Deribit port, or asks what is open."""
    async with (
        serving(tmp_path / "venue") as server,
        client(url_of(server), "otto") as otto,
        client(url_of(server), "sue") as sue,
    ):
        await registers(otto, "alice", "other", NEW, scopes=["read"])
        async with client(url_of(server)) as bot:
            await bot.login("alice", cancel_on_disconnect={"grace": GRACE})
            await rest(bot, "a1")
        async with client(url_of(server), "alice") as second, client(url_of(server)) as screen:
            await screen.login("alice", NEW)
            peer = server.local.enter("127.0.0.1", lambda _: None, lambda: None)
            peer.act_for(server._context.keyholders.find("alice"), (TRADE,), "deribit:aa")
            assert await open_names(second) == ["a1"]
            await asyncio.sleep(1)
            assert await open_names(sue) == []
            peer.end()


def test_what_is_over_is_not_kept_in_mind() -> None:
    absence, waiting = Absence(), deque[Any]()
    attendance = Attendance(absence, is_recording=False)
    for _ in range(1_000):
        session = SimpleNamespace(inbox=waiting, participant=None, armed=0)
        attendance.came(session, "alice", CancelOnDisconnect(grace=0, accounts=("spare",)))
        attendance.gone(session, "alice")
        # Carried out: the core cancels at once, and knows the connection no more.
        waiting.clear()
    assert sum(map(len, attendance._gone.values())) <= 1
    assert attendance._armed_for == {}


async def test_one_that_drops_right_behind_its_login_and_comes_back_at_once_loses_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        for number in range(20):
            async with client(url_of(server)) as bot:
                await bot.login("alice", cancel_on_disconnect={"grace": 0 if number % 2 else GRACE})
                await rest(bot, f"a{number}")
                if number % 2:
                    # With no grace what is open goes, before the next login.
                    continue
        async with client(url_of(server), "alice") as bot:
            assert await open_names(bot) == []
        exchange = server.started.exchange
        assert all(not each.connections for each in exchange.absence.presences)
        exchange.check()


async def test_without_arming_there_is_no_command(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        before = server.started.exchange.seq
        async with client(url_of(server), "alice") as bot:
            await rest(bot, "a1")
        async with client(url_of(server), "alice") as bot:
            assert (await bot.ask(type="logout"))["type"] == "logged_out"
        await asyncio.sleep(0.1)
        assert server.started.exchange.seq == before + 1


async def test_a_login_names_own_accounts_of_a_participant(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        wrong: list[tuple[str, dict[str, Any], str]] = [
            ("alice", {"accounts": ["bob"]}, "not_allowed"),
            ("sue", {"grace": 1}, "not_allowed"),
        ]
        for name, wanted, code in wrong:
            async with client(url_of(server)) as bot:
                reply = await bot.login(name, cancel_on_disconnect=wanted)
                assert (reply["type"], reply["code"]) == ("error", code), reply
        assert not server.started.exchange.absence.presences


async def greeted(url: str) -> tuple[asyncio.StreamReader, Any, str]:
    """A socket that does nothing by itself, and the nonce of its hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    writer.write(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: sbx.v1.json\r\n\r\n"
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer, json.loads((await read_frame(reader))[1])["nonce"]


async def test_a_frozen_link_counts_by_its_heartbeat(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue", small_venue(QUICK)) as server, client(url_of(server), "sue") as sue:
        await sue.ask(type="subscribe", channel="drop_copy")
        reader, writer, nonce = await greeted(url_of(server))
        signature = KEYS["alice"].sign(f"sbx.v1 login\nsmall\nalice\n{nonce}".encode()).hex()
        armed = {"cancel_on_disconnect": {"grace": 1}}
        login = {"type": "login", "id": 1, "participant": "alice", "signature": signature, **armed}
        writer.write(frame(0x81, json.dumps(login).encode()))
        assert json.loads((await read_frame(reader))[1])["type"] == "welcome"
        order = {"type": "new_order", "id": 2, "account": "alice", "client_order_id": "a1", "instrument": "BTC/RUB"}
        writer.write(frame(0x81, json.dumps({**order, "side": "buy", "quantity": "1", "price": "90"}).encode()))
        # From now on it says nothing and answers no ping.
        assert await cancelled(sue, 10) == {"a1": "disconnected"}
        await asyncio.sleep(1.5)
        assert server.counters.closed["dead_peer"] == 1
        writer.close()


async def test_a_frozen_link_counts_by_its_heartbeat_though_much_waits_for_it(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue", small_venue(QUICK), durability="os") as server:
        url = url_of(server)
        async with (
            paced_link(url) as link,
            client(url, "alice") as alice,
            client(url, "sue") as sue,
            client(link.url) as bot,
        ):
            await bot.login("alice", cancel_on_disconnect={"grace": 0})
            (connection,) = (each for each in server._connections.values() if each.session.armed)
            link.pace(0)
            await sue.ask(type="subscribe", channel="heartbeat")
            # 600 KB of reports, which the bot gets as well.
            terms = {"type": "new_order", "account": "alice", "instrument": "BTC/RUB", "side": "buy", "quantity": "0.1"}
            for number in range(1_500):
                await alice.send(**terms, client_order_id=f"a{number}", price=str(50 + number % 50))
            for _ in range(1_500):
                assert (await alice.until("execution_report"))["exec_type"] == "new"
            assert connection.session.is_backed_up
            before = await sue.until("heartbeat")
            while (await sue.until("heartbeat"))["seq"] < before["seq"] + 6:
                pass
            assert server.counters.closed["dead_peer"] == 1
            assert not server.started.exchange.accounts["alice"].open_orders


async def test_a_killed_venue_counts_every_armed_connection_as_gone(tmp_path: Path) -> None:
    async with MortalVenue(tmp_path / "venue") as venue:
        bot_context = client(venue.url)
        bot = await bot_context.__aenter__()
        await bot.login("alice", cancel_on_disconnect={"grace": 2 * NS_PER_SECOND})
        await rest(bot, "a1")
        await venue.kill()
        await venue.start()
        async with client(venue.url, "sue") as sue:
            await sue.ask(type="subscribe", channel="drop_copy")
            assert await cancelled(sue, 10) == {"a1": "disconnected"}
        # Once more, and this time it comes back.
        async with client(venue.url) as again:
            welcome = await again.login("alice", cancel_on_disconnect={"grace": 3 * NS_PER_SECOND})
            assert welcome["cancel_on_disconnect"]["connection"] == 2
            await rest(again, "a2")
            await venue.kill()
            await venue.start()
        async with client(venue.url) as third:
            await third.login("alice", cancel_on_disconnect={"grace": 60 * NS_PER_SECOND})
            await asyncio.sleep(4)
            assert await open_names(third) == ["a2"]
        await bot_context.__aexit__(None, None, None)


async def test_a_dead_mans_timer(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server, client(url_of(server), "alice") as bot:
        await rest(bot, "a1")
        for _ in range(5):
            said = await bot.ask(type="cancel_all_after", account="alice", timeout=NS_PER_SECOND)
            assert said["type"] == "dead_man"
            assert said["until"] > server.started.exchange.time_ns
            await asyncio.sleep(0.3)
        assert await open_names(bot) == ["a1"]
        assert await cancelled(bot) == {"a1": "dead_man"}
        done = await bot.until("dead_man")
        assert (done["cancelled"], done.get("until")) == (1, None)
        off = await bot.ask(type="cancel_all_after", timeout=0)
        assert (off["type"], off["account"], off.get("until")) == ("dead_man", "alice", None)
        for account, timeout, code in (("bob", NS_PER_SECOND, "permission"), ("alice", 1, "invalid")):
            refused = await bot.ask(type="cancel_all_after", account=account, timeout=timeout)
            assert (refused["type"], refused["code"]) == ("request_rejected", code)


async def test_a_logout_leaves_orders_open_and_ends_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        async with client(url_of(server)) as bot:
            await bot.login("alice", cancel_on_disconnect={})
            await rest(bot, "a1")
            assert (await bot.ask(type="logout"))["type"] == "logged_out"
            assert await bot.until_closed() == ([], 1000)
        async with client(url_of(server)) as stranger:
            assert (await stranger.ask(type="logout"))["code"] == "not_logged_in"
        async with client(url_of(server), "alice") as again:
            assert await open_names(again) == ["a1"]
        assert not server.started.exchange.absence.of["alice"].connections


async def test_the_client_library(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        url = url_of(server)
        async with connect(url, "alice", KEYS["alice"], cancel_on_disconnect=0.2) as bot:
            await bot.buy("BTC/RUB", quantity="1", price="90")
            await bot.cancel_all_after(60)
            await bot.cancel_all_after(0, account="alice")
        await asyncio.sleep(0.6)
        async with connect(url, "alice", KEYS["alice"], cancel_on_disconnect=0) as bot:
            assert await bot.open_orders() == []
            await bot.buy("BTC/RUB", quantity="1", price="91")
            await bot.logout()
            with pytest.raises(ClientError, match="the client is closed"):
                await bot.open_orders()
        async with connect(url, "alice", KEYS["alice"]) as bot:
            assert len(await bot.open_orders()) == 1
