"""Segments as zstd archives: the same bytes in a fraction of the room, read wherever a segment is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import zstandard

from engine.vocabulary.limits import MAX_FRAME_BYTES, SEGMENT_BYTES
from gateway.disk import DISK, Disk
from gateway.journal.files import ARCHIVE_SUFFIX, JournalError, list_segments, segment_name

LEVEL: Final = 6
"""Of compression. Why not more: docs/decisions/archived-segments.md."""
MOST_BYTES: Final = SEGMENT_BYTES + MAX_FRAME_BYTES
"""No segment is larger: it ends with the first frame that passes SEGMENT_BYTES. An archive that says more is none of ours."""
_HEADER_BYTES: Final = 18
"""The longest header of a zstd frame."""


def archive_of(segment: Path) -> Path:
    """Where the archive of a segment is."""
    return segment.with_name(segment.name + ARCHIVE_SUFFIX)


def pack(data: bytes) -> bytes:
    """The archive of a segment. It says how much it holds, and has a checksum of that."""
    packed: bytes = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True).compress(data)
    return packed


def unpack(archive: bytes, name: str) -> bytes:
    """The segment of an archive of this name.

    Raises:
        JournalError: it is none, or damaged.
    """
    _size_of(archive, name)
    try:
        data: bytes = zstandard.ZstdDecompressor().decompress(archive, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise JournalError(f"the archive is damaged: {error}") from error
    return data


def read_segment(directory: Path, number: int, disk: Disk = DISK) -> tuple[str, bytes]:
    """The name and the bytes of a segment: of its file, else of its archive.

    Raises:
        JournalError: the archive is damaged.
        OSError: neither can be read.
    """
    path = directory / segment_name(number)
    try:
        return path.name, disk.read(path)
    except FileNotFoundError:
        # Archiving removes the file when the archive is there, so the other order could miss both.
        archive = archive_of(path)
        return archive.name, unpack(disk.read(archive), archive.name)


def journal_bytes(directory: Path, disk: Disk = DISK) -> int:
    """Bytes of all segments as they were written, archived or not: what progress is measured against.

    An archive that does not say how much it holds counts as it is.

    Raises:
        OSError: the directory can't be read.
    """
    total = 0
    for number in list_segments(directory, disk):
        path = directory / segment_name(number)
        try:
            total += disk.size(path)
        except FileNotFoundError:
            archive = archive_of(path)
            try:
                total += _size_of(_beginning(archive, disk), archive.name)
            except JournalError:
                total += disk.size(archive)
    return total


def _beginning(archive: Path, disk: Disk) -> bytes:
    descriptor = disk.open(archive, os.O_RDONLY)
    try:
        return disk.read_at(descriptor, _HEADER_BYTES, 0)
    finally:
        disk.close(descriptor)


def _size_of(beginning: bytes, name: str) -> int:
    """How much an archive says that it holds."""
    try:
        size: int = zstandard.get_frame_parameters(beginning).content_size
    except zstandard.ZstdError as error:
        raise JournalError(f"{name} is no archive: {error}") from error
    if not 0 < size <= MOST_BYTES:
        raise JournalError(f"{name} is no archive of a segment: it says that it holds {size} bytes")
    return size
