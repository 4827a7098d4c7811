"""Reading a journal: every checksum, link, sequence number and signature verified on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from engine.record.rows import Damage, SegmentHeader, StoredRow
from engine.record.segments import SegmentReader, Tip, Torn
from gateway.disk import DISK, Disk
from gateway.journal.archive import read_segment
from gateway.journal.files import ARCHIVE_SUFFIX, JournalError, list_segments, segment_name
from gateway.journal.head import HEAD_FILE, Head, Point, read_head
from gateway.journal.key import signature_holds

# A venue at work writes a frame in far less: one that is still unfinished then is torn.
SETTLE_SECONDS: Final = 0.05


class JournalDamage(JournalError):
    """The journal is not what the venue wrote. `segment` is the file's name, `offset` where the bad frame begins."""

    def __init__(self, segment: str, offset: int, reason: str) -> None:
        super().__init__(f"{segment}, frame at offset {offset}: {reason}")
        self.segment: Final = segment
        self.offset: Final = offset
        self.reason: Final = reason


FIRST_THAT_GOES_ON: Final = 6
"""The first core version of which there are snapshots: a journal goes on under a later one from a snapshot at its end."""


class JournalVersion(JournalError):
    """The journal was written under another version of the core; the message says what to do.

    Args:
        segment: the first that can't be gone on with.
        needed: its core version.
        running: that of this program.
        begun_with: the snapshot that the reading began with; empty: none.
    """

    def __init__(self, segment: str, needed: int, running: int, begun_with: str = "") -> None:
        written = f"{segment} was written under core version {needed}, this is {running}"
        if needed > running:
            what = f": start it with a release of core version {needed}"
        elif needed < FIRST_THAT_GOES_ON:
            what = (
                f". A journal of a core version before {FIRST_THAT_GOES_ON} can't go on under a later one. It is still verified and "
                f"read (`sbx verify`, `sbx report`, `sbx history`). Go on with a release of core version {needed}; to begin anew, move the "
                "journal away"
            )
        else:
            found = f"{begun_with} is not at its end" if begun_with else "there is none"
            what = (
                f". A journal goes on under a later core version from a snapshot at its very end, and {found}. Run `sbx upgrade "
                f"DIRECTORY` with a release of core version {needed}, then start again"
            )
        super().__init__(f"{written}{what}. Nothing was changed")
        self.needed: Final = needed


class SegmentSummary:
    """One segment as read so far."""

    def __init__(self, name: str, reader: SegmentReader, size: int) -> None:
        self.name: Final = name
        self.size: Final = size
        """Bytes of the segment, be it archived or not."""
        self._reader: Final = reader

    @property
    def header(self) -> SegmentHeader:
        """Venue, key, versions and rulebook."""
        return self._reader.header

    @property
    def frames(self) -> int:
        """Sound frames, header and seal included."""
        return self._reader.frames

    @property
    def last_seq(self) -> int:
        """The last sequence number; below `header.first_seq` while there is none."""
        return self._reader.tip.next_seq - 1

    @property
    def is_signed(self) -> bool:
        """Whether it is closed with a signature that holds; else it is still open."""
        return self._reader.seal is not None

    @property
    def end(self) -> int:
        """Offset where its sound part ends."""
        return self._reader.offset

    @property
    def last_frame(self) -> int:
        """Offset where its last sound frame begins."""
        return self._reader.frame_offset

    @property
    def salt(self) -> int:
        """See `engine.record.rows.salt_of`."""
        return self._reader.salt


