"""How a venue is: as plain data, from its directory and, if it runs, from what it says; and what of it needs somebody."""

from __future__ import annotations

import os
import shutil
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from gateway.index.index import index_directory
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError
from gateway.journal.head import Head, is_begun, read_head
from gateway.operating.asked import Health, Metrics, NoAnswer, read_health, read_metrics, value_of
from gateway.snapshots.folder import folder_beside, list_snapshots

JOURNAL: Final = "journal"
LOW_DISK_BYTES: Final = 1024**3
LOW_DISK_PART: Final = 20
"""Less than a gibibyte, or a twentieth of the disk, is little."""
FAR_BEHIND: Final = 200_000
"""Commands: a follower that works is a few behind, and replays so many in some ten seconds."""
OLD_SNAPSHOT: Final = 500_000
"""Commands behind the newest snapshot: a start replays them, some twenty seconds of work."""
CERTIFICATE_NS: Final = 14 * NS_PER_DAY

State = Literal["running", "stopped", "not_begun", "no_answer"]


class Capacity(msgspec.Struct, frozen=True):
    """OPS-2: messages a second, in the busiest one, what the rule asks for, and what is estimated; None: not known yet."""

    highest: float | None = None
    asked: float | None = None
    estimated: float | None = None
    headroom: float | None = None


class Status(msgspec.Struct, kw_only=True):
    """How a venue is. What can't be known is None."""

    state: State
    venue: str | None = None
    url: str | None = None
    directory: str | None = None
    seq: int | None = None
    """Of the last command; of a venue that does not run, of the last that its journal's head speaks of."""
    time_ns: int | None = None
    durability: str | None = None
    rulebook: str | None = None
    core_version: int | None = None
    test: bool = False
    time_scale: int = 1
    connections: int | None = None
    waiting_requests: int | None = None
    open_orders: int | None = None
    accounts: int | None = None
    unread_bytes: int | None = None
    memory_bytes: int | None = None
    clock_ahead_ns: int | None = None
    followed_seq: int | None = None
    indexed_seq: int | None = None
    snapshots: list[int] = []
    """The commands of which they are, the oldest first."""
    journal_bytes: int | None = None
    index_bytes: int | None = None
    snapshot_bytes: int | None = None
    disk_free_bytes: int | None = None
    disk_bytes: int | None = None
    faults: list[str] = []
    """Files of commands on which the core failed."""
    capacity: Capacity = Capacity()
    waits: Mapping[str, int] = {}
    """How many alerts, cases, proposals and movements wait for a supervisor, where one asks."""
    concerns: list[str] = []
    """What is not as it should be, a line each."""


def status_of(
    directory: Path | None,
    url: str | None,
    *,
    metrics_url: str | None = None,
    tls: ssl.SSLContext | None = None,
    certificate_until_ns: int | None = None,
) -> Status:
    """Look a venue over.

    Args:
        directory: of the venue, if it is on this machine.
        url: where it answers; None: it does not run.
        metrics_url: of its metrics, if it has some.
        tls: for wss://.
        certificate_until_ns: until when its certificate holds, nanoseconds since the epoch, UTC.

    Raises:
        OSError: the directory can't be read.
    """
    status = Status(state="stopped", url=url, directory=None if directory is None else str(directory))
    if directory is not None:
        _look_at(directory, status)
    if url is not None:
        try:
            _take_health(read_health(url, tls), status)
        except NoAnswer as error:
            status.state = "no_answer"
            status.concerns.append(str(error))
    if metrics_url is not None and status.state == "running":
        try:
            take_metrics(read_metrics(metrics_url), status)
        except NoAnswer as error:
            status.concerns.append(str(error))
    if certificate_until_ns is not None and certificate_until_ns < time.time_ns() + CERTIFICATE_NS:
        days = (certificate_until_ns - time.time_ns()) // NS_PER_DAY
        status.concerns.append(
            f"the certificate holds for {days} more days" if days >= 0 else "the certificate is over"
        )
    status.concerns += concerns_of(status)
    return status


