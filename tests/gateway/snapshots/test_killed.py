"""Processes that are killed for real: in the middle of saving a snapshot, and a venue that has one made beside it."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from click.testing import CliRunner

from gateway.cli.main import group
from gateway.snapshots.folder import MAX_KEPT, list_snapshots, read_snapshot
from tests.support.gateway.venues.small_venue import client, served_apart, serving, url_of
from tests.support.places import ROOT

SAVER = """
import pathlib, os, sys
from tests.gateway.snapshots.test_folder import put
folder = pathlib.Path(sys.argv[1])
for seq in range(int(sys.argv[2]), 10**9):
    put(folder, seq)
    os.write(1, seq.to_bytes(8, "big"))
"""


def test_whatever_instant_kills_the_saver_those_there_are_are_whole(tmp_path):
    chance = random.Random(5)
    saved = 0
    for _ in range(3):
        command = [sys.executable, "-c", SAVER, str(tmp_path), str(saved + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            told = process.stdout.read(8)
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            told += process.stdout.read()
        saved = int.from_bytes(told[-8:], "big")
        found = list_snapshots(tmp_path)
        # One may have its name already, and nobody was told.
        assert found[-1] in (saved, saved + 1)
        assert len(found) <= MAX_KEPT + 1
        assert [read_snapshot(tmp_path, seq).header.seq for seq in found] == found
        saved = found[-1]


def snapshot_apart(directory: Path) -> dict[str, object]:
    """A snapshot made by a process of its own, and what it says of it."""
    command = [sys.executable, "-m", "gateway.cli", "snapshot", str(directory), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    found: dict[str, object] = json.loads(done.stdout)
    return found


async def test_a_snapshot_beside_a_venue_that_trades_and_is_killed(tmp_path):
    """Its next start begins there; what came before is at hand, and the reports of before the snapshot come from the journal."""
    directory = tmp_path / "venue"
    with served_apart(directory) as (url, process):
        async with client(url, "alice") as alice:
            for number in range(30):
                await alice.order("buy", "1", "90", f"before-{number}", account="alice")
            made = await asyncio.to_thread(snapshot_apart, directory)
            for number in range(30):
                await alice.order("buy", "1", "80", f"after-{number}", account="alice")
            asked = await alice.ask(type="open_orders", account="alice")
        process.kill()
    assert made["made"] is True
    assert made["began_with"] is None
    async with serving(directory) as server:
        assert server.started.snapshot_seq == made["seq"]
        async with client(url_of(server), "alice") as alice:
            again = await alice.ask(type="open_orders", account="alice")
            assert again["orders"] == asked["orders"]
            assert len(again["orders"]) == 60
            resent = await alice.order("buy", "1", "90", "before-7", account="alice")
            assert (resent["exec_type"], resent["order_status"]) == ("status", "new")
            last = asked["seq"]
            missed = await alice.ask(type="resume", account="alice", after_seq=last - 20)
            assert (missed["seq"], missed["snapshot"]) == (last, False)
            assert [each["seq"] for each in alice.reports if each["type"] == "execution_report"] == list(
                range(last - 19, last + 1)
            )
            del alice.reports[:]
            all_missed = await alice.ask(type="resume", account="alice", after_seq=0)
            assert (all_missed["seq"], all_missed["snapshot"]) == (last, False)
            assert [each["seq"] for each in alice.reports] == list(range(1, last + 1))
    verified = CliRunner().invoke(group, ["verify", str(directory), "--json"])
    assert (verified.exit_code, json.loads(verified.stdout)["snapshots"][0]["seq"]) == (0, made["seq"])
