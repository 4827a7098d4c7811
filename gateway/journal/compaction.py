"""Archiving the old segments of a journal, of a venue that runs too.

The journal is verified first, as a whole. Then, segment by segment: the archive is written and synced under another name, read
back and compared, named, and only then the segment removed. A crash leaves one of the two, or both; both are the same, and the
next time the segment goes. The last segment stays: a venue may be writing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, create_file, discard, sync_file
from gateway.journal.archive import archive_of, pack, unpack
from gateway.journal.files import JournalError, JournalLocked, Lock, list_segments, segment_name
from gateway.journal.reader import JournalReader


class Archived:
    """A segment that is an archive now."""

    def __init__(self, name: str, before: int, after: int) -> None:
        self.name: Final = name
        """Of the archive."""
        self.before: Final = before
        """Bytes of the segment."""
        self.after: Final = after
        """Bytes of the archive."""


def to_archive(directory: Path, keep: int, disk: Disk = DISK) -> list[int]:
    """The numbers of the segments that can be archived, the newest `keep` and the last one left as they are.

    Raises:
        OSError: the directory can't be read.
    """
    numbers = list_segments(directory, disk)
    return [each for each in numbers[: -max(keep, 1)] if disk.exists(directory / segment_name(each))]


def verify(directory: Path, disk: Disk = DISK) -> Iterator[int]:
    """Verify a journal; yields now and then how many bytes were read.

    Raises:
        JournalError: it is damaged. A torn last frame is not: that segment stays as it is.
        OSError: it can't be read.
    """
    reader = JournalReader(directory, disk=disk)
    for _ in reader.batches():
        yield reader.bytes_read


def archive(directory: Path, number: int, disk: Disk = DISK) -> Archived:
    """Archive one segment of a verified journal.

    Raises:
        JournalLocked: another process archives it.
        JournalError: what was read back is not what was written; the segment stays.
        OSError: the disk failed; the segment stays.
    """
    segment = directory / segment_name(number)
    path = archive_of(segment)
    unfinished = directory / f"archive-{number:08d}{UNFINISHED_SUFFIX}"
    lock = Lock(disk)
    try:
        lock.take(segment)
    except JournalLocked as error:
        raise JournalLocked(f"{segment.name} is being archived by another process: wait until it is done") from error
    try:
        data = disk.read(segment)
        discard(unfinished, disk)
        try:
            create_file(unfinished, pack(data), disk)
            found = disk.read(unfinished)
            if unpack(found, path.name) != data:
                raise JournalError(
                    f"{path.name} is not what was written: {segment.name} stays. The disk may be failing"
                )
        except BaseException:
            discard(unfinished, disk)
            raise
        disk.rename(unfinished, path)
        sync_file(directory, disk)
        disk.remove(segment)
        sync_file(directory, disk)
    finally:
        lock.release()
    return Archived(path.name, len(data), len(found))
