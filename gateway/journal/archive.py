"""Segments as zstd archives: the same bytes in a fraction of the room, read wherever a segment is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import zstandard

from engine.vocabulary.limits import MAX_FRAME_BYTES, SEGMENT_BYTES
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


def read_segment(directory: Path, number: int) -> tuple[str, bytes]:
    """The name and the bytes of a segment: of its file, else of its archive.

    Raises:
        JournalError: the archive is damaged.
        OSError: neither can be read.
    """
    path = directory / segment_name(number)
    try:
        return path.name, path.read_bytes()
    except FileNotFoundError:
        # Archiving removes the file when the archive is there, so the other order could miss both.
        archive = archive_of(path)
        return archive.name, unpack(archive.read_bytes(), archive.name)


def journal_bytes(directory: Path) -> int:
    """Bytes of all segments as they were written, archived or not: what progress is measured against.

    An archive that does not say how much it holds counts as it is.

    Raises:
        OSError: the directory can't be read.
    """
    total = 0
    for number in list_segments(directory):
        path = directory / segment_name(number)
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            archive = archive_of(path)
            try:
                with archive.open("rb") as file:
                    total += _size_of(file.read(_HEADER_BYTES), archive.name)
            except JournalError:
                total += archive.stat().st_size
    return total


def _size_of(beginning: bytes, name: str) -> int:
    """How much an archive says that it holds."""
    try:
        size: int = zstandard.get_frame_parameters(beginning).content_size
    except zstandard.ZstdError as error:
        raise JournalError(f"{name} is no archive: {error}") from error
    if not 0 < size <= MOST_BYTES:
        raise JournalError(f"{name} is no archive of a segment: it says that it holds {size} bytes")
    return size
