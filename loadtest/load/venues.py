"""Venues to load: one of our own, written, started and stopped, or one that runs already."""

from __future__ import annotations

import asyncio
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from subprocess import run
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

from engine.build import is_compiled
from engine.vocabulary.codes import CORE_VERSION
from gateway.venue.load_template import write_load_venue
from gateway.venue.venue import Venue
from loadtest.load.results.result import VenueFacts
from loadtest.load.target import LoadError, Target, instruments, read_venue
from loadtest.serving import OWN_COMMAND, Served, ServingError, serving

SERVE: Final = "serve"
NATIVE: Final = Path(".venv-native/bin/sbx")
"""Where `make demo` puts the compiled build."""
START_TIMEOUT_S: Final = 300.0
"""A venue with a long journal replays it first."""
TIMEOUT_S: Final = 5.0


@dataclass(frozen=True)
class Wanted:
    """Which venue to load."""

    url: str = ""
    """Of one that runs already; empty: start one."""
    directory: Path | None = None
    """Of a venue that exists, with its keys; None: write one."""
    keep: Path | None = None
    """Where to write it, so that it stays; None: for the time of the run."""
    metrics_url: str = ""
    serve: tuple[str, ...] = ()
    """What starts it; empty: the compiled build if there is one, else this."""
    durability: str = "fsync"
    rulebook: str = "general-2026"
    participants: int = 500
    instruments: int = 20
    seed: int = 1
    lifted: bool = True
    """Whether the venue that is written limits nobody's rates; if not, it is as one that knows nothing of its clients."""
    cores: tuple[int, ...] = ()
    """Those it may use; none: all."""


@cache
def serve_command() -> tuple[str, ...]:
    """What starts a venue here: this installation, or the compiled one beside it if only that is compiled."""
    if not is_compiled() and NATIVE.exists():
        asked = run([NATIVE, "version", "--json"], capture_output=True, check=False)
        if asked.returncode == 0 and msgspec.json.decode(asked.stdout).get("build") == "compiled":
            return str(NATIVE), SERVE
    return OWN_COMMAND


def replay_command(serve: Sequence[str]) -> tuple[str, ...]:
    """What replays the journal of a venue that a command started: the same program."""
    if serve and serve[-1] == SERVE:
        return (*serve[:-1], "replay")
    return (*OWN_COMMAND[:-1], "replay")


@asynccontextmanager
async def target_for(wanted: Wanted) -> AsyncIterator[Target]:
    """Find or start a venue; one of our own is stopped afterwards.

    Raises:
        LoadError: it is not there, or does not start, or broke off.
        VenueError: its file can't be used, or none can be written there.
    """
    if wanted.url:
        assert wanted.directory is not None
        yield _running(wanted, wanted.directory)
        return
    with tempfile.TemporaryDirectory(prefix="sbx-load-") as temporary:
        directory = wanted.directory or wanted.keep or Path(temporary, "venue")
        if wanted.directory is None:
            write_load_venue(
                directory,
                datetime.now(UTC).date(),
                rulebook=wanted.rulebook,
                port=0,
                participants=wanted.participants,
                instruments=wanted.instruments,
                seed=wanted.seed,
                lifted=wanted.lifted,
            )
        try:
            async with AsyncExitStack() as running:
                served = await running.enter_async_context(_started(wanted, directory))
                venue = read_venue(directory)
                yield Target(
                    directory,
                    venue,
                    _facts(wanted, served, venue),
                    pid=served.pid,
                    metrics_url=served.facts.get("metrics"),
                    # Stopped early, so that its journal can be looked at before the directory goes.
                    stop=running.aclose,
                )
        except ServingError as error:
            raise LoadError(str(error)) from error


@asynccontextmanager
async def _started(wanted: Wanted, directory: Path) -> AsyncIterator[Served]:
    """Start a venue, with its metrics if it knows how."""
    command = wanted.serve or serve_command()
    options = ["--port", "0", "--durability", wanted.durability]
    asked = await asyncio.to_thread(run, [*command, "--help"], capture_output=True, check=False)
    if b"--metrics-port" in asked.stdout:
        options += ["--metrics-port", "0"]
    if b"--no-follower" in asked.stdout:
        # What is measured is the venue, on a core of its own; its follower would be on that, too.
        options.append("--no-follower")
    async with serving(
        directory, command=command, options=options, cores=wanted.cores, start_timeout_s=START_TIMEOUT_S
    ) as served:
        yield served


def _facts(wanted: Wanted, served: Served, venue: Venue) -> VenueFacts:
    return VenueFacts(
        url=served.url,
        version=str(served.facts.get("version", "")),
        build=served.facts["build"],
        durability=served.facts["durability"],
        rulebook=served.facts["rulebook"],
        core_version=CORE_VERSION,
        participants=len(venue.participants),
        instruments=served.facts["instruments"],
        is_own=True,
        command=list(wanted.serve or serve_command()),
        pinned=list(wanted.cores),
    )


def _running(wanted: Wanted, directory: Path) -> Target:
    """A venue that runs already, as it describes itself."""
    health = _health(wanted.url)
    venue = read_venue(directory)
    if health["venue"] != venue.venue_id:
        raise LoadError(f"{wanted.url} is the venue {health['venue']!r}, {directory} that of {venue.venue_id!r}")
    facts = VenueFacts(
        url=wanted.url,
        version="",
        build="unknown",
        durability=health["durability"],
        rulebook=health["rulebook"],
        core_version=health["core_version"],
        participants=len(venue.participants),
        instruments=len(instruments(venue)),
        is_own=False,
    )
    if wanted.metrics_url:
        _answers(wanted.metrics_url)
    return Target(directory, venue, facts, pid=None, metrics_url=wanted.metrics_url or None)


def _answers(metrics_url: str) -> None:
    """Raise `LoadError` if there are no metrics at an address."""
    try:
        with urllib.request.urlopen(metrics_url, timeout=TIMEOUT_S) as reply:
            reply.read()
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise LoadError(f"no metrics at {metrics_url}: {error}; `sbx serve DIR --metrics-port N` has some") from error


def _health(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    address = urlunsplit(("https" if parts.scheme == "wss" else "http", parts.netloc, "/health", "", ""))
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as reply:
            found: dict[str, Any] = msgspec.json.decode(reply.read())
    except (OSError, urllib.error.URLError, msgspec.DecodeError, ValueError) as error:
        raise LoadError(f"no venue answers at {url}: {error}; start one with `sbx serve DIR`") from error
    return found


def split_cores(is_wanted: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The cores of the venue and of the generators: the first for it, the rest for them; with a single one: all shared."""
    cores = sorted(os.sched_getaffinity(0))
    if not is_wanted or len(cores) < 2:
        return (), ()
    return (cores[0],), tuple(cores[1:])
