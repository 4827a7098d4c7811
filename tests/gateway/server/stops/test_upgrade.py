"""A venue goes on under a later core version, whose events are others: two releases as processes on one directory."""

from __future__ import annotations

import asyncio
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
from gateway.journal.reader import JournalReader, JournalVersion
from gateway.keys import write_private_key
from gateway.snapshots.folder import list_snapshots, snapshot_name
from gateway.snapshots.upgrading import Upgrade
from tests.support.gateway.inprocess.saved_venue import save, started, traded
from tests.support.gateway.journal.journals import KEY
from tests.support.gateway.processes.later_release import LATER, Release, ThisRelease, later_release
from tests.support.gateway.venues.four_eyes import write_four_eyes
from tests.support.gateway.venues.small_venue import KEYS, client, served_apart, venue_text
from tests.support.places import ROOT

THIS = ThisRelease()
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
    said = release.run(command, directory, *options, "--json")
    assert said.status == 0, said.output + said.errors
    return said.report()


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
    supervised, port = write_four_eyes(tmp_path / "venue"), ("--port", str(free_port()))
    directory, old = supervised.directory, THIS
    with served_apart(directory, *port, env=old.env) as (url, process):
        supervised.url = url
        await trade_once(url)
        bust = await asyncio.to_thread(supervised.proposed, "sue", "bust", 1)
        async with trader(url) as alice:
            first = await alice.buy("BTC/RUB", quantity="0.5", price="91")
            before = await standing(url)
            # A crash, while a client is there: its segment stays open.
            kill(process)
            ready = report(old, "upgrade", directory)
            assert (ready["ready"], ready["made"], ready["written_under"]) == (True, True, CORE_VERSION)
            assert report(old, "upgrade", directory)["made"] is False
            with served_apart(directory, *port, env=later.env) as (_, later_process):
                await alice.resumed()
                assert await standing(url) == before
                # What waited for a second supervisor still does, and is done once one approves.
                (waiting,) = await asyncio.to_thread(supervised.waiting)
                assert (waiting["name"], waiting["command"], waiting["by"]) == (str(bust), "bust_trade", "sue")
                approved = await asyncio.to_thread(supervised.does, "eve", "approve", bust)
                assert (approved["status"], approved["corrected"]) == ("done", 2)
                assert await asyncio.to_thread(supervised.waiting) == []
                before = await standing(url)
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
    verified = report(old, "verify", directory)
    assert verified["status"] == "sound" and not any(each["problem"] for each in verified["snapshots"])
    versions = [each["core_version"] for each in verified["segments"]]
    assert versions == sorted(versions) and {*versions} == {CORE_VERSION, LATER}
    # Each release replays what it made itself; the later one says where the events of before differ.
    replayed = report(later, "replay", directory)
    (part,) = replayed["earlier"]
    assert (replayed["status"], replayed["commands"]) == ("equal", verified["commands"] - border)
    assert (part["core_version"], part["last_seq"], part["equal"]) == (CORE_VERSION, border, False)
    assert part["difference"]["recorded"]["type"] == "OrderAccepted"
    assert report(old, "replay", directory, "--until-seq", str(border))["status"] == "equal"
    # A report has the state at the end, and says from where on it is.
    notes = later.run("report", directory, "--json").report()["notes"]
    assert (
        f"from sequence number {border + 1} on written under core version {LATER}: replayed from the snapshot there"
        in notes
    )
    assert report(later, "explain", directory, str(order_id))["seq"] == order_id
    assert len(old.run("history", directory, "--json").report()["changes"]) > 3
    # Without the snapshot of the border nothing goes on there, and the release that made it can make it again.
    folder = directory / "snapshots"
    for number in list_snapshots(folder):
        (folder / snapshot_name(number)).unlink()
    lost = old.run("replay", directory)
    assert lost.status == 1 and f"goes on from {snapshot_name(border)}, which is not there" in " ".join(
        lost.output.split()
    )
    made = report(old, "upgrade", directory)
    assert (made["goes_on_already"], made["seq"], made["made"]) == (True, border, True)
    assert list_snapshots(folder) == [border]


def start(release: Release, directory: Path) -> str:
    """What a start that is refused says."""
    said = release.run("serve", directory, "--port", "0")
    assert said.status == 1
    return said.errors


def test_without_a_snapshot_at_the_end_a_later_release_says_what_to_run(tmp_path: Path, later: Release) -> None:
    traded(tmp_path, 1, 40)
    wanted = f"with a release of core version {CORE_VERSION}"
    with pytest.raises(JournalVersion, match=r"at its very end, and there is none\. Run `sbx upgrade") as caught:
        list(JournalReader(tmp_path / "journal", core_version=LATER).rows())
    assert wanted in str(caught.value)
    seq = save(tmp_path).seq
    traded(tmp_path, 2, 4)
    (tmp_path / "venue.toml").write_text(venue_text(), encoding="utf-8")
    before = {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
    said = start(later, tmp_path)
    assert f"and {snapshot_name(seq)} is not at its end. Run `sbx upgrade" in said and wanted in said
    assert {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()} == before


def test_a_venue_that_runs_is_not_handed_over(tmp_path: Path) -> None:
    venue = started(tmp_path)
    try:
        with pytest.raises(JournalLocked, match="stop that venue first"):
            Upgrade(tmp_path / "journal", new_exchange)
    finally:
        venue.writer.close()


@pytest.mark.parametrize("journal", ["v5-large", "v4-large"])
def test_a_journal_of_before_snapshots_is_said_not_to_go_on(tmp_path: Path, journal: str) -> None:
    shutil.copytree(ROOT / "tests" / "golden" / journal, tmp_path / "journal")
    write_private_key(tmp_path / "venue.key", KEY)
    said = THIS.run("upgrade", tmp_path)
    assert said.status == 1 and "A journal of a core version before 6 can't go on under a later one" in said.errors
    assert "`sbx verify`" in said.errors and f"release of core version {journal[1]}" in said.errors


def test_a_later_journal_is_not_begun_with_by_an_earlier_release(tmp_path: Path, later: Release) -> None:
    traded(tmp_path, 1, 8)
    (tmp_path / "venue.toml").write_text(venue_text(), encoding="utf-8")
    report(THIS, "upgrade", tmp_path)
    with served_apart(tmp_path, "--port", "0", env=later.env):
        pass
    assert f"start it with a release of core version {LATER}" in start(THIS, tmp_path)
