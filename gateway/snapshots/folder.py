"""The folder of a venue's snapshots: saved whole or not at all, found newest first, and thinned out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, discard, make_directories, save_file
from gateway.journal.files import JournalLocked, Lock
from gateway.snapshots.sealed import (
    NOT_ITS_JOURNAL,
    Header,
    Sealed,
    SnapshotError,
    SnapshotUnusable,
    glance,
    open_sealed,
)

SNAPSHOT_FOLDER: Final = "snapshots"
"""Beside the folder of the journal."""
_NAME: Final = re.compile(r"snapshot-(\d{12}|[1-9]\d{12,})\.sbxs")
NEWEST_KEPT: Final = 2
"""A start takes the newest, and the one before it if that is damaged."""
MAX_KEPT: Final = 24
"""Of one core version. The older ones lie about evenly: any state is reached again from one of them by a twelfth of the journal at most.
Why not more: docs/decisions/snapshot-files.md."""
_BEGINNING_BYTES: Final = 4_096
"""Of a file: its header has less."""


def folder_beside(journal: Path) -> Path:
    """Where the snapshots of the venue are whose segments are in `journal`."""
    return journal.parent / SNAPSHOT_FOLDER


def snapshot_name(seq: int) -> str:
    """The file name of the snapshot after a command."""
    return f"snapshot-{seq:012d}.sbxs"


def list_snapshots(folder: Path, disk: Disk = DISK) -> list[int]:
    """The sequence numbers of the snapshots in a folder, ascending; none if there is no folder.

    Raises:
        OSError: it can't be read.
    """
    if not disk.is_directory(folder):
        return []
    return sorted(int(match[1]) for name in disk.names(folder) if (match := _NAME.fullmatch(name)))


def read_snapshot(folder: Path, seq: int, disk: Disk = DISK) -> Sealed:
    """The snapshot after a command, its digest and signature verified. O(bytes).

    Raises:
        SnapshotUnusable: it is damaged, can't be read, or is another one under this name.
        FileNotFoundError: it is gone.
    """
    path = folder / snapshot_name(seq)
    try:
        if disk.exists(path) and not disk.is_file(path):
            raise SnapshotUnusable("it is no file")
        data = disk.read(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SnapshotUnusable(f"it can't be read: {error.strerror}") from error
    sealed = open_sealed(data)
    if sealed.header.seq != seq:
        raise SnapshotUnusable(f"it is the one after sequence number {sealed.header.seq}, renamed")
    return sealed


def check_owner(header: Header, name: str, venue: str, public_key: bytes) -> None:
    """Raise `SnapshotError` unless a snapshot is this venue's: nothing but a mistake brings another's here."""
    if (header.venue, header.public_key) != (venue, public_key):
        raise SnapshotError(
            f"{name} is a snapshot of venue {header.venue!r} with key {header.public_key.hex()}, not of {venue!r} with key "
            f"{public_key.hex()}: move it away"
        )


def sound_ones(
    folder: Path, numbers: Iterable[int], unusable: list[str], disk: Disk = DISK
) -> Iterator[tuple[str, Sealed]]:
    """Those of some snapshots that are sound, whosever they are, with their names; of each that is not, a line is added to `unusable`.

    One that is gone was one too many for whoever has just saved another.
    """
    for seq in numbers:
        name = snapshot_name(seq)
        try:
            yield name, read_snapshot(folder, seq, disk)
        except SnapshotUnusable as error:
            unusable.append(f"{name}: {error}")
        except FileNotFoundError:
            continue


def newest_first(
    folder: Path, venue: str, public_key: bytes, unusable: list[str], disk: Disk = DISK
) -> Iterator[tuple[str, Sealed]]:
    """The snapshots of a venue that are sound, as `sound_ones` gives them.

    Raises:
        SnapshotError: one is another venue's.
        OSError: the folder can't be read.
    """
    for name, sealed in sound_ones(folder, reversed(list_snapshots(folder, disk)), unusable, disk):
        check_owner(sealed.header, name, venue, public_key)
        yield name, sealed


def check_none_beyond(folder: Path, seq: int, venue: str, public_key: bytes, disk: Disk = DISK) -> None:
    """Raise `SnapshotError` if a sound snapshot of a venue was taken after the command with which its journal ends."""
    beyond = [number for number in reversed(list_snapshots(folder, disk)) if number > seq]
    for name, sealed in sound_ones(folder, beyond, [], disk):
        header = sealed.header
        if (header.venue, header.public_key) == (venue, public_key):
            raise SnapshotError(
                f"the journal ends with sequence number {seq}, and {name} is of {header.seq}: numbers that were given "
                f"out would be given out again{NOT_ITS_JOURNAL}. Nothing was changed"
            )


def save_snapshot(folder: Path, seq: int, data: bytes, disk: Disk = DISK) -> Path:
    """Save a snapshot, and remove those that are too many. A crash leaves all of it or nothing.

    Returns:
        Where it is.

    Raises:
        SnapshotError: another process is saving one.
        OSError: the disk failed; what it took is removed.
    """
    make_directories(folder, disk)
    lock = Lock(disk)
    try:
        lock.take(folder)
    except JournalLocked as error:
        raise SnapshotError("another process is saving a snapshot of this venue: wait until it is done") from error
    path = folder / snapshot_name(seq)
    try:
        for name in disk.names(folder):
            if name.endswith(UNFINISHED_SUFFIX):
                # Of a process that was killed: nobody else writes here.
                disk.remove(folder / name)
        try:
            save_file(path, data, disk)
        except BaseException:
            discard(path.with_name(path.name + UNFINISHED_SUFFIX), disk)
            raise
        for number in to_remove(_versions(folder, disk)):
            disk.remove(folder / snapshot_name(number))
    finally:
        lock.release()
    return path


def to_remove(versions: dict[int, int]) -> list[int]:
    """Which snapshots are too many.

    The newest of each core version stays: a journal that goes on under a later one starts there. Of the others go those
    whose neighbours lie closest together.

    Args:
        versions: the core version of each by its sequence number, ascending.
    """
    kept = list(versions)
    newest = {version: seq for seq, version in versions.items() if version}
    removed: list[int] = []
    while len(kept) > MAX_KEPT + max(len(newest) - 1, 0):
        places = [place for place in range(len(kept) - NEWEST_KEPT) if kept[place] not in newest.values()]
        gaps = [(kept[place + 1] - (kept[place - 1] if place else 0), place) for place in places]
        removed.append(kept.pop(min(gaps)[1]))
    return removed


def _versions(folder: Path, disk: Disk) -> dict[int, int]:
    """The core version of each snapshot, as it says; 0 of one that says nothing. One that can't be read is left out, and stays."""
    versions = {}
    for seq in list_snapshots(folder, disk):
        path = folder / snapshot_name(seq)
        if not disk.is_file(path):
            continue
        try:
            descriptor = disk.open(path, os.O_RDONLY)
        except PermissionError:
            continue
        try:
            versions[seq] = glance(disk.read_at(descriptor, _BEGINNING_BYTES, 0)).core_version
        except SnapshotUnusable:
            versions[seq] = 0
        finally:
            disk.close(descriptor)
    return versions
