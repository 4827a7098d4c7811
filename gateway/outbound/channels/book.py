"""Channel `book`: a snapshot, then updates with `prev_seq`. `seq` counts the events that changed what is shown.

Who names a `depth` is told the best so many levels of each side; who names an `interval`, of all that changed within it at
once. All feeds of a book have the same numbers, and those of one interval are told of the same moments.
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    BYTES_PER_STEP,
    COPIED_PER_STEP,
    LEVEL_STEPS,
    MAX_PACED_LEVELS,
    QUESTION_STEPS,
)
from gateway.outbound.channels.channel import PLAIN, Feed, Options, Published, Subject
from gateway.outbound.channels.levels import CHECKSUM_LEVELS, Levels, SideCopy, Window, checksum
from gateway.outbound.channels.outbox import Outbox, Outboxes
from gateway.outbound.channels.pacing import INTERVALS, Paced
from gateway.outbound.channels.public_book import BookChannel, PublicBook
from gateway.outbound.messages.mirrors import State
from gateway.protocol.messages import BookSnapshot, BookUpdate
from gateway.protocol.wire import Codec, Rows

_PIECE_LEVELS: Final = ANSWER_PIECE_STEPS // LEVEL_STEPS
Changed = tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]
"""Of bids and asks."""


class BookFeed(Feed):
    """The levels of one book as those are told of them who ask for the same depth and interval."""

    def __init__(self, book: PublicBook, options: Options, pace: Pace, subscribers: Outboxes | None = None) -> None:
        super().__init__(subscribers)
        self.book: Final = book
        self.options: Final = options
        self.pace: Final = pace
        self.seq = pace.seq
        """Of the last update, or of the moment of which the first snapshot is."""
        self._windows: Final = tuple(Window(side, options.depth) for side in book.sides)
        if options.depth:
            for window, copy in zip(self._windows, self.copies(), strict=True):
                window.begin(copy)

    @property
    def depth(self) -> int | None:
        """As messages say it."""
        return self.options.depth or None

    @property
    def interval(self) -> str | None:
        """As messages say it."""
        return self.options.interval or None

    def copies(self) -> tuple[SideCopy, ...]:
        """Both sides as its subscribers have been told. O(depth), or O(levels), and what its interval has changed."""
        pairs = zip(self.book.sides, self.pace.told, strict=True)
        return tuple(side.copy_as_told(told, self.options.depth) for side, told in pairs)

    def tell(self, changed: Changed, sums: dict[int, int]) -> BookUpdate | None:
        """What has changed of what its subscribers were told; None: nothing, and the next update follows the last one.

        `sums` has the checksums of the present book by how many levels they cover.
        """
        format_ = self.book.format
        bids, asks = (window.tell(side, format_) for window, side in zip(self._windows, changed, strict=True))
        if not bids and not asks:
            return None
        covered = min(self.options.depth or CHECKSUM_LEVELS, CHECKSUM_LEVELS)
        if covered not in sums:
            sums[covered] = checksum(*(side.levels(format_, covered) for side in self.book.sides))
        previous, self.seq = self.seq, self.book.shown_seq
        return BookUpdate(
            instrument=self.book.key,
            seq=self.seq,
            prev_seq=previous,
            time=self.book.shown_ns,
            bids=bids,
            asks=asks,
            checksum=sums[covered],
            depth=self.depth,
            interval=self.interval,
        )


class Pace(Paced):
    """All feeds of one book that are told of the same moments: of each turn, or once an interval."""

    def __init__(self, book: PublicBook, interval: str) -> None:
        super().__init__(interval)
        self.seq = book.shown_seq
        """As of the last moment."""
        self._seen_ns = book.shown_ns
        self.feeds: Final[dict[int, BookFeed]] = {}
        """By depth."""
        bids, asks = book.sides
        # Of a turn it is what the sides gather; with an interval what they have gathered over several turns.
        self.told: Final[tuple[dict[int, int], dict[int, int]]] = ({}, {}) if interval else (bids.told, asks.told)
        """By price, of bids and asks: the lots as of the last moment of a level that was touched since."""
        self._book: Final = book

    @property
    def time_ns(self) -> int:
        """When what was shown at the last moment was changed last."""
        return self._seen_ns if self.interval_ns else self._book.shown_ns

    @property
    def is_heard(self) -> bool:
        """Whether anybody hears any of it."""
        return any(feed.subscribers for feed in self.feeds.values())

    def gather(self) -> int:
        """Take in what a turn changed; returns how many levels it is by now."""
        levels = 0
        for told, side in zip(self.told, self._book.sides, strict=True):
            for price, before in side.told.items():
                told.setdefault(price, before)
            levels += len(told)
        return levels

    def tell(self, out: list[Published]) -> int:
        """Tell all feeds what has changed since the last moment. A feed with options that nobody hears any more is let go of."""
        steps = QUESTION_STEPS + (len(self.told[0]) + len(self.told[1])) // COPIED_PER_STEP
        changed = self.take()
        sums: dict[int, int] = {}
        for depth, feed in list(self.feeds.items()):
            if not feed.subscribers:
                if feed.options == PLAIN:
                    feed.seq = self._book.shown_seq
                else:
                    del self.feeds[depth]
                continue
            message = feed.tell(changed, sums)
            if message is not None:
                out.append((feed.subscribers, message))
                steps += QUESTION_STEPS + (len(message.bids) + len(message.asks)) * LEVEL_STEPS
        return steps

    def take(self) -> Changed:
        """What has changed since the last moment; this is the last one now."""
        book = self._book
        (bids, asks), (told_bids, told_asks) = book.sides, self.told
        changed = bids.changes(told_bids), asks.changes(told_asks)
        told_bids.clear()
        told_asks.clear()
        self.seq, self._seen_ns = book.shown_seq, book.shown_ns
        return changed


class Book(BookChannel):
    """The price levels of one instrument. Who subscribes is told a `SnapshotInPieces` first."""

    name = "book"
    sums_up = True
    depths = (1, 5, 10, 25, 50, 100, 500, 1_000)
    intervals = tuple(INTERVALS)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._turn: Final = Pace(self.book, "")
        self.whole: Final = BookFeed(self.book, PLAIN, self._turn, self.subscribers)
        """What is told without options."""
        self._turn.feeds[0] = self.whole
        self._paces: Final[dict[str, Pace]] = {}
        """By interval, of those that anybody hears."""
        self._has_others = False
        """Whether there are feeds with options."""

    def feed(self, options: Options) -> BookFeed:
        """What is told to those who ask for a depth and an interval; the same as long as anybody hears it."""
        if options == PLAIN:
            return self.whole
        pace = self._turn
        if options.interval:
            found = self._paces.get(options.interval)
            if found is None:
                found = self._paces[options.interval] = Pace(self.book, options.interval)
            pace = found
        feed = pace.feeds.get(options.depth)
        if feed is None:
            feed = pace.feeds[options.depth] = BookFeed(self.book, options, pace)
            self._watch()
        return feed

    def restore(self, state: State) -> None:
        """Go on counting."""
        super().restore(state)
        self._turn.seq = self.whole.seq = self.seq

    def sum_up(self, out: list[Published]) -> None:
        """What changed in the book since it was told."""
        turn = self._turn
        if not self.subscribers and not self._has_others:
            # Of the last one who heard it, who has left.
            for told in turn.told:
                told.clear()
            self.seq = self.whole.seq = turn.seq = self.book.shown_seq
            return
        for interval, pace in list(self._paces.items()):
            if not pace.is_heard:
                del self._paces[interval]
            else:
                levels = pace.gather()
                if levels:
                    self.book.pacer.wait(pace, at_once=levels >= MAX_PACED_LEVELS)
        if self._has_others:
            turn.tell(out)
            self._watch()
        else:
            message = self.whole.tell(turn.take(), {})
            if message is not None:
                out.append((self.subscribers, message))
        self.seq = self.whole.seq

    def _watch(self) -> None:
        """Have both sides gather what changes as long as anybody is told of some of it."""
        self._has_others = bool(len(self._turn.feeds) > 1 or self._paces)
        for side in self.book.sides:
            side.is_watched = self._has_others


class SnapshotInPieces(Outbox):
    """A snapshot of a book for one feed and codec: copied at once, encoded bit by bit.

    The book goes on meanwhile. What it tells waits in `frames`, as for any subscriber, and belongs behind the snapshot: so
    whoever gets both has the book of the present turn, whenever it was copied. With an interval it is the book as it was told
    last, so that all subscribers are told the same from then on.
    """

    def __init__(self, feed: BookFeed, codec: Codec) -> None:
        """Copy the book between two turns. O(levels), at the speed of a copy."""
        super().__init__(codec)
        self.seq: Final = feed.seq
        self.frame = b""
        """The whole message, when it is done."""
        self.readers = 0
        """How many wait for it. Whoever counts ends it with the last."""
        self._feed: Final = feed
        self._time: Final = feed.pace.time_ns
        copies = feed.copies()
        bids, asks = (copy.best(feed.book.format, CHECKSUM_LEVELS) for copy in copies)
        self._checksum: Final = checksum(bids, asks)
        self._sides: Final = tuple((copy, Rows(codec)) for copy in copies)
        self._copied: Final = sum(len(side) for side, _ in self._sides)
        self._is_begun = False
        feed.subscribers[self] = None

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
                levels: Levels = side.take(self._feed.book.format, left)
                rows.add(levels)
                left -= len(levels)
        steps += (_PIECE_LEVELS - left) * LEVEL_STEPS
        if not any(len(side) for side, _ in self._sides):
            (_, bids), (_, asks) = self._sides
            snapshot = BookSnapshot(
                instrument=self._feed.book.key,
                seq=self.seq,
                time=self._time,
                bids=bids.whole(),
                asks=asks.whole(),
                checksum=self._checksum,
                depth=self._feed.depth,
                interval=self._feed.interval,
            )
            self.frame = self.codec.frame(snapshot)
            steps += len(self.frame) // BYTES_PER_STEP
        return steps

    def end(self) -> None:
        """Hear the book no longer."""
        del self._feed.subscribers[self]
