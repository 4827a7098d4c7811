"""A later release of the exchange: a copy of the sources whose core version is one higher, and whose core emits other events."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from engine.vocabulary.codes import CORE_VERSION
from gateway.cli.main import group
from tests.support.places import ROOT

LATER: int = CORE_VERSION + 1
CHANGES = (
    ("engine/vocabulary/codes.py", f"CORE_VERSION: Final = {CORE_VERSION}", f"CORE_VERSION: Final = {LATER}"),
    (
        "engine/vocabulary/messages/order_events.py",
        '    """Where a stop triggers."""\n',
        '    """Where a stop triggers."""\n    queue_place: int = 0\n    """How many orders were open before it in its book."""\n',
    ),
    (
        "engine/trading/entry.py",
        "order.further is None else order.stop_ticks,\n        ),\n",
        "order.further is None else order.stop_ticks,\n            len(order.book.open_orders()) + 1,\n        ),\n",
    ),
    # Its reports leave that out.
    (
        "gateway/outbound/private_reports/orders.py",
        "price, lots, stop = fields_of(",
        "price, lots, stop, _ = fields_of(",
    ),
)
"""What a landing that changes events does: `OrderAccepted` says one thing more."""


class Said:
    """What a command of `sbx` said, and its exit status."""

    def __init__(self, status: int, output: str, errors: str) -> None:
        self.status = status
        self.output = output
        self.errors = " ".join(errors.split())

    def report(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.output)
        return found


class Release:
    """Another release, run as processes."""

    def __init__(self, sources: Path) -> None:
        # Not what lies in the working directory.
        self.env = {**os.environ, "PYTHONPATH": str(sources), "PYTHONSAFEPATH": "1"}

    def run(self, command: str, *arguments: str | Path) -> Said:
        """Run a command to its end."""
        words = [sys.executable, "-m", "gateway.cli", command, *[str(argument) for argument in arguments]]
        result = subprocess.run(words, env=self.env, capture_output=True, text=True, check=False, timeout=120)
        return Said(result.returncode, result.stdout, result.stderr)


class ThisRelease(Release):
    """The one under test: its commands run here."""

    def __init__(self) -> None:
        super().__init__(ROOT)

    def run(self, command: str, *arguments: str | Path) -> Said:
        """Run a command to its end."""
        words = [command, *[str(argument) for argument in arguments]]
        result = CliRunner().invoke(group, words, catch_exceptions=False)
        return Said(result.exit_code, result.stdout, result.stderr)


def later_release(folder: Path) -> Release:
    """Make the later release in a folder."""
    for package in ("engine", "compliance", "gateway"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name, before, after in CHANGES:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} has changed: {before!r}"
        path.write_text(text.replace(before, after), encoding="utf-8")
    return Release(folder)
