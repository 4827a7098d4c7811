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
ARCHIVE_SUFFIX: Final = ".zst"
"""Behind a segment's own, of its archive."""
_SEGMENT: Final = re.compile(r"journal-(\d{8})\.sbxj(\.zst)?")
UNFINISHED_SUFFIX: Final = ".new"
"""Of a segment whose header is not yet synced: it gets its name afterwards, and is thrown away after a crash."""

SYNC_SAMPLES: Final = 7
SYNC_SAMPLE_BYTES: Final = 4_096
"""What a batch of a few commands takes."""


class JournalError(Exception):
    """The journal cannot be used as it is; the message says why and what to do."""


class JournalLocked(JournalError):
    """Another process has the journal open."""


class JournalGone(JournalError, OSError):
    """What the venue writes is no longer where it was; the message says what. As bad as a disk that fails."""


class Disk:
    """Writing and syncing, as the journal does them: where a test lets a disk fail."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write where the file stands; returns how many bytes were taken."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when everything written is on the disk."""
        os.fsync(descriptor)


DISK: Final = Disk()


class Lock:
    """Holds what a venue is made of (its directory, its key, its journal) for one process.

    The things themselves are locked, not their names: whoever finds one of them under another name finds it locked, too. The
    system lets go when the process ends, however it ends.
    """

    def __init__(self) -> None:
        self._held: Final[list[tuple[Path, int]]] = []

    def take(self, path: Path) -> None:
        """Hold one more file or directory.

        Raises:
            JournalLocked: another process holds it.
            OSError: it can't be opened.
        """
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise JournalLocked(f"{path} is in use by another process: stop that venue first") from error
        self._held.append((path, descriptor))

    def check_place(self, path: Path) -> None:
        """Raise `JournalGone` unless what is held under that name still has it."""
        for held, descriptor in self._held:
            if held == path:
                check_place(path, descriptor)

    def release(self) -> None:
        """Let go of everything."""
        while self._held:
            os.close(self._held.pop()[1])


def check_place(path: Path, descriptor: int) -> None:
    """Raise `JournalGone` unless what is open stands where `path` says."""
    held = os.fstat(descriptor)
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise JournalGone(f"{path} was removed or renamed while the venue ran") from error
    if (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
        raise JournalGone(f"{path} is not what the venue has open: it was replaced while the venue ran")


def segment_name(segment: int) -> str:
    """The file name of a segment."""
    return f"journal-{segment:08d}{SEGMENT_SUFFIX}"


def list_segments(directory: Path) -> list[int]:
    """The numbers of the segments in a directory, archived or not, ascending.

    Raises:
        OSError: the directory can't be read.
    """
    return sorted({int(match[1]) for name in os.listdir(directory) if (match := _SEGMENT.fullmatch(name))})


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


def create_file(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Create a file with this content, synced, its name too. Its owner alone may read it.

    Raises:
        FileExistsError: there is one of that name.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
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


def save_bytes(directory: Path, stem: str, data: bytes, disk: Disk = DISK) -> Path:
    """Save bytes as `stem`.bin, or under the next free name; once, however often the attempt failed or was cut short.

    Returns:
        Where they are: where an earlier attempt left all of them, if one did.

    Raises:
        OSError: the disk failed. What it took of them is removed.
    """
    for found in (*directory.glob(f"{stem}.bin"), *directory.glob(f"{stem}-*.bin")):
        if found.stat().st_size == len(data) and found.read_bytes() == data:
            # It was synced before it had its name; whether its name was, nobody knows.
            sync_file(directory, disk)
            return found
    path = free_path(directory, stem, ".bin")
    unfinished = directory / f"{stem}{UNFINISHED_SUFFIX}"
    unfinished.unlink(missing_ok=True)
    try:
        create_file(unfinished, data, disk)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    os.rename(unfinished, path)
    sync_file(directory, disk)
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
