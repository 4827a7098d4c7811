"""Each block of docs/CLIENT.md runs, against a venue with a market maker; what it leaves in its names is what the page says."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import gateway.client
from gateway.client import Client, connect
from gateway.client.blocking import connect_sync
from gateway.protocol import messages as m
from tests.examples.conftest import environment
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "CLIENT.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
D = Decimal


class Recipe(NamedTuple):
    title: str
    code: str


def recipes() -> Iterator[Recipe]:
    """The blocks of the recipes; a second one under a title has a number."""
    part = PAGE[PAGE.index("\n## Recipes\n") : PAGE.index("\n## Reference\n")]
    for section in part.split("\n### ")[1:]:
        title, _, text = section.partition("\n")
        for number, (language, code) in enumerate(BLOCK.findall(text), start=1):
            assert language == "python"
            yield Recipe(title if number == 1 else f"{title} {number}", code)


# What each recipe has come to.
CHECKS: dict[str, Callable[..., bool]] = {
    "Limit and market orders": lambda n: n["resting"].is_open and n["paid"] == 8_010_000,
    "Every other type of order": lambda n: (
        n["budget"].filled_quantity * 8_010_000 < 100_000
        and [n[name].status for name in ("stop", "stop_limit", "trailing", "iceberg", "pegged")] == ["new"] * 5
        and n["pegged"].price == 7_989_900
        and n["trailing"].stop_price == D("7849800")
    ),
    "Until a moment": lambda n: n["order"].status == "new",
    "Never trade at once": lambda n: (n["order"].price, n["order"].status) == (8_009_900, "new"),
    "Change and cancel": lambda n: (
        (n["order"].price, n["order"].quantity, n["order"].status, n["left"]) == (7_900_100, D("0.01"), "cancelled", 0)
    ),
    "One cancels the other": lambda n: [each.reason for each in n["pair"]] == ["requested", "one_cancels_other"],
    "A bracket": lambda n: [each.status for each in n["bracket"]] == ["filled", "new", "new"],
    "Quotes": lambda n: (n["done"].entered, n["gone"].cancelled) == (3, 2),
    "Send again without acting twice": lambda n: n["again"] is n["order"],
    "What was refused, and why": lambda n: (
        (n["code"], n["rule"]) == ("compliance", "ANON-1") and "privacy" in n["title"]
    ),
    # 0.01 at 8 010 000, and 300 millionths of it: 24.03.
    "Fills as they come": lambda n: n["cost"] == D("80124.03"),
    "Positions and profit": lambda n: (
        n["money"] == (0, 0, D("24.03")) and n["profit"] == D("-24.03") and n["everything"] == [("BTC/RUB", D("0.01"))]
    ),
    # 2 bought at 7 500 000, worth 8 000 000.
    "Positions and profit 2": lambda n: (n["position"].unrealised, n["position"].profit) == (1_000_000, 1_000_000),
    "A book of your own": lambda n: (
        n["best"] == (7_990_000, 5) and n["depth"] == 1 and n["middle"] == 8_000_000 and n["book"].is_current
    ),
    "The place of an order": lambda n: n["before_mine"] is not None and n["first"].price == 7_990_000,
    "Market data": lambda n: n["spread"] == 20_000 and n["trade"].price == 8_010_000,
    "Market data 2": lambda n: n["candle"].trades > 0 and n["hours"][-1].high >= n["candle"].high,
    "Market data 3": lambda n: (n["lot"], n["tick"]) == (D("0.0001"), 100),
    "What an account has": lambda n: n["free"] > 100_000_000 and n["resting"] == [],
    "What was": lambda n: (n["status"], n["closed"]) == ("new", []) and not any(order.is_open for order in n["ended"]),
    "Who one is, and what is left": lambda n: (
        (n["cap"], n["tier"] in (None, "highly_liquid"), n["room"] > 9_000, n["now"] > 0, isinstance(n["paid"], dict))
        == (None, True, True, True, True)
    ),
    "Futures": lambda n: (
        (n["short"].instrument, n["short"].quantity) == (n["future"].instrument, D("-0.01")) and n["cover"].missing == 0
    ),
    "Move an asset": lambda n: n["rule"] == "PAY-1" and n["number"] > 0,
    "Take an asset out": lambda n: n["number"] > 0 and n["waiting"] == [],
    "The risk warning": lambda n: n["warning"].in_force == n["warning"].digest,
    "Many accounts": lambda n: (
        [each.account for each in n["orders"]] == ["vera.north", "daria.north"] and len(n["mine"]) == 5
    ),
    "When the link breaks": lambda n: (n["state"], n["times_back"]) == ("resumed", 0),
    "Nothing left behind": lambda n: (n["order"].status, n["order"].reason) == ("cancelled", "dead_man"),
    "How much may be asked": lambda n: set(n["left"]) == {"connection", "participant"},
    "A supervisor": lambda n: (
        (n["refusal"].rule, n["refusal"].account, n["refusal"].quantity) == ("ANON-1", "anna.main", 1)
        and n["cap"] == "300000.00"
        and n["seq"] > 0
    ),
    "Without an event loop": lambda n: (
        (n["order"].status, n["fill"].price, n["left"] > 0) == ("filled", 8_010_000, True)
    ),
    "A request that has no method": lambda n: isinstance(n["reply"], m.BalancesReply),
}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue") / "my-venue") as live:
        yield live


@pytest.fixture
async def client(venue: LiveVenue) -> AsyncIterator[Client]:
    """Anna's, who has nothing open, at a market that is as wide as ever."""
    async with connect(venue.url, "mm-alpha", venue.key("mm-alpha")) as maker:
        listed = (await maker.instruments()).values()
        futures = [each.instrument for each in listed if each.kind == "future" and each.underlying == "BTC"]
        for instrument in ("BTC/RUB", *futures):
            await maker.quote(instrument, bids=[("7990000", "5")], asks=[("8010000", "5")])
        async with connect(venue.url, "anna", venue.key("anna")) as anna:
            yield anna
            await anna.mass_cancel()


