"""Whose key a connection of the Deribit port acts by, from its login on until that key is taken away; and what a key that only reads leaves as it is."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import WSMsgType

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.deribit.callers.desk import Desk
from gateway.deribit.callers.keys import PortKey, write_keys
from gateway.deribit.service import KEYS_SECONDS
from tests.support.gateway.outside.deribit_client import ALICE, BOB, READER, SECONDS, Socket, connected, opened, resting
from tests.support.gateway.venues.small_venue import client, serving, small_venue, url_of

NAME = "BTC_RUB"
SCARCE = "\n[limits]\naddress = { rate = 100, burst = 200 }\nparticipant = { rate = 100, burst = 200 }\n"
ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)


class SlowDesks:
    """Desks that are wanted, but begin only when they are let."""

    def __init__(self) -> None:
        self.are_wanted = asyncio.Event()
        self.may_begin = asyncio.Event()


@pytest.fixture
def slow_desks(monkeypatch):
    begins, slow = Desk._begin, SlowDesks()

    async def wait(desk: Desk) -> None:
        slow.are_wanted.set()
        await slow.may_begin.wait()
        await begins(desk)

    monkeypatch.setattr(Desk, "_begin", wait)
    return slow


async def ended(socket: Socket) -> bool:
    """Whether a connection is ended."""
    async with asyncio.timeout(SECONDS):
        while (await socket.socket.receive()).type not in ENDED:
            pass
    return True


@pytest.mark.parametrize("key", [READER, ALICE])
async def test_who_comes_by_the_port_is_nobody_who_came_back(tmp_path, key: PortKey):
    """Nobody arms a connection there. The port listens for a participant, too: by that nobody has come, either."""
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        client(url_of(server), "sue") as sue,
    ):
        async with client(url_of(server)) as bot:
            await bot.login("alice", cancel_on_disconnect={"grace": NS_PER_SECOND // 2})
            assert (await bot.order("buy", "1", "90", "a1", account="alice"))["exec_type"] == "new"
        assert len(await rest.result("private/get_open_orders", key)) == 1
        await asyncio.sleep(1)
        assert await sue.open_orders("alice") == []


async def test_a_session_never_acts_for_two(tmp_path):
    """A login that fails half way has begun to act for somebody: the next one by another key is not his."""
    astray = PortKey(client_id="alice-astray", secret="alices secret, of the tests", participant="alice", account="x")
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path, astray, BOB) as port,
        connected(port) as socket,
        client(url_of(server), "sue") as sue,
    ):
        assert (await socket.login(astray))["error"]["code"] == 13021
        assert (await socket.login(BOB))["error"]["code"] == 13009
        refused = await socket.ask("private/buy", instrument_name=NAME, amount=1, price=50)
        assert refused["error"]["code"] == 13009
        assert await sue.open_orders("alice") == await sue.open_orders("bob") == []


async def test_a_key_that_is_taken_away_during_its_login_lets_nobody_in(tmp_path, slow_desks, monkeypatch):
    monkeypatch.setattr("gateway.deribit.service.IDLE_SECONDS", 1e9)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        logging_in = asyncio.create_task(socket.login(ALICE))
        await slow_desks.are_wanted.wait()
        write_keys(tmp_path, [BOB])
        port.service.look()
        slow_desks.may_begin.set()
        with pytest.raises(AssertionError, match=r"WSMsgType\.CLOSED"):
            await logging_in


async def test_an_account_that_begins_is_not_idle(tmp_path, slow_desks, monkeypatch):
    """Else whoever waits for it is cut off whenever keys are looked at just then."""
    monkeypatch.setattr("gateway.deribit.service.IDLE_SECONDS", 60.0)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        logging_in = asyncio.create_task(socket.login(ALICE))
        await asyncio.sleep(KEYS_SECONDS * 1.5)
        slow_desks.may_begin.set()
        assert "result" in await logging_in


async def test_who_waits_for_an_account_that_is_followed_no_more_is_told(tmp_path, slow_desks):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        logging_in = asyncio.create_task(socket.login(ALICE))
        await slow_desks.are_wanted.wait()
        port.service._desks.pop("alice").end()
        assert (await logging_in)["error"]["code"] == 11051
        slow_desks.may_begin.set()
        assert "result" in await socket.login(ALICE)


async def test_what_a_connection_sent_before_its_key_was_taken_away_is_not_carried_out_behind_that(tmp_path):
    """It owes for what it asked, so most of it is read and waits."""
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        connected(port) as socket,
        client(url_of(server), "sue") as sue,
    ):
        await socket.login(ALICE)
        buy = {"method": "private/buy", "params": {"instrument_name": NAME, "amount": 1, "price": 50}}
        for number in range(500):
            await socket.socket.send_str(json.dumps({"id": number, **buy}))
        await asyncio.sleep(0.5)
        write_keys(tmp_path, [BOB])
        port.service.look()
        await asyncio.sleep(0.3)
        entered = len(await sue.open_orders("alice"))
        assert entered < 500
        assert await ended(socket)
        await asyncio.sleep(2)
        assert len(await sue.open_orders("alice")) == entered


async def test_a_secret_in_the_place_of_an_id_is_not_audited(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        for client_id, secret in ((ALICE.secret, ALICE.client_id), (ALICE.client_id, "no secret of anybody")):
            params = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
            assert (await socket.ask("public/auth", **params))["error"]["code"] == 13004
    audited = b"".join(file.read_bytes() for file in (tmp_path / "audit").iterdir())
    assert audited.count(b"deribit_key") == 2
    assert ALICE.client_id.encode() in audited and ALICE.secret.encode() not in audited
