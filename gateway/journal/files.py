"""Files the way the journal needs them: written whole, synced, and their directory with them."""

from __future__ import annotations

import fcntl
import os
import re
import time
import traceback
from pathlib import Path
from typing import Final

import msgspec

from engine.vocabulary.messages.commands import Sequenced

SEGMENT_SUFFIX: Final = ".sbxj"
_SEGMENT: Final = re.compile(r"journal-(\d{8})\.sbxj")
UNFINISHED_SUFFIX: Final = ".new"
"""Of a segment whose header is not yet synced: it gets its name afterwards, and is thrown away after a crash."""

SYNC_SAMPLES: Final = 7
SYNC_SAMPLE_BYTES: Final = 4_096
"""What a batch of a few commands takes."""


class JournalError(Exception):
    """The journal cannot be used as it is; the message says why and what to do."""


class JournalLocked(JournalError):
    """Another process has the journal open."""


class Disk:
    """Writing and syncing, as the journal does them: where a test lets a disk fail."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write where the file stands; returns how many bytes were taken."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when everything written is on the disk."""
        os.fsync(descriptor)


DISK: Final = Disk()


class DirectoryLock:
    """Holds a directory for one writer; the system lets go of it when the process ends, however it ends.

    Raises:
        JournalLocked: another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise JournalLocked(f"{directory} is in use by another process: stop that venue first") from error

    def release(self) -> None:
        """Let go. Once only."""
        os.close(self._descriptor)


def segment_name(segment: int) -> str:
    """The file name of a segment."""
    return f"journal-{segment:08d}{SEGMENT_SUFFIX}"


def list_segments(directory: Path) -> list[int]:
    """The numbers of the segments in a directory, ascending.

    Raises:
        OSError: the directory can't be read.
    """
    return sorted(int(match[1]) for name in os.listdir(directory) if (match := _SEGMENT.fullmatch(name)))


def find_journal(directory: Path) -> Path:
    """The directory that holds the segments: `directory` itself or its folder `journal`.

    Raises:
        JournalError: neither holds any.
    """
    for candidate in (directory, directory / "journal"):
        if candidate.is_dir() and list_segments(candidate):
            return candidate
    raise JournalError(f"no journal in {directory}: a journal is a directory of {segment_name(1)} and so on")


def sync_file(path: Path, disk: Disk = DISK) -> None:
    """Make what a file or directory holds durable; of a directory: new, renamed and removed names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        disk.sync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes, disk: Disk = DISK) -> None:
    """Write all of `data`.

    Raises:
        OSError: the disk took only a part, or nothing.
    """
    taken = disk.write(descriptor, data)
    # A disk that is almost full takes a part; the next write says what is wrong.
    while taken < len(data):
        data = data[taken:]
        taken = disk.write(descriptor, data)


def create_file(path: Path, data: bytes, mode: int = 0o644, disk: Disk = DISK) -> None:
    """Create a file with this content, synced, its name too.

    Raises:
        FileExistsError: there is one of that name.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        write_all(descriptor, data, disk)
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    sync_file(path.parent, disk)


def free_path(directory: Path, stem: str, suffix: str) -> Path:
    """`stem` + `suffix`, or where that is taken `stem-2`, `stem-3`...: what was saved is never overwritten."""
    path = directory / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = directory / f"{stem}-{number}{suffix}"
        number += 1
    return path


def save_fault(directory: Path, sequenced: Sequenced, error: BaseException) -> Path:
    """Save the command on which the core failed: `fault-<seq>.msgpack`, and the same with the traceback as `.txt`.

    Returns:
        The path of the `.msgpack`: a `Sequenced` as `engine.vocabulary.messages.commands` encodes it.

    Raises:
        OSError: it could not be saved.
    """
    path = free_path(directory, f"fault-{sequenced.seq}", ".msgpack")
    create_file(path, msgspec.msgpack.encode(sequenced))
    text = f"sequence number {sequenced.seq}\ntime_ns {sequenced.time_ns}\ncommand {sequenced.command!r}\n\n" + "".join(
        traceback.format_exception(error)
    )
    create_file(free_path(directory, path.stem, ".txt"), text.encode())
    return path


def measure_sync(directory: Path) -> int:
    """What it takes to write and sync a small batch here: the median of a few, in nanoseconds.

    Raises:
        OSError: the disk can't be written.
    """
    path = directory / f"sync-{os.getpid()}.tmp"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        samples = []
        for _ in range(SYNC_SAMPLES):
            start = time.perf_counter_ns()
            write_all(descriptor, bytes(SYNC_SAMPLE_BYTES))
            os.fsync(descriptor)
            samples.append(time.perf_counter_ns() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(samples)[SYNC_SAMPLES // 2]
