"""A real venue for tests: the default one, under `general-2026`, served by a process of its own on a free port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.venue.template import write_default_venue


@dataclass
class LiveVenue:
    directory: Path
    url: str
    process: subprocess.Popen[bytes]
    follower: int | None = None
    """The process id of its follower."""

    def key(self, participant: str) -> Path:
        return self.directory / "keys" / f"{participant}.pem"


@contextmanager
def live_venue(
    directory: Path,
    rulebook: str = "general-2026",
    port: int = 0,
    *,
    follower: bool = False,
    settings: str = "",
    options: tuple[str, ...] = (),
    metrics: bool = False,
) -> Iterator[LiveVenue]:
    """Write the default venue if there is none yet, serve it, with its follower if one is wanted, and stop it in order.

    With `metrics` it has a port for them. `settings` go into its section `[server]`, `options` are of `sbx serve`.
    """
    if not (directory / "venue.toml").exists():
        write_default_venue(directory, datetime.now(UTC).date(), rulebook)
        file = directory / "venue.toml"
        file.write_text(
            file.read_text(encoding="utf-8").replace("[server]\n", f"[server]\n{settings}\n"), encoding="utf-8"
        )
    command = [sys.executable, "-m", "gateway.cli", "serve", str(directory), "--port", str(port), "--json"]
    command += ["--follower" if follower else "--no-follower", *options]
    command += ["--metrics-port", "0"] if metrics else []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the venue did not start"
            facts = json.loads(line)
            yield LiveVenue(directory, facts["url"], process, facts["follower"])
        finally:
            process.terminate()
            process.wait(20)
