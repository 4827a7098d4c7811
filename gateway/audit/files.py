"""The files of an audit: two series, of those who have logged in and of strangers, so that no stranger pushes out a participant."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.audit import OPENED, SEALED, Fact
from gateway.audit.rows import NO_LINK, NotARow, decoded, encoded, signature
from gateway.disk import DISK, Disk, make_directories, sync_file, write_all

FOLDER: Final = "audit"
"""Beside the journal, in the venue's directory."""
PARTICIPANTS: Final = "participants"
STRANGERS: Final = "strangers"
FILE_BYTES: Final = 4 * 1024**2
"""A file that has so many is the last one no more."""
MAX_BYTES: Final = {PARTICIPANTS: 64 * 1024**2, STRANGERS: 32 * 1024**2}
"""Of a series. The oldest file goes when a new one would make it more."""
_NAME: Final = re.compile(r"(participants|strangers)-([0-9]{8})\.jsonl\Z")


def file_path(folder: Path, series: str, number: int) -> Path:
    """Where a file is."""
    return folder / f"{series}-{number:08d}.jsonl"


def list_files(folder: Path, series: str, disk: Disk = DISK) -> list[int]:
    """The numbers of a series, the oldest first. Raises `OSError`: there is no such folder, or the disk failed."""
    found = (_NAME.match(name) for name in disk.names(folder))
    return sorted(int(match[2]) for match in found if match is not None and match[1] == series)


class Series:
    """The files of one series, written by one thread.

    Args:
        folder: of the audit; it is there.
        name: of the series.
        venue: its id.
        key: signs the chain.
        disk: what the folder is on.
    """

    def __init__(self, folder: Path, name: str, venue: str, key: Ed25519PrivateKey, disk: Disk = DISK) -> None:
        self.name: Final = name
        self.is_unsynced = False
        """Whether something was written and not synced."""
        self.is_unsealed = False
        """Whether there are rows behind the last seal."""
        self._folder: Final = folder
        self._venue: Final = venue
        self._key: Final = key
        self._disk: Final = disk
        self._descriptor = -1
        self._number = 0
        self._bytes = 0
        self._n = 0
        self._link = NO_LINK

    def open(self, wall_ns: int, time_ns: int) -> None:
        """Go on behind the last row that holds. What a crash has torn stays where it is, and the next file says so.

        Raises:
            OSError: the disk failed.
        """
        numbers = list_files(self._folder, self.name, self._disk)
        self._number = numbers[-1] if numbers else 0
        torn = size = 0
        for number in reversed(numbers):
            data = self._disk.read(file_path(self._folder, self.name, number))
            sound = self._last_of(data)
            torn += len(data) - sound
            if sound:
                size = len(data) if number == self._number else 0
                break
        if 0 < size < FILE_BYTES and not torn:
            self._descriptor = self._disk.open(self._path, os.O_WRONLY | os.O_APPEND)
            self._bytes = size
        else:
            self._begin(wall_ns, time_ns, torn)

    def write(self, rows: list[dict[str, Fact]]) -> None:
        """Write rows behind those there are, and begin a new file when this one is full. Nothing is synced. Raises `OSError`."""
        lines = []
        for row in rows:
            self._n += 1
            line, self._link = encoded({"n": self._n, **row}, self._link)
            lines.append(line)
        data = b"".join(lines)
        write_all(self._descriptor, data, self._disk)
        self._bytes += len(data)
        self.is_unsynced = self.is_unsealed = True
        if self._bytes >= FILE_BYTES:
            wall_ns, time_ns = int(rows[-1]["wall_ns"]), int(rows[-1]["time_ns"])
            self.seal(wall_ns, time_ns)
            self.sync()
            self._disk.close(self._descriptor)
            self._begin(wall_ns, time_ns, 0)

    def seal(self, wall_ns: int, time_ns: int) -> None:
        """Sign what stands there, if anything has come since the last time. Raises `OSError`."""
        if not self.is_unsealed:
            return
        self._n += 1
        row: dict[str, Fact] = {"n": self._n, "wall_ns": wall_ns, "time_ns": time_ns, "kind": SEALED}
        row["signature"] = signature(self._key, self._venue, self.name, self._n, self._link)
        line, self._link = encoded(row, self._link)
        write_all(self._descriptor, line, self._disk)
        self._bytes += len(line)
        self.is_unsynced, self.is_unsealed = True, False

    def sync(self) -> None:
        """Return when what was written is on the disk. Raises `OSError`."""
        if self.is_unsynced:
            self._disk.sync(self._descriptor)
            self.is_unsynced = False

    def close(self) -> None:
        """Sync, and let go of the file. Raises `OSError`."""
        if self._descriptor >= 0:
            self.sync()
            self._disk.close(self._descriptor)
            self._descriptor = -1

    @property
    def _path(self) -> Path:
        return file_path(self._folder, self.name, self._number)

    def _last_of(self, data: bytes) -> int:
        """Take up where the rows of a file end that hold; returns how many bytes those have."""
        before: bytes | None = None
        sound = 0
        while sound < len(data):
            end = data.find(b"\n", sound) + 1 or len(data)
            try:
                row, before = decoded(data[sound:end], before)
            except NotARow:
                break
            self._n, self._link = row["n"], before
            sound = end
        return sound

    def _begin(self, wall_ns: int, time_ns: int, torn: int) -> None:
        """Begin a file, after making room for it."""
        numbers = list_files(self._folder, self.name, self._disk)
        sizes = {number: self._disk.size(file_path(self._folder, self.name, number)) for number in numbers}
        while numbers and sum(sizes[number] for number in numbers) + FILE_BYTES > MAX_BYTES[self.name]:
            self._disk.remove(file_path(self._folder, self.name, numbers.pop(0)))
        self._number += 1
        self._descriptor = self._disk.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        self._bytes = 0
        opened: dict[str, Fact] = {"wall_ns": wall_ns, "time_ns": time_ns, "kind": OPENED, "venue": self._venue}
        opened |= {"series": self.name, "file": self._number, "after": self._link.hex()}
        if torn:
            opened["torn_bytes"] = torn
        self._n += 1
        line, self._link = encoded({"n": self._n, **opened}, self._link)
        write_all(self._descriptor, line, self._disk)
        self._bytes = len(line)
        self.is_unsynced = self.is_unsealed = True
        self.sync()
        sync_file(self._folder, self._disk)


def audit_folder(directory: Path, disk: Disk = DISK) -> Path:
    """The folder of a venue's audit, which is there now. Raises `OSError`."""
    folder = directory / FOLDER
    make_directories(folder, disk)
    return folder
