"""Bugs planted on purpose, each in the real code: the simulator must find every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from unittest import mock

from gateway.journal.head import Head
from gateway.journal.reader import JournalReader
from gateway.journal.writer import JournalWriter


@contextmanager
def ack_before_sync() -> Iterator[None]:
    """A batch is written, and synced only when the next one comes."""
    append = JournalWriter.append_batch

    def append_batch(self: JournalWriter, batch: Any) -> None:
        known: Any = vars(self)
        if known["_sync_each"]:
            known["_sync_each"] = False
        else:
            known["_disk"].sync(known["_descriptor"])
        append(self, batch)

    with mock.patch.object(JournalWriter, "append_batch", append_batch):
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


PLANTED: Final[dict[str, Callable[[], AbstractContextManager[None]]]] = {
    "ack-before-sync": ack_before_sync,
    "lost-tail-is-sound": lost_tail_is_sound,
    "snapshot-ahead": snapshot_ahead,
}
