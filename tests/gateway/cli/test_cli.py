"""The `sbx` group itself: quick help, no command imported before it is called for, no `python -O`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from gateway.cli.main import ENTRY_POINTS, SUMMARIES, LazyGroup, group
from tests.support.places import ROOT


def run_module(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_command_without_importing_one() -> None:
    code = "import sys, gateway.cli; sys.argv = ['sbx', '--help']\n"
    code += "try: gateway.cli.main()\nexcept SystemExit: print([m for m in sys.modules if m.startswith('loadtest')])"
    run = run_module("-c", code)
    assert run.returncode == 0, run.stderr
    for name, summary in SUMMARIES.items():
        assert f"  {name}" in run.stdout
        assert summary.split()[0] in run.stdout
    assert run.stdout.endswith("[]\n")


def test_a_venue_imports_what_it_needs() -> None:
    """Each start would wait for the rest: for what draws on a terminal, reads pages, or speaks for a client."""
    code = "import sys; from gateway.cli.main import group; group.get_command(None, 'serve'); print(*sys.modules)"
    imported = {name.partition(".")[0] for name in run_module("-c", code).stdout.split()}
    assert {"uvloop", "picows"} <= imported
    assert not imported & {"rich", "structlog", "websockets", "prometheus_client", "aiohttp", "numpy", "loadtest"}


def test_module_is_the_command() -> None:
    run = run_module("-m", "gateway.cli", "keys", "--help")
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: sbx keys")


def test_optimised_python_is_refused() -> None:
    run = run_module("-O", "-m", "gateway.cli", "version")
    assert run.returncode == 1
    assert "strip the assertions that guard the venue" in run.stderr


def test_unknown_command_is_a_usage_error() -> None:
    run = CliRunner().invoke(group, ["trade"])
    assert run.exit_code == 2
    assert "No such command 'trade'" in run.output


@pytest.fixture
def installed(monkeypatch):
    """What the group finds installed; a test changes it."""
    entry_points = dict(group.entry_points)
    monkeypatch.setattr(group, "entry_points", entry_points)
    return entry_points


def test_every_command_has_an_entry_point_and_a_summary():
    assert isinstance(group, LazyGroup)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][ENTRY_POINTS]
    assert list(declared) == list(SUMMARIES)
    assert {name: group.entry_points[name].value for name in SUMMARIES} == declared


def test_a_distribution_can_add_a_command(installed):
    installed["again"] = EntryPoint("again", "gateway.cli.version:command", ENTRY_POINTS)
    lines = CliRunner().invoke(group, ["--help"]).output.splitlines()
    assert lines[-2] == "Installed beside it:"
    assert lines[-1].split()[0] == "again"
    assert (
        CliRunner().invoke(group, ["again", "--json"]).output == CliRunner().invoke(group, ["version", "--json"]).output
    )


@pytest.mark.parametrize("arguments", [["--help"], ["keys", "new", "alice"]])
def test_an_installation_without_entry_points_says_what_to_do(installed, arguments):
    del installed["keys"]
    run = CliRunner().invoke(group, arguments)
    assert run.exit_code == 1
    assert "does not know the command keys" in run.output
    assert "pip install --editable" in run.output


def test_an_entry_point_of_a_module_that_moved_says_what_to_do(installed):
    installed["keys"] = EntryPoint("keys", "gateway.keys_cli:command", ENTRY_POINTS)
    run = CliRunner().invoke(group, ["keys", "--help"])
    assert run.exit_code == 1
    assert "Install it again" in run.output
