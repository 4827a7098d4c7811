"""Syncing a frame of the journal beside what the venue does next: in a thread, which needs no interpreter while it waits for the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Protocol

from gateway.disk import DISK, Disk


class Beside(Protocol):
    """Who syncs beside."""

    def begin(self, descriptor: int) -> None:
        """Sync what is open. One at a time: the one before was ended."""

    def end(self) -> int:
        """Wait until that is done; returns how many nanoseconds it took. Raises `OSError` if the disk failed."""

    def close(self) -> None:
        """Sync nothing more. Does not wait for a disk that hangs."""


class SyncThread:
    """Syncs in a thread of its own.

    Not one of the loop's: the loop waits for those when it ends, and with them for a disk that hangs.
    """

    def __init__(self, tell: Callable[[], None], disk: Disk = DISK) -> None:
        """Begin; `tell` is called in the thread when a sync is done, well or not."""
        self._tell: Final = tell
        self._disk: Final = disk
        self._asked: Final[SimpleQueue[int | None]] = SimpleQueue()
        self._done: Final[SimpleQueue[tuple[int, Exception | None]]] = SimpleQueue()
        threading.Thread(target=self._run, name="journal sync", daemon=True).start()

    def begin(self, descriptor: int) -> None:
        """Sync what is open, in the thread."""
        self._asked.put(descriptor)

    def end(self) -> int:
        """Wait until that is done; returns how many nanoseconds it took. Raises whatever the disk raised."""
        took_ns, error = self._done.get()
        if error is not None:
            raise error
        return took_ns

    def close(self) -> None:
        """End the thread when it has nothing to do."""
        self._asked.put(None)

    def _run(self) -> None:
        while (descriptor := self._asked.get()) is not None:
            began_ns, failed = time.monotonic_ns(), None
            try:
                self._disk.sync(descriptor)
            except Exception as error:  # noqa: BLE001 - whoever ends the sync raises it
                failed = error
            self._done.put((time.monotonic_ns() - began_ns, failed))
            self._tell()
