"""What a venue that runs notes of those who come, of those who fail to, and of how they go."""

from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gateway.audit.files import STRANGERS, file_path
from gateway.audit.reading import AuditReader
from gateway.journal.first import first_header
from gateway.keys import fingerprint, public_key_bytes
from tests.support.gateway.venues.small_venue import KEYS, client, served_apart, serving, url_of


def rows_of(directory) -> list[dict[str, object]]:
    """The rows, after checking that chain and signatures hold."""
    reader = AuditReader(directory, first_header(directory / "journal").public_key)
    found = list(reader.read())
    reader.finish()
    assert reader.problems == []
    return found


def of(rows, kind, *names):
    return [tuple(row.get(name) for name in names) for row in rows if row["kind"] == kind]


async def test_logins_failures_refusals_and_ends_are_noted(tmp_path):
    directory = tmp_path / "venue"
    async with serving(directory, durability="os") as server:
        url = url_of(server)
        async with client(url, "alice", binary=True) as alice:
            assert (await alice.ask(type="open_orders", account="bob"))["code"] == "not_allowed"
            assert (
                await alice.ask(
                    type="admin", command="set_kill_switch", arguments={"scope": "venue", "key": "", "on": True}
                )
            )["code"] == "not_allowed"
            assert (await alice.ask(type="records", kind="case"))["code"] == "not_allowed"
        async with client(url) as stranger:
            assert (await stranger.login("mallory", KEYS["bob"]))["code"] == "login_failed"
            nonce, stranger.hello["nonce"] = stranger.hello["nonce"], "00" * 16
            assert (await stranger.login("bob"))["code"] == "login_failed"
            stranger.hello["nonce"] = nonce
            assert (await stranger.ask(type="balances", account="bob"))["code"] == "not_logged_in"
            assert (await stranger.login("bob", lang="ru"))["type"] == "welcome"
            assert (await stranger.ask(type="logout"))["type"] == "logged_out"
        async with client(url, "sue") as sue:
            await sue.socket.send(b"binary where text was agreed")
            await sue.until_closed()
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            with pytest.raises(InvalidStatus):
                async with connect(url, additional_headers=headers, proxy=None):
                    pass
        counted = dict(server.counters.audited)
    rows = rows_of(directory)
    who = ("participant", "role", "key", "codec", "lang", "address")
    key = {name: fingerprint(public_key_bytes(KEYS[name])) for name in KEYS}
    assert of(rows, "login", *who) == [
        ("alice", "participant", key["alice"], "sbx.v1.msgpack", "en", "127.0.0.1"),
        ("bob", "participant", key["bob"], "sbx.v1.json", "ru", "127.0.0.1"),
        ("sue", "supervisor", key["sue"], "sbx.v1.json", "en", "127.0.0.1"),
    ]
    assert of(rows, "login_failed", "claimed", "reason", "participant") == [
        ("mallory", "unknown_participant", None),
        ("bob", "signature", None),
    ]
    assert of(rows, "refused", "participant", "request", "command") == [
        ("alice", "open_orders", None),
        ("alice", "admin", "set_kill_switch"),
        ("alice", "records", None),
        (None, "balances", None),
    ]
    assert of(rows, "logout", "participant") == [("bob",)]
    assert of(rows, "disconnected", "participant", "reason") == [
        ("alice", "client"),
        ("bob", "client"),
        ("sue", "unsupported_data"),
    ]
    assert {row[0] for row in of(rows, "handshake_refused", "reason")} == {"forbidden_origin", "forbidden_host"} or [
        row[0] for row in of(rows, "handshake_refused", "reason")
    ] == ["forbidden_origin", "bad_header"]
    assert of(rows, "ended", "reason") == [("stopped",)]
    assert counted["login"] == 3 and counted["refused"] == 4
    connections = [row["connection"] for row in rows if row["kind"] in ("login", "disconnected")]
    assert connections == [1, 1, 2, 2, 3, 3]


async def test_a_flood_of_failed_logins_is_summed_up_and_no_key_is_in_the_files(tmp_path):
    directory = tmp_path / "venue"
    attacker = Ed25519PrivateKey.generate()
    async with serving(directory, durability="os") as server:
        for _ in range(15):
            async with client(url_of(server)) as stranger:
                for _ in range(3):
                    await stranger.login("alice", attacker)
        async with client(url_of(server), "alice"):
            pass
    rows = rows_of(directory)
    failed = of(rows, "login_failed", "claimed")
    (told,) = of(rows, "same", "of", "count", "addresses")
    assert len(failed) == 20 and told[0] == "login_failed" and len(failed) + told[1] == 45
    assert told[2].startswith("127.0.0.1 ")
    assert of(rows, "login", "participant") == [("alice",)]
    data = b"".join(path.read_bytes() for path in (directory / "audit").iterdir())
    for secret in (*KEYS.values(), attacker):
        assert secret.private_bytes_raw().hex().encode() not in data


def test_a_venue_that_is_killed_leaves_what_it_noted_and_the_next_start_goes_on(tmp_path):
    directory = tmp_path / "venue"

    async def come(url: str, process) -> None:
        async with client(url, "alice"), client(url) as stranger:
            await stranger.login("mallory", KEYS["bob"])
            # The thread writes within a moment; nothing waits for it.
            for _ in range(200):
                if b"mallory" in file_path(directory / "audit", STRANGERS, 1).read_bytes():
                    break
                await asyncio.sleep(0.01)
            else:
                raise AssertionError("not written")
            process.kill()
            process.wait(10)

    with served_apart(directory, "--durability", "os") as (url, process):
        asyncio.run(come(url, process))
    kinds = [row["kind"] for row in rows_of(directory)]
    assert kinds == ["began", "login", "login_failed"]
    with served_apart(directory, "--durability", "os"):
        pass
    assert [row["kind"] for row in rows_of(directory)][3:] == ["began", "ended"]
    line = file_path(directory / "audit", STRANGERS, 1).read_bytes().splitlines()[1]
    assert json.loads(line)["claimed"] == "mallory"
