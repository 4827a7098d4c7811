"""The core's journals replay to the same events in other processes: hash seeds, recursion limits, other Pythons."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.vocabulary.codes import CORE_VERSION
from tests.golden.facts import EXPECTED

HERE = Path(__file__).parent
JOURNALS = sorted(HERE.glob(f"v{CORE_VERSION}*"))
# Deep enough for the command line's own libraries.
SHALLOW = 160
REPLAY = "import sys; sys.setrecursionlimit({}); from gateway.cli.recordings.replay import command; command()"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SECONDS = 600


def replayed_digest(python: str, journal: Path, limit: int, hash_seed: str, cwd: Path) -> str:
    """The digest of the events as another process replays them."""
    output = subprocess.run(
        [python, "-c", REPLAY.format(limit), str(journal), "--json"],
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        timeout=SECONDS,
    ).stdout
    found = json.loads(output)
    assert found["status"] == "equal"
    return str(found["replayed_digest"])


def expected_digest(journal: Path) -> str:
    return str(json.loads((journal / EXPECTED).read_text(encoding="utf-8"))["replayed"]["events_digest"])


@pytest.mark.parametrize(("hash_seed", "limit"), [("1", 1_000), ("2", SHALLOW)])
def test_another_hash_seed_or_recursion_limit_changes_nothing(hash_seed, limit):
    for journal in JOURNALS:
        found = replayed_digest(sys.executable, journal, limit, hash_seed, HERE.parents[1])
        assert found == expected_digest(journal), journal.name


def other_python(version: str) -> str | None:
    """The path of another Python, in the search path or where pyenv keeps them; None: there is none that runs."""
    kept = (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}")
    for found in (*(str(path) for path in kept), shutil.which(f"python{version}")):
        if found is not None and subprocess.run([found, "--version"], check=False, capture_output=True).returncode == 0:
            return found
    return None


# An environment of its own is made: half a minute.
@pytest.mark.interop
@pytest.mark.parametrize(
    "version", [each for each in PYTHONS if each != f"{sys.version_info[0]}.{sys.version_info[1]}"]
)
def test_another_python_replays_the_same(version, tmp_path):
    python = other_python(version)
    if python is None:
        pytest.skip(f"no Python {version} found")
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True, timeout=SECONDS)
    own = str(tmp_path / "venv" / "bin" / "python")
    # A copy: what an installation leaves behind stays out of the source tree.
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(HERE.parents[1]), str(source)], check=True, timeout=SECONDS)
    environment = {**os.environ, "SBX_NATIVE": "0"}
    subprocess.run([own, "-m", "pip", "install", "--quiet", str(source)], check=True, timeout=SECONDS, env=environment)
    for journal in JOURNALS:
        assert replayed_digest(own, journal, SHALLOW, "3", tmp_path) == expected_digest(journal), journal.name
