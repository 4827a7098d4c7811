"""Two builds under the same load: the same one can't be told from itself, a slower one can, and by how much."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.loadtest.loads import load

SLOW_SERVE = Path(__file__).parents[2] / "support" / "loadtest" / "slow_serve.py"
ADDED_US = 50


def compared(tmp_path: Path, beside: str) -> dict[str, Any]:
    """Ten pairs of runs on a venue as it is and on another one."""
    files = [str(tmp_path / name) for name in ("a.json", "b.json")]
    options = (
        "--rate",
        "1000",
        "--seconds",
        "2",
        "--repeat",
        "10",
        "--no-books",
        "--no-replay",
        "--arrivals",
        "constant",
    )
    done = load(*options, "--beside", beside, "--out", files[0], "--beside-out", files[1], timeout=300)
    assert done.returncode == 0, done.stderr
    told = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "load", "compare", *files, "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


# Twenty runs each: two minutes.
@pytest.mark.soak
def test_a_build_can_not_be_told_from_itself(tmp_path):
    found = compared(tmp_path, f"{sys.executable} {SLOW_SERVE} 0")
    assert found["verdict"] == "cannot tell", found


@pytest.mark.soak
def test_a_build_that_takes_longer_is_worse_by_as_much(tmp_path):
    found = compared(tmp_path, f"{sys.executable} {SLOW_SERVE} {ADDED_US}")
    assert found["verdict"] == "worse", found
    p50 = next(each for each in found["figures"] if each["name"].startswith("p50"))
    assert p50["verdict"] == "worse"
    assert 0.6 * ADDED_US * 1_000 <= p50["difference"] <= 2.0 * ADDED_US * 1_000
