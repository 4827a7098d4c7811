"""A client that was away while the venue was started again from a snapshot gets the reports it missed, from the journal."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.recordings.snapshot import command as snapshot_command
from gateway.index.index import index_directory
from gateway.journal.compaction import archive, to_archive
from tests.support.gateway.journal.indexes import caught_up
from tests.support.gateway.venues.small_venue import client, serving, url_of

Reports = list[dict[str, Any]]


async def trade(url: str, begin: int, end: int) -> None:
    """Orders of both that rest, trade, are refused and are cancelled."""
    async with client(url, "alice") as alice, client(url, "bob") as bob:
        for number in range(begin, end):
            await alice.order("sell", "1", f"{100 + number % 3}", f"a{number}", account="alice")
            await bob.order("buy", "0.5", f"{100 + number % 2}", f"b{number}", account="bob")
            if number % 4 == 0:
                await bob.order("buy", "0.55", "100", f"odd{number}", account="bob")
            if number % 5 == 0:
                await alice.ask(type="mass_cancel", account="alice")


async def resumed(url: str, account: str, after: int) -> tuple[Reports, bool]:
    """What a client gets that comes back, and whether it must take a fresh view."""
    async with client(url, account) as again:
        reply = await again.ask(type="resume", account=account, after_seq=after)
        assert reply["type"] == "resumed"
        return again.reports, reply["snapshot"]


async def trade_twice(directory: Path) -> dict[str, Reports]:
    """A venue that runs and is started again; all reports of each account as it told them itself."""
    async with serving(directory) as server:
        await trade(url_of(server), 0, 15)
    async with serving(directory) as server:
        await trade(url_of(server), 15, 30)
        return {account: (await resumed(url_of(server), account, 0))[0] for account in ("alice", "bob")}


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Reports]]:
    """It is stopped, and has a snapshot."""
    directory = tmp_path_factory.mktemp("traded") / "venue"
    told = asyncio.run(trade_twice(directory))
    assert CliRunner().invoke(snapshot_command, [str(directory)]).exit_code == 0
    return directory, told


@pytest.fixture
def away(
    traded: tuple[Path, dict[str, Reports]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, dict[str, Reports]]:
    """A copy of it, with an index of small runs."""
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 25)
    directory, told = traded
    shutil.copytree(directory, tmp_path / "venue")
    caught_up(tmp_path / "venue" / "journal").close()
    return tmp_path / "venue", told


async def check_resumes(directory: Path, told: dict[str, Reports]) -> None:
    """Start from the snapshot, trade on, and come back with what was seen up to here and there."""
    async with serving(directory) as server:
        assert server.started.snapshot_seq
        url = url_of(server)
        for account, reports in told.items():
            for after in (0, 1, len(reports) // 3, len(reports) - 1, len(reports)):
                assert await resumed(url, account, after) == (reports[after:], False)
        await trade(url, 30, 34)
        for account, reports in told.items():
            found, is_fresh = await resumed(url, account, 5)
            assert not is_fresh
            assert found[: len(reports) - 5] == reports[5:]
            assert [each["seq"] for each in found] == list(range(6, found[-1]["seq"] + 1))
            assert len(found) > len(reports)
            assert await resumed(url, account, found[-1]["seq"] + 1) == ([], True)


async def test_it_gets_all_it_missed_in_order(away: tuple[Path, dict[str, Reports]]) -> None:
    await check_resumes(*away)


async def test_it_gets_it_from_archives_too(away: tuple[Path, dict[str, Reports]]) -> None:
    directory, told = away
    journal = directory / "journal"
    for number in to_archive(journal, 1):
        archive(journal, number)
    assert list(journal.glob("*.zst"))
    await check_resumes(directory, told)


async def test_it_gets_it_without_an_index_if_that_is_little(away: tuple[Path, dict[str, Reports]]) -> None:
    directory, told = away
    shutil.rmtree(index_directory(directory / "journal"))
    await check_resumes(directory, told)


async def test_it_gets_it_with_a_damaged_index(away: tuple[Path, dict[str, Reports]]) -> None:
    directory, told = away
    for path in list(index_directory(directory / "journal").iterdir())[::2]:
        data = bytearray(path.read_bytes())
        data[-9] ^= 1
        path.write_bytes(data)
    await check_resumes(directory, told)


async def test_where_the_index_is_gone_it_takes_a_fresh_view(
    away: tuple[Path, dict[str, Reports]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.history.past.MAX_UNINDEXED_ROWS", 30)
    directory, told = away
    journal = directory / "journal"
    shutil.rmtree(index_directory(journal))
    async with serving(directory) as server:
        url = url_of(server)
        assert await resumed(url, "alice", 3) == ([], True)
        # A follower has built it again.
        caught_up(journal).close()
        assert await resumed(url, "alice", 3) == (told["alice"][3:], False)


async def test_where_the_journal_is_damaged_it_takes_a_fresh_view_and_the_venue_goes_on(
    away: tuple[Path, dict[str, Reports]],
) -> None:
    directory, told = away
    async with serving(directory) as server:
        url = url_of(server)
        segment = directory / "journal" / "journal-00000001.sbxj"
        data = bytearray(segment.read_bytes())
        data[len(data) - 3_000] ^= 1
        segment.write_bytes(data)
        found, is_fresh = await resumed(url, "alice", 0)
        assert is_fresh
        assert found == told["alice"][: len(found)]
        await trade(url, 30, 33)
        last = told["alice"][-1]["seq"]
        assert (await resumed(url, "alice", last))[1] is False


async def test_more_than_may_be_kept_is_not_read(
    away: tuple[Path, dict[str, Reports]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.queries.MAX_RECENT_REPORTS", 20)
    directory, told = away
    async with serving(directory) as server:
        url = url_of(server)
        last = told["alice"][-1]["seq"]
        assert await resumed(url, "alice", last - 20) == (told["alice"][-20:], False)
        assert await resumed(url, "alice", last - 21) == ([], True)


async def test_all_who_come_back_at_once_get_theirs_and_those_who_leave_hold_nobody_up(
    away: tuple[Path, dict[str, Reports]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.history.past.MAX_READING", 1)
    directory, told = away

    async def leave(url: str, account: str) -> None:
        async with client(url, account) as again:
            await again.send(type="resume", account=account, after_seq=0)
            again.socket.transport.abort()

    async with serving(directory) as server:
        url = url_of(server)
        accounts = ["alice", "bob"] * 6
        back = [resumed(url, account, 2) for account in accounts]
        gone = [leave(url, account) for account in accounts[:6]]
        results = await asyncio.gather(*back[:6], *gone, *back[6:], return_exceptions=True)
        found = [result for result in results if isinstance(result, tuple)]
        assert len(found) == len(accounts)
        assert all(result in ((told["alice"][2:], False), (told["bob"][2:], False)) for result in found)
