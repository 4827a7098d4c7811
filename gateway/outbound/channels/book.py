"""Channel `book`: a snapshot, then one update a turn with `prev_seq`. `seq` counts the events that changed what is shown."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import ANSWER_PIECE_STEPS, BYTES_PER_STEP, COPIED_PER_STEP, LEVEL_STEPS
from gateway.outbound.channels.levels import CHECKSUM_LEVELS, checksum
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.public_book import BookChannel
from gateway.protocol.messages import BookSnapshot, BookUpdate
from gateway.protocol.wire import Codec, Rows

_PIECE_LEVELS: Final = ANSWER_PIECE_STEPS // LEVEL_STEPS


class Book(BookChannel):
    """The price levels of one instrument. Who subscribes is told a `SnapshotInPieces` first."""

    name = "book"
    sums_up = True

    def end_turn(self) -> BookUpdate | None:
        """What changed in the book since it was told.

        None if nothing is different now; then the next update follows the last one that was told.
        """
        bids, asks = self.book.sides
        if not self.subscribers:
            # Of the last one who heard it, who has left.
            bids.told.clear()
            asks.told.clear()
            self.seq = self.book.shown_seq
            return None
        changed_bids, changed_asks = bids.take_changes(self.format), asks.take_changes(self.format)
        if not changed_bids and not changed_asks:
            return None
        previous, self.seq = self.seq, self.book.shown_seq
        return BookUpdate(
            instrument=self.key,
            seq=self.seq,
            prev_seq=previous,
            time=self.book.shown_ns,
            bids=changed_bids,
            asks=changed_asks,
            checksum=self.checksum(),
        )

    def checksum(self) -> int:
        """Of the book as it is."""
        bids, asks = (side.levels(self.format, CHECKSUM_LEVELS) for side in self.book.sides)
        return checksum(bids, asks)


class SnapshotInPieces(Outbox):
    """A snapshot of a book for one codec: copied at once, encoded bit by bit.

    The book goes on meanwhile. What it tells waits in `frames`, as for any subscriber, and belongs behind the snapshot: so
    whoever gets both has the book of the present turn, whenever it was copied.
    """

    def __init__(self, book: Book, codec: Codec) -> None:
        """Copy the book between two turns. O(levels), at the speed of a copy."""
        super().__init__(codec)
        self.seq: Final = book.seq
        self.frame = b""
        """The whole message, when it is done."""
        self.readers = 0
        """How many wait for it. Whoever counts ends it with the last."""
        self._book: Final = book
        self._time: Final = book.book.shown_ns
        self._checksum: Final = book.checksum()
        self._sides: Final = tuple((side.copy(), Rows(codec)) for side in book.book.sides)
        self._copied: Final = sum(len(side) for side, _ in self._sides)
        self._is_begun = False
        book.subscribers[self] = None

    @property
    def is_done(self) -> bool:
        """Whether `frame` is there."""
        return bool(self.frame)

    @property
    def is_stale(self) -> bool:
        """Whether what the book has told since is more than the snapshot. O(updates)."""
        return self.is_done and sum(map(len, self.frames)) > len(self.frame)

    def make(self) -> int:
        """Encode the next piece; returns the steps it took."""
        if self.is_done:
            return 0
        steps = 0 if self._is_begun else self._copied // COPIED_PER_STEP
        self._is_begun = True
        left = _PIECE_LEVELS
        for side, rows in self._sides:
            if left and len(side):
                levels = side.take(self._book.format, left)
                rows.add(levels)
                left -= len(levels)
        steps += (_PIECE_LEVELS - left) * LEVEL_STEPS
        if not any(len(side) for side, _ in self._sides):
            (_, bids), (_, asks) = self._sides
            snapshot = BookSnapshot(
                instrument=self._book.key,
                seq=self.seq,
                time=self._time,
                bids=bids.whole(),
                asks=asks.whole(),
                checksum=self._checksum,
            )
            self.frame = self.codec.frame(snapshot)
            steps += len(self.frame) // BYTES_PER_STEP
        return steps

    def end(self) -> None:
        """Hear the book no longer."""
        del self._book.subscribers[self]
