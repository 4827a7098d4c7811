"""Reading one segment of a journal: which frames are sound, and whether the last one is torn or damaged."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from engine.record.rows import (
    BATCH,
    FIRST_LINK,
    HEAD_BYTES,
    HEADER,
    SEAL,
    SMALLEST_FRAME_BYTES,
    Damage,
    Frame,
    Seal,
    SegmentHeader,
    StoredRow,
    decode_header,
    decode_rows,
    decode_seal,
    find_later_head,
    head_checks,
    read_frame,
    read_head,
    salt_of,
)


class Tip:
    """Where the chain stands: its last link, the sequence number that comes next, the time of the last row."""

    def __init__(self, link: bytes = FIRST_LINK, next_seq: int = 1, time_ns: int = 0) -> None:
        self.link: Final = link
        self.next_seq: Final = next_seq
        self.time_ns: Final = time_ns


class Torn:
    """The unfinished frame at the end of the last segment: its bytes `[start, end)` and what its head still tells."""

    def __init__(self, start: int, end: int, reason: str, *, first_seq: int, last_seq: int, is_seal: bool) -> None:
        self.start: Final = start
        self.end: Final = end
        self.reason: Final = reason
        self.first_seq: Final = first_seq
        """The first sequence number that is missing: one after the last sound row."""
        self.last_seq: Final = last_seq
        """The last one the frame was to hold; 0 if its head is lost too, or if it is a seal and held none."""
        self.is_seal: Final = is_seal

    def __str__(self) -> str:
        where = f"torn frame at offset {self.start}, bytes {self.start} to {self.end} ({self.reason})"
        if self.is_seal:
            return f"{where}: the segment's signature; no command is missing"
        if self.last_seq:
            return f"{where}: it was to hold sequence numbers {self.first_seq} to {self.last_seq}"
        return f"{where}: it was to begin with sequence number {self.first_seq}"


class SegmentReader:
    """Reads one segment frame by frame and verifies all but the seal's signature.

    Args:
        data: the segment, or its beginning with the whole header: `resume` hands in what follows.
        segment: the number in its file name.
        tip: where the segment before ended, `Tip()` for the first.
        is_last: no segment follows, so that its last frame may be torn.

    Raises:
        Damage: the header does not check. It is synced before the segment gets its name, so that it is never torn.
    """

    def __init__(self, data: bytes, segment: int, tip: Tip, is_last: bool) -> None:
        self._data = data
        self._base = 0
        """Where in the segment `_data` begins."""
        self._is_last: Final = is_last
        first = read_frame(data, 0, tip.link, 0)
        self.header: Final = _check_header(first, segment, tip)
        self.salt: Final = salt_of(first.link)
        self.next_seq: int = tip.next_seq
        self.time_ns: int = tip.time_ns
        """Of the last row read."""
        self.link: bytes = first.link
        self.frame_offset: int = 0
        """Where the frame read last begins."""
        self.offset: int = first.end
        """Where the next frame begins: at the end of the reading, where the sound part ends."""
        self.frames: int = 1
        self.seal: Seal | None = None
        self.torn: Torn | None = None

    @property
    def tip(self) -> Tip:
        """Where the chain stands after what was read so far."""
        return Tip(self.link, self.next_seq, self.time_ns)

    @property
    def left(self) -> int:
        """How many bytes behind `offset` were handed in."""
        return self._base + len(self._data) - self.offset

    @property
    def wanted(self) -> int:
        """How many bytes behind `offset` the next frame takes, as far as is known; 0: its head does not check."""
        if self.left < HEAD_BYTES:
            return HEAD_BYTES
        start = self.offset - self._base
        if not head_checks(self._data, start, self.salt):
            return 0
        return SMALLEST_FRAME_BYTES + read_head(self._data, start)[1]

    def next_batch(self) -> list[StoredRow] | None:
        """The rows of the next batch, or None at the end; then `seal` or `torn` tells how the segment ends.

        Raises:
            Damage: a frame does not check, and is not the torn last one.
        """
        if self.torn is not None or not self.left:
            if self.seal is None and not self._is_last:
                raise Damage(self.offset, "the segment ends without a seal, but another follows")
            return None
        if self.seal is not None:
            raise Damage(self.offset, f"{self.left} bytes follow the seal")
        offset = self.offset
        try:
            frame = read_frame(self._data, offset - self._base, self.link, self.salt)
        except Damage as damage:
            self.torn = self._torn(damage.reason)
            return None
        self.frame_offset = offset
        self.frames += 1
        rows: list[StoredRow] | None = None
        if frame.kind == BATCH:
            rows = self._check_rows(frame)
        elif frame.kind == SEAL:
            self.seal = self._check_seal(frame)
        else:
            raise Damage(offset, f"unknown kind of frame {frame.kind}")
        self.offset = self._base + frame.end
        self.link = frame.link
        return rows if rows is not None else self.next_batch()

    def pass_over(self, seq: int) -> None:
        """Verify the frames of the batches that end before a sequence number, and don't look into them. O(bytes), a few us a frame.

        That what they hold is what was written, the link says of whatever comes later.

        Raises:
            Damage: a head tells of other rows than come next. Whatever else is wrong, `next_batch` finds and tells.
        """
        while self.next_seq < seq and self.left and self.seal is None:
            offset = self.offset
            try:
                frame = read_frame(self._data, offset - self._base, self.link, self.salt)
            except Damage:
                return
            if frame.kind != BATCH or frame.first_seq + frame.count > seq:
                return
            if frame.count < 1 or frame.first_seq != self.next_seq:
                raise Damage(
                    offset, f"its head tells of {frame.count} rows from {frame.first_seq}, expected {self.next_seq}"
                )
            self.frame_offset = offset
            self.frames += 1
            self.next_seq += frame.count
            self.offset = self._base + frame.end
            self.link = frame.link

    def resume(self, data: bytes) -> None:
        """Go on with what stands behind `offset` now: more of the segment, or what looked torn and was being written."""
        self._data = data
        self._base = self.offset
        self.torn = None

    def skip(self, offset: int, tip: Tip) -> None:
        """Go on where a frame ends at `offset` and the chain stands at `tip`; `resume` hands in what follows."""
        self.offset = offset
        self.link = tip.link
        self.next_seq = tip.next_seq
        self.time_ns = tip.time_ns
        self.resume(b"")

    def _torn(self, reason: str) -> Torn:
        """Decide that the bad frame at `offset` is the one a crash interrupted, or raise its damage."""
        data, base, offset = self._data, self._base, self.offset
        start = offset - base
        end = base + len(data)
        if not self._is_last:
            raise Damage(offset, reason)
        later = find_later_head(data, start, self.salt, self.next_seq)
        if later >= 0:
            raise Damage(offset, f"{reason}; a sound frame follows at offset {base + later}")
        if not head_checks(data, start, self.salt):
            return Torn(offset, end, reason, first_seq=self.next_seq, last_seq=0, is_seal=False)
        kind, length, count = read_head(data, start)
        # Only one frame at a time is not yet synced: behind it a crash leaves nothing.
        if end - offset > SMALLEST_FRAME_BYTES + length:
            raise Damage(offset, f"{reason}; other bytes follow the frame")
        last_seq = self.next_seq + count - 1 if count else 0
        return Torn(offset, end, reason, first_seq=self.next_seq, last_seq=last_seq, is_seal=kind == SEAL)

    def _check_rows(self, frame: Frame) -> list[StoredRow]:
        """The rows of a batch: as many as the head says, dense, in time order."""
        offset = self.offset
        try:
            rows = decode_rows(frame.payload)
        except msgspec.DecodeError as error:
            raise Damage(offset, f"not a batch: {error}") from error
        if not rows or frame.count != len(rows) or frame.first_seq != self.next_seq:
            raise Damage(
                offset, f"its head tells of {frame.count} rows from {frame.first_seq}, expected {self.next_seq}"
            )
        for row in rows:
            if row[0] != self.next_seq:
                raise Damage(offset, f"sequence number {row[0]} where {self.next_seq} comes next")
            if row[1] < self.time_ns:
                raise Damage(offset, f"the time of sequence number {row[0]} is before that of the one before")
            self.next_seq += 1
            self.time_ns = row[1]
        return rows

    def _check_seal(self, frame: Frame) -> Seal:
        """The seal: of this segment, this range and this link. Its signature is the caller's to verify."""
        try:
            seal = decode_seal(frame.payload)
        except msgspec.DecodeError as error:
            raise Damage(self.offset, f"not a seal: {error}") from error
        if (
            seal.segment != self.header.segment
            or seal.first_seq != self.header.first_seq
            or seal.last_seq != self.next_seq - 1
            or seal.link != self.link
            or frame.first_seq != self.next_seq
            or frame.count != 0
        ):
            raise Damage(self.offset, "the seal belongs to another segment")
        return seal


