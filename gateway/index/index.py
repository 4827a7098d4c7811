"""The index of a journal: its runs, brought up to the journal, and what can be asked of them.

index = Index(journal)
for _ in index.catch_up():
    ...
rows = index.rows(index.find(ACCOUNT, "mm-alpha.main"))
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from engine.record.rows import FIRST_LINK, StoredRow
from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, discard, make_directories, save_file
from gateway.index.growing import GrowingRun
from gateway.index.keys import REPORT, Key
from gateway.index.rows import Rows
from gateway.index.run import Run, RunDamage, Spot, first_seq_of, list_runs, name_of_run
from gateway.journal.files import JournalError, JournalLocked, Lock
from gateway.journal.tail import BEGINNING, PlaceGone, Tail

INDEX_FOLDER: Final = "index"

AnyRun = Run | GrowingRun
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
        may_pause: whether a question may take a second, to build a damaged run again. If not, a damaged index ends all but `reports`
            and `walk` with a JournalError.
        disk: what it is on.

    Attributes:
        rebuilt: what was built again, and why.
    """

    def __init__(self, journal: Path, *, may_pause: bool = True, disk: Disk = DISK) -> None:
        self.rebuilt: Final[list[str]] = []
        self._journal: Final = journal
        self._directory: Final = index_directory(journal)
        self._may_pause: Final = may_pause
        self._disk: Final = disk
        self._lock: Final = Lock(disk)
        self._saves = False
        self._is_loaded = False
        self._runs: Final[list[AnyRun]] = []
        self._files: Final[dict[int, str]] = {}
        """Those that may hold runs to come, by their first row."""
        self._useless: Final[dict[str, None]] = {}
        """Files of no use."""
        self._growing = GrowingRun(BEGINNING, FIRST_LINK)
        self._tail: Final = Tail(journal, disk=disk)
        """Reads what no run has yet."""
        self._rows: Final = self.reader()

    @property
    def last_seq(self) -> int:
        """The last row that it knows."""
        return self._growing.end.tip.next_seq - 1

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
            make_directories(self._directory, self._disk)
            try:
                self._lock.take(self._directory)
            except JournalLocked:
                return False
            self._saves = True
            for name in self._disk.names(self._directory):
                if name.endswith(UNFINISHED_SUFFIX):
                    # Of a process that was killed: nobody else writes here.
                    discard(self._directory / name, self._disk)
        return True

    def let_go(self) -> None:
        """Undo `hold`: another process may save runs."""
        self._lock.release()
        self._saves = False

    def close(self) -> None:
        """Let go of the files."""
        self.let_go()
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
        for _ in self.load():
            yield self.last_seq
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

    @property
    def unsaved_rows(self) -> int:
        """How many rows it has in memory, because they are in no file."""
        memory = [run.about for run in self._parts if isinstance(run, GrowingRun)]
        return sum(about.last_seq - about.first_seq + 1 for about in memory)

    def keep_only(self, kinds: Collection[str]) -> None:
        """Forget of what is in no file all that is of other kinds, but for candles."""
        for run in self._parts:
            if isinstance(run, GrowingRun):
                run.keep_only(kinds)

    def verify(self) -> Iterator[str]:
        """Read all runs, and build those again that are damaged; yields the name of each that was read.

        Raises:
            JournalDamage: the journal is damaged, too.
            OSError: the disk failed.
        """
        for number in range(len(self._runs)):
            self._ask(number, _verify)
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

    def walk(
        self, wanted: tuple[str, Key], rows: range, *, newest_first: bool = False
    ) -> Iterator[tuple[range, list[int]] | None]:
        """The rows of a range about something, a kind and a key as in `find`: the rows of each run, and which of them, ascending.

        None: a run is damaged, and another batch of it was built again.
        """
        parts = self._parts
        numbers = range(len(parts))
        for number in reversed(numbers) if newest_first else numbers:
            about = parts[number].about
            if about.first_seq >= rows.stop or about.last_seq < rows.start:
                continue
            found = yield from self.in_part(number, *wanted)
            run = range(max(about.first_seq, rows.start), min(about.last_seq + 1, rows.stop))
            yield run, found[bisect_left(found, rows.start) : bisect_left(found, rows.stop)]

    def reports(self, account: str, after: int, before_seq: int) -> Iterator[list[int] | None]:
        """The rows before `before_seq` that hold an account's reports after a number: run by run, the newest first.

        None: a run is damaged, and another batch of it was built again.
        """
        found = self._growing.find(REPORT, account)
        for number in reversed(range(-1, len(self._runs))):
            rows, numbers = found[::2], found[1::2]
            # Of the last row that begins before them, the later reports may be among them.
            first = max(bisect_right(numbers, after + 1) - 1, 0)
            yield [row for row in rows[first:] if row < before_seq]
            if number < 0 or (numbers and numbers[0] <= after + 1):
                return
            found = yield from self.in_part(number, REPORT, account)

    def parts_between(self, since_ns: int, until_ns: int) -> range:
        """The places of its parts that may have rows of a time from one to before another."""
        parts = self._parts
        first = bisect_left(parts, since_ns, key=lambda run: run.about.last_time_ns)
        return range(first, bisect_left(parts, until_ns, key=lambda run: run.about.first_time_ns))

    def in_part(self, number: int, kind: str, key: Key) -> Generator[None, None, list[int]]:
        """What stands under a key in one part. Where that is damaged it yields first: after each batch of it that was built again."""
        try:
            return (self._growing if number == len(self._runs) else self._runs[number]).find(kind, key)
        except RunDamage as damage:
            yield from self._repair(number, damage)
            return self._runs[number].find(kind, key)

    def seq_at(self, time_ns: int) -> int:
        """As `Rows.seq_at`."""
        return self._rows.seq_at(time_ns)

    def rows(self, seqs: Iterable[int]) -> Iterator[StoredRow]:
        """As `Rows.rows`."""
        return self._rows.rows(seqs)

    def reader(self) -> Rows:
        """Reads rows for somebody else at the same time."""
        return Rows(self._journal, self, self._disk)

    def spot_of(self, seq: int) -> tuple[int, Spot]:
        """The segment, and the last spot in it that is not behind a row."""
        number = bisect_right(self._parts, seq, key=lambda run: run.about.first_seq) - 1
        spots = self._ask(number, _spots)
        return self._parts[number].about.segment, spots[bisect_right(spots, seq, key=lambda each: each.seq) - 1]

    def spot_at(self, time_ns: int) -> tuple[int, Spot] | None:
        """The segment, and the last spot that is not behind a time; None: all are."""
        number = bisect_right(self._parts, time_ns, key=lambda run: run.about.first_time_ns) - 1
        if number < 0:
            return None
        spots = self._ask(number, _spots)
        return self._parts[number].about.segment, spots[bisect_right(spots, time_ns, key=lambda each: each.time_ns) - 1]

    # ── its parts ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _parts(self) -> Sequence[AnyRun]:
        """All runs, that which grows too."""
        return self._runs if self._growing.is_empty else [*self._runs, self._growing]

    def _ask(self, number: int, question: Callable[[AnyRun], T]) -> T:
        """What a run answers; if it is damaged, what it answers when it was built again."""
        try:
            return question(self._parts[number])
        except RunDamage as damage:
            if not self._may_pause:
                raise JournalError(f"the index is damaged: {self._runs[number].name}: {damage}") from damage
            for _ in self._repair(number, damage):
                pass
            return question(self._runs[number])

    def _repair(self, number: int, damage: RunDamage) -> Iterator[None]:
        """Build a run again; yields after each batch."""
        about, name = self._runs[number].about, self._runs[number].name
        self._refuse(name, damage)
        growing = self._behind(self._runs[number - 1] if number else None)
        tail = Tail(self._journal, growing.end, disk=self._disk)
        try:
            for batch in tail.batches():
                growing.add(batch, tail.start, tail.place)
                if growing.end.tip.next_seq > about.last_seq:
                    break
                yield
        finally:
            tail.close()
        self._runs[number] = self._saved(growing)

    # ── its files ──────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> Iterator[None]:
        """Take the runs that follow each other from the first row on, as far as the journal still has what they say.

        It is the first of what `catch_up` does; yields after each piece.
        """
        if self._is_loaded:
            return
        for name in list_runs(self._directory, self._disk):
            self._files[first_seq_of(name)] = name
        while self._adopt():
            yield
        while self._runs:
            try:
                for _ in self._tail.approach(self._runs[-1].end):
                    yield
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
        if not self._growing.is_empty:
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
    def _behind(run: AnyRun | None) -> GrowingRun:
        """A run that goes on behind another one, or is the first."""
        return GrowingRun(BEGINNING, FIRST_LINK) if run is None else GrowingRun(run.end, run.about.link)

    def _add(self, batch: list[StoredRow]) -> None:
        """Take in a batch that was just read."""
        behind = self._tail.place
        if not self._growing.is_empty and self._growing.end.segment != behind.segment:
            self._cut()
        self._growing.add(batch, self._tail.start, behind)
        if self._growing.is_full:
            self._cut()

    def _cut(self) -> None:
        """Make a run of what grows, and begin the next."""
        run = self._saved(self._growing)
        self._runs.append(run)
        self._growing = self._behind(run)

    def _saved(self, growing: GrowingRun) -> AnyRun:
        """A run, in its file if this process saves, else in memory; packed if that may take as long as it does."""
        if not self._may_pause:
            return growing
        data = growing.encode()
        run = Run(data)
        path = self._directory / run.name
        # In the place of a directory nothing can be saved.
        if self._saves and not self._disk.is_directory(path):
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
            if not self._disk.is_directory(self._directory / name):
                discard(self._directory / name, self._disk)
        self._files.clear()
        self._useless.clear()


def _spots(run: AnyRun) -> list[Spot]:
    return run.spots()


def _verify(run: AnyRun) -> None:
    run.verify()
