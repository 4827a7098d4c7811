"""`sbx control`: which venue it acts on, and what it refuses before any venue is asked."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import group
from gateway.identity import IDENTITY_FILE
from gateway.venue.running import RUNNING_FILE
from gateway.venue.template import write_default_venue
from tests.support.gateway.processes.live_venue import live_venue

NOWHERE = ("--url", "ws://127.0.0.1:1")
AT_ONCE = ("--reason", "x", "--yes")


def control(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["control", *map(str, arguments)], catch_exceptions=False)


def phase(directory: Path) -> str:
    shown = control("--venue", directory, "show", "instrument", "BTC/RUB")
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def assert_not_running(directory: Path) -> None:
    found = control("--venue", directory, "halt", "BTC/RUB", *AT_ONCE)
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"the venue in {directory} is not running; --url names one" in found.stderr


def test_a_directory_is_the_venue_that_runs_in_it_and_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, copy = tmp_path / "first", tmp_path / "copy"
    monkeypatch.setenv("SBX_URL", "ws://127.0.0.1:1")
    with live_venue(first) as venue:
        assert (first / RUNNING_FILE).stat().st_mode & 0o777 == 0o600
        assert "phase continuous" in phase(first)
        shutil.copytree(first, copy)
        assert_not_running(copy)
        with live_venue(copy) as other:
            assert other.url != venue.url
            halted = control("--venue", copy, "halt", "BTC/RUB", *AT_ONCE)
            assert halted.stdout.startswith(f"venue sandbox at {other.url}: move BTC/RUB from continuous to halted")
            assert "phase halted" in phase(copy)
            assert "phase continuous" in phase(first)
        assert not (copy / RUNNING_FILE).exists()
        assert_not_running(copy)
        venue.process.kill()
        venue.process.wait(20)
        assert (first / RUNNING_FILE).exists()
        assert_not_running(first)
    with live_venue(first):
        assert "phase continuous" in phase(first)


@pytest.mark.parametrize(
    "percent", ["0.00001", "12.00001", "nan", "inf", "-1", "100.0001", "101", "1e1", "", "٣", "5\n"]
)
def test_a_share_that_would_be_rounded_or_is_none_is_refused(percent: str) -> None:
    found = control(*NOWHERE, "freeze", *AT_ONCE, "--", "USDT", percent)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "is no percentage: 0 to 100, with up to 4 decimals" in found.stderr


@pytest.mark.parametrize(("mode", "text", "said"), [(0o644, None, "chmod 600"), (0o600, "x", "is no secret")])
def test_a_secret_that_cannot_be_used_is_told_of(tmp_path: Path, mode: int, text: str | None, said: str) -> None:
    write_default_venue(tmp_path / "venue", datetime.datetime.now(tz=datetime.UTC).date())
    secret = tmp_path / "venue" / IDENTITY_FILE
    if text is not None:
        secret.write_text(text, encoding="utf-8")
    secret.chmod(mode)
    linted = CliRunner().invoke(group, ["lint", str(tmp_path / "venue")], catch_exceptions=False)
    for found in (control("--venue", tmp_path / "venue", "halt", "BTC/RUB", *AT_ONCE), linted):
        assert (found.exit_code, found.stdout) == (2, "")
        assert said in found.stderr


def test_what_is_no_key_is_told_of(tmp_path: Path) -> None:
    for name, content, said in (
        ("text", b"root:x:0:0\n", "is not an unencrypted PEM private key"),
        ("binary", b"\xff\x00", "is not an unencrypted PEM private key"),
        ("missing", None, "does not exist"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        found = control(*NOWHERE, "--key", tmp_path / name, "halt", "BTC/RUB", *AT_ONCE)
        assert (found.exit_code, found.stdout) == (2, "")
        assert f"{tmp_path / name} {said}" in found.stderr
