"""Two years of a retail investor's caps, tests and expiries: in seconds by command, in minutes at a scale."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from tests.support.gateway.venues.retail_life import by_command, by_the_clock, new_venue, people_at, two_years

LIVED = ["filled", "RET-1", "filled", "RET-1", "RET-3", "filled", "filled", "RET-1", "RET-3"]
"""The cap of the first year, of the second; the test has expired, and is taken again; the cap of the third year; it expires again."""
IN_TEN_MINUTES = 105_120


async def test_two_years_by_command(tmp_path: Path) -> None:
    new_venue(tmp_path)
    async with people_at(tmp_path) as people:
        assert await two_years(people, by_command(people)) == LIVED
    # What was lived through replays.
    replayed = CliRunner().invoke(group, ["replay", str(tmp_path / "journal")])
    assert replayed.exit_code == 0, replayed.output
    reported = CliRunner().invoke(group, ["report", str(tmp_path / "journal"), "--json", "--section", "caps"])
    assert "a venue for tests" in json.loads(reported.stdout)["notes"][0], reported.output


@pytest.mark.soak
async def test_two_years_in_ten_minutes(tmp_path: Path) -> None:
    new_venue(tmp_path)
    began = time.monotonic()
    async with people_at(tmp_path, IN_TEN_MINUTES) as people:
        assert await two_years(people, by_the_clock(people)) == LIVED
    print(f"\n{time.monotonic() - began:.0f} s")
