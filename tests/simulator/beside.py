"""Other processes at work in the venue's directory: the follower, one that archives segments, one that makes a snapshot.

Each may be killed at any operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.core import new_exchange
from gateway.follower.follower import Follower
from gateway.follower.told import Alarmed, Saved, Told
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
from tests.simulator.venue_file import simulated_venue

PIECES: Final = 40
"""Of its work, which a follower does at once at most."""


class Beside:
    """What the other processes do. Each call of one that archives or makes a snapshot is all of that; the follower goes on."""

    def __init__(self, stage: Stage, machine: Machine, snapshot_commands: int) -> None:
        self.snapshots = 0
        """That were saved."""
        self._snapshot_commands: Final = snapshot_commands
        self._follower: Follower | None = None
        self._is_followed = False
        self._work: Iterator[None] | None = None
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

    def follow(self) -> None:
        """Let the follower do some of its work, if it runs."""
        if self._is_followed:
            self._run("follower", self._follow)

    def begin_follower(self) -> None:
        """A venue has started, and starts its follower. One that was left over from the venue before has ended."""
        self.end_follower()
        self._is_followed = True

    def end_follower(self) -> None:
        """The follower is gone."""
        self._is_followed = False
        self._follower = self._work = None
        self._machine.disk.end_process("follower")

    def _run(self, process: str, work: Callable[[], None]) -> None:
        disk = self._machine.disk
        with self._machine.undisturbed():
            is_there = is_begun(JOURNAL, disk)
        # Nobody starts a second one before the first is done.
        if disk.process == process or not is_there:
            return
        is_well = False
        with disk.acting(process):
            try:
                work()
                is_well = True
            except Killed:
                self._stage.note(f"the process {process} is killed")
            except OSError as error:
                self._stage.note(f"the process {process} fails: {error}")
            except (JournalError, KeyFileError, NotReplayed) as error:
                if not disk.lies and not isinstance(error, SnapshotError):
                    raise Failed(f"P6: the process {process} finds damage where there is none: {error}") from error
                self._stage.note(f"the process {process} gives up: {error}")
            finally:
                if process != "follower":
                    disk.end_process(process)
                elif not is_well:
                    # Its venue starts it again.
                    self.begin_follower()

    def _follow(self) -> None:
        disk = self._machine.disk
        if self._follower is None:
            self._stage.note("the follower starts")
            key, _ = venue_key(DIRECTORY, has_journal=True, disk=disk)
            self._follower = Follower(
                JOURNAL,
                simulated_venue().venue_id,
                key,
                new_exchange,
                tell=self._told,
                snapshot_commands=self._snapshot_commands,
                clock=lambda: self._stage.now_ns / NS_PER_SECOND,
                disk=disk,
            )
        if self._work is None:
            self._work = self._follower.work()
        for _ in range(self._stage.between(1, PIECES)):
            if next(self._work, self) is self:
                self._work = None
                return

    def _told(self, told: Told) -> None:
        self._stage.note(f"the follower says {told}")
        if isinstance(told, Saved):
            self.snapshots += 1
            self._machine.tempt()
        if isinstance(told, Alarmed) and not self._machine.disk.lies:
            raise Failed(f"the follower is alarmed on a disk that never lied: {told.text}")

    def _archive_one(self) -> None:
        disk = self._machine.disk
        numbers = compaction.to_archive(JOURNAL, 1, disk)
        if numbers:
            for _ in compaction.verify(JOURNAL, disk):
                pass
            compaction.archive(JOURNAL, numbers[0], disk)
            self.archived += 1
            self._machine.tempt()

    def _make_snapshot(self) -> None:
        disk = self._machine.disk
        key, _ = venue_key(DIRECTORY, has_journal=True, disk=disk)
        asking = Asking(JOURNAL, key, new_exchange, disk)
        if asking.is_needed:
            for _ in asking.follow():
                pass
            asking.save()
            self.snapshots += 1
            self._machine.tempt()
