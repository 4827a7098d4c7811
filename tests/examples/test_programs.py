"""Each example runs against a venue, and does what it says."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.client import connect
from tests.examples.conftest import EXAMPLES, Program, example
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

PROGRAMS = sorted(EXAMPLES.glob("*.py"))
MAX_LINES = 80


@contextmanager
def running(venue: LiveVenue, name: str, *options: str) -> Iterator[Program]:
    """An example that goes on until the block has ended."""
    program = Program(venue, name, *options)
    try:
        yield program
    finally:
        program.kill()


async def nearest_future(venue: LiveVenue) -> str:
    async with connect(venue.url) as public:
        listed = (await public.instruments()).values()
    return min((each.expiry or 0, each.instrument) for each in listed if each.underlying == "BTC" and each.expiry)[1]


async def test_a_maker_a_taker_and_a_hedger_trade_with_each_other(venue: LiveVenue) -> None:
    future = await nearest_future(venue)
    with (
        running(venue, "market_maker.py") as maker,
        running(venue, "market_maker.py", "--instrument", future) as makes_future,
        running(venue, "hedger.py", "--quantity", "0.05") as hedger,
    ):
        # From 8 000 000 on: three levels, each 0.05 % apart.
        assert maker.until("quotes") == "quotes 7996000 / 8004000: 0 kept, 6 new"
        makes_future.until("quotes")
        async with connect(venue.url) as public, public.top("BTC/RUB") as tops:
            # The hedger is there, one tick before the maker.
            async for top in tops:
                if top.bid_price == 7_996_100:
                    break
        taken = example(venue, "taker.py", "--orders", "8", "--pause", "0.2")
        hedged = hedger.end()
        maker.until("sell")
        makes_future.until("buy")
    assert taken[0] == "buy 0.0200 at 8004000, fee 48.03"
    # One lot is sold to the hedger, who stands one tick before the maker, wherever that has gone meanwhile.
    sold = re.fullmatch(r"sell 0\.0200 at (\d+), fee (48\.\d\d|47\.98)", taken[1])
    assert sold is not None
    assert 7_996_100 <= int(sold.group(1)) < 8_004_000
    assert [line.split()[0] for line in taken[:8]] == ["buy", "sell"] * 4
    assert taken[-1] == "the copy of the book was fetched anew 0 times"
    bought = [
        re.fullmatch(r"bought (\S+) at (\S+): (\S+) spot, (\S+) future, (\S+) open, profit .*", line) for line in hedged
    ]
    assert all(bought), hedged
    last = bought[-1]
    assert last is not None
    assert [Decimal(each) for each in last.groups()[2:]] == [Decimal("0.05"), Decimal("-0.05"), 0]


def test_a_market_maker_takes_its_quotes_back(venue: LiveVenue) -> None:
    lines = example(venue, "market_maker.py", "--instrument", "ETH/RUB", "--size", "0.1", "--seconds", "1")
    assert lines == ["quotes 249870 / 250130: 0 kept, 6 new", "took back 6 quotes"]


async def test_a_market_maker_comes_back_to_a_venue_that_was_killed(tmp_path: Path) -> None:
    directory = tmp_path / "my-venue"
    with live_venue(directory) as first:
        port = int(first.url.rsplit(":", 1)[1])
        with running(first, "market_maker.py") as maker:
            maker.until("quotes")
            first.process.kill()
            first.process.wait()
            with live_venue(directory, port=port) as second:
                taken = example(second, "taker.py", "--orders", "1")
                assert taken[0] == "buy 0.0200 at 8004000, fee 48.03"
                assert maker.until("sell") == "sell 0.0200 at 8004000: holds -0.0200, profit -16.01"
                maker.until("quotes")


def test_an_intermediary_tells_each_client_what_became_of_its_order_and_a_supervisor_changes_the_cap(
    venue: LiveVenue,
) -> None:
    with running(venue, "supervisor_watch.py") as watch:
        watch.until("watching")
        lines = example(venue, "intermediary.py")
        assert [line.partition(":")[0] for line in lines[:10]] == [f"client-{number:02}" for number in range(1, 11)]
        assert all(re.search(r"order \d+ for 0\.0100 is new$", line) for line in lines[:7])
        assert [re.search(r"refused by (\S+) \(", line).group(1) for line in lines[7:10]] == [
            "RET-3",
            "RISK-1",
            "RET-1",
        ]  # type: ignore[union-attr]
        assert lines[10] == "took back 7 orders"
        assert "was 300000.00, is 500000.00" in watch.until("command")
        told = [line for line in watch.lines if line.startswith("client-")]
        assert told[-1] == "client-10.north: buy 0.05 BTC/RUB: RET-1 (1): Retail purchases capped per calendar year"
        # The tenth may now.
        again = example(venue, "intermediary.py")
        assert re.search(r"order \d+ for 0\.0500 is new$", again[9])
        assert again[10] == "took back 8 orders"


@pytest.mark.interop
def test_the_bot_in_javascript_logs_in_and_trades(venue: LiveVenue) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found")
    found = subprocess.run([node, "-p", "typeof WebSocket"], capture_output=True, text=True, check=True)
    options = [] if found.stdout.strip() == "function" else ["--experimental-websocket"]
    command = [node, *options, str(EXAMPLES / "node" / "bot.mjs"), str(venue.directory), venue.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("logged in as boris, account boris.main\n")
    number = re.search(r"^order (\d+): new$", done.stdout, re.MULTILINE)
    assert number is not None, done.stdout
    assert f"order {number.group(1)}: cancelled, requested\n" in done.stdout
    assert re.search(r"^available: \d+\.\d\d RUB, 8\.00000000 BTC", done.stdout, re.MULTILINE)
    refused = subprocess.run([*command, "nobody"], capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode != 0


@pytest.mark.parametrize("path", [*PROGRAMS, EXAMPLES / "node" / "bot.mjs"], ids=lambda path: path.name)
def test_an_example_is_short_and_says_what_it_shows_and_how_to_run_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MAX_LINES
    said = (ast.get_docstring(ast.parse(text)) or "") if path.suffix == ".py" else text.partition("\nimport ")[0]
    assert "shows" in said
    assert "sbx serve my-venue" in said
    assert f"examples/{path.relative_to(EXAMPLES)} my-venue" in said


def test_the_list_has_every_example() -> None:
    listed = re.findall(
        r"^\| \[[^\]]+\]\(([^)]+)\) \|", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(
        [*(path.name for path in PROGRAMS), "node/bot.mjs", "deribit/ccxt_trader.py", "duckdb/"]
    )
