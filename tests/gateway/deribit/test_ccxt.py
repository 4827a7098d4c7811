"""An unmodified `ccxt` trades here: `make interop` installs it, and runs every call of docs/CCXT.md against a real venue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from gateway.deribit.callers.keys import PortKey, new_key, write_keys
from tests.support.gateway.outside import ccxt_tools
from tests.support.gateway.outside.deribit_client import signed_headers
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.places import ROOT

pytestmark = pytest.mark.interop

TRADERS = ("anna", "boris")


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The default venue with the port: its URL, and key and secret of two participants."""
    directory = tmp_path_factory.mktemp("ccxt") / "venue"
    with live_venue(directory):
        # Written once, so that keys can be made for it.
        pass
    keys = [new_key(name, "", ()) for name in TRADERS]
    write_keys(directory, keys)
    command = [sys.executable, "-m", "gateway.cli", "serve", str(directory), "--port", "0", "--deribit", "0", "--json"]
    with subprocess.Popen([*command, "--no-follower"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["deribit"]
            yield url, [part for key in keys for part in (key.client_id, key.secret)]
        finally:
            process.terminate()
            process.wait(20)


def _said(rows: list[dict[str, object]]) -> None:
    """Show what was called, and how long each call took; every one must have gone well."""
    for row in rows:
        print(f"{row['call']!s:40} {row.get('ms', '')!s:>8} ms {row.get('left_out', '')}")
    assert rows
    assert [row for row in rows if row["problem"]] == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_call(venue: tuple[str, list[str]], kind: str) -> None:
    _said(ccxt_tools.rows("ccxt_calls.py", kind, venue[0], *venue[1]))


def test_everything_that_is_watched(venue: tuple[str, list[str]]) -> None:
    _said(ccxt_tools.rows("ccxt_pro.py", venue[0], *venue[1]))


def test_the_tests_that_ccxt_brings(venue: tuple[str, list[str]]) -> None:
    _said(ccxt_tools.rows("ccxt_own_tests.py", venue[0], *venue[1][:2]))


def test_the_example(venue: tuple[str, list[str]]) -> None:
    url, (_, _, *boris) = venue
    uri = "/api/v2/private/buy?instrument_name=BTC_RUB&amount=0.05&price=7600000"
    key = PortKey(client_id=boris[0], secret=boris[1], participant="boris")
    # Somebody bids: the example follows the touch.
    with urlopen(Request(url + uri, headers=signed_headers(key, "GET", uri)), timeout=20) as answer:
        assert answer.status == 200
    said = ccxt_tools.run(ROOT / "examples" / "deribit" / "ccxt_trader.py", venue[0], *venue[1][:2])
    assert "best bid 7600000; order" in said


def test_the_page_begins_with_a_program_that_runs(venue: tuple[str, list[str]], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "CCXT.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    program = program.replace("3f9a0c5be812", venue[1][0]).replace('"..."', json.dumps(venue[1][1]))
    file = tmp_path / "first.py"
    file.write_text(program.replace("http://127.0.0.1:8766", venue[0]), encoding="utf-8")
    assert "BTC/RUB" in ccxt_tools.run(file)
