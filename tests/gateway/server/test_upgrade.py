"""A venue goes on under a later core version, whose events are others: two releases as processes on one directory."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import CORE_VERSION
from gateway.client import connect
from gateway.core import new_exchange
from gateway.journal.files import JournalLocked
from gateway.keys import write_private_key
from gateway.snapshots.folder import list_snapshots, snapshot_name
from gateway.snapshots.upgrading import Upgrade
from tests.support.gateway.journals import KEY
from tests.support.gateway.later_release import LATER, Release, later_release, this_release
from tests.support.gateway.saved_venue import save, started, traded
from tests.support.gateway.small_venue import KEYS, client, served_apart, venue_text
from tests.support.places import ROOT

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
    with served_apart(directory, *port, env=old.env) as (url, process):
        await trade_once(url)
        async with trader(url) as alice:
            first = await alice.buy("BTC/RUB", quantity="0.5", price="91")
            before = await standing(url)
            # A crash, while a client is there: its segment stays open.
            kill(process)
            ready = report(old, "upgrade", directory)
            assert (ready["ready"], ready["made"], ready["written_under"]) == (True, True, CORE_VERSION)
            assert report(old, "upgrade", directory)["made"] is False
            assert report(later, "upgrade", directory)["seq"] == ready["seq"]
            with served_apart(directory, *port, env=later.env) as (_, later_process):
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
                kill(later_process)
            with served_apart(directory, *port, env=later.env):
                await alice.resumed()
                assert await standing(url) == during
                await second.cancel()
    read_by_both(old, later, directory, ready["seq"], second.order_id)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(20)


def read_by_both(old: Release, later: Release, directory: Path, border: int, order_id: int) -> None:
    """What both releases say of a journal of two core versions, of which the later one begins behind a sequence number."""
    verified = report(later, "verify", directory)
    assert verified["status"] == "sound" and not any(each["problem"] for each in verified["snapshots"])
    versions = [each["core_version"] for each in verified["segments"]]
    assert versions == sorted(versions) and {*versions} == {CORE_VERSION, LATER}
    assert report(old, "verify", directory)["commands"] == verified["commands"]
    # Each release replays what it made itself; the later one says where the events of before differ.
    replayed = report(later, "replay", directory)
    (part,) = replayed["earlier"]
    assert (replayed["status"], replayed["commands"]) == ("equal", verified["commands"] - border)
    assert (part["core_version"], part["last_seq"], part["equal"]) == (CORE_VERSION, border, False)
    assert part["difference"]["recorded"]["type"] == "OrderAccepted"
    assert report(old, "replay", directory, "--until-seq", str(border))["status"] == "equal"
    # A report has the state at the end, and says from where on it is.
    result = later.run("report", directory, "--json")
    found = json.loads(result.stdout)
    assert any(
        f"from sequence number {border + 1} on written under core version {LATER}" in each for each in found["notes"]
    )
    assert report(later, "explain", directory, str(order_id))["seq"] == order_id
    assert report(old, "history", directory)["changes"] == report(later, "history", directory)["changes"]
    # Without the snapshot of the border nothing goes on there, and the release that can make it again does.
    path = directory / "snapshots" / snapshot_name(border)
    path.unlink()
    for number in list_snapshots(directory / "snapshots"):
        (directory / "snapshots" / snapshot_name(number)).unlink()
    lost = later.run("replay", directory)
    assert lost.returncode == 1 and f"goes on from {path.name}, which is not there" in " ".join(lost.stdout.split())
    made = report(old, "upgrade", directory)
    assert (made["goes_on_already"], made["seq"], made["made"]) == (True, border, True)
    assert report(later, "replay", directory)["status"] == "equal"


def start(release: Release, directory: Path) -> str:
    """What a start that is refused says."""
    result = release.run("serve", directory, "--port", "0")
    assert result.returncode == 1
    return " ".join(result.stderr.split())


def test_without_a_snapshot_at_the_end_a_later_release_says_what_to_run(tmp_path: Path, later: Release) -> None:
    traded(tmp_path, 1, 40)
    (tmp_path / "venue.toml").write_text(venue_text(), encoding="utf-8")
    before = {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
    wanted = f"with a release of core version {CORE_VERSION}"
    said = start(later, tmp_path)
    assert "from a snapshot at its very end, and there is none. Run `sbx upgrade" in said and wanted in said
    refused = later.run("upgrade", tmp_path)
    assert refused.returncode == 1 and wanted in " ".join(refused.stderr.split())
    seq = save(tmp_path).seq
    traded(tmp_path, 2, 4)
    said = start(later, tmp_path)
    assert f"and {snapshot_name(seq)} is not at its end. Run `sbx upgrade" in said and wanted in said
    assert {name: (tmp_path / "journal" / name).read_bytes() for name in before if name != "head"} == {
        name: data for name, data in before.items() if name != "head"
    }


def test_a_venue_that_runs_is_not_handed_over(tmp_path: Path) -> None:
    venue = started(tmp_path)
    try:
        with pytest.raises(JournalLocked, match="stop that venue first"):
            Upgrade(tmp_path / "journal", new_exchange)
    finally:
        venue.writer.close()


@pytest.mark.parametrize("journal", ["v5-large", "v4"])
def test_a_journal_of_before_snapshots_is_said_not_to_go_on(tmp_path: Path, journal: str) -> None:
    shutil.copytree(ROOT / "tests" / "golden" / journal, tmp_path / "journal")
    write_private_key(tmp_path / "venue.key", KEY)
    result = this_release().run("upgrade", tmp_path)
    said = " ".join(result.stderr.split())
    assert result.returncode == 1 and "A journal of a core version before 6 can't go on under a later one" in said
    assert "`sbx verify`" in said and f"release of core version {journal[1]}" in said


def test_a_later_journal_is_not_begun_with_by_an_earlier_release(tmp_path: Path, later: Release) -> None:
    traded(tmp_path, 1, 8)
    (tmp_path / "venue.toml").write_text(venue_text(), encoding="utf-8")
    report(this_release(), "upgrade", tmp_path)
    with served_apart(tmp_path, "--port", "0", env=later.env):
        pass
    assert f"start it with a release of core version {LATER}" in start(this_release(), tmp_path)
