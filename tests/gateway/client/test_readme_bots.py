"""The bots of the README trade on the venue that `sbx init` writes."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import connect
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.places import ROOT

PROGRAMS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
BOTS = [program for program in PROGRAMS if "async with connect(" in program]
FRAME = "import asyncio\nfrom gateway.client import connect\n\nasync def main():\n{}\n\nasyncio.run(main())\n"


def whole(bot: str) -> str:
    """A program of what the page shows: the few lines of a bot stand in a function."""
    return bot if "asyncio.run" in bot else FRAME.format(textwrap.indent(bot, "    "))


@pytest.mark.parametrize("number", range(2))
async def test_a_bot_buys_and_waits_until_somebody_sells(number: int, tmp_path: Path) -> None:
    assert len(BOTS) == 2
    few_lines, the_other = BOTS
    assert few_lines.count("\n") == 5 and "XMR" in the_other
    made = CliRunner().invoke(
        group, ["init", str(tmp_path / "my-venue"), "--rulebook", "general-2026"], catch_exceptions=False
    )
    assert made.exit_code == 0
    with live_venue(tmp_path / "my-venue") as venue:
        program = whole(BOTS[number]).replace("ws://127.0.0.1:8765", venue.url)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        entered = await asyncio.wait_for(process.stdout.readline(), 20)
        assert re.fullmatch(r"<Order \d+ buy 0\.0100 BTC/RUB at 8000000: new, 0\.0000 filled>\n", entered.decode())
        async with connect(venue.url, participant="boris", key=tmp_path / "my-venue/keys/boris.pem") as boris:
            await boris.sell("BTC/RUB", quantity="0.01", price="8000000")
        said, wrong = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, wrong) == (0, b"")
    assert said.decode() == "8000000\n" or re.match(
        r"\d+ ANON-1 Anonymous \(privacy\) coins are refused ", said.decode()
    )
