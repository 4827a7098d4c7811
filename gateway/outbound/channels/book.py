"""Channel `book`: a snapshot, then one update a turn with `prev_seq`. `seq` counts the events that changed what is shown."""

from __future__ import annotations

from gateway.outbound.channels.levels import CHECKSUM_LEVELS, checksum
from gateway.outbound.channels.public_book import BookChannel
from gateway.protocol.messages import BookSnapshot, BookUpdate


class Book(BookChannel):
    """The price levels of one instrument."""

    name = "book"
    sums_up = True

    def first(self) -> BookSnapshot:
        """The book as it was told: every level. O(levels)."""
        bids, asks = (side.levels(self.format) for side in self.book.sides)
        return BookSnapshot(
            instrument=self.key,
            seq=self.seq,
            time=self.book.time_ns,
            bids=bids,
            asks=asks,
            checksum=checksum(bids, asks),
        )

    def end_turn(self) -> BookUpdate | None:
        """What changed in the book since it was told.

        None if nothing is different now; then the next update follows the last one that was told.
        """
        bids, asks = self.book.sides
        if not self.subscribers:
            bids.told.clear()
            asks.told.clear()
            self.seq = self.book.shown_seq
            return None
        changed_bids, changed_asks = bids.take_changes(self.format), asks.take_changes(self.format)
        if not changed_bids and not changed_asks:
            return None
        previous, self.seq = self.seq, self.book.shown_seq
        best_bids, best_asks = (side.levels(self.format, CHECKSUM_LEVELS) for side in (bids, asks))
        return BookUpdate(
            instrument=self.key,
            seq=self.seq,
            prev_seq=previous,
            time=self.book.time_ns,
            bids=changed_bids,
            asks=changed_asks,
            checksum=checksum(best_bids, best_asks),
        )