class JournalReader:
    """Reads the segments of a directory in order.

    Args:
        directory: where the segments are.
        public_key: the venue's key, if it is known from elsewhere: 32 bytes. Else all segments must name the same.
        venue: the venue's id, likewise.
        core_version: refuse rows of another one, but for those that are left out, which may be of an earlier one.
        settle_seconds: how long a frame that looks torn may take to grow; 0 where nobody can be writing.
        points: what the journal must have besides what its head says.
        disk: what the directory is on.
    """

    def __init__(
        self,
        directory: Path,
        public_key: bytes | None = None,
        venue: str | None = None,
        core_version: int | None = None,
        settle_seconds: float = SETTLE_SECONDS,
        *,
        points: Sequence[Point] = (),
        disk: Disk = DISK,
    ) -> None:
        self.directory: Final = directory
        self.segments: Final[list[SegmentSummary]] = []
        """What was read so far; the last one grows."""
        self.tip: Tip = Tip()
        self.batch_tip: Tip = Tip()
        """After the last batch: unlike `tip` without the signatures and headers behind it."""
        self.head: Head | None = None
        """As it was when the reading began; None: there is none, and what is missing at the end can't be seen."""
        self.torn: Torn | None = None
        """Of the last segment, once everything is read."""
        self.bytes_read: int = 0
        """Of all segments, up to the batch that was yielded last."""
        self._disk: Final = disk
        self._public_key = public_key
        self._venue = venue
        self._core_version: Final = core_version
        self._settle_seconds: Final = settle_seconds
        self._points = sorted(points, key=lambda point: point.seq)
        """Those that were not reached yet."""
        self._since: Point | None = None
        """Rows up to there are left out; None: none is."""

    def batches(self, since: Point | None = None) -> Iterator[list[StoredRow]]:
        """The rows, batch by batch. Once only.

        Args:
            since: leave out the rows up to there, which the journal must have, too. Of those frames the checksums, the links and
                how many rows they say they have are verified; what their rows are follows from the link at that point, which
                whoever states it vouches for.

        Raises:
            JournalDamage: at the first frame that does not check, after all rows before it.
            JournalVersion: at the first row of another core version, or the first segment of a later one, if one was demanded.
            OSError: a segment can't be read.
        """
        if since is not None:
            self._add_point(since)
            self._since = since
        # Before the segments: a venue at work writes them first.
        self._read_head()
        numbers = list_segments(self.directory, self._disk)
        for expected, number in enumerate(numbers, start=1):
            if number != expected:
                raise JournalDamage(segment_name(expected), 0, "the segment is missing")
            yield from self._segment(number, number == len(numbers))
        self._check_end()

    def rows(self, since: Point | None = None) -> Iterator[StoredRow]:
        """The rows one by one; otherwise like `batches`."""
        for batch in self.batches(since):
            yield from batch

    def _segment(self, number: int, is_last: bool) -> Iterator[list[StoredRow]]:
        try:
            name, data = read_segment(self.directory, number, self._disk)
        except JournalError as error:
            raise JournalDamage(segment_name(number) + ARCHIVE_SUFFIX, 0, str(error)) from error
        path = self.directory / name
        before = sum(segment.size for segment in self.segments)
        since = 0 if self._since is None else self._since.seq
        try:
            # Only whole segments are archived, so none is torn.
            reader = SegmentReader(data, number, self.tip, is_last and not name.endswith(ARCHIVE_SUFFIX))
            summary = SegmentSummary(path.name, reader, len(data))
            self._check_header(summary)
            self.segments.append(summary)
            while True:
                if reader.next_seq <= since:
                    # The point itself is one of them, until it is reached.
                    reader.pass_over(self._points[0].seq)
                batch = reader.next_batch()
                if batch is None and reader.torn is not None and self._is_growing(path, len(data)):
                    data = self._disk.read(path)
                    reader.resume(data[reader.offset :])
                    continue
                if batch is None:
                    break
                self._check_points(reader.tip, reader.frame_offset)
                self.tip = self.batch_tip = reader.tip
                self.bytes_read = before + reader.offset
                if reader.next_seq > since + 1:
                    self._check_version(summary)
                    yield batch
        except Damage as damage:
            raise JournalDamage(path.name, damage.offset, damage.reason) from damage
        header = reader.header
        if reader.seal is not None and not signature_holds(header.public_key, header.venue, reader.seal):
            raise JournalDamage(path.name, reader.frame_offset, "the venue's key did not sign this")
        self.tip = reader.tip
        self.torn = reader.torn

    def _read_head(self) -> None:
        try:
            self.head = read_head(self.directory, self._disk)
        except JournalError as error:
            raise JournalDamage(HEAD_FILE, 0, str(error)) from error
        if self.head is not None:
            self._add_point(self.head.point)

    def _add_point(self, point: Point) -> None:
        """Have the journal reach it, too."""
        self._points = sorted([*self._points, point], key=lambda each: each.seq)

    def _check_points(self, tip: Tip, offset: int) -> None:
        """Compare the chain after a batch, the frame at `offset`, with what others have of it."""
        last_seq = tip.next_seq - 1
        while self._points and self._points[0].seq <= last_seq:
            point = self._points.pop(0)
            if point.seq < last_seq:
                raise Damage(
                    offset,
                    f"no batch ends with sequence number {point.seq}, which {point.said_by} has as an end{point.advice}",
                )
            if point.link != tip.link:
                raise Damage(
                    offset, f"its link is {tip.link.hex()}; {point.said_by} has {point.link.hex()}{point.advice}"
                )

    def _check_end(self) -> None:
        """The journal must reach as far as others have seen it on the disk."""
        if not self._points:
            return
        last = self.segments[-1] if self.segments else None
        point = self._points[-1]
        torn = f", then there is a {self.torn}" if self.torn is not None else ""
        raise JournalDamage(
            last.name if last is not None else segment_name(1),
            last.end if last is not None else 0,
            f"the journal ends with sequence number {self.tip.next_seq - 1}{torn}; {point.said_by} has {point.seq}: "
            f"its end is damaged or was cut off{point.advice}",
        )

    def _is_growing(self, path: Path, size: int) -> bool:
        """Whether the venue is at work on the frame that looks torn."""
        time.sleep(self._settle_seconds)
        return self._disk.size(path) > size

    def _check_version(self, summary: SegmentSummary) -> None:
        """Refuse the rows of a segment of another core version, if one was demanded."""
        found, wanted = summary.header.core_version, self._core_version
        if wanted is not None and found != wanted:
            raise JournalVersion(summary.name, found, wanted, "" if self._since is None else self._since.said_by)

    def _check_header(self, summary: SegmentSummary) -> None:
        header = summary.header
        if self._core_version is not None and header.core_version > self._core_version:
            self._check_version(summary)
        if self._venue is None:
            self._venue = header.venue
        if self._public_key is None:
            self._public_key = header.public_key
        if header.venue != self._venue:
            raise JournalDamage(summary.name, 0, f"it belongs to venue {header.venue!r}, not to {self._venue!r}")
        if header.public_key != self._public_key:
            expected = self._public_key.hex()
            raise JournalDamage(summary.name, 0, f"its key is {header.public_key.hex()}, not {expected}")
        head = self.head
        if head is not None and not (head.venue == header.venue and head.is_signed_by(header.public_key)):
            raise JournalDamage(HEAD_FILE, 0, "the venue's key did not sign this")
