"""The index of a journal: its runs, brought up to the journal, and what can be asked of them.

index = Index(journal)
for _ in index.catch_up():
    ...
rows = index.rows(index.find(ACCOUNT, "mm-alpha.main"))
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from engine.record.rows import FIRST_LINK, StoredRow
from engine.record.segments import Tip
from gateway.disk import DISK, Disk, discard, save_file
from gateway.index.growing import GrowingRun
from gateway.index.keys import REPORT, Key
from gateway.index.run import Run, RunDamage, Spot, first_seq_of, list_runs, name_of_run
from gateway.journal.files import JournalError, JournalLocked, Lock
from gateway.journal.tail import BEGINNING, Place, PlaceGone, Tail

INDEX_FOLDER: Final = "index"

T = TypeVar("T")


def index_directory(journal: Path) -> Path:
    """Where the index of a journal is: beside the folder `journal` of a venue, else in the journal's own."""
    return (journal.parent if journal.name == "journal" else journal) / INDEX_FOLDER


class Index:
    """Answers which rows are about what, of all that the journal held when it was last caught up with.

    What is missing, stale or damaged is built again from the journal: saved by the one process that holds the index, of a running
    venue its follower; kept in memory by all others.

    Args:
        journal: directory of the segments.
        disk: what it is on.

    Attributes:
        rebuilt: what was built again, and why.
    """

    def __init__(self, journal: Path, *, disk: Disk = DISK) -> None:
        self.rebuilt: Final[list[str]] = []
        self._journal: Final = journal
        self._directory: Final = index_directory(journal)
        self._disk: Final = disk
        self._lock: Final = Lock(disk)
        self._saves = False
        self._is_loaded = False
        self._runs: Final[list[Run]] = []
        self._files: Final[dict[int, str]] = {}
        """Those that may hold runs to come, by their first row."""
        self._useless: Final[dict[str, None]] = {}
        """Files of no use."""
        self._growing = GrowingRun(BEGINNING, FIRST_LINK)
        self._tail: Final = Tail(journal, disk=disk)
        """Reads what no run has yet."""
        self._rows: Final = Tail(journal, disk=disk)
        """Reads what was asked for."""
        self._batch: list[StoredRow] = []
        """What that read last."""

    @property
    def last_seq(self) -> int:
        """The last row that it knows."""
        return self._growing.behind.tip.next_seq - 1

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    @property
    def size(self) -> int:
        """Bytes of all runs."""
        return sum(run.size for run in self._runs)

    # ── keeping up ─────────────────────────────────────────────────────────────────────────────────────────────────

    def hold(self) -> bool:
        """Save runs from now on, unless another process does; returns whether it will.

        Raises:
            OSError: the directory can't be made or opened.
        """
        if not self._saves:
            if not self._disk.is_directory(self._directory):
                with suppress(FileExistsError):
                    self._disk.make_directory(self._directory)
            try:
                self._lock.take(self._directory)
            except JournalLocked:
                return False
            self._saves = True
        return True

    def close(self) -> None:
        """Let go of the files."""
        self._lock.release()
        self._saves = False
        self._tail.close()
        self._rows.close()

    def catch_up(self, until_seq: int | None = None) -> Iterator[int]:
        """Take in what the journal has beyond the index; yields now and then the last row that it knows.

        Args:
            until_seq: no farther than this row's batch.

        Raises:
            JournalDamage: the journal is damaged.
            Unindexed: it holds a row of another version.
            OSError: the disk failed.
        """
        if not self._is_loaded:
            yield from self._load()
        while self._adopt():
            yield self.last_seq
        while until_seq is None or self.last_seq < until_seq:
            batch = next(self._tail.batches(), None)
            if batch is None:
                break
            self._add(batch)
            yield self.last_seq
            while self._adopt():
                yield self.last_seq
        if self._saves and until_seq is None:
            self._tidy()

    def verify(self) -> Iterator[str]:
        """Read all runs, and build those again that are damaged; yields the name of each that was read.

        Raises:
            JournalDamage: the journal is damaged, too.
            OSError: the disk failed.
        """
        for number in range(len(self._runs)):
            self._ask(number, Run.verify)
            yield self._runs[number].name

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, kind: str, key: Key) -> Iterator[int]:
        """The rows about something, ascending. One block is read of each run, a few tenths of a millisecond.

        Args:
            kind: of `gateway.index.keys`, but not `REPORT`.
            key: a number or a name; of `CLIENT_ORDER`, account and id.

        Raises:
            ValueError: no such thing can be.
            JournalDamage: a run is damaged, and so is the journal.
        """
        assert kind != REPORT, "see `reports`"
        for number in range(len(self._runs)):
            yield from self._ask(number, lambda run: run.find(kind, key))
        yield from self._growing.find(kind, key)

    def reports(self, account: str, after: int, before_seq: int) -> Iterator[list[int]]:
        """The rows before `before_seq` that hold an account's reports after a number: run by run, the newest first."""
        found = self._growing.find(REPORT, account)
        for number in reversed(range(-1, len(self._runs))):
            rows, numbers = found[::2], found[1::2]
            # Of the last row that begins before them, the later reports may be among them.
            first = max(bisect_right(numbers, after + 1) - 1, 0)
            yield [row for row in rows[first:] if row < before_seq]
            if number < 0 or (numbers and numbers[0] <= after + 1):
                return
            found = self._ask(number, lambda run: run.find(REPORT, account))

    def seq_at(self, time_ns: int) -> int:
        """The last row at that time or before it; 0: there is none. Nanoseconds since the epoch, UTC."""
        number = bisect_right(self._runs, time_ns, key=lambda run: run.about.first_time_ns) - 1
        if self._growing.spots and self._growing.spots[0].time_ns <= time_ns:
            number = len(self._runs)
        if number < 0:
            return 0
        spots = self._spots(number)
        spot = spots[bisect_right(spots, time_ns, key=lambda each: each.time_ns) - 1]
        found = spot.seq
        batches = self._batches_from(number, spot)
        while found < self.last_seq:
            self._batch = _next(batches, found)
            for row in self._batch:
                if row[1] > time_ns:
                    return found
                found = row[0]
        return found

    def locate(self, seq: int) -> Place:
        """Where the batch that holds a row begins; its link is not told. Raises as `rows`."""
        for _ in self.seek(seq):
            pass
        return Place(self._rows.place.segment, self._rows.start, Tip(b"", self._batch[0][0]))

    def rows(self, seqs: Iterable[int]) -> Iterator[StoredRow]:
        """Rows of the journal by their sequence numbers, ascending; each verified as it is read.

        Raises:
            LookupError: the index knows no such row.
            JournalDamage: the journal is damaged there.
        """
        for seq in seqs:
            for _ in self.seek(seq):
                pass
            yield self.row(seq)

    def seek(self, seq: int) -> Iterator[int]:
        """Read the batch that holds a row; yields after each piece of work on the way how many bytes it was. Raises as `rows`."""
        batch = self._batch
        if batch and batch[0][0] <= seq <= batch[-1][0]:
            return
        if not 0 < seq <= self.last_seq:
            raise LookupError(f"there is no sequence number {seq}: there are 1 to {self.last_seq}")
        number = bisect_right(self._runs, seq, key=lambda run: run.about.first_seq) - 1
        if self._growing.spots and seq >= self._growing.first_seq:
            number = len(self._runs)
        spots = self._spots(number)
        spot = spots[bisect_right(spots, seq, key=lambda each: each.seq) - 1]
        if not (batch and spot.seq <= batch[-1][0] + 1 <= seq):
            yield from self._rows.approach(self._place(number, spot))
        batches = self._rows.batches()
        while True:
            before = self._rows.place.offset
            self._batch = _next(batches, seq)
            yield max(self._rows.place.offset - before, 0)
            if seq <= self._batch[-1][0]:
                return

    @property
    def behind(self) -> Place:
        """Behind the batch that was read last."""
        return self._rows.place

    def row(self, seq: int) -> StoredRow:
        """A row of the batch that was read last."""
        return self._batch[seq - self._batch[0][0]]

    # ── its parts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _place(self, number: int, spot: Spot) -> Place:
        """Where a batch of a run stands, or of what grows behind them."""
        segment = self._runs[number].about.segment if number < len(self._runs) else self._growing.segment
        return Place(segment, spot.offset, Tip(b"", spot.seq))

    def _batches_from(self, number: int, spot: Spot) -> Iterator[list[StoredRow]]:
        self._rows.go_to(self._place(number, spot))
        return self._rows.batches()

    def _spots(self, number: int) -> list[Spot]:
        if number == len(self._runs):
            return self._growing.spots
        return self._ask(number, Run.spots)

    def _ask(self, number: int, question: Callable[[Run], T]) -> T:
        """What a run answers; if it is damaged, what it answers when it was built again."""
        try:
            return question(self._runs[number])
        except RunDamage as damage:
            self._repair(number, damage)
            return question(self._runs[number])

    def _repair(self, number: int, damage: RunDamage) -> None:
        """Build a run again."""
        about, name = self._runs[number].about, self._runs[number].name
        self._refuse(name, damage)
        growing = self._behind(self._runs[number - 1] if number else None)
        tail = Tail(self._journal, growing.behind, disk=self._disk)
        try:
            batches = tail.batches()
            while growing.last_seq < about.last_seq:
                growing.add(_next(batches, about.last_seq), tail.start, tail.place)
        finally:
            tail.close()
        self._runs[number] = self._saved(growing)

    # ── its files ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _load(self) -> Iterator[int]:
        """Take the runs that follow each other from the first row on, as far as the journal still has what they say."""
        for name in list_runs(self._directory, self._disk):
            self._files[first_seq_of(name)] = name
        while self._adopt():
            yield self.last_seq
        while self._runs:
            try:
                for _ in self._tail.approach(self._runs[-1].end):
                    yield self.last_seq
            except PlaceGone as error:
                self._refuse(self._runs.pop().name, error)
                self._growing = self._behind(self._runs[-1] if self._runs else None)
            else:
                break
        if not self._runs:
            self._tail.go_to(BEGINNING)
        self._is_loaded = True

    def _adopt(self) -> bool:
        """Take the run that goes on where the last one ends, if a file has it and nothing of it was built yet."""
        if self._growing.spots:
            return False
        next_seq = self.last_seq + 1
        name = self._files.pop(next_seq, None)
        if name is None:
            return False
        try:
            run = Run(self._directory / name, self._disk)
            about = run.about
            if name != name_of_run(about) or about.previous_link != self._growing.link:
                raise RunDamage("it does not follow the run before it")
        except RunDamage as damage:
            self._refuse(name, damage)
            return False
        self._runs.append(run)
        self._growing = self._behind(run)
        if self._is_loaded:
            self._tail.go_to(run.end)
        return True

    @staticmethod
    def _behind(run: Run | None) -> GrowingRun:
        """A run that goes on behind another one, or is the first."""
        return GrowingRun(BEGINNING, FIRST_LINK) if run is None else GrowingRun(run.end, run.about.link)

    def _add(self, batch: list[StoredRow]) -> None:
        """Take in a batch that was just read."""
        behind = self._tail.place
        if self._growing.spots and self._growing.segment != behind.segment:
            self._cut()
        self._growing.add(batch, self._tail.start, behind)
        if self._growing.is_full:
            self._cut()

    def _cut(self) -> None:
        """Make a run of what grows, and begin the next."""
        run = self._saved(self._growing)
        self._runs.append(run)
        self._growing = self._behind(run)

    def _saved(self, growing: GrowingRun) -> Run:
        """A run, in its file if this process saves, else in memory."""
        data = growing.encode()
        run = Run(data)
        if self._saves:
            path = self._directory / run.name
            save_file(path, data, self._disk)
            self._useless.pop(run.name, None)
            run = Run(path, self._disk)
        return run

    def _refuse(self, name: str, why: Exception) -> None:
        """A file is not what it should be."""
        self.rebuilt.append(f"{name}: {why}")
        self._useless[name] = None

    def _tidy(self) -> None:
        """Remove runs that follow nothing: of rows that a crash took back, or of another journal."""
        for name in (*self._files.values(), *self._useless):
            discard(self._directory / name, self._disk)
        self._files.clear()
        self._useless.clear()


def _next(batches: Iterator[list[StoredRow]], seq: int) -> list[StoredRow]:
    """The next batch of a journal that must have it."""
    batch = next(batches, None)
    if batch is None:
        raise JournalError(f"the journal ends before sequence number {seq}, which it had: it was cut while it was read")
    return batch