def tip_before(data: bytes) -> Tip:
    """Where the header of a segment says that the one before ended, of which no time is known: to begin a reading there.

    Args:
        data: the segment, or its beginning with the whole header.

    Raises:
        Damage: it has no header.
    """
    try:
        header = decode_header(data[HEAD_BYTES : HEAD_BYTES + read_head(data, 0)[1]])
    except (struct.error, msgspec.DecodeError) as error:
        raise Damage(0, f"not a segment header: {error}") from error
    return Tip(header.previous_link, header.first_seq)


def _check_header(frame: Frame, segment: int, tip: Tip) -> SegmentHeader:
    """The header of a segment, which must be the one that comes next."""
    if frame.kind != HEADER:
        raise Damage(0, "the segment does not begin with a header")
    try:
        header = decode_header(frame.payload)
    except msgspec.DecodeError as error:
        raise Damage(0, f"not a segment header: {error}") from error
    if (
        header.segment != segment
        or header.first_seq != tip.next_seq
        or header.previous_link != tip.link
        or frame.first_seq != tip.next_seq
        or frame.count != 0
    ):
        found = f"segment {header.segment} from sequence number {header.first_seq}"
        raise Damage(0, f"the header is that of {found}; segment {segment} from {tip.next_seq} comes next")
    return header
