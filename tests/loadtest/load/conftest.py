from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.venue.load_template import write_load_venue
from loadtest.serving import serving


@pytest.fixture
async def served_load_venue(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A small venue to load that runs: its URL and directory."""
    directory = tmp_path / "served"
    today = datetime.datetime.now(datetime.UTC).date()
    write_load_venue(directory, today, rulebook="general-2026", port=0, participants=6, instruments=4, seed=1)
    async with serving(directory, options=["--no-follower"]) as served:
        yield served.url, directory
