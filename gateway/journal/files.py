"""The journal's files: their names, who holds them, and what is saved beside them."""

from __future__ import annotations

import os
import re
import time
import traceback
from pathlib import Path
from typing import Final

import msgspec

from engine.vocabulary.messages.commands import Sequenced
from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, create_file, discard, sync_file, write_all

SEGMENT_SUFFIX: Final = ".sbxj"
ARCHIVE_SUFFIX: Final = ".zst"
"""Behind a segment's own, of its archive."""
_SEGMENT: Final = re.compile(r"journal-(\d{8})\.sbxj(\.zst)?")

SYNC_SAMPLES: Final = 7
SYNC_SAMPLE_BYTES: Final = 4_096
"""What a batch of a few commands takes."""


class JournalError(Exception):
    """The journal cannot be used as it is; the message says why and what to do."""


class JournalLocked(JournalError):
    """Another process has the journal open."""


class JournalGone(JournalError, OSError):
    """What the venue writes is no longer where it was; the message says what. As bad as a disk that fails."""


class Lock:
    """Holds what a venue is made of (its directory, its key, its journal) for one process.

    The things themselves are locked, not their names: whoever finds one of them under another name finds it locked, too. The
    system lets go when the process ends, however it ends.
    """

    def __init__(self, disk: Disk = DISK) -> None:
        self._disk: Final = disk
        self._held: Final[list[tuple[Path, int]]] = []

    def take(self, path: Path) -> None:
        """Hold one more file or directory.

        Raises:
            JournalLocked: another process holds it.
            OSError: it can't be opened.
        """
        descriptor = self._disk.open(path, os.O_RDONLY)
        try:
            self._disk.lock(descriptor)
        except BlockingIOError as error:
            self._disk.close(descriptor)
            raise JournalLocked(f"{path} is in use by another process: stop that venue first") from error
        self._held.append((path, descriptor))

    def check_place(self, path: Path) -> None:
        """Raise `JournalGone` unless what is held under that name still has it."""
        for held, descriptor in self._held:
            if held == path:
                check_place(path, descriptor, self._disk)

    def release(self) -> None:
        """Let go of everything."""
        while self._held:
            self._disk.close(self._held.pop()[1])


def check_place(path: Path, descriptor: int, disk: Disk = DISK) -> None:
    """Raise `JournalGone` unless what is open stands where `path` says."""
    try:
        found = disk.identity(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise JournalGone(f"{path} was removed or renamed while the venue ran") from error
    if found != disk.identity(descriptor):
        raise JournalGone(f"{path} is not what the venue has open: it was replaced while the venue ran")


def segment_name(segment: int) -> str:
    """The file name of a segment."""
    return f"journal-{segment:08d}{SEGMENT_SUFFIX}"


def list_segments(directory: Path, disk: Disk = DISK) -> list[int]:
    """The numbers of the segments in a directory, archived or not, ascending.

    Raises:
        OSError: the directory can't be read.
    """
    return sorted({int(match[1]) for name in disk.names(directory) if (match := _SEGMENT.fullmatch(name))})


def find_journal(directory: Path, disk: Disk = DISK) -> Path:
    """The directory that holds the segments: `directory` itself or its folder `journal`.

    Raises:
        JournalError: neither holds any.
    """
    for candidate in (directory, directory / "journal"):
        if disk.is_directory(candidate) and list_segments(candidate, disk):
            return candidate
    raise JournalError(f"no journal in {directory}: a journal is a directory of {segment_name(1)} and so on")


def free_path(directory: Path, stem: str, suffix: str, disk: Disk = DISK) -> Path:
    """`stem` + `suffix`, or where that is taken `stem-2`, `stem-3`...: what was saved is never overwritten."""
    path = directory / f"{stem}{suffix}"
    number = 2
    while disk.exists(path):
        path = directory / f"{stem}-{number}{suffix}"
        number += 1
    return path


def save_bytes(directory: Path, stem: str, data: bytes, disk: Disk = DISK) -> Path:
    """Save bytes as `stem`.bin, or under the next free name; once, however often the attempt failed or was cut short.

    Returns:
        Where they are: where an earlier attempt left all of them, if one did.

    Raises:
        OSError: the disk failed. What it took of them is removed.
    """
    for name in disk.names(directory):
        found = directory / name
        is_earlier = name == f"{stem}.bin" or (name.startswith(f"{stem}-") and name.endswith(".bin"))
        if is_earlier and disk.size(found) == len(data) and disk.read(found) == data:
            # It was synced before it had its name; whether its name was, nobody knows.
            sync_file(directory, disk)
            return found
    path = free_path(directory, stem, ".bin", disk)
    unfinished = directory / f"{stem}{UNFINISHED_SUFFIX}"
    discard(unfinished, disk)
    try:
        create_file(unfinished, data, disk)
    except BaseException:
        discard(unfinished, disk)
        raise
    disk.rename(unfinished, path)
    sync_file(directory, disk)
    return path


def save_fault(directory: Path, sequenced: Sequenced, error: BaseException, disk: Disk = DISK) -> Path:
    """Save the command on which the core failed: `fault-<seq>.msgpack`, and the same with the traceback as `.txt`.

    Returns:
        The path of the `.msgpack`: a `Sequenced` as `engine.vocabulary.messages.commands` encodes it.

    Raises:
        OSError: it could not be saved.
    """
    path = free_path(directory, f"fault-{sequenced.seq}", ".msgpack", disk)
    create_file(path, msgspec.msgpack.encode(sequenced), disk)
    text = f"sequence number {sequenced.seq}\ntime_ns {sequenced.time_ns}\ncommand {sequenced.command!r}\n\n" + "".join(
        traceback.format_exception(error)
    )
    create_file(free_path(directory, path.stem, ".txt", disk), text.encode(), disk)
    return path


def measure_sync(directory: Path, disk: Disk = DISK) -> int:
    """What it takes to write and sync a small batch here: the median of a few, in nanoseconds.

    Raises:
        OSError: the disk can't be written.
    """
    # The venue's directory is locked; what a crash has left is overwritten.
    path = directory / "sync.tmp"
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        samples = []
        for _ in range(SYNC_SAMPLES):
            start = time.perf_counter_ns()
            write_all(descriptor, bytes(SYNC_SAMPLE_BYTES), disk)
            disk.sync(descriptor)
            samples.append(time.perf_counter_ns() - start)
    finally:
        disk.close(descriptor)
        disk.remove(path)
    return sorted(samples)[SYNC_SAMPLES // 2]
