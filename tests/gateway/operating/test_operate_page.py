"""docs/OPERATE.md: its commands run on a venue that runs, its unit is one of systemd, its dashboard asks for metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway.processes.live_venue import live_venue
from tests.support.gateway.venues.small_venue import serve_command
from tests.support.places import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="needs the source tree")

PAGE = ROOT / "docs" / "OPERATE.md"
UNIT = ROOT / "packaging" / "systemd" / "sandbox-exchange@.service"
DASHBOARD = ROOT / "packaging" / "grafana" / "sandbox-exchange.json"
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
STOPPED = 3
SECONDS = 120


def commands_of(section: str) -> list[str]:
    """The commands of a section of the page, one by one."""
    text = PAGE.read_text(encoding="utf-8")
    (part,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return [line for block in BLOCK.findall(part) for line in block.splitlines()]


def run(directory: Path, *sections: str) -> list[tuple[str, int, str]]:
    """Run the commands of sections; each with its exit status and what it printed."""
    sbx = f'sbx() {{ "{sys.executable}" -m gateway.cli "$@"; }}; '
    found = []
    for section in sections:
        commands = commands_of(section)
        assert commands, section
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", sbx + command],
                cwd=directory,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode in (0, STOPPED), (command, done.stderr, done.stdout)
            found.append((command, done.returncode, done.stdout))
    return found


def started(directory: Path) -> dict[str, Any]:
    """Start a venue and stop it; what it said when it was ready."""
    with subprocess.Popen([*serve_command(directory), "--json", "--port", "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            facts: dict[str, Any] = json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(SECONDS)
    return facts


def test_each_command_does_what_is_said(tmp_path: Path) -> None:
    venue = tmp_path / "my-venue"
    venue.mkdir()
    with live_venue(venue, follower=True, metrics=True):
        run(tmp_path, "How it is", "What it does now")
        backup = run(tmp_path, "Backup")
        seq = json.loads(run(tmp_path, "How it is")[1][2])["seq"]
        assert not any(status for _, status, _ in backup)
    *_, status = run(tmp_path, "Restore")
    assert status[1] == STOPPED and json.loads(status[2])["state"] == "stopped"
    # As far as the venue had come: it has had no command since.
    facts = started(tmp_path / "restored")
    assert facts["recovered"] == seq and facts["snapshot"]
    *_, status = run(tmp_path, "A new session")
    assert json.loads(status[2])["state"] == "not_begun"
    facts = started(tmp_path / "restored")
    assert facts["recovered"] == 0 and facts["accounts"] > 0 and facts["notes"] == []
    # The old session is read as ever.
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "verify", str(tmp_path / "archive")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_one_of_systemd(tmp_path: Path) -> None:
    unit = tmp_path / "sandbox-exchange@main.service"
    text = UNIT.read_text(encoding="utf-8")
    program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert program is not None
    # It is not installed here.
    unit.write_text(text.replace(program[1], sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, ""), done.stderr
    unit.write_text(text.replace(program[1], "/nowhere/sbx"), encoding="utf-8")
    assert subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, check=False).returncode != 0


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    page = (ROOT / "docs" / "METRICS.md").read_text(encoding="utf-8")
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:sbx|process)_[a-z_]+", target["expr"])
    }
    assert len(asked) > 15
    known = set(re.findall(r"`((?:sbx|process)_[a-z_]+)`", page))
    assert {name.removesuffix("_bucket") for name in asked} <= known
