"""A run in the making: what of the journal is in no file yet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from engine.record.rows import StoredRow
from gateway.index.keys import Key, Postings, sorted_postings
from gateway.index.run import FORMAT_VERSION, Directory, Spot, encode_run, name_of_run
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
    """Batches that follow each other in one segment: what `Run` is, in memory and not packed.

    Args:
        place: where they begin.
        link: of the batch before.
    """

    def __init__(self, place: Place, link: bytes) -> None:
        self._place: Final = place
        self._previous_link: Final = link
        self._postings: Final = Postings()
        self._spots: Final[list[Spot]] = []
        self._begin = 0
        """Offset of the first batch."""
        self._end = place
        """Behind the last batch."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no batch yet."""
        return not self._spots

    @property
    def is_full(self) -> bool:
        """Whether it ends here."""
        if self.is_empty:
            return False
        rows = self._end.tip.next_seq - self._spots[0].seq
        return rows >= RUN_ROWS or self._end.offset - self._begin >= RUN_BYTES

    @property
    def link(self) -> bytes:
        """Of the last batch."""
        return self._previous_link if self.is_empty else self._end.tip.link

    @property
    def end(self) -> Place:
        """Behind the last batch, where the next one is looked for."""
        return self._end

    @property
    def about(self) -> Directory:
        """What it is about; it must not be empty."""
        first, tip = self._spots[0], self._end.tip
        return Directory(
            FORMAT_VERSION,
            self._end.segment,
            first.seq,
            tip.next_seq - 1,
            first.time_ns,
            tip.time_ns,
            self._previous_link,
            tip.link,
            self._end.offset,
        )

    @property
    def name(self) -> str:
        """Of the file that it will be."""
        return name_of_run(self.about)

    @property
    def size(self) -> int:
        """Bytes of its file: there is none."""
        return 0

    def add(self, batch: list[StoredRow], start: int, behind: Place) -> None:
        """Take in a batch.

        Args:
            batch: its rows.
            start: where in its segment it begins.
            behind: the place behind it.

        Raises:
            Unindexed: a row is of another version.
        """
        if self.is_empty:
            self._begin = start
        if self.is_empty or start - self._spots[-1].offset >= SPOT_BYTES:
            self._spots.append(Spot(batch[0][0], start, batch[0][1]))
        for seq, time_ns, command, events in batch:
            try:
                self._postings.add(seq, time_ns, command, events)
            except msgspec.DecodeError as error:
                raise Unindexed(
                    f"sequence number {seq} is of a version that this program does not know: {error}"
                ) from error
        self._end = behind

    def find(self, kind: str, key: Key) -> list[int]:
        """As `Run.find`."""
        return self._postings.find(kind, key)

    def keep_only(self, kinds: Collection[str]) -> None:
        """Forget what is of other kinds, but for candles: nobody asks for it here."""
        for other, table in self._postings.tables.items():
            if other not in kinds:
                table.clear()

    def spots(self) -> list[Spot]:
        """As `Run.spots`."""
        return self._spots

    def verify(self) -> None:
        """As `Run.verify`: nothing was read from a disk."""

    def encode(self) -> bytes:
        """The run as a file."""
        return encode_run(self.about, self._spots, iter(sorted_postings(self._postings)))
