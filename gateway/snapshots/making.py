"""A replica begun from the newest good snapshot, and a snapshot made of a replica."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import CORE_VERSION
from gateway.disk import DISK, Disk
from gateway.journal.head import Point, read_head
from gateway.keys import public_key_bytes
from gateway.snapshots.folder import folder_beside, newest_first, save_snapshot
from gateway.snapshots.replica import Replica
from gateway.snapshots.sealed import FORMAT, Header, Sealed, SnapshotError, SnapshotUnusable, seal


class NotSynced(SnapshotError):
    """The venue has not yet said that the journal is on the disk as far as the snapshot goes; the message says how far."""


class Begun:
    """A replica, and where the journal must go on from."""

    def __init__(self, replica: Replica, point: Point | None, unusable: list[str]) -> None:
        self.replica: Final = replica
        self.point: Final = point
        """Where the snapshot was taken, which the journal must have; None: the replica is empty."""
        self.unusable: Final = unusable
        """Newer snapshots that could not be used, and why; a line each."""
        self.seq: Final = 0 if point is None else point.seq
        """Of the last command in that snapshot; 0: there is none."""


class Made:
    """A snapshot that was saved."""

    def __init__(self, path: Path, seq: int, *, size: int, state_bytes: int) -> None:
        self.path: Final = path
        self.seq: Final = seq
        self.size: Final = size
        """Bytes of the file."""
        self.state_bytes: Final = state_bytes
        """Of what is packed in it."""


def begin_replica(
    journal: Path,
    venue: str,
    public_key: bytes,
    new_exchange: Callable[[], Exchange],
    disk: Disk = DISK,
    *,
    keeps_reports: bool = False,
) -> Begun:
    """The replica of a venue's newest good snapshot; an empty one if there is none.

    That the snapshot is the journal's own is not known before the journal was read to its `point`.

    Args:
        journal: where the segments are; the snapshots are beside.
        venue: its id.
        public_key: its key.
        new_exchange: makes an empty exchange with an empty hook.
        disk: what both are on.
        keeps_reports: as for `Replica`.

    Raises:
        SnapshotError: a snapshot is another venue's, or does not hold what it says.
        OSError: the disk failed.
    """
    unusable: list[str] = []
    for name, sealed in newest_first(folder_beside(journal), venue, public_key, unusable, disk):
        if sealed.header.core_version > CORE_VERSION:
            unusable.append(f"{name}: it is of core version {sealed.header.core_version}, this is {CORE_VERSION}")
            continue
        try:
            replica = _restored(sealed, new_exchange().hook, keeps_reports)
        except SnapshotUnusable as error:
            unusable.append(f"{name}: {error}")
            continue
        except Exception as error:
            # It is what the venue wrote: an older one would only hide that it wrote nonsense.
            raise SnapshotError(
                f"{name} is sound, but nothing comes of it: {type(error).__name__}: {error}. This is a fault of the program; "
                "`sbx serve --no-snapshot` begins with the journal's first command"
            ) from error
        return Begun(replica, sealed.header.point(name), unusable)
    return Begun(Replica(new_exchange(), keeps_reports=keeps_reports), None, unusable)


def _restored(sealed: Sealed, hook: PreTradeHook, keeps_reports: bool) -> Replica:
    """The replica that a snapshot holds, which must be where the snapshot says."""
    header = sealed.header
    replica = Replica.restored(sealed.unpack(), hook, keeps_reports=keeps_reports)
    found = replica.exchange.seq, replica.exchange.time_ns, replica.fanout.rulebook_digest
    said = header.seq, header.time_ns, header.rulebook_digest
    assert found == said, f"its state is of {found}, not of {said}"
    return replica


def publish(
    replica: Replica, link: bytes, journal: Path, *, venue: str, key: Ed25519PrivateKey, disk: Disk = DISK
) -> Made:
    """Save a snapshot of a replica. O(state).

    Args:
        replica: after a whole batch that has left no work.
        link: of that batch.
        journal: where the segments are; the snapshots are beside.
        venue: its id.
        key: its key, which signs.
        disk: what both are on.

    Raises:
        NotSynced: the journal's head does not reach as far.
        SnapshotError: another process is saving one.
        OSError: the disk failed.
    """
    exchange = replica.exchange
    assert not exchange.is_unfinished
    public_key = public_key_bytes(key)
    head = read_head(journal, disk)
    synced = head.seq if head is not None and head.venue == venue and head.is_signed_by(public_key) else 0
    if synced < exchange.seq:
        raise NotSynced(
            f"the journal's head says that it is on the disk up to sequence number {synced}, not {exchange.seq}"
        )
    state = replica.state()
    header = Header(
        FORMAT,
        venue,
        CORE_VERSION,
        exchange.seq,
        exchange.time_ns,
        link,
        replica.fanout.rulebook_digest,
        public_key,
        len(state),
    )
    data = seal(header, state, key)
    path = save_snapshot(folder_beside(journal), exchange.seq, data, disk)
    return Made(path, exchange.seq, size=len(data), state_bytes=len(state))
