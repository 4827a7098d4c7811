"""The small venue in a process of its own, which is killed, may lose the end of its journal, and is started again."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.gateway.journal.journals import frame_offsets
from tests.support.gateway.venues.small_venue import served_apart


class MortalVenue:
    """Started with `async with`; ended in order at the end, if it runs."""

    def __init__(self, directory: Path, durability: str = "os") -> None:
        self.directory = directory
        self.url = ""
        self._durability = durability
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._stack.close)

    async def start(self) -> None:
        """Serve what the directory holds, at a new URL."""
        serving = served_apart(self.directory, "--durability", self._durability)
        self.url, self._process = await asyncio.to_thread(self._stack.enter_context, serving)

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        await asyncio.to_thread(self._stack.close)

    def segment(self) -> Path:
        """The last segment of the journal."""
        return max((self.directory / "journal").glob("journal-*"))

    def frames(self) -> int:
        """How many frames the last segment holds."""
        return len(frame_offsets(self.segment().read_bytes()))

    def lose_tail(self, frames: int) -> None:
        """Cut off the last frames, as a crash of the machine does to what the system had not yet written. Only while it is dead."""
        path = self.segment()
        data = path.read_bytes()
        # The first two are the header, and what sets the venue up.
        offsets = frame_offsets(data)[2:]
        path.write_bytes(data[: offsets[-min(frames, len(offsets))]] if offsets and frames else data)
        # What says elsewhere how far the journal came was written no earlier.
        (path.parent / "head").unlink(missing_ok=True)
