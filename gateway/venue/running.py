"""Where a venue answers while it runs: a file in its directory, held by the process that serves it.

It counts only while it is held. So neither what a killed process left nor a copy of the directory names a venue.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.disk import DISK, UNFINISHED_SUFFIX, discard, write_all

RUNNING_FILE: Final = "running.url"
MAX_URL_BYTES: Final = 1_024
"""A host name has at most 255 characters."""


@contextmanager
def running_at(directory: Path, url: str, metrics: str = "") -> Iterator[None]:
    """Let the file of a directory name an address, and that of its metrics if there are some, until the end.

    Raises:
        OSError: it can't be written.
    """
    path = directory / RUNNING_FILE
    unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
    descriptor = DISK.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        # Whole and held before it has its name. Nothing is synced: after a power cut nobody holds it.
        DISK.lock(descriptor)
        write_all(descriptor, "\n".join([url, *([metrics] if metrics else [])]).encode())
        DISK.rename(unfinished, path)
        yield
    finally:
        # What can't be removed is not held either.
        with suppress(OSError):
            discard(path)
        DISK.close(descriptor)


def running_url(directory: Path) -> str | None:
    """Where the venue of a directory answers; None: it is not running.

    Raises:
        OSError: the file can't be read.
    """
    return running_at_urls(directory)[0]


def running_at_urls(directory: Path) -> tuple[str | None, str | None]:
    """Where the venue of a directory answers, and where its metrics are; None: it is not running, or has none.

    Raises:
        OSError: the file can't be read.
    """
    try:
        descriptor = DISK.open(directory / RUNNING_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return None, None
    try:
        if not DISK.is_held(descriptor):
            return None, None
        url, _, metrics = DISK.read_at(descriptor, MAX_URL_BYTES, 0).decode().partition("\n")
        return url, metrics or None
    finally:
        DISK.close(descriptor)
