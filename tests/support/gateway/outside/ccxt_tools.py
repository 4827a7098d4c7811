"""`ccxt` itself, from PyPI, in an environment of its own below `build/`: installed once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.support.places import ROOT

CCXT: Final = "ccxt==4.5.90"
"""Exact, so that every machine tests with the same."""
FOLDER: Final = ROOT / "build" / "ccxt-tools"
SCRIPTS: Final = Path(__file__).parent
INSTALL_SECONDS: Final = 600
SECONDS: Final = 240


def installed() -> Path:
    """The Python that has it. Takes a minute the first time."""
    python, done = FOLDER / "bin" / "python", FOLDER / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != CCXT:
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True, timeout=INSTALL_SECONDS)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", CCXT]
        subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
        done.write_text(CCXT, encoding="utf-8")
    return python


def run(script: Path, *arguments: str) -> str:
    """Run a program with it; what it prints."""
    # What stands beside a script is nothing of its own.
    command = [str(installed()), "-P", str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def rows(script: str, *arguments: str) -> list[dict[str, Any]]:
    """What one of the scripts here prints: an object a line."""
    return [json.loads(line) for line in run(SCRIPTS / script, *arguments).splitlines() if line.startswith("{")]
