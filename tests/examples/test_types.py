"""A mistake is an error in the editor: what a type checker says of programs that use the client, right ones and wrong ones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, environment
from tests.support.places import ROOT

HEAD = """
from decimal import Decimal
from gateway.client import Client, Limit, Market, Opening, Pegged, Stop, TrailingStop

async def program(client: Client) -> None:
    order = await client.buy("BTC/RUB", quantity="1", price=Decimal(5))
"""
RIGHT = [
    'await client.sell("BTC/RUB", quantity=1, time_in_force="ioc", post_only="reprice", account="a")',
    'await client.submit(Pegged(instrument="A/B", side="buy", quantity="1", peg="mid", peg_offset="-1"))',
    'buy = Limit(instrument="A/B", side="buy", quantity="1", price="2")',
    'await client.submit_pair(limit=buy, stop=Stop(instrument="A/B", side="buy", quantity="1", stop_price="3"))',
    'await client.quote("A/B", bids=[("1", 2), (Decimal(1), "2")], self_trade="decrement")',
    'await client.portfolio(opening={"A/B": Opening(quantity=1, average_price="2")})',
    'await client.admin("set_parameter", rule="RET-1", key="retail_cap_rub", value="1.00", reason="r")',
    "worth: Decimal = order.fills[0].price * order.filled_quantity",
    'half: Decimal = (await client.balances())["RUB"].available / 2',
    'middle: Decimal | None = (await client.book("A/B")).mid',
]
WRONG = [
    'await client.sell("BTC/RUB", "1", "2")',
    'await client.buy("BTC/RUB", quantity=0.1)',
    'await client.buy("BTC/RUB", quantity="1", prize="5")',
    'await client.buy("BTC/RUB", quantity="1", time_in_force="gtx")',
    'await client.buy("BTC/RUB", quantity="1", post_only="maybe")',
    'await client.submit(Limit(instrument="A/B", side="by", quantity="1", price="2"))',
    'await client.submit(Limit(instrument="A/B", side="buy", quantity="1"))',
    'await client.submit(Market(instrument="A/B", side="buy", quantity="1", price="2"))',
    'await client.submit(Stop(instrument="A/B", side="buy", quantity="1", stop_price="2", time_in_force="fok"))',
    'await client.submit(TrailingStop(instrument="A/B", side="buy", quantity="1", trail=0.5))',
    'await client.submit(Pegged(instrument="A/B", side="buy", quantity="1", peg="touch"))',
    'await client.submit_pair(limit=Limit(instrument="A/B", side="buy", quantity="1", price="2"))',
    'await client.quote("A/B", bids=[("1", 2.5)])',
    'await client.transfer("b", "RUB", "1", "gift")',
    'await client.admin("set_paramter", rule="RET-1")',
    'await client.records("investors")',
    "order.fills[0].prise",
    'order.price.startswith("8")',
]


@pytest.fixture
def program(tmp_path: Path) -> tuple[Path, set[int]]:
    """A program of right and wrong lines, and the numbers of the wrong ones."""
    lines = [*HEAD.strip().splitlines(), *(f"    {line}" for line in (*RIGHT, *WRONG))]
    path = tmp_path / "program.py"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, set(range(len(lines) - len(WRONG) + 1, len(lines) + 1))


def test_mypy_finds_every_mistake_and_nothing_else(program: tuple[Path, set[int]], tmp_path: Path) -> None:
    path, wrong = program
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(path)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment() | {"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {int(number) for number in re.findall(r"program\.py:(\d+): error", done.stdout)}
    assert found == wrong, done.stdout


def pyright(*paths: Path) -> list[dict[str, object]]:
    """What pyright says of programs, its own settings for a strict look."""
    found = shutil.which("pyright")
    if found is None:
        pytest.skip("no pyright found")
    command = [found, "--outputjson", "--pythonpath", sys.executable, *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert said["summary"]["filesAnalyzed"] == len(paths)
    return [dict(each) for each in said["generalDiagnostics"]]


@pytest.mark.interop
def test_pyright_is_silent_on_the_examples() -> None:
    assert pyright(*sorted(EXAMPLES.glob("*.py"))) == []


@pytest.mark.interop
def test_pyright_finds_every_mistake_and_nothing_else(program: tuple[Path, set[int]], tmp_path: Path) -> None:
    path, wrong = program
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)], "include": ["program.py"]}))
    found = {each["range"]["start"]["line"] + 1 for each in pyright(path) if each["severity"] == "error"}  # type: ignore[index]
    assert found == wrong