def _look_at(directory: Path, status: Status) -> None:
    """What the directory holds. Nothing of it is held up or changed."""
    journal = directory / JOURNAL
    disk = shutil.disk_usage(directory)
    status.disk_free_bytes, status.disk_bytes = disk.free, disk.total
    status.faults = sorted(path.name for path in directory.glob("fault-*.msgpack"))
    if not is_begun(journal):
        status.state = "not_begun"
        return
    status.journal_bytes = journal_bytes(journal)
    folder = folder_beside(journal)
    status.snapshots = sorted(list_snapshots(folder)) if folder.is_dir() else []
    status.snapshot_bytes, status.index_bytes = size_of(folder), size_of(index_directory(journal))
    try:
        head: Head | None = read_head(journal)
    except JournalError as error:
        head = None
        status.concerns.append(f"the journal's head can't be read: {error}")
    if head is not None:
        status.venue, status.durability, status.seq = head.venue, head.durability, head.seq


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; none: it has none, or is not there."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            # What is written anew meanwhile goes under another name.
            total += path.stat().st_size if path.exists() else 0
    return total


def _take_health(health: Health, status: Status) -> None:
    if status.venue is not None and status.venue != health.venue:
        status.concerns.append(f"{health.venue} answers at {status.url}, and the directory is {status.venue}'s")
    status.state = "running"
    status.venue, status.durability, status.rulebook = health.venue, health.durability, health.rulebook
    status.seq, status.connections, status.core_version = health.seq, health.connections, health.core_version
    status.time_ns, status.test, status.time_scale = health.time or None, health.test, health.time_scale


def take_metrics(metrics: Metrics, status: Status) -> None:
    """Take in what a venue's metrics say."""

    def number(name: str) -> int | None:
        value = value_of(metrics, name)
        return None if value is None else round(value)

    status.waiting_requests, status.open_orders = number("sbx_waiting_requests"), number("sbx_open_orders")
    status.accounts, status.unread_bytes = number("sbx_accounts"), number("sbx_unread_bytes")
    status.memory_bytes = number("process_resident_memory_bytes")
    status.followed_seq, status.indexed_seq = number("sbx_followed_seq"), number("sbx_indexed_seq")
    ahead = value_of(metrics, "sbx_clock_ahead_seconds")
    status.clock_ahead_ns = None if ahead is None else round(ahead * NS_PER_SECOND)
    status.capacity = Capacity(
        value_of(metrics, "sbx_highest_messages_per_second"),
        value_of(metrics, "sbx_capacity_asked_per_second"),
        value_of(metrics, "sbx_capacity_estimated_per_second"),
        value_of(metrics, "sbx_capacity_headroom"),
    )


def concerns_of(status: Status) -> list[str]:
    """What of the figures is not as it should be."""
    found: list[str] = []
    free, whole = status.disk_free_bytes, status.disk_bytes
    if free is not None and whole is not None and free < max(LOW_DISK_BYTES, whole // LOW_DISK_PART):
        found.append(f"the disk has {free / 1024**2:.0f} MiB left: `sbx compact` makes old segments smaller")
    for seq, what in ((status.followed_seq, "follower"), (status.indexed_seq, "index")):
        if status.seq is not None and seq and status.seq - seq > FAR_BEHIND:
            found.append(f"the {what} is {status.seq - seq} commands behind")
    newest = status.snapshots[-1] if status.snapshots else 0
    if status.seq is not None and status.seq - newest > OLD_SNAPSHOT:
        found.append(f"a start would replay {status.seq - newest} commands: `sbx snapshot` saves a newer snapshot")
    headroom = status.capacity.headroom
    if headroom is not None and headroom < 1:
        found.append(f"OPS-2: the estimated capacity is {headroom:.2f} of what is asked")
    if status.clock_ahead_ns is not None and not status.test and abs(status.clock_ahead_ns) >= NS_PER_SECOND:
        found.append(f"the venue's time is {status.clock_ahead_ns / NS_PER_SECOND:.1f} s ahead of the machine's clock")
    if status.faults:
        found.append(f"the core failed: {', '.join(status.faults)}; report it, then move the files away")
    return found
