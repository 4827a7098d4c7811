"""The `sbx` group itself: quick help, no command imported before it is called for, no `python -O`."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from gateway.cli.main import COMMANDS, group


def run_module(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_command_without_importing_one() -> None:
    code = "import sys, gateway.cli; sys.argv = ['sbx', '--help']\n"
    code += "try: gateway.cli.main()\nexcept SystemExit: print([m for m in sys.modules if m.startswith('loadtest')])"
    run = run_module("-c", code)
    assert run.returncode == 0, run.stderr
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in run.stdout
        assert summary.split()[0] in run.stdout
    assert run.stdout.endswith("[]\n")


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
