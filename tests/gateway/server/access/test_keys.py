"""Keys on a venue that is served: ends while in use, rotation under load, kills, restarts."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.access import SCOPES_OF
from engine.vocabulary.limits import MAX_CONNECTIONS_PER_PARTICIPANT, NS_PER_SECOND
from engine.vocabulary.messages.commands import Disconnected, NewOrder, RegisterKey, RevokeKey
from engine.vocabulary.messages.events import KeyEnded, OrderCancelled
from gateway.core import new_exchange
from gateway.inbound.keyholders import Proven
from gateway.inbound.session import Session
from gateway.journal.reader import JournalReader
from gateway.keys import public_key_hex
from gateway.protocol.requests import CancelOnDisconnect
from gateway.protocol.wire import JSON
from gateway.server.peers.local import LocalPeers
from gateway.server.sequencing.startup import start_venue
from gateway.venue.venue import check_setup, parse_venue
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.key_commands import NEW, does, registers
from tests.support.gateway.venues.small_venue import (
    KEYS,
    RawClient,
    client,
    served_apart,
    serving,
    small_venue,
    url_of,
    venue_text,
)

LESS = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)


def rows(directory: Path) -> list[tuple[Any, list[Any]]]:
    """The commands of a journal, and their events."""
    return [
        (decode_command(command), decode_events(events))
        for _, _, command, events in JournalReader(directory / "journal").rows()
    ]


# ── ends ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_when_a_key_ends_is_not_carried_out(tmp_path: Path) -> None:
    venue = small_venue()
    started = start_venue(venue, tmp_path, "os", new_exchange)
    turns = started.sequencer
    context = turns.context(venue, "os")
    context.attendance.submit = turns.submit

    def logged_in(name: str) -> Session:
        session = Session(context, JSON, "nonce")
        key = started.exchange.access.of[name].keys["main"]
        session.act_as(Proven(venue.participants[name], key, key.scopes))
        return session

    alice, otto = logged_in("alice"), logged_in("otto")
    context.attendance.came(alice, "alice", CancelOnDisconnect())
    turns.submit(alice)
    turns.turn()
    assert alice.armed
    order = '{"type":"new_order","id":%d,"client_order_id":"o%d","account":"alice","instrument":"BTC/RUB","side":"buy","price":"100","quantity":"1"}'
    for number in range(40):
        alice.receive((order % (number, number)).encode())
    otto.receive(
        b'{"type":"admin","id":7,"command":"revoke_key","arguments":{"participant":"alice","reason":"stolen"}}'
    )
    for session in (alice, otto):
        turns.submit(session)
    while turns.has_work:
        turns.turn()
    # In turn: one order, then the revocation. What its end was to do comes behind, of the venue itself.
    kinds = [type(command) for command, _ in rows(tmp_path)]
    place = kinds.index(RevokeKey)
    assert kinds[place - 1] is NewOrder and kinds.count(NewOrder) == 1 and kinds[place + 1 :] == [Disconnected]
    assert alice.is_ended and alice.participant is None and not alice.inbox and not alice.is_waiting
    assert alice.closing == (1008, "the key of this connection was revoked")
    told = [json.loads(frame[frame.index(b"{") :]) for frame in alice.frames]
    (accepted,) = [each for each in told if each.get("exec_type") == "new"]
    assert accepted["id"] == 0
    refused = [each for each in told if each["type"] == "error"]
    assert [each.get("id") for each in refused] == [*range(1, 40), None]
    assert {each["code"] for each in refused} == {"key_ended"} and told[-1] == refused[-1]
    started.writer.close()


def test_another_port_carries_out_nothing_behind_the_end_of_the_last_key(tmp_path: Path) -> None:
    venue = small_venue()
    started = start_venue(venue, tmp_path, "os", new_exchange)
    turns = started.sequencer
    context = turns.context(venue, "os")
    context.attendance.submit = turns.submit
    heard: list[dict[str, Any]] = []
    ended: list[bool] = []
    peers = LocalPeers(SimpleNamespace(is_syncing=False, received=turns.submit), context)
    peer = peers.enter("127.0.0.1", lambda message: heard.append(json.loads(message)), lambda: ended.append(True))
    alice = context.keyholders.find("alice")
    assert alice is not None
    peer.act_for(alice, SCOPES_OF["participant"], "deribit:aa")
    otto = Session(context, JSON, "nonce")
    key = started.exchange.access.of["otto"].keys["main"]
    otto.act_as(Proven(venue.participants["otto"], key, key.scopes))
    order = '{"type":"new_order","id":%d,"client_order_id":"o%d","account":"alice","instrument":"BTC/RUB","side":"buy","price":"100","quantity":"1"}'
    for number in range(9):
        peer.ask((order % (number, number)).encode())
    admin = '{"type":"admin","id":%d,"command":"%s","arguments":%s}'
    # That there is a key again in the same turn brings back nothing of what came before.
    again = json.dumps({"participant": "alice", "key": "new", "public_key": public_key_hex(NEW)})
    otto.receive((admin % (7, "revoke_key", '{"participant":"alice"}')).encode())
    otto.receive((admin % (8, "register_key", again)).encode())
    turns.submit(otto)
    while turns.has_work:
        turns.turn()
    kinds = [type(command) for command, _ in rows(tmp_path)]
    assert kinds.count(NewOrder) == 1 and kinds[-3:] == [NewOrder, RevokeKey, RegisterKey]
    peer.flush()
    assert peer.is_over and ended == [True]
    assert [each["id"] for each in heard if each["type"] == "error" and "id" in each] == list(range(1, 9))
    assert {each["code"] for each in heard if each["type"] == "error"} == {"key_ended"}
    started.writer.close()


async def test_who_trades_while_the_key_ends_hears_of_each_order(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "otto") as otto,
    ):
        terms = {"account": "alice", "instrument": "BTC/RUB", "side": "buy", "price": "100", "quantity": "1"}
        asked = [await alice.send(type="new_order", client_order_id=f"o{each}", **terms) for each in range(20)]
        await does(otto, "revoke_key", participant="alice", reason="stolen")
        told, code = await alice.until_closed()
    assert code == 1008
    carried_out = [each["id"] for each in told if each["type"] == "execution_report"]
    refused = [each["id"] for each in told if each["type"] == "error" and "id" in each]
    # What was still on its way when the venue closed was not looked at.
    assert carried_out + refused == asked[: len(carried_out) + len(refused)]
    assert told[-1] == {"type": "error", "code": "key_ended", "detail": "the key of this connection was revoked"}
    assert sum(isinstance(command, NewOrder) for command, _ in rows(tmp_path)) == len(carried_out)


async def test_all_connections_of_a_key_end_and_no_others(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        contextlib.AsyncExitStack() as stack,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "bob") as bob,
    ):
        await registers(alice, "alice", "bot", NEW)
        bots = [
            await stack.enter_async_context(client(url_of(server))) for _ in range(MAX_CONNECTIONS_PER_PARTICIPANT - 1)
        ]
        for bot in bots:
            assert (await bot.login("alice", NEW))["type"] == "welcome"
        await does(alice, "revoke_key", participant="alice", key="bot", reason="lost")
        for bot in bots:
            told, code = await bot.until_closed()
            assert (code, told[-1]["code"]) == (1008, "key_ended")
        assert (await bots[0].socket.wait_closed()) is None and bots[0].socket.close_reason == (
            "the key of this connection was revoked"
        )
        assert (await alice.order("buy", "1", "100", "a", account="alice"))["exec_type"] == "new"
        assert (await bob.order("buy", "1", "100", "b", account="bob"))["exec_type"] == "new"
        async with client(url_of(server)) as raw:
            assert (await raw.login("alice", NEW))["code"] == "login_failed"
            assert (await raw.login("alice"))["type"] == "welcome"


async def test_who_ends_the_key_that_he_uses_is_answered_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        await registers(alice, "alice", "next", NEW, replaces="main")
        told, code = await alice.until_closed()
        assert (code, told[-1]["detail"]) == (1008, "the key of this connection was replaced")
        async with client(url_of(server)) as raw:
            assert (await raw.login("alice"))["code"] == "login_failed"
            assert (await raw.login("alice", NEW))["key"] == "next"


async def test_a_key_expires_by_the_time_of_the_venue(tmp_path: Path) -> None:
    venue = parse_venue(venue_text().replace("[venue]\n", "[venue]\ntest = true\n"), "", Path())
    check_setup(venue)
    async with (
        serving(tmp_path, venue, time_scale=1) as server,
        client(url_of(server), "otto") as otto,
        client(url_of(server)) as alice,
    ):
        until_ns = otto.hello["time"] + 3_600 * NS_PER_SECOND
        await registers(otto, "alice", "short", NEW, expires_ns=until_ns)
        welcome = await alice.login("alice", NEW, cancel_on_disconnect={"grace": 0})
        assert welcome["key_expires"] == until_ns
        assert (await alice.order("buy", "1", "100", "bid", account="alice"))["exec_type"] == "new"
        await does(otto, "advance_time", until_ns=until_ns, reason="a test")
        told, code = await alice.until_closed()
        assert (code, told[-1]["detail"]) == (1008, "the key of this connection has expired")
        # What its end was to do, it does.
        async with client(url_of(server), "alice") as again:
            assert await again.open_orders("alice") == []
            assert (await again.login("alice", NEW))["code"] in ("not_allowed", "login_failed")


# ── rotation, kills, restarts ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_that_is_replaced_while_orders_flow_loses_none(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as old, client(url_of(server)) as new:
        sent = await trades_until_closed(server_url=url_of(server), old=old, new=new)
    answered, refused = sent
    orders = [command.client_order_id for command, _ in rows(tmp_path) if isinstance(command, NewOrder)]
    assert sorted(orders) == sorted(answered) and not set(answered) & set(refused)
    # The new one has sent what the old one could no more.
    assert len(orders) == len(set(orders)) and {f"again-{each}" for each in refused} <= set(orders)


async def trades_until_closed(server_url: str, old: RawClient, new: RawClient) -> tuple[list[str], list[str]]:
    """Trade with a key that is being replaced, and go on with the new one; what was carried out, and what was refused."""
    await registers(old, "alice", "next", NEW, replaces="main", overlap_ns=NS_PER_SECOND // 2)
    assert (await new.login("alice", NEW))["key"] == "next"
    names: dict[int, str] = {}
    answered: list[str] = []
    refused: list[str] = []
    terms = {"account": "alice", "instrument": "BTC/RUB", "side": "buy", "price": "100", "quantity": "0.1"}

    async def pour() -> None:
        with contextlib.suppress(Exception):
            for number in range(100_000):
                names[await old.send(type="new_order", client_order_id=f"o{number}", **terms)] = f"o{number}"
                await asyncio.sleep(0.001)

    pouring = asyncio.create_task(pour())
    told, code = await old.until_closed()
    pouring.cancel()
    assert code == 1008 and told[-1]["detail"] == "the key of this connection was replaced"
    for each in told:
        if each["type"] == "execution_report" and "id" in each:
            answered.append(names.pop(each["id"]))
        elif each["type"] == "error" and "id" in each:
            refused.append(names.pop(each["id"]))
    assert len(answered) > 20
    # What was sent when the venue read no more was not looked at; it is neither. All of it goes on over the new one.
    for name in [*refused, *names.values()]:
        reply = await new.order("buy", "0.1", "100", f"again-{name}", account="alice")
        assert reply["exec_type"] == "new"
        answered.append(f"again-{name}")
    return answered, refused


def test_a_key_stays_revoked_through_a_kill_and_from_a_snapshot(tmp_path: Path) -> None:
    directory = tmp_path / "venue"

    async def before(url: str) -> None:
        async with client(url) as alice, client(url, "otto") as otto:
            await alice.login("alice", cancel_on_disconnect={"grace": 0})
            await alice.order("buy", "1", "100", "bid", account="alice")
            await registers(otto, "bob", "bot", NEW, addresses=["127.0.0.0/8"])
            reply = await otto.ask(type="admin", command="revoke_key", arguments={"participant": "alice"})
            assert reply["type"] == "done"
            process.kill()

    with served_apart(directory) as (url, process):
        asyncio.run(before(url))
        process.wait()

    async def after(url: str) -> None:
        async with client(url) as raw:
            assert (await raw.login("alice"))["code"] == "login_failed"
            assert (await raw.login("bob", NEW))["key"] == "bot"
            assert (await raw.ask(type="subscribe", channel="book", instrument="BTC/RUB"))["type"] == "subscribed"
            assert (await raw.until("book_snapshot"))["bids"] == []

    with served_apart(directory) as (url, _):
        asyncio.run(after(url))
    save(directory)
    with served_apart(directory) as (url, _):
        asyncio.run(after(url))
    happened = [event for _, events in rows(directory) for event in events]
    ended = [number for number, event in enumerate(happened) if isinstance(event, KeyEnded)]
    cancelled = [number for number, event in enumerate(happened) if isinstance(event, OrderCancelled)]
    assert len(ended) == len(cancelled) == 1 and ended < cancelled


def test_no_private_key_is_in_journal_or_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "venue"

    async def session(url: str) -> None:
        async with client(url, "alice") as alice, client(url, "otto") as otto, client(url) as wrong:
            await registers(alice, "alice", "next", NEW, replaces="main")
            await registers(otto, "bob", "bot", LESS)
            await wrong.login("bob", KEYS["alice"])
            await does(otto, "revoke_key", participant="bob", key="bot")

    with served_apart(directory) as (url, _):
        asyncio.run(session(url))
    written = b"".join(
        path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.suffix not in (".pem", ".key")
    )
    written += "".join(capfd.readouterr()).encode()
    assert public_key_hex(NEW).encode() in written, "this looks at the right files"
    for private in (*KEYS.values(), NEW, LESS):
        raw = private.private_bytes_raw()
        for form in (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)):
            assert form not in written
