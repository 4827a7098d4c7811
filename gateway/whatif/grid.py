"""Many what-ifs of one session: all combinations of some settings, on all processors, and kept so that a stopped grid goes on.

A result is kept in a file that is named by a digest of what it is of: the journal, the change, and the version that made it. It is there
whole or not at all. So a grid that was stopped, or that has grown, does what is missing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from hashlib import sha256
from itertools import product
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import Any, Final

import msgspec

from compliance.worlds.change import ChangeError
from compliance.worlds.messages.change import Change, Setting
from compliance.worlds.messages.results import Result
from engine.vocabulary.codes import CORE_VERSION
from gateway.journal.files import JournalError
from gateway.whatif.running import Scanned, run

FORMAT: Final = 1
"""Of results: raised when another version makes another result of the same."""
MAX_POINTS: Final = 10_000
"""Of a grid: more is a mistake, and would take weeks."""
_LOOK_SECONDS: Final = 0.2
_RESULT: Final = msgspec.json.Decoder(Result)


class Axis(msgspec.Struct, frozen=True):
    """One thing that a grid varies."""

    subject: str
    key: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it is set."""
        return f"{self.subject}.{self.key}"


class Task(msgspec.Struct, frozen=True):
    """One what-if, as plain data: what a process, here or elsewhere, needs to know of it."""

    journal: str
    """The directory of its segments."""
    change: Change
    scanned: Scanned

    @property
    def digest(self) -> str:
        """SHA-256 of what the result is of, in hexadecimal; where the journal lies is none of it."""
        scanned = self.scanned
        what = (FORMAT, CORE_VERSION, scanned.venue, scanned.last_seq, scanned.link, self.change)
        return sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()


def run_task(task: Task, show: Callable[[int], None]) -> Result:
    """Do a task; arguments, errors and result as of `gateway.whatif.running.run`."""
    return run(Path(task.journal), task.change, task.scanned, show)


def axes_of(settings: Sequence[Setting]) -> list[Axis]:
    """The axes of a grid: settings of the same thing are the values of one, in the order in which they are given.

    Raises:
        ChangeError: one value is given twice.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for each in settings:
        values = found.setdefault((each.subject, each.key), [])
        if each.value in values:
            raise ChangeError(f"--grid {each.subject}.{each.key}={each.value} is given twice")
        values.append(each.value)
    return [Axis(subject, key, tuple(values)) for (subject, key), values in found.items()]


def changes_of(base: Change, axes: Sequence[Axis]) -> list[Change]:
    """A change for each combination of values, the last axis turning fastest.

    Raises:
        ChangeError: an axis varies what is set for all, or there are too many.
    """
    fixed = {(each.subject, each.key) for each in base.settings}
    for axis in axes:
        if (axis.subject, axis.key) in fixed:
            raise ChangeError(f"{axis.name} is set for all by --set, and varied by --grid")
    points = 1
    for axis in axes:
        points *= len(axis.values)
    if points > MAX_POINTS:
        raise ChangeError(f"the grid has {points:,} combinations; {MAX_POINTS:,} are the most")
    return [
        msgspec.structs.replace(
            base,
            settings=(
                *base.settings,
                *[Setting(axis.subject, axis.key, value) for axis, value in zip(axes, values, strict=True)],
            ),
        )
        for values in product(*[axis.values for axis in axes])
    ]


class Grid:
    """A grid on its way.

    Args:
        tasks: all of them.
        folder: where results are kept; made if it is not there.
        jobs: how many processes work at once.

    Attributes:
        resumed: how many results were there already.
    """

    def __init__(self, tasks: Sequence[Task], folder: Path, jobs: int) -> None:
        self.resumed: int = 0
        self._tasks: Final = list(tasks)
        self._folder: Final = folder
        self._jobs: Final = jobs

    def path_of(self, task: Task) -> Path:
        """Where the result of a task is kept."""
        return self._folder / f"{task.digest}.json"

    def run(self, show: Callable[[int], None]) -> None:
        """Do what is missing.

        Args:
            show: is told how many bytes of journals are replayed by now, those of results that were there included.

        Raises:
            ChangeError, JournalError, OSError: as `run_task`, of the first task that fails; the others that run are ended. What is done
                stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = [task for task in self._tasks if self._kept(task) is None]
        self.resumed = len(self._tasks) - len(missing)
        if not missing:
            return
        before = sum(task.scanned.bytes for task in self._tasks) - sum(task.scanned.bytes for task in missing)
        context = get_context("spawn")
        replayed = context.Value("q", 0)
        pool = ProcessPoolExecutor(min(self._jobs, len(missing)), context, _begin, (replayed,))
        try:
            # Each writes its result itself: here nothing of it is kept.
            waiting: set[Future[None]] = {pool.submit(_work, task, str(self.path_of(task))) for task in missing}
            while waiting:
                done, waiting = wait(waiting, _LOOK_SECONDS, FIRST_COMPLETED)
                for each in done:
                    each.result()
                show(before + replayed.value)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.kill()
            raise
        pool.shutdown()

    def results(self) -> Iterator[tuple[Task, Result]]:
        """All tasks with their results, in order; after `run`."""
        for task in self._tasks:
            result = self._kept(task)
            assert result is not None, "it has run"
            yield task, result

    def _kept(self, task: Task) -> Result | None:
        """The result of a task, if it is there and can be read."""
        try:
            return _RESULT.decode(self.path_of(task).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None


_replayed: Any = None
"""In a process of the pool: how many bytes all of them have replayed, which they share."""


def _begin(replayed: Any) -> None:
    """Begin a process of the pool, which ends when that which began it does."""
    global _replayed  # noqa: PLW0603  # a process of the pool has nothing else to keep it in
    _replayed = replayed
    # Whoever is interrupted ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent has ended, killed or not: nobody would hear of its results."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task, path: str) -> None:
    """Do a task in a process of the pool, and keep its result."""
    told = 0

    def show(done: int) -> None:
        nonlocal told
        with _replayed.get_lock():
            _replayed.value += done - told
        told = done

    try:
        result = run_task(task, show)
    except JournalError as error:
        # Not every one of them can be sent to another process as it is.
        raise JournalError(str(error)) from error
    save(Path(path), result)


def save(path: Path, result: Result) -> None:
    """Keep a result: it is there whole or not at all.

    Raises:
        OSError: the disk failed.
    """
    beside = path.with_suffix(f".{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(result))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
