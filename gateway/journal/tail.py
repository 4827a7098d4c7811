"""Reading a journal from any place on, while it grows: verified like the whole, and again when there is more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.record.rows import LINK_BYTES, Damage, StoredRow
from engine.record.segments import SegmentReader, Tip, tip_before
from gateway.disk import DISK, Disk
from gateway.journal.files import JournalError, list_segments, segment_name
from gateway.journal.key import signature_holds
from gateway.journal.reader import JournalDamage
from gateway.journal.segment_bytes import SegmentBytes

CHUNK_BYTES: Final = 64 * 1024
"""Read at once: one to two frames of a busy venue."""
HEADER_BYTES: Final = 4 * 1024
"""Holds the header of any segment: its longest part is a venue's id."""


class PlaceGone(JournalError):
    """The journal is not the one that a place was told of, or ends before it."""


class Place:
    """Where a frame begins in a journal, and where the chain stands before it.

    Args:
        segment: its number.
        offset: in the segment as it was written, be it archived or not; 0: its header comes next.
        tip: an empty link is not known; what the journal has there is taken for it.
    """

    def __init__(self, segment: int, offset: int, tip: Tip) -> None:
        self.segment: Final = segment
        self.offset: Final = offset
        self.tip: Final = tip


BEGINNING: Final = Place(1, 0, Tip())


class Tail:
    """Follows a journal, of a venue that runs too. Every frame and every seal is verified.

    Args:
        directory: of the segments.
        place: where to begin.
        disk: what the directory is on.

    Attributes:
        start: where the batch that was yielded last begins in its segment.
    """

    def __init__(self, directory: Path, place: Place = BEGINNING, *, disk: Disk = DISK) -> None:
        self.start = 0
        self._place = place
        self._directory: Final = directory
        self._disk: Final = disk
        self._bytes: SegmentBytes | None = None
        self._reader: SegmentReader | None = None
        self._identity: tuple[str, bytes] | None = None
        """Venue and key, which all segments share."""

    @property
    def place(self) -> Place:
        """Behind what was read so far."""
        if self._reader is None:
            return self._place
        return Place(self._place.segment, self._reader.offset, self._reader.tip)

    def batches(self) -> Iterator[list[StoredRow]]:
        """The rows of each batch that is whole by now. Called again, it goes on behind them.

        Raises:
            JournalDamage: a frame does not check, or a segment is missing.
            PlaceGone: the journal has something else where the reading was to begin.
            OSError: the disk failed.
        """
        while self._enter():
            assert self._reader is not None and self._bytes is not None
            name = self._bytes.name
            try:
                yield from self._read(self._reader, self._bytes)
            except Damage as damage:
                raise JournalDamage(name, damage.offset, damage.reason) from damage
            if self._reader.seal is None:
                return
            following = Place(self._place.segment + 1, 0, self._reader.tip)
            self.close()
            self._place = following

    def go_to(self, place: Place) -> None:
        """Go on at another place."""
        for _ in self.approach(place):
            pass

    def approach(self, place: Place) -> Iterator[int]:
        """Go on at another place; if that is in an archive, yields the bytes of each piece that is unpacked on the way.

        Cheap within the segment that is read, forwards if it is an archive. At a segment that does not exist nothing is read
        until it does.

        Raises:
            PlaceGone: the journal has something else there, or nothing.
            JournalDamage: the segment is damaged.
            OSError: the disk failed.
        """
        if self._reader is None or place.segment != self._place.segment or not place.offset:
            self.close()
            self._place = place
            if not self._open():
                return
        reader, source = self._reader, self._bytes
        assert reader is not None and source is not None
        if not place.offset:
            return
        begin = place.offset - LINK_BYTES
        while source.lacks(begin, LINK_BYTES):
            yield source.unpack(begin)
        found, tip = source.read_at(LINK_BYTES, begin), place.tip
        if len(found) < LINK_BYTES or (tip.link and tip.link != found):
            raise PlaceGone(f"{source.name} has no frame that ends at offset {place.offset} with the link that it had")
        reader.skip(place.offset, Tip(found, tip.next_seq, tip.time_ns))

    def close(self) -> None:
        """Let go of the segment that is read; a later call opens it again."""
        self._place = self.place
        if self._bytes is not None:
            self._bytes.close()
        self._bytes = self._reader = None

    def _enter(self) -> bool:
        """Open the segment that comes next, unless it is open; False: there is none yet."""
        if self._reader is None:
            self.go_to(self._place)
        return self._reader is not None

    def _open(self) -> bool:
        """Open the segment of the place, and read its header; False: there is none yet."""
        place = self._place
        try:
            source = SegmentBytes(self._directory, place.segment, self._disk)
        except FileNotFoundError as error:
            if place.offset:
                raise PlaceGone(f"there is no {segment_name(place.segment)} any more") from error
            if any(number > place.segment for number in list_segments(self._directory, self._disk)):
                raise JournalDamage(segment_name(place.segment), 0, "the segment is missing") from error
            return False
        try:
            data = source.read_at(HEADER_BYTES, 0)
            tip = tip_before(data) if place.offset else place.tip
            reader = SegmentReader(data, place.segment, tip, not source.is_archived)
            identity = reader.header.venue, reader.header.public_key
            if self._identity not in (None, identity):
                raise Damage(0, "it belongs to another venue than the segments before it")
        except Damage as damage:
            source.close()
            raise JournalDamage(source.name, damage.offset, damage.reason) from damage
        except BaseException:
            source.close()
            raise
        self._identity = identity
        self._bytes, self._reader = source, reader
        return True

    def _read(self, reader: SegmentReader, source: SegmentBytes) -> Iterator[list[StoredRow]]:
        """The batches of a segment up to its seal, or to what is not whole yet."""
        is_followed = False
        while True:
            start = reader.offset
            batch = _next_batch(reader, source)
            if batch is not None:
                self.start = start
                yield batch
            elif reader.seal is not None:
                if not signature_holds(reader.header.public_key, reader.header.venue, reader.seal):
                    raise Damage(reader.frame_offset, "the venue's key did not sign this")
                return
            elif is_followed:
                raise Damage(reader.offset, "the segment ends without a seal, but another follows")
            elif self._disk.exists(self._directory / segment_name(self._place.segment + 1)):
                # The seal was written first: it must be there now.
                is_followed = True
            else:
                return


def _next_batch(reader: SegmentReader, source: SegmentBytes) -> list[StoredRow] | None:
    """What the reader says comes next, after it was handed as much as it needs to tell."""
    if reader.torn is not None or reader.left < reader.wanted:
        reader.resume(source.read_at(CHUNK_BYTES, reader.offset))
    if reader.left < reader.wanted:
        # It is longer; or there is no more of it.
        reader.resume(source.read_at(reader.wanted, reader.offset))
    batch = reader.next_batch()
    if reader.torn is not None and not reader.wanted:
        # What tells damage from a write that goes on may stand farther behind.
        reader.resume(source.read_to_end(reader.offset))
        batch = reader.next_batch()
    elif reader.seal is not None and batch is None:
        # Nothing may follow it.
        reader.resume(source.read_at(CHUNK_BYTES, reader.offset))
        batch = reader.next_batch()
    return batch
