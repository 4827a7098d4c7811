"""What a key is limited to, on a venue that is served: who logs in with it, from where, what for, and how it is found."""

from __future__ import annotations

import hashlib
from contextlib import AsyncExitStack
from pathlib import Path
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.vocabulary.limits import MAX_CONNECTIONS_PER_PARTICIPANT
from gateway.client import connect
from gateway.client.links.link import Encoding
from gateway.keys import public_key_hex
from tests.support.gateway.venues.key_commands import NEW, does, registers
from tests.support.gateway.venues.small_venue import KEYS, client, serving, small_venue, url_of

LESS = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)


# ── logins ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_login_names_its_key_or_any_that_holds(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        await registers(alice, "alice", "bot", NEW, scopes=["read", "trade"])
        async with client(url_of(server)) as raw:
            welcome = await raw.login("alice", NEW)
            assert (welcome["key"], welcome["scopes"]) == ("bot", ["read", "trade"])
        async with client(url_of(server)) as raw:
            refused = await raw.login("alice", NEW, "main")
            assert refused["code"] == "login_failed" and "no such key is in force" in refused["detail"]
            assert (await raw.login("alice", NEW, "bot"))["key"] == "bot"
        async with client(url_of(server)) as raw:
            assert (await raw.login("alice"))["key"] == "main"


async def test_a_login_that_somebody_overheard_is_worth_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server)) as alice, client(url_of(server)) as thief:
        challenge = f"sbx.v1 login\n{alice.hello['venue']}\nalice\n{alice.hello['nonce']}"
        signature = KEYS["alice"].sign(challenge.encode()).hex()
        assert (await alice.ask(type="login", participant="alice", signature=signature))["type"] == "welcome"
        replayed = await thief.ask(type="login", participant="alice", signature=signature)
        assert replayed["code"] == "login_failed"


async def test_a_key_is_for_the_addresses_that_it_names(tmp_path: Path) -> None:
    async with serving(tmp_path, host="0.0.0.0", insecure=True) as server, client(url_of(server), "alice") as alice:
        await registers(alice, "alice", "here", NEW, addresses=["127.0.0.2", "10.0.0.0/8"])
        async with client(url_of(server)) as raw:
            refused = await raw.login("alice", NEW)
            assert refused["code"] == "login_failed"
            assert refused["detail"] == "key here may not be used from 127.0.0.1"
        async with client(url_of(server), local_addr=("127.0.0.2", 0)) as raw:
            assert (await raw.login("alice", NEW))["key"] == "here"
        for wrong in (["10.0.0.1/8"], ["venue.example"], ["127.1"]):
            reply = await alice.ask(
                type="admin",
                command="register_key",
                arguments={"participant": "alice", "key": "x", "public_key": "ab" * 32, "addresses": wrong},
            )
            assert reply["code"] == "malformed" and "IP addresses and networks" in reply["detail"]


