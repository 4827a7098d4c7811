"""Where a journal goes on under another core version: a replay goes on there from the snapshot that the venue went on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.exchange import Exchange
from engine.record.rows import StoredRow
from engine.replay import Replay, ReplayFailure
from engine.state.hook import PreTradeHook
from gateway.journal.reader import JournalReader
from gateway.snapshots.folder import check_owner, folder_beside, read_snapshot, snapshot_name
from gateway.snapshots.replica import core_of, restored_core
from gateway.snapshots.sealed import SnapshotError, SnapshotUnusable


def failure_of(replay: Replay, rows: Sequence[StoredRow]) -> ReplayFailure | None:
    """Replay rows, which may be of another core version that goes on behind them; why they can't be."""
    try:
        replay.feed_batch(rows)
    except ReplayFailure as failure:
        return failure
    return None


class Borders:
    """Follows the reading of a journal, batch by batch.

    Attributes:
        seq: the last sequence number of the core version before; 0: no other one was met yet.
        version: the core version of the batch read last.
    """

    def __init__(self, reader: JournalReader) -> None:
        self._reader: Final = reader
        self.seq: int = 0
        self.version: int = 0
        self._link = b""
        self._link_at_border = b""

    def crosses(self, batch: list[StoredRow]) -> bool:
        """Whether a batch, which the reader has just yielded, is the first of another core version than the one before it."""
        version = self._reader.segments[-1].header.core_version
        is_crossed = self.version not in {0, version}
        if is_crossed:
            self.seq, self._link_at_border = batch[0][0] - 1, self._link
        self.version, self._link = version, self._reader.batch_tip.link
        return is_crossed

    def exchange(self, hook: PreTradeHook) -> Exchange:
        """The core at the border that was just crossed, from the snapshot that is there.

        Args:
            hook: an empty one.

        Raises:
            SnapshotError: there is none, or it is not of this journal.
            OSError: it can't be read.
        """
        header, name = self._reader.segments[-1].header, snapshot_name(self.seq)
        try:
            sealed = read_snapshot(folder_beside(self._reader.directory), self.seq)
            check_owner(sealed.header, name, header.venue, header.public_key)
            if sealed.header.link != self._link_at_border:
                raise SnapshotUnusable("it is of another history than this journal")
            return restored_core(core_of(sealed.unpack()), hook)
        except FileNotFoundError as error:
            raise SnapshotError(f"core version {self.version} goes on from {name}, which is not there") from error
        except SnapshotUnusable as error:
            raise SnapshotError(
                f"core version {self.version} goes on from {name}, which can't be used: {error}"
            ) from error
