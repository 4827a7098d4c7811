"""Whether the snapshots of a venue are what it saved, and of the journal beside them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.record.rows import SegmentHeader
from engine.record.segments import Tip
from gateway.disk import DISK, Disk
from gateway.snapshots.folder import folder_beside, list_snapshots, read_snapshot, snapshot_name
from gateway.snapshots.sealed import Header, SnapshotUnusable


class Checked:
    """One snapshot, as it was found."""

    def __init__(self, name: str, seq: int, size: int, header: Header | None, problem: str) -> None:
        self.name: Final = name
        self.seq: Final = seq
        self.size: Final = size
        """Bytes of the file."""
        self.header: Final = header
        """What it says of itself; None: it is damaged."""
        self.problem = problem
        """What is wrong with it; empty: nothing."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problem

    def summary(self) -> dict[str, object]:
        """All of it, for machines."""
        header = self.header
        return {
            "name": self.name,
            "seq": self.seq,
            "bytes": self.size,
            "time_ns": None if header is None else header.time_ns,
            "core_version": None if header is None else header.core_version,
            "rulebook_digest": None if header is None else header.rulebook_digest,
            "link": None if header is None else header.link.hex(),
            "state_bytes": None if header is None else header.state_bytes,
            "problem": self.problem or None,
        }


class AgainstJournal:
    """Compares snapshots with the journal that they should be of, while it is read."""

    def __init__(self, snapshots: list[Checked]) -> None:
        self._all: Final = [each for each in snapshots if each.header is not None]
        self._expected: Final = {each.seq: each for each in self._all}

    def follow(self, tip: Tip) -> None:
        """The journal was read as far as the end of a batch."""
        found = self._expected.pop(tip.next_seq - 1, None)
        if found is not None and found.header is not None and found.header.link != tip.link:
            found.problem = f"its link is {found.header.link.hex()}; the journal has {tip.link.hex()} there"

    def end(self, tip: Tip, header: SegmentHeader | None) -> None:
        """The journal was read to its end."""
        last_seq = tip.next_seq - 1
        for each in self._expected.values():
            each.problem = (
                f"the journal ends with sequence number {last_seq}: its end was cut off, or this is of another"
                if each.seq > last_seq
                else "no batch of the journal ends with its last command"
            )
        if header is not None:
            check_owners(self._all, header)


def check_owners(snapshots: list[Checked], header: SegmentHeader) -> None:
    """Note of each snapshot that says whose it is, if it is not of the venue whose journal has this header."""
    for each in snapshots:
        own = each.header
        if own is not None and (own.venue, own.public_key) != (header.venue, header.public_key):
            each.problem = f"it is of venue {own.venue!r} with key {own.public_key.hex()}"


def check_all(journal: Path, disk: Disk = DISK) -> list[Checked]:
    """The snapshots of a venue, oldest first, digest and signature of each verified. O(bytes of all).

    Args:
        journal: where the segments are; the snapshots are beside.
        disk: what both are on.

    Raises:
        OSError: the folder can't be read.
    """
    folder = folder_beside(journal)
    found = []
    for seq in list_snapshots(folder, disk):
        name = snapshot_name(seq)
        header, problem = None, ""
        size = 0
        # Whoever has just saved one has removed one that is too many.
        with suppress(FileNotFoundError):
            # Where even that may not be asked, the reading says so.
            with suppress(PermissionError):
                size = disk.size(folder / name)
            try:
                header = read_snapshot(folder, seq, disk).header
            except SnapshotUnusable as error:
                problem = str(error)
            found.append(Checked(name, seq, size, header, problem))
    return found