async def test_an_address_of_ipv4_is_one_however_it_is_written(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        await registers(alice, "alice", "here", NEW, addresses=["::ffff:127.0.0.1", "::ffff:10.0.0.0/104"])
        async with client(url_of(server)) as raw:
            assert (await raw.login("alice", NEW))["key"] == "here"
        async with client(url_of(server), "otto") as otto:
            (found,) = (await otto.ask(type="records", kind="key", name="alice here"))["records"]
            assert found["addresses"] == ["127.0.0.1", "10.0.0.0/8"]


async def test_an_empty_list_does_not_mean_everything(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        for limit in ("scopes", "addresses"):
            asked = {"participant": "alice", "key": "x", "public_key": public_key_hex(NEW), limit: []}
            reply = await alice.ask(type="admin", command="register_key", arguments=asked)
            assert (reply["code"], reply["detail"]) == (
                "malformed",
                f"arguments.{limit}: an empty list would limit nothing: leave it out if that is meant",
            )


async def test_each_key_is_found_by_its_own_name(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "otto") as otto:
        # Two could be called `a b c`, and one hide the other, if a key's name had spaces.
        await does(otto, "register_participant", participant="a b", role="participant", key="c", public_key="ab" * 32)
        await does(otto, "register_participant", participant="a", role="participant", public_key="cd" * 32)
        reply = await otto.ask(
            type="admin",
            command="register_key",
            arguments={"participant": "a", "key": "b c", "public_key": public_key_hex(NEW)},
        )
        assert (reply["type"], reply["template"]) == ("rejected", "key.space")
        (found,) = (await otto.ask(type="records", kind="key", name="a b c"))["records"]
        assert (found["participant"], found["public_key"]) == ("a b", "ab" * 32)
        listed = (await otto.ask(type="records", kind="key"))["records"]
        assert {"a b c", "a main"} < {each["name"] for each in listed}
        for unknown in ("a b", "a", " ", "a main ", "nobody main"):
            assert (await otto.ask(type="records", kind="key", name=unknown))["records"] == []


@pytest.mark.parametrize("binary", [False, True])
async def test_everybody_is_told_the_keys_of_ones_own_that_are_in_force(tmp_path: Path, binary: bool) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice", binary=binary) as alice:
        began = alice.hello["time"]
        until = began + 3_600 * 10**9
        await registers(
            alice, "alice", "eyes", NEW, scopes=["read"], addresses=["127.0.0.1", "10.0.0.0/8"], expires_ns=until
        )
        told = (await alice.ask(type="me"))["keys"]
        assert [each.pop("since") >= began - 60 * 10**9 for each in told] == [True, True]
        assert told == [
            {"key": "main", "fingerprint": _fingerprint(KEYS["alice"]), "scopes": ["read", "trade", "drop_copy"]},
            {
                "key": "eyes",
                "fingerprint": _fingerprint(NEW),
                "scopes": ["read"],
                "addresses": ["127.0.0.1", "10.0.0.0/8"],
                "until": until,
            },
        ]
        # One that may only read is told of all, and nobody of somebody else's: also who may ask about every account.
        async with client(url_of(server), binary=binary) as eyes, client(url_of(server), "sue", binary=binary) as sue:
            await eyes.login("alice", NEW)
            assert [each["key"] for each in (await eyes.ask(type="me"))["keys"]] == ["main", "eyes"]
            of_alice = await sue.ask(type="me", account="alice")
            assert [each["fingerprint"] for each in of_alice["keys"]] == [_fingerprint(KEYS["sue"])]
        await does(alice, "revoke_key", participant="alice", key="eyes")
        assert [each["key"] for each in (await alice.ask(type="me"))["keys"]] == ["main"]


async def test_the_client_has_them(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        for encoding in get_args(Encoding):
            async with connect(url_of(server), "alice", KEYS["alice"], encoding=encoding) as alice:
                (key,) = (await alice.me()).keys
                assert (key.key, key.fingerprint) == ("main", _fingerprint(KEYS["alice"]))
                assert (key.scopes, key.addresses, key.until) == (["read", "trade", "drop_copy"], [], None)


def _fingerprint(private: Ed25519PrivateKey) -> str:
    return hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()[:16]


# ── scopes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_does_what_its_scopes_say(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        await registers(alice, "alice", "eyes", NEW, scopes=["read"])
        await registers(alice, "alice", "hands", LESS, scopes=["trade"])
        async with client(url_of(server)) as eyes, client(url_of(server)) as hands:
            await eyes.login("alice", NEW)
            refused = await hands.login("alice", LESS, cancel_on_disconnect={})
            assert refused["type"] == "welcome"
            assert (await hands.order("buy", "1", "100", "bid", account="alice"))["exec_type"] == "new"
            # Who reads hears of it; who trades alone hears no more than the reply.
            assert (await eyes.until("execution_report"))["client_order_id"] == "bid"
            assert (await alice.until("execution_report"))["client_order_id"] == "bid"
            assert len(await eyes.open_orders("alice")) == 1
            for raw, request, scope in (
                (eyes, {"type": "cancel_order", "account": "alice", "client_order_id": "bid"}, "trade"),
                (eyes, {"type": "admin", "command": "faucet", "arguments": {"account": "alice"}}, "trade"),
                (hands, {"type": "open_orders", "account": "alice"}, "read"),
                (hands, {"type": "resume", "account": "alice", "after_seq": 0}, "read"),
            ):
                reply = await raw.ask(**request)
                assert (reply["code"], f"takes the scope {scope}" in reply["detail"]) == ("not_allowed", True)
            assert (await alice.ask(type="cancel_order", account="alice", client_order_id="bid"))["exec_type"]
            assert not hands.reports
            # A key of one's own is decided about by the key, and by no scope.
            await does(eyes, "revoke_key", participant="alice", key="eyes")
            async with client(url_of(server)) as again:
                assert (await again.login("alice", NEW))["code"] == "login_failed"


async def test_staff_is_bound_by_scopes_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "otto") as otto:
        await registers(otto, "otto", "eyes", NEW, scopes=["read"])
        async with client(url_of(server)) as eyes:
            await eyes.login("otto", NEW)
            assert (await eyes.ask(type="records", kind="participant"))["records"]
            halt = {"scope": "venue", "key": "", "on": True}
            refused = await eyes.ask(type="admin", command="set_kill_switch", arguments=halt)
            assert refused["code"] == "not_allowed" and "takes the scope operate" in refused["detail"]
            refused = await eyes.ask(type="subscribe", channel="drop_copy")
            assert refused["code"] == "not_allowed" and "takes the scope drop_copy" in refused["detail"]
            assert (await eyes.ask(type="subscribe", channel="changes"))["type"] == "subscribed"
            other = {"participant": "alice", "key": "x", "public_key": "ab" * 32}
            assert (await eyes.ask(type="admin", command="register_key", arguments=other))["code"] == "not_allowed"
        last = await otto.ask(type="admin", command="revoke_key", arguments={"participant": "otto", "key": "main"})
        assert (last["type"], last["template"]) == ("rejected", "key.last")


@pytest.mark.parametrize("limit", ["expires_ns", "addresses", "replaced"])
async def test_a_limited_key_ends_none_of_its_owner_that_is_not(tmp_path: Path, limit: str) -> None:
    """Else whoever stole it for an hour could lock its owner out for good."""
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        hour = alice.hello["time"] + 3_600 * 10**9
        limits = {"expires_ns": {"expires_ns": hour}, "addresses": {"addresses": ["127.0.0.0/8"]}}
        lasting, brief = ("other", "main") if limit == "replaced" else ("main", "brief")
        if limit == "replaced":
            await registers(alice, "alice", "other", NEW, replaces="main", overlap_ns=3_600 * 10**9)
        else:
            await registers(alice, "alice", "brief", NEW, **limits[limit])
        async with client(url_of(server)) as thief:
            await thief.login("alice", KEYS["alice"] if limit == "replaced" else NEW, brief)
            before = server.started.exchange.seq
            for command, arguments in (
                ("revoke_key", {"key": lasting}),
                ("revoke_key", {}),
                ("register_key", {"key": "x", "public_key": public_key_hex(LESS), "replaces": lasting}),
                (
                    "register_key",
                    {"key": "x", "public_key": public_key_hex(LESS), "replaces": lasting, "overlap_ns": 10**9},
                ),
            ):
                reply = await thief.ask(type="admin", command=command, arguments={"participant": "alice", **arguments})
                assert (reply["code"], f"can't end key {lasting}" in reply["detail"]) == ("not_allowed", True), reply
            assert server.started.exchange.seq == before
            # What it may end is what has its limits, itself for one.
            await registers(thief, "alice", "made", LESS)
            await does(thief, "revoke_key", participant="alice", key="made")
            await does(thief, "revoke_key", participant="alice", key=brief)
        assert list(server.started.exchange.access.of["alice"].keys) == [lasting]


@pytest.mark.parametrize(("name", "scopes"), [("otto", ["read", "drop_copy"]), ("alice", ["read"])])
async def test_who_only_looks_on_locks_nobody_out(tmp_path: Path, name: str, scopes: list[str]) -> None:
    """Neither by as many connections as there may be, nor by asking all that may be asked: the last operator always ends its key."""
    scarce = "\n[limits]\nparticipant = { rate = 200, burst = 400 }\n"
    async with serving(tmp_path, small_venue(scarce)) as server, AsyncExitStack() as stack:
        async with client(url_of(server), name) as owner:
            await registers(owner, name, "eyes", NEW, scopes=scopes)
        thieves = [
            await stack.enter_async_context(client(url_of(server))) for _ in range(MAX_CONNECTIONS_PER_PARTICIPANT)
        ]
        replies = [await thief.login(name, NEW) for thief in thieves]
        assert [each["type"] for each in replies[:56]] == ["welcome"] * 56
        assert {each.get("code") for each in replies[56:]} == {"too_many"}
        assert replies[-1]["detail"] == "keys that only look on leave room: 56 connections at most"
        for thief in thieves[:56]:
            for _ in range(40):
                await thief.send(type="me")
        async with client(url_of(server), name) as owner:
            await does(owner, "revoke_key", participant=name, key="eyes")
            assert len(server.started.exchange.access.of[name].keys) == 1
