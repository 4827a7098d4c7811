"""Other processes at work in the venue's directory: one archives segments, one makes snapshots. Each may be killed at any operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.core import new_exchange
from gateway.journal import compaction
from gateway.journal.files import JournalError
from gateway.journal.head import is_begun
from gateway.journal.key import venue_key
from gateway.keys import KeyFileError
from gateway.snapshots.asked import Asking
from gateway.snapshots.replica import NotReplayed
from gateway.snapshots.sealed import SnapshotError
from tests.simulator.disk import Killed
from tests.simulator.machine import DIRECTORY, JOURNAL, Machine
from tests.simulator.stage import Failed, Stage


class Beside:
    """What the other processes do; each of its calls is one of them, from its start to its end."""

    def __init__(self, stage: Stage, machine: Machine) -> None:
        self.snapshots = 0
        """That were saved."""
        self.archived = 0
        """Segments."""
        self._stage: Final = stage
        self._machine: Final = machine

    def compact(self) -> None:
        """Archive a segment."""
        self._run("compact", self._archive_one)

    def snapshot(self) -> None:
        """Make a snapshot of as much as the head has."""
        self._run("snapshot", self._make_snapshot)

    def _run(self, process: str, work: Callable[[], None]) -> None:
        disk = self._machine.disk
        # Nobody starts a second one before the first is done.
        if disk.process == process or not is_begun(JOURNAL, disk):
            return
        with disk.acting(process):
            try:
                work()
            except Killed:
                self._stage.note(f"the process {process} is killed")
            except OSError as error:
                self._stage.note(f"the process {process} fails: {error}")
            except (JournalError, KeyFileError, NotReplayed) as error:
                if not disk.lies and not isinstance(error, SnapshotError):
                    raise Failed(f"P6: the process {process} finds damage where there is none: {error}") from error
                self._stage.note(f"the process {process} gives up: {error}")
            finally:
                disk.end_process(process)

    def _archive_one(self) -> None:
        disk = self._machine.disk
        numbers = compaction.to_archive(JOURNAL, 1, disk)
        if numbers:
            for _ in compaction.verify(JOURNAL, disk):
                pass
            compaction.archive(JOURNAL, numbers[0], disk)
            self.archived += 1

    def _make_snapshot(self) -> None:
        disk = self._machine.disk
        key, _ = venue_key(DIRECTORY, has_journal=True, disk=disk)
        asking = Asking(JOURNAL, key, new_exchange, disk)
        if asking.is_needed:
            for _ in asking.follow():
                pass
            asking.save()
            self.snapshots += 1
