"""The follower as a process: it ends with its venue, the venue goes on without it, and what any kill leaves is sound."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.record.rows import Row
from engine.vocabulary.messages.commands import Tick
from gateway.cli.recordings.replay import command as replay_command
from gateway.cli.recordings.verify import command as verify_command
from gateway.core import new_exchange
from gateway.index.index import index_directory
from gateway.journal.compaction import archive, to_archive
from gateway.journal.key import KEY_FILE
from gateway.keys import write_private_key
from gateway.metrics.counters import Counters
from gateway.server.upkeep.follower_process import FollowerProcess
from gateway.snapshots.folder import folder_beside, list_snapshots
from tests.support.engine.desks.sessions import session_rows
from tests.support.engine.draws.everything import Everything
from tests.support.gateway.journal.indexes import caught_up, files_of
from tests.support.gateway.journal.journals import KEY, VENUE, write_journal
from tests.support.gateway.processes.crash_load import kill_under_load, take_orders
from tests.support.gateway.processes.live_venue import live_venue

SOON_SECONDS = 60.0
"""For what takes one, on a machine that has much else to do."""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def soon(happens: Callable[[], object]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + SOON_SECONDS
    while not happens():
        assert time.monotonic() < until, "it did not happen"
        await asyncio.sleep(0.02)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Of a venue that is stopped."""
    write_journal(tmp_path / "journal", session_rows(60))
    write_private_key(tmp_path / KEY_FILE, KEY)
    return tmp_path


async def test_it_is_started_again_when_it_is_killed(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.server.upkeep.follower_process.FIRST_WAIT_SECONDS", 0.1)
    caplog.set_level(logging.INFO, "gateway.follower")
    counters = Counters()
    process = FollowerProcess(directory, VENUE, 100, counters)
    process.begin()
    first = process.pid
    assert os.getpriority(os.PRIO_PROCESS, first) in {0, 19}
    await soon(lambda: counters.indexed_seq)
    assert os.getpriority(os.PRIO_PROCESS, first) == 19
    os.kill(first, signal.SIGKILL)
    await soon(lambda: process.pid not in {0, first})
    assert "the follower ended with status -9; the venue goes on" in caplog.text
    assert not is_running(first)
    second = process.pid
    process.end()
    assert not is_running(second)
    await asyncio.sleep(0.3)
    assert process.pid == 0


async def test_one_that_can_not_follow_is_started_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.server.upkeep.follower_process.FIRST_WAIT_SECONDS", 0.01)
    caplog.set_level(logging.INFO, "gateway.follower")
    write_private_key(tmp_path / KEY_FILE, KEY)
    (tmp_path / KEY_FILE).chmod(0o644)
    counters = Counters()
    process = FollowerProcess(tmp_path, VENUE, 100, counters)
    process.begin()
    await soon(lambda: caplog.text.count("is started again in") >= 2)
    process.end()
    assert "the journal can't be followed: others may read or write the venue's key" in caplog.text
    assert process.pid == 0


async def test_it_tells_of_the_snapshots_that_it_saves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.follower")
    drawn = Everything(5, new_exchange(), "general-2026")
    commands = [*drawn.setup(), *(Tick() for _ in range(60))]
    rows: list[Row] = [(drawn.exchange.seq, drawn.time_ns, each, drawn.send(each)) for each in commands]
    rows = [(place, row[1], row[2], row[3]) for place, row in enumerate(rows, 1)]
    write_journal(tmp_path / "journal", rows)
    write_private_key(tmp_path / KEY_FILE, KEY)
    counters = Counters()
    process = FollowerProcess(tmp_path, VENUE, 100, counters)
    process.begin()
    try:
        await soon(lambda: counters.snapshot_seq)
    finally:
        process.end()
    assert list_snapshots(folder_beside(tmp_path / "journal")) == [counters.snapshot_seq]
    assert f"snapshot of sequence number {counters.snapshot_seq} saved" in caplog.text


def follow_under_kills(directory: Path, kills: int, seed: int) -> int:
    """Trade, with a follower and compaction at work, and kill at random instants; returns how many orders were acknowledged.

    Each start looks for what the one before acknowledged.
    """
    chance = random.Random(seed)
    journal = directory / "journal"
    sent: dict[str, int] = {}
    acknowledged: dict[str, int] = {}
    total = 0
    for kill in range(kills + 1):
        with live_venue(directory, follower=True, settings="snapshot_commands = 100") as venue:
            found = asyncio.run(take_orders(venue))
            check_found(found, acknowledged, seed)
            total += len(acknowledged)
            acknowledged = {}
            if kill == kills or (kill and chance.random() < 0.2):
                # It stops in order: the next start begins another segment, and this one may be archived.
                continue
            busy = threading.Thread(target=disturb, args=(journal, venue.follower, chance.random(), chance.random()))
            busy.start()
            # Half of them when the follower has just come to save one: so soon after a start it has often not.
            before = list_snapshots(folder_beside(journal)) if not kill or chance.random() < 0.5 else None
            is_saved = partial(is_other, journal, before)
            asyncio.run(kill_under_load(venue, chance, sent, acknowledged, is_saved))
            busy.join()
        assert venue.follower is not None
        asyncio.run(soon(lambda: not is_running(venue.follower or 0)))
    return total


def is_other(journal: Path, before: list[int] | None) -> bool:
    """Whether there are other snapshots than before; None: it does not matter."""
    return before is None or list_snapshots(folder_beside(journal)) != before


def check_found(found: Counter[tuple[str, int]], acknowledged: dict[str, int], seed: int) -> None:
    """What was acknowledged is there, and nothing twice."""
    lost = [item for item in acknowledged.items() if item not in found]
    assert not lost, f"seed {seed}: {len(lost)} acknowledged orders are gone, {lost[:3]}"
    names = Counter(name for name, _ in found)
    assert not names or max(names.values()) == 1, f"seed {seed}: an order acted twice"
    assert not found or max(found.values()) == 1


def disturb(journal: Path, follower: int | None, kills_follower: float, wait: float) -> None:
    """While a venue trades: kill its follower perhaps, and archive a segment if there is one."""
    time.sleep(wait / 10)
    if kills_follower < 0.3 and follower is not None:
        with suppress(ProcessLookupError):
            os.kill(follower, signal.SIGKILL)
    for number in to_archive(journal, 1)[:1]:
        archive(journal, number)


@pytest.mark.parametrize("kills", [2, pytest.param(1_000, marks=pytest.mark.soak)])
def test_nothing_is_lost_or_doubled_by_kills_while_snapshots_index_and_archives_are_made(
    tmp_path: Path, kills: int
) -> None:
    journal = tmp_path / "journal"
    acknowledged = follow_under_kills(tmp_path, kills, seed=20_261_000 + kills)
    print(f"{kills} kills, {acknowledged} orders acknowledged, snapshots {list_snapshots(folder_beside(journal))}")
    assert list_snapshots(folder_beside(journal))
    # Every snapshot is of this journal, signed, and whole; the journal replays; the index is one that was built at once.
    assert CliRunner().invoke(verify_command, [str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(replay_command, [str(tmp_path)]).exit_code == 0
    caught_up(journal).close()
    followed = files_of(index_directory(journal))
    shutil.rmtree(index_directory(journal))
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == followed
