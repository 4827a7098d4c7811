"""A run in the making: what of the journal is in no file yet."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.record.rows import StoredRow
from engine.record.segments import Tip
from gateway.index.keys import Key, Postings, sorted_postings
from gateway.index.run import FORMAT_VERSION, Directory, Spot, encode_run
from gateway.journal.files import JournalError
from gateway.journal.tail import Place

RUN_ROWS: Final = 32_768
"""A run ends at the first batch that passes so many rows: 40 MB in the making, and a third of a second to look through."""
RUN_BYTES: Final = 8 * 1024 * 1024
"""Or so many bytes of the journal: a segment has eight runs or nine."""
SPOT_BYTES: Final = 32 * 1024
"""Of the journal between two spots: to seek is to read so much and a frame."""


class Unindexed(JournalError):
    """The journal has a row that this version does not know."""


class GrowingRun:
    """Batches that follow each other in one segment.

    Args:
        place: where they begin.
        link: of the batch before.
    """

    def __init__(self, place: Place, link: bytes) -> None:
        self.place: Final = place
        self.previous_link: Final = link
        self.link = link
        """Of the last batch."""
        self.segment = 0
        """That they are in; 0 while there are none."""
        self.end = 0
        """Offset behind the last batch."""
        self.first_seq = 0
        self.last_seq = 0
        self.spots: Final[list[Spot]] = []
        self._postings: Final = Postings()
        self._begin = 0
        self._last_time_ns = 0

    @property
    def is_full(self) -> bool:
        """Whether it ends here."""
        return self.last_seq - self.first_seq + 1 >= RUN_ROWS or self.end - self._begin >= RUN_BYTES

    def add(self, batch: list[StoredRow], start: int, behind: Place) -> None:
        """Take in a batch.

        Args:
            batch: its rows.
            start: where in its segment it begins.
            behind: the place behind it.

        Raises:
            Unindexed: a row is of another version.
        """
        first_seq, time_ns = batch[0][:2]
        if not self.segment:
            self.segment, self.first_seq, self._begin = behind.segment, first_seq, start
        if not self.spots or start - self.spots[-1].offset >= SPOT_BYTES:
            self.spots.append(Spot(first_seq, start, time_ns))
        for seq, _, command, events in batch:
            try:
                self._postings.add(seq, command, events)
            except msgspec.DecodeError as error:
                raise Unindexed(
                    f"sequence number {seq} is of a version that this program does not know: {error}"
                ) from error
        self.last_seq, self._last_time_ns = batch[-1][:2]
        self.link = behind.tip.link
        self.end = behind.offset

    def find(self, kind: str, key: Key) -> list[int]:
        """As `Run.find`."""
        return self._postings.tables[kind].get(key, [])

    def encode(self) -> bytes:
        """The run as a file."""
        about = Directory(
            FORMAT_VERSION,
            self.segment,
            self.first_seq,
            self.last_seq,
            self.spots[0].time_ns,
            self._last_time_ns,
            self.previous_link,
            self.link,
            self.end,
        )
        return encode_run(about, self.spots, iter(sorted_postings(self._postings)))

    @property
    def behind(self) -> Place:
        """Where the next batch is looked for."""
        if not self.segment:
            return self.place
        return Place(self.segment, self.end, Tip(self.link, self.last_seq + 1, self._last_time_ns))
