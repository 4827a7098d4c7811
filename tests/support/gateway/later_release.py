"""A later release of the exchange: a copy of the sources whose core version is one higher, and whose core emits other events."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from engine.vocabulary.codes import CORE_VERSION
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
        "            order.stop_ticks,\n        ),\n",
        "            order.stop_ticks,\n            len(order.book.open_orders()) + 1,\n        ),\n",
    ),
)
"""What a landing that changes events does: `OrderAccepted` says one thing more."""


class Release:
    """One release, run as processes."""

    def __init__(self, sources: Path) -> None:
        self.env = {**os.environ, "PYTHONPATH": str(sources)}

    def run(self, command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of `sbx` to its end."""
        code = f"import sys; from gateway.cli.{command} import command; command(sys.argv[1:])"
        words = [sys.executable, "-c", code, *[str(argument) for argument in arguments]]
        return subprocess.run(words, env=self.env, capture_output=True, text=True, check=False, timeout=120)


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


def this_release() -> Release:
    """The one under test."""
    return Release(ROOT)
