"""A whole journal replayed in parts at once, each from a snapshot on.

The journal is read from its first frame to its last one by who asks, and all of it is verified. What its commands do is
left to the parts. That a snapshot is what the commands before it come to is compared, not believed: the part that ends
there comes to a state, the next one begins with a state, and both are the same bytes. The first part begins with nothing; so all
of it is what a replay from the first command on comes to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from engine.replay import EventsDigest, ReplayResult
from engine.vocabulary.codes import CORE_VERSION
from gateway.journal.files import JournalError
from gateway.journal.head import read_head
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.journal.tail import BEGINNING
from gateway.replaying.part import Part, Replayed, run_part
from gateway.snapshots.folder import folder_beside, list_snapshots

LEAST_COMMANDS: Final = 50_000
"""Of a part, as many as a venue has between two snapshots. To start a process and to take up a state takes as long as to replay some ten
thousand, compiled."""
_LOOK_SECONDS: Final = 0.1
_LOOK_BATCHES: Final = 1_000
"""Of the reading: what parts tell meanwhile must not fill their pipes."""
_NOTHING: Final = Part(Path(), 0, 0, False, BEGINNING.segment, BEGINNING.offset, BEGINNING.tip.link, 0)


def borders_of(numbers: list[int], last_seq: int, jobs: int, least: int) -> list[int]:
    """Which snapshots part a journal into at most `jobs` parts, about as long as each other and none shorter than `least`.

    Args:
        numbers: of the snapshots there are, ascending.
        last_seq: with which the journal ends, about.
    """
    borders: list[int] = []
    for part in range(1, jobs):
        begin = borders[-1] if borders else 0
        possible = [number for number in numbers if begin + least <= number <= last_seq - least]
        if not possible:
            break
        wanted = last_seq * part // jobs
        borders.append(min(possible, key=lambda number: abs(number - wanted)))
    return borders


class InParts:
    """A replay of a journal in parts.

    Args:
        reader: of the journal, new.
        jobs: how many parts at most.
        show: is told of how many bytes of the journal the commands were replayed.

    Attributes:
        damage: why the reading ended before the journal did.
        parts: into how many it was parted.
    """

    def __init__(self, reader: JournalReader, jobs: int, show: Callable[[int], None]) -> None:
        self.damage: JournalDamage | None = None
        self._reader: Final = reader
        self._show: Final = show
        self._borders: Final = deque(_borders(reader.directory, jobs))
        self._running: Final[list[_Running]] = []

    @property
    def parts(self) -> int:
        """Into how many it was parted by now."""
        return len(self._running)

    def run(self) -> ReplayResult | None:
        """Replay all of it.

        Returns:
            What came of it if every event came out as recorded, as of a replay from the first command on. None: it can't be parted, or
            something differs or fails; a replay from the first command on says what.

        Raises:
            OSError: a segment can't be read.
        """
        if not self._borders:
            return None
        try:
            digest = self._read()
            if digest is None:
                return None
            done = self._wait()
        finally:
            for each in self._running:
                each.end()
        states = ["", *(part.ended_with for part in done)]
        if not all(part.is_equal for part in done) or states[:-1] != [part.begun_with for part in done]:
            return None
        commands, events = sum(part.commands for part in done), sum(part.events for part in done)
        return ReplayResult(commands, events, digest, digest, None)

    def _read(self) -> str | None:
        """Read the journal, and start each part when its place is reached; returns the digest of what is recorded.

        None: it ends before the last border, or goes on otherwise there, or another core version wrote some of it.
        """
        reader, borders = self._reader, self._borders
        digest = EventsDigest()
        self._start(_NOTHING, borders[0])
        begun: Part | None = None
        batches = 0
        try:
            for batch in reader.batches():
                segment, tip = reader.segments[-1], reader.tip
                if segment.header.core_version != CORE_VERSION:
                    return None
                digest.update(b"".join([row[3] for row in batch]))
                if borders and tip.next_seq > borders[0]:
                    seq = borders.popleft()
                    if tip.next_seq != seq + 1:
                        return None
                    begun = Part(Path(), seq, 0, False, segment.header.segment, segment.end, tip.link, tip.time_ns)
                    if borders:
                        self._start(begun, borders[0])
                batches += 1
                if not batches % _LOOK_BATCHES:
                    self._look(0)
        except JournalDamage as damage:
            self.damage = damage
        last_seq = reader.tip.next_seq - 1
        if borders or begun is None or last_seq <= begun.begin_seq:
            return None
        self._start(begun, last_seq, is_last=True)
        return digest.hexdigest()

    def _start(self, begun: Part, end_seq: int, *, is_last: bool = False) -> None:
        part = begun._replace(journal=self._reader.directory, end_seq=end_seq, is_last=is_last)
        self._running.append(_Running(part))

    def _wait(self) -> list[Replayed]:
        """What came of each part, in order; less if one failed."""
        while any(each.is_running for each in self._running):
            self._look(_LOOK_SECONDS)
        return [each.replayed or Replayed(0, 0, "", "", False) for each in self._running]

    def _look(self, wait_seconds: float) -> None:
        """Hear how the parts go on."""
        pipes = {each.pipe: each for each in self._running if each.is_running}
        for pipe in wait(list(pipes), wait_seconds):
            assert isinstance(pipe, Connection)
            pipes[pipe].hear()
        done = sum(each.done for each in self._running)
        self._show(self._reader.bytes_read * done // max(self._reader.tip.next_seq - 1, 1))


class _Running:
    """A part at work in its process."""

    def __init__(self, part: Part) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe(duplex=False)
        self.replayed: Replayed | None = None
        self.done = 0
        """Commands."""
        self.is_running = True
        self._process: Final[SpawnProcess] = context.Process(target=run_part, args=(part, theirs), daemon=True)
        self._process.start()
        # Its end is its own: when it ends, this end hears of it.
        theirs.close()

    def hear(self) -> None:
        """Hear what it has told."""
        try:
            while self.is_running and self.pipe.poll():
                told = self.pipe.recv()
                if isinstance(told, Replayed):
                    self.replayed, self.done, self.is_running = told, told.commands, False
                else:
                    self.done = told
        except EOFError:
            self.is_running = False

    def end(self) -> None:
        """Let go of it, at work or not."""
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _borders(journal: Path, jobs: int) -> list[int]:
    """As `borders_of`, of what there is beside a journal."""
    if jobs < 2:
        return []
    numbers = list_snapshots(folder_beside(journal))
    last_seq = numbers[-1] if numbers else 0
    # What is wrong with it, the reading says.
    with suppress(JournalError):
        head = read_head(journal)
        last_seq = max(last_seq, 0 if head is None else head.seq)
    return borders_of(numbers, last_seq, jobs, LEAST_COMMANDS)
