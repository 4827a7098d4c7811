"""The disk: the one way to the files of a venue's directory, and how they are written so that a crash leaves them whole.

All of a journal and of what stands beside it goes through a `Disk` that is handed in, so that a test can put one in its place
that fails, or that lives in memory.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

UNFINISHED_SUFFIX: Final = ".new"
"""Of a file that is not yet synced: it gets its name afterwards, and is thrown away after a crash."""


class Disk:
    """The files of the operating system. Every call raises OSError if the disk fails, or what is asked for is not there."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """A descriptor of a file or directory; `flags` and `mode` as `os.open` has them."""
        return os.open(path, flags, mode)

    def close(self, descriptor: int) -> None:
        """Let go of a descriptor, and of its lock."""
        os.close(descriptor)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write where the file stands; returns how many bytes were taken."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when everything written is on the disk; of a directory: its names."""
        os.fsync(descriptor)

    def read(self, path: Path) -> bytes:
        """All that a file holds."""
        return path.read_bytes()

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset` on, wherever the file stands."""
        return os.pread(descriptor, size, offset)

    def seek(self, descriptor: int, offset: int) -> None:
        """Let the next write begin at `offset`."""
        os.lseek(descriptor, offset, os.SEEK_SET)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def names(self, directory: Path) -> list[str]:
        """What stands in a directory, in any order."""
        return os.listdir(directory)

    def size(self, path: Path) -> int:
        """Bytes of a file."""
        return os.stat(path).st_size

    def mode(self, path: Path) -> int:
        """Who may do what with a file: its permission bits."""
        return os.stat(path).st_mode & 0o777

    def exists(self, path: Path) -> bool:
        """Whether there is anything of that name."""
        return path.exists()

    def is_directory(self, path: Path) -> bool:
        """Whether there is a directory of that name."""
        return path.is_dir()

    def is_file(self, path: Path) -> bool:
        """Whether there is a file of that name: what else may have one, a pipe, could be waited for without end."""
        return path.is_file()

    def identity(self, what: Path | int) -> tuple[int, int]:
        """What tells a file, by its name or by a descriptor, from every other: its device and number."""
        found = os.stat(what)
        return found.st_dev, found.st_ino

    def lock(self, descriptor: int) -> None:
        """Hold what is open for this process, until it is closed. Raises BlockingIOError: another holds it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_held(self, descriptor: int) -> bool:
        """Whether a process holds the file of what is open. Whoever asks at the same time is no such process."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in the place of whatever has it."""
        os.rename(old, new)

    def link(self, old: Path, new: Path) -> None:
        """Give a file one name more. Raises FileExistsError: something has it."""
        os.link(old, new)

    def remove(self, path: Path) -> None:
        """Take a file's name away."""
        os.unlink(path)

    def make_directory(self, path: Path) -> None:
        """Make a directory. Raises FileExistsError: something has its name."""
        os.mkdir(path)


DISK: Final = Disk()


def discard(path: Path, disk: Disk = DISK) -> None:
    """Remove a file, if there is one of that name."""
    with suppress(FileNotFoundError):
        disk.remove(path)


def make_directories(path: Path, disk: Disk = DISK) -> None:
    """Make a directory and those above it that are missing, durably; one that is there has its name synced all the same.

    Whoever made it may have ended before that: then a power cut would take it, and all that is synced in it.
    """
    missing = [folder for folder in (path, *path.parents) if not disk.is_directory(folder)][::-1]
    for folder in missing:
        disk.make_directory(folder)
    for folder in missing or [path]:
        sync_file(folder.parent, disk)


def sync_file(path: Path, disk: Disk = DISK) -> None:
    """Make what a file or directory holds durable; of a directory: new, renamed and removed names."""
    descriptor = disk.open(path, os.O_RDONLY)
    try:
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


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
    _write_synced(path, data, os.O_EXCL, disk)
    sync_file(path.parent, disk)


def save_file(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Put a file of this content in the place of what has its name: a crash leaves the one or the other, whole.

    Once it returns, the new one is on the disk, its name too. Its owner alone may read it.

    Raises:
        OSError: the disk failed. Which of the two is there is unknown; that it is whole is not.
    """
    unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
    # Synced before it has its name: a power cut must not leave an empty file under it.
    _write_synced(unfinished, data, os.O_TRUNC, disk)
    disk.rename(unfinished, path)
    sync_file(path.parent, disk)


def _write_synced(path: Path, data: bytes, flag: int, disk: Disk) -> None:
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | flag)
    try:
        write_all(descriptor, data, disk)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
