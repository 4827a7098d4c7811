"""`sbx load` as people run it, small."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SMALL = ("--participants", "6", "--instruments", "4", "--warm-up", "300ms", "--connections", "4", "--json")


def load(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run it on a small venue, interpreted; `--json` is among the arguments already."""
    serve = ("--serve", f"{sys.executable} -P -m gateway.cli serve") if "--url" not in arguments else ()
    command = [sys.executable, "-m", "gateway.cli", "load", *SMALL, *serve, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def loaded(*arguments: str) -> dict[str, Any]:
    """Its result; the command must have succeeded."""
    done = load(*arguments)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def slower_than(run: dict[str, Any], nanoseconds: int) -> int:
    """How many requests of the measured seconds took longer, by the buckets of the heat map."""
    from loadtest.load.results.result import HEAT_BOUNDS_NS

    place = sum(bound <= nanoseconds for bound in HEAT_BOUNDS_NS)
    return sum(sum(second["heat"][place:]) for second in run["timeline"] if not second["is_warm_up"])
