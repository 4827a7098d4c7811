"""Bugs planted on purpose, each in the real code: the simulator must find every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from unittest import mock

from engine.record.rows import Batch
from gateway.journal.head import Head
from gateway.journal.reader import JournalReader
from gateway.journal.writer import JournalWriter
from gateway.server.sequencing.sequencer import Sequencer
from tests.simulator.plan import Plan


@contextmanager
def ack_before_sync() -> Iterator[None]:
    """What is said leaves when its frame is written, before it is synced."""
    append = JournalWriter.append_batch

    def append_batch(self: JournalWriter, batch: Batch, at_once: bool = False) -> None:
        append(self, batch, at_once)
        self.is_syncing = False

    with mock.patch.object(JournalWriter, "append_batch", append_batch):
        yield


@contextmanager
def two_unsynced() -> Iterator[None]:
    """A turn writes its frame although the one before is not synced yet."""
    turn, append = Sequencer.turn, JournalWriter.append_batch

    def turn_and_write(self: Sequencer) -> None:
        turn(self)
        self.write()

    def append_batch(self: JournalWriter, batch: Batch, at_once: bool = False) -> None:
        # What would say so at once.
        self.is_syncing = False
        append(self, batch, at_once)

    with (
        mock.patch.object(Sequencer, "turn", turn_and_write),
        mock.patch.object(JournalWriter, "append_batch", append_batch),
    ):
        yield


@contextmanager
def lost_tail_is_sound() -> Iterator[None]:
    """A start takes a journal for whole that ends before what its head has."""
    with mock.patch.object(JournalReader, "_check_end", return_value=None):
        yield


@contextmanager
def snapshot_ahead() -> Iterator[None]:
    """A snapshot is published without a look at the head: of a command whose batch may not be synced yet."""

    def read_head(*_: Any) -> Head:
        head = mock.create_autospec(Head, instance=True)
        head.seq, head.venue = 1 << 62, "simulated"
        head.is_signed_by.return_value = True
        return head  # type: ignore[no-any-return]

    with mock.patch("gateway.snapshots.making.read_head", read_head):
        yield


def _any(plan: Plan) -> bool:
    return True


def _loses_power(plan: Plan) -> bool:
    return bool(plan.cuts_at) and not plan.lies and plan.slow_sync_rate > 0


def _loses_tails(plan: Plan) -> bool:
    return "tail" in plan.lies


def _acts_between(plan: Plan) -> bool:
    return plan.beside_rate > 0.1 and plan.follows and plan.snapshot_commands == 4


PLANTED: Final[dict[str, tuple[Callable[[], AbstractContextManager[None]], Callable[[Plan], bool]]]] = {
    "ack-before-sync": (ack_before_sync, _any),
    "two-unsynced": (two_unsynced, _loses_power),
    "lost-tail-is-sound": (lost_tail_is_sound, _loses_tails),
    "snapshot-ahead": (snapshot_ahead, _acts_between),
}
"""Each bug, and which seeds have in store what brings it to light: no other seed can find it."""
