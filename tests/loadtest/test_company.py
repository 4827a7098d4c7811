"""Simulated participants beside a venue: whoever connects finds a market, and nobody's absence ends it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import Client, connect
from gateway.journal.reader import JournalReader
from gateway.venue.venue import load_venue
from loadtest.demo.company import Company, CompanyError
from loadtest.demo.participants import ORDERS, Ends, Participant
from loadtest.serving import Served, serving

SECONDS = 30
"""For what takes one or two on a machine that does nothing else."""
LIVELY = ("--with-participants", "--participants-pace", "1", "--participants-seed", "3", "--no-follower")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    found = tmp_path / "venue"
    arguments = ["init", str(found), "--port", "0", "--rulebook", "general-2026"]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    return found


@asynccontextmanager
async def with_company(directory: Path) -> AsyncIterator[Served]:
    async with serving(directory, options=LIVELY) as served:
        yield served


def children(pid: int) -> list[int]:
    """The processes that one has started."""
    return [each.pid for each in psutil.Process(pid).children()]


async def until(holds: Callable[[], object], keeping: asyncio.Task[None] | None = None) -> None:
    """Wait until something holds, while somebody else goes on."""
    async with asyncio.timeout(SECONDS):
        while not holds():
            assert keeping is None or not keeping.done(), keeping
            await asyncio.sleep(0.05)


async def trades_of(client: Client, count: int) -> int:
    """Wait for so many trades of bitcoin."""
    seen = 0
    async with asyncio.timeout(SECONDS):
        async for _ in client.trades("BTC/RUB"):
            seen += 1
            if seen == count:
                break
    return seen


async def test_a_newcomer_finds_a_market_and_trades(directory: Path) -> None:
    assert CliRunner().invoke(group, ["invite", "zoe", str(directory)]).exit_code == 0
    async with (
        with_company(directory) as served,
        connect(served.url, "zoe", directory / "keys" / "zoe.pem", reconnect=False) as zoe,
    ):
        assert await trades_of(zoe, 3) == 3
        book = await zoe.book("BTC/RUB")
        await until(lambda: list(book.levels("buy")) and list(book.levels("sell")))
        bought = await zoe.buy("BTC/RUB", quantity="0.001")
        await until(lambda: not bought.is_open)
        assert bought.filled_quantity == Decimal("0.0010")


async def test_what_is_killed_comes_again_and_what_is_left_is_taken_back(directory: Path) -> None:
    anna = directory / "keys" / "anna.pem"
    async with (
        with_company(directory) as served,
        connect(served.url, "anna", anna, account="anna.main", reconnect=False) as client,
    ):
        # Somebody trades on the account of one of them: that order is not theirs.
        own = await client.buy("BTC/RUB", quantity="0.001", price="7000000", client_order_id="mine")
        await trades_of(client, 2)
        (first,) = children(served.pid)
        os.kill(first, signal.SIGKILL)
        await until(lambda: set(children(served.pid)) - {first})
        (again,) = children(served.pid)
        assert await trades_of(client, 2) == 2
        assert own.is_open
    # They went with the venue, and left nothing on the books but what is not theirs.
    for pid in (first, again):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    async with (
        serving(directory, options=("--no-follower",)) as served,
        connect(served.url, "anna", anna, account="anna.main", reconnect=False) as client,
        connect(served.url, "supervisor", directory / "keys" / "supervisor.pem", reconnect=False) as supervisor,
    ):
        assert [each.client_order_id for each in await client.open_orders()] == ["mine"]
        for account in ("mm-alpha.main", "mm-beta.main", "daria.north"):
            assert await supervisor.open_orders(account) == []


def without(directory: Path, *names: str) -> None:
    for name in names:
        (directory / "keys" / f"{name}.pem").unlink()


def told(text: str) -> None:
    """Whoever runs them is told; the test looks at what they do."""


async def test_those_who_cannot_log_in_stay_away(directory: Path) -> None:
    without(directory, "mm-beta", "operator", "broker-north")
    (directory / "keys" / "boris.pem").write_bytes((directory / "keys" / "anna.pem").read_bytes())
    company = Company(load_venue(directory), directory, seed=1, pace=1.0, tell=told)
    assert not {"mm-beta", "operator", "broker-north", "boris"} & {*company.names}
    assert [line.partition(":")[0] for line in company.missing] == ["boris", "broker-north", "mm-beta", "operator"]
    assert "is not the key of which the venue file has the public half" in company.missing[0]
    ends = Ends()
    async with serving(directory, options=("--no-follower",)) as served:
        keeping = asyncio.create_task(company.keep(served.url, ends))
        await until(lambda: company.tally.trades >= 5, keeping)
        ends.now()
        await keeping
    # Refused, they went on.
    assert company.tally.rejected > 0
    journaled = JournalReader(directory / "journal")
    assert sum(1 for _ in journaled.rows()) > 300


async def test_a_venue_that_goes_away_is_waited_for(directory: Path) -> None:
    said: list[str] = []
    company = Company(load_venue(directory), directory, seed=1, pace=1.0, tell=said.append)
    ends = Ends()
    async with serving(directory, options=("--no-follower", "--port", "0")) as served:
        port = served.facts["port"]
        keeping = asyncio.create_task(company.keep(served.url, ends))
        await until(lambda: company.tally.accepted, keeping)
    async with serving(directory, options=("--no-follower", "--port", str(port))):
        before = company.tally.accepted
        await until(lambda: company.tally.accepted > before, keeping)
        ends.now()
        await keeping
    assert any("the connection is lost" in line for line in said)


async def test_alone_they_end_with_their_venue(directory: Path) -> None:
    async with serving(directory, options=("--no-follower",)):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "participants", str(directory), "--pace", "1"),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        async with asyncio.timeout(SECONDS):
            assert b"simulated participants trade in" in await process.stderr.readline()
    async with asyncio.timeout(SECONDS):
        told = await process.stderr.read()
        assert await process.wait() == 0
    assert told.decode().rstrip().endswith("the venue has stopped")


def test_without_market_makers_nothing_is_started(directory: Path) -> None:
    without(directory, "mm-alpha", "mm-beta")
    with pytest.raises(CompanyError, match="without them there is no market"):
        Company(load_venue(directory), directory, seed=1, pace=1.0, tell=told)
    command = [sys.executable, "-m", "gateway.cli", "serve", str(directory), "--with-participants"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "none of the market makers can log in" in done.stderr
    assert "mm-alpha.pem does not exist" in done.stderr
    assert done.stderr.rstrip().endswith("Nothing was started.")
    assert not (directory / "journal").exists()


def test_who_would_come_is_said_beforehand(directory: Path) -> None:
    without(directory, "anna")

    def checked(*arguments: str) -> Any:
        return CliRunner().invoke(group, ["participants", str(directory), "--check", *arguments])

    facts = json.loads(checked("--json").output)
    assert "mm-alpha" in facts["participants"] and "anna" not in facts["participants"]
    assert [line.partition(":")[0] for line in facts["missing"]] == ["anna"]
    assert "missing: anna: " in checked().output
    found = CliRunner().invoke(group, ["participants", str(directory)])
    assert found.exit_code == 1
    assert "is not running" in found.output


async def test_what_is_dropped_before_it_began_was_never_made() -> None:
    # Warnings are errors here: one tells of a coroutine that nobody ever waited for.
    class Idle(Participant):
        async def act(self, intended_ns: int) -> None:
            raise AssertionError("it began")

    somebody = Idle.__new__(Idle)
    somebody._running = set()
    somebody.spawn(somebody.act, 1)
    somebody.drop()
    await asyncio.sleep(0.01)
    assert [task.cancelled() for task in somebody._running] == [True]


def test_their_orders_are_known_by_their_ids() -> None:
    # What begins so is cancelled at the next start: no other client may choose such ids by itself.
    assert ORDERS == "sim-"