@pytest.mark.parametrize("recipe", [*recipes()], ids=lambda recipe: recipe.title)
async def test_a_recipe_does_what_the_page_says(recipe: Recipe, client: Client, venue: LiveVenue) -> None:
    around = f"async def recipe():\n{textwrap.indent(recipe.code, '    ')}\n    return locals()\n"
    given: dict[str, Any] = {name: getattr(gateway.client, name) for name in gateway.client.__all__}
    given["connect_sync"] = connect_sync
    given |= {"client": client, "url": venue.url, "keys": venue.directory / "keys", "m": m}
    given |= {"asyncio": asyncio, "suppress": suppress, "datetime": datetime, "UTC": UTC, "timedelta": timedelta}
    exec(compile(around, recipe.title, "exec"), given)
    names = await asyncio.wait_for(given["recipe"](), 20)
    assert CHECKS[recipe.title](names), {name: value for name, value in names.items() if name != "client"}


def test_every_recipe_is_looked_at() -> None:
    assert [each.title for each in recipes()] == list(CHECKS)


def test_from_nothing_to_a_filled_order(tmp_path: Path) -> None:
    """The commands and the program of the page, in an empty directory; another port, and no second venue, is all that differs."""
    part = PAGE[PAGE.index("\n## From nothing") : PAGE.index("\n## Amounts\n")]
    (shell, commands), (python, program), (text, printed) = BLOCK.findall(part)
    assert (shell, python, text) == ("sh", "python", "text")
    init, serve = (line.split() for line in commands.splitlines())
    assert serve == ["sbx", "serve", "my-venue"]
    sbx = [sys.executable, "-m", "gateway.cli"]
    subprocess.run([*sbx, *init[1:]], cwd=tmp_path, env=environment(), check=True, capture_output=True)
    with live_venue(tmp_path / "my-venue") as venue:
        (tmp_path / "first.py").write_text(program.replace("ws://127.0.0.1:8765", venue.url), encoding="utf-8")
        command = [sys.executable, "first.py"]
        done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    number = re.compile(r"<Order \d+ ")
    assert number.sub("<Order N ", done.stdout) == number.sub("<Order N ", printed)
