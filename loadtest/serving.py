"""A venue as a process of its own: started, asked for its URL, stopped in order."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 20.0
OWN_COMMAND: Final = (
    sys.executable,
    # The installed package, not a source tree that happens to be the current directory.
    "-P",
    "-m",
    "gateway.cli",
    "serve",
)


class ServingError(Exception):
    """The venue did not start, or ended; the message has its own words."""


class Served(NamedTuple):
    """A running venue."""

    url: str
    pid: int
    facts: dict[str, Any]
    """What `sbx serve --json` said when it was ready."""


_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG: Final = 1


def _end_with_parent() -> None:
    """Have the system end this process when its parent is killed: nobody else would."""
    if _LIBC is not None:
        # Not asked to end: a process that is stopped (`sbx load --pause`) would not hear it.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _facts(line: bytes) -> dict[str, Any]:
    """What a venue says when it is ready."""
    try:
        facts: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise ServingError(f"what was started is no venue: it said {line[:80]!r}") from error
    return facts


@asynccontextmanager
async def serving(
    directory: Path,
    *,
    command: Sequence[str] = OWN_COMMAND,
    options: Sequence[str] = (),
    cores: Sequence[int] = (),
    start_timeout_s: float = START_TIMEOUT_S,
) -> AsyncIterator[Served]:
    """Run a venue on a directory, then stop it in order.

    Args:
        directory: of the venue file.
        command: what runs it, as `sbx serve` does.
        options: further ones of `sbx serve`.
        cores: those it may use; none: all.
        start_timeout_s: it may take so long to start.

    Raises:
        ServingError: it does not come up, or ends with a failure.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            str(directory),
            "--json",
            *options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_end_with_parent,
        )
    except OSError as error:
        raise ServingError(f"the venue can't be started by {' '.join(command)}: {error}") from error
    with suppress(ProcessLookupError):
        os.sched_setaffinity(process.pid, cores or os.sched_getaffinity(0))
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), start_timeout_s)
        except TimeoutError as error:
            raise ServingError(f"the venue did not start within {start_timeout_s:.0f} s") from error
        if not line:
            raise ServingError(f"the venue did not start: {(await errors).decode(errors='replace').strip()}")
        facts = _facts(line)
        yield Served(facts["url"], process.pid, facts)
        if process.returncode is not None:
            raise ServingError(f"the venue ended by itself: {(await errors).decode(errors='replace').strip()}")
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise ServingError(f"the venue did not stop within {STOP_TIMEOUT_S:.0f} s, and was killed") from error
    if process.returncode != 0:
        raise ServingError(
            f"the venue ended with status {process.returncode}: {(await errors).decode(errors='replace')}"
        )
