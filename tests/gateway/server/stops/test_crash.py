"""P2, from outside: a venue killed with SIGKILL under a load of orders, started again, has every acknowledged order once."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gateway.cli.recordings.replay import command as replay_command
from tests.support.gateway.processes.crash_load import kill_under_load, take_orders
from tests.support.gateway.processes.live_venue import live_venue


def crash_and_recover(directory: Path, kills: int, seed: int) -> int:
    """Kill and restart a venue; return how many orders it acknowledged in all."""
    chance = random.Random(seed)
    sent: dict[str, int] = {}
    total = 0
    for _ in range(kills):
        acknowledged: dict[str, int] = {}
        before = sum(sent.values())
        with live_venue(directory) as venue:
            asyncio.run(kill_under_load(venue, chance, sent, acknowledged))
        with live_venue(directory) as venue:
            found = asyncio.run(take_orders(venue))
        lost = [item for item in acknowledged.items() if item not in found]
        assert not lost, f"seed {seed}: {len(lost)} acknowledged orders are gone, {lost[:3]}"
        assert max(found.values()) == 1
        names = Counter(name for name, _ in found)
        assert max(names.values()) == 1, f"seed {seed}: an order acted twice"
        # What was not acknowledged may be there; what is there was sent.
        assert len(found) <= sum(sent.values()) - before
        total += len(acknowledged)
    return total


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_acknowledged_orders_survive_kill_9(tmp_path: Path, kills: int) -> None:
    acknowledged = crash_and_recover(tmp_path, kills, seed=20_260_000 + kills)
    print(f"{kills} kills, {acknowledged} orders acknowledged")
    with pytest.raises(SystemExit) as ended:
        replay_command(["--json", str(tmp_path)])
    assert ended.value.code in (0, None)


def test_a_second_server_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with live_venue(tmp_path):
        again = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "serve", str(tmp_path), "--port", "0"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert again.returncode == 1
    assert "Error" in again.stderr
