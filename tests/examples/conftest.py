"""A venue under `general-2026`, as the examples ask for it, for all tests of a module; and how they are run there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.support.gateway.processes.live_venue import LiveVenue, live_venue
from tests.support.places import ROOT

EXAMPLES = ROOT / "examples"
MAX_SECONDS = 90


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue") / "my-venue") as live:
        yield live


class Program:
    """An example that runs, as its docstring says how."""

    def __init__(self, venue: LiveVenue, name: str, *options: str) -> None:
        command = [sys.executable, str(EXAMPLES / name), str(venue.directory), "--url", venue.url, *options]
        self.lines: list[str] = []
        self._running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        )

        # One that waits for what never comes ends as a failure.
        self._watchdog = threading.Timer(MAX_SECONDS, self._running.kill)
        self._watchdog.start()

    def until(self, beginning: str) -> str:
        """Read on to a line that begins so."""
        assert self._running.stdout is not None
        for line in self._running.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(beginning):
                return self.lines[-1]
        raise AssertionError(f"it ended without a line {beginning!r}:\n" + "\n".join(self.lines))

    def end(self) -> list[str]:
        """Let it end by itself; returns all that it printed."""
        assert self._running.stdout is not None
        try:
            self.lines += self._running.stdout.read().splitlines()
            assert self._running.wait(60) == 0, "\n".join(self.lines)
        finally:
            self.kill()
        return self.lines

    def kill(self) -> None:
        self._watchdog.cancel()
        if self._running.poll() is None:
            self._running.kill()
            self._running.wait()
        if self._running.stdout is not None:
            self._running.stdout.close()


def environment() -> dict[str, str]:
    """That of this process, with the source tree to import from."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def example(venue: LiveVenue, name: str, *options: str) -> list[str]:
    """Run an example to its end; returns what it printed."""
    return Program(venue, name, *options).end()
