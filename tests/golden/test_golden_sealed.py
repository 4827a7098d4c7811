"""Snapshot files of every core version since there are any: read for ever, with the numbers that the venue had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.vocabulary.codes import CORE_VERSION
from gateway.snapshots.folder import SNAPSHOT_FOLDER
from tests.golden.sealed import EXPECTED, FOLDER, facts

HERE = Path(__file__).parent
DIRECTORIES = sorted((HERE / FOLDER).iterdir())
FIRST_VERSION = 6
COUNTED_PRICES = ("v6", "v7", "v8")
"""Their venues counted a trade on channel `ticker` only if its price was another than that of the one before."""


def test_every_version_has_a_snapshot_file() -> None:
    """A landing that raises the version adds one: see README.md."""
    assert [path.name for path in DIRECTORIES] == [f"v{version}" for version in range(FIRST_VERSION, CORE_VERSION + 1)]


@pytest.mark.parametrize("directory", DIRECTORIES, ids=[path.name for path in DIRECTORIES])
def test_a_golden_snapshot_file_is_read_and_goes_on(directory: Path) -> None:
    expected = json.loads((directory / EXPECTED).read_text(encoding="utf-8"))
    found = facts(directory / SNAPSHOT_FOLDER, HERE / f"{directory.name}-everything")
    # A later release may have more channels.
    for part in ("channels", "channels_after"):
        if part in found:
            found[part] = {name: found[part].get(name) for name in expected[part]}
    for name, seq in expected.get("channels_after", {}).items() if "channels_after" in found else ():
        # Since the figures of 24 hours each trade counts, also one at the price before.
        if name.startswith("ticker ") and directory.name in COUNTED_PRICES:
            assert found["channels_after"][name] >= seq
            found["channels_after"][name] = seq
    assert {name: expected[name] for name in found} == found
