"""The bytes of one segment, read piece by piece: of its file, else of its archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import zstandard

from gateway.disk import DISK, Disk
from gateway.journal.archive import MOST_BYTES, archive_of
from gateway.journal.files import segment_name
from gateway.journal.reader import JournalDamage

MOST_READ_BYTES: Final = 1024 * 1024
"""Asked of a disk at once, where all is wanted."""
PACKED_BYTES: Final = 64 * 1024
"""Of an archive, unpacked at once: a fifth of a megabyte or so, which takes a third of a millisecond."""


class SegmentBytes:
    """A segment to read from. What is open stays, whatever becomes of its name.

    An archive is unpacked forwards, as far as was asked for, and what stands before the last place asked for is forgotten:
    to go back is to begin again. So it takes little room, and its own checksum is verified only where it is read to its end; the
    frames in it have theirs.

    Attributes:
        name: of the file.
        is_archived: whether that is an archive.
    """

    def __init__(self, directory: Path, number: int, disk: Disk = DISK) -> None:
        """Open it.

        Raises:
            FileNotFoundError: there is neither.
            OSError: the disk failed.
        """
        path = directory / segment_name(number)
        self._disk: Final = disk
        try:
            self._descriptor = disk.open(path, os.O_RDONLY)
            self.is_archived = False
        except FileNotFoundError:
            # Archiving removes the file when the archive is there, so the other order could miss both.
            path = archive_of(path)
            self._descriptor = disk.open(path, os.O_RDONLY)
            self.is_archived = True
        self.name: Final = path.name
        self._begin()

    def read_at(self, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset` on.

        Raises:
            JournalDamage: the archive can't be unpacked so far.
            OSError: the disk failed.
        """
        if not self.is_archived:
            return self._disk.read_at(self._descriptor, size, offset)
        while self.lacks(offset, size):
            self.unpack(offset)
        start = offset - self._start
        return bytes(self._unpacked[start : start + size])

    def read_to_end(self, offset: int) -> bytes:
        """All from `offset` on."""
        parts = [self.read_at(MOST_READ_BYTES, offset)]
        while len(parts[-1]) == MOST_READ_BYTES:
            offset += MOST_READ_BYTES
            parts.append(self.read_at(MOST_READ_BYTES, offset))
        return b"".join(parts)

    def lacks(self, offset: int, size: int) -> bool:
        """Whether more of an archive is to be unpacked to have so many bytes from `offset` on."""
        if not self.is_archived:
            return False
        return offset < self._start or (not self._is_done and self._start + len(self._unpacked) < offset + size)

    def unpack(self, offset: int) -> int:
        """Unpack a piece more of an archive on the way to `offset`, and forget what stands before that; returns its bytes."""
        if offset < self._start:
            self._begin()
        packed = self._disk.read_at(self._descriptor, PACKED_BYTES, self._packed)
        self._packed += len(packed)
        try:
            piece = self._decompressor.decompress(packed)
        except zstandard.ZstdError as error:
            raise JournalDamage(self.name, 0, f"the archive is damaged: {error}") from error
        self._unpacked += piece
        self._is_done = self._decompressor.eof
        size = self._start + len(self._unpacked)
        if size > MOST_BYTES or (self._is_done and self._decompressor.unused_data) or not (packed or self._is_done):
            raise JournalDamage(self.name, 0, f"the archive is damaged: it can be unpacked up to {size} bytes")
        forgotten = min(offset - self._start, len(self._unpacked))
        del self._unpacked[:forgotten]
        self._start += forgotten
        return len(piece)

    def close(self) -> None:
        """Let go of it."""
        self._disk.close(self._descriptor)
        self._unpacked = bytearray()

    def _begin(self) -> None:
        """Nothing is unpacked yet."""
        self._decompressor = zstandard.ZstdDecompressor().decompressobj()
        self._unpacked = bytearray()
        self._start = 0
        """Where in the segment what is unpacked begins."""
        self._packed = 0
        """Bytes of the archive that were read."""
        self._is_done = False
