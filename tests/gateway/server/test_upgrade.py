"""A venue goes on under a later core version, whose events are others: two releases as processes on one directory."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import CORE_VERSION
from gateway.client import Client, connect
from gateway.snapshots.folder import list_snapshots, snapshot_name
from tests.support.gateway.later_release import LATER, Release, later_release, this_release
from tests.support.gateway.small_venue import KEYS, client, served_apart

TERMS = {"type": "new_order", "instrument": "BTC/RUB", "side": "buy", "quantity": "1", "client_order_id": "once"}


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return later_release(tmp_path_factory.mktemp("later"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def report(release: Release, command: str, directory: Path, *options: str) -> dict[str, Any]:
    """What a command says as JSON; it must succeed."""
    result = release.run(command, directory, *options, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


async def standing(url: str) -> dict[str, Any]:
    """What the venue answers about alice: orders, money, and how many reports there are."""
    async with client(url, "alice") as alice:
        return {
            "orders": await alice.open_orders("alice"),
            "balances": (await alice.ask(type="balances", account="alice"))["balances"],
            "reports": (await alice.ask(type="resume", account="alice", after_seq=10**6))["seq"],
        }


def trader(url: str) -> Any:
    return connect(url, "alice", KEYS["alice"], account="alice")


async def trade_once(url: str) -> None:
    """Alice has an order that was filled in part, and one that rests."""
    async with client(url, "alice") as alice, client(url, "bob") as bob:
        assert (await alice.ask(**TERMS, account="alice", price="100"))["exec_type"] == "new"
        assert (await bob.order("sell", "0.4", "100", "hit", account="bob"))["exec_type"] == "new"
        assert (await alice.order("buy", "2", "90", "rests", account="alice"))["exec_type"] == "new"


# Two releases, each started as a process and killed as one: four starts of an interpreted venue.
async def test_a_venue_goes_on_under_a_later_core_version(tmp_path: Path, later: Release) -> None:
    directory, port = tmp_path / "venue", ("--port", str(free_port()))
    old = this_release()
    with served_apart(directory, *port, env=old.env) as (url, _):
        await trade_once(url)
    with served_apart(directory, *port, env=old.env) as (url, process):
        async with trader(url) as alice:
            first = await alice.buy("BTC/RUB", quantity="0.5", price="91")
            before = await standing(url)
            # A crash, while a client is there: its segment stays open.
            process.kill()
            process.wait(20)
            ready = report(old, "upgrade", directory)
            assert (ready["ready"], ready["made"], ready["written_under"]) == (True, True, CORE_VERSION)
            assert report(old, "upgrade", directory)["made"] is False
            assert report(later, "upgrade", directory)["seq"] == ready["seq"]
            with served_apart(directory, *port, env=later.env) as (url, process):
                await alice.resumed()
                assert await standing(url) == before
                # Sent again, it is answered and not done again.
                async with client(url, "alice") as raw:
                    again = await raw.ask(**TERMS, account="alice", price="100")
                    assert (again["exec_type"], again["filled_quantity"]) == ("status", "0.4")
                second = await alice.buy("BTC/RUB", quantity="0.5", price="92")
                assert second.order_id > first.order_id
                assert (await standing(url))["reports"] == before["reports"] + 1
                await first.cancel()
                during = await standing(url)
                process.kill()
                process.wait(20)
            with served_apart(directory, *port, env=later.env) as (url, _):
                await alice.resumed()
                assert await standing(url) == during
                await second.cancel()
    verified = report(later, "verify", directory)
    assert verified["status"] == "sound" and all(each["problem"] == "" for each in verified["snapshots"])
    versions = [each["core_version"] for each in verified["segments"]]
    assert versions == sorted(versions) and {*versions} == {CORE_VERSION, LATER}
    assert report(old, "verify", directory)["events_digest"] == verified["events_digest"]
