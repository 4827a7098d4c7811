"""A command of `sbx` as a process beside a venue: started once it listens, ended before it stops.

Simulated participants, and surveillance. What runs is a command by its name, whoever installed it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

import gateway
from gateway.printable import printable

PARTICIPANTS: Final = "participants"
SURVEILLANCE: Final = "surveil"
_LOGGER: Final = logging.getLogger("gateway.beside")
AGAIN_SECONDS: Final = 5.0
"""From an end that nobody wanted to the next start."""
LEAVE_SECONDS: Final = 8.0
"""Participants take their orders back first; what takes longer is killed."""


def check(directory: Path) -> None:
    """See that somebody can make a market. Raises `ClickException` with what is missing."""
    found = subprocess.run(
        [*_command(PARTICIPANTS), str(directory), "--check"],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
    )
    if found.returncode != 0:
        raise click.ClickException(found.stderr.strip().removeprefix("Error: ") + "\nNothing was started.")


class BesideProcess:
    """Runs a command from `begin` to `end`.

    Args:
        command: which one. It takes the venue's directory and these options, and --with-parent: it ends when its input is closed.
        directory: of the venue.
        url: where it answers.
        options: of the command.
    """

    def __init__(self, command: str, directory: Path, url: str, options: list[str]) -> None:
        self._name: Final = command
        self._arguments: Final = [*_command(command), str(directory), "--url", url, "--with-parent", *options]
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start it; whenever it ends by itself it is started again."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def end(self) -> None:
        """Let it finish what it has begun, and go."""
        task, process = self._task, self._process
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._once()
            except OSError as error:
                _LOGGER.error("sbx %s can't be started: %s", self._name, error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            # Ctrl-C in the terminal is for the venue, which then ends it.
            start_new_session=True,
        )
        self._process = process
        assert process.stderr is not None
        async for line in process.stderr:
            _LOGGER.info("%s: %s", self._name, printable(line.decode(errors="replace").strip()))
        _LOGGER.error(
            "sbx %s ended with status %s; it is started again in %.0f s",
            self._name,
            await process.wait(),
            AGAIN_SECONDS,
        )


def _command(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", "gateway.cli", name]


def _environment() -> dict[str, str]:
    """The very code that the venue runs, wherever that was found; and not whatever lies in the working directory."""
    source = Path(gateway.__file__).resolve().parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), *filter(None, [os.environ.get("PYTHONPATH")])])}
