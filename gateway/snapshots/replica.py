"""A replica: a venue's core and its mirrors as they were after some row of its journal, brought on row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import msgspec

from engine.exchange import Exchange, restore_exchange
from engine.record.rows import StoredRow
from engine.replay import Replay, ReplayFailure
from engine.snapshot.encoding import SnapshotError as CoreError
from engine.snapshot.encoding import decode_snapshot, encode_snapshot
from engine.state.hook import PreTradeHook
from gateway.outbound.fanout import Fanout
from gateway.outbound.messages.mirrors import Mirrors
from gateway.snapshots.past import Known, Past
from gateway.snapshots.sealed import SnapshotUnusable
from gateway.snapshots.standing import standing


class VenueState(msgspec.Struct):
    """What a snapshot holds: the core's own document, encoded, and what of all else does not follow from it."""

    core: bytes
    mirrors: Mirrors
    past: Known


class _Core(msgspec.Struct):
    """The same, read for the core alone."""

    core: bytes


def core_of(state: bytes) -> bytes:
    """The core's own document in what a snapshot holds, as `encode_snapshot` gives it.

    Raises:
        SnapshotUnusable: it is of a format that this program does not read.
    """
    try:
        return msgspec.msgpack.decode(state, type=_Core).core
    except msgspec.MsgspecError as error:
        raise SnapshotUnusable(f"this program does not read its state: {error}") from error


def restored_core(core: bytes, hook: PreTradeHook) -> Exchange:
    """The exchange that gave a document, without any mirrors. O(document).

    Args:
        core: from `core_of`.
        hook: an empty one.

    Raises:
        SnapshotUnusable: it is of a format that this program does not read, or no exchange comes of it.
    """
    try:
        return restore_exchange(decode_snapshot(core), hook)
    except CoreError as error:
        raise SnapshotUnusable(f"this program does not read its state: {error}") from error


class NotReplayed(Exception):
    """A row can't be applied again, or brings other events than it recorded; the message says which row and how."""


class Replica:
    """The exchange, its mirrors, and what the journal has defined. Made empty or from a state, and fed every row after it.

    Args:
        exchange: just before the first row that will be fed.
        keeps_reports: whether the mirrors are to have the private reports, too. No state holds them: only who serves clients needs them.
    """

    def __init__(self, exchange: Exchange, *, keeps_reports: bool = True) -> None:
        self.exchange: Final = exchange
        self.fanout: Final = Fanout(keeps_reports=keeps_reports)
        self.past: Final = Past()
        self._replay: Final = Replay(exchange)

    @classmethod
    def restored(cls, state: bytes, hook: PreTradeHook, *, keeps_reports: bool = True) -> Self:
        """The replica that gave this state. O(state).

        Args:
            state: from `state`.
            hook: an empty one.
            keeps_reports: as for the class.

        Raises:
            SnapshotUnusable: it is of a format that this program does not read, or no replica comes of it.
        """
        try:
            found = msgspec.msgpack.decode(state, type=VenueState)
            replica = cls(restored_core(found.core, hook), keeps_reports=keeps_reports)
            exchange = replica.exchange
            reports = {each.account: each.report_seq for each in exchange.account_list}
            replica.fanout.restore(found.mirrors, exchange.seq, standing(exchange), reports, time_ns=exchange.time_ns)
            replica.past.restore(found.past)
        except msgspec.MsgspecError as error:
            raise SnapshotUnusable(f"this program does not read its state: {error}") from error
        return replica

    def state(self) -> bytes:
        """All of it as bytes, after `end_batch`, and when no command has left some of its work. O(state). Equal replicas have
        equal ones.
        """
        core = encode_snapshot(self.exchange.snapshot())
        return msgspec.msgpack.encode(VenueState(core, self.fanout.state(), self.past.state()))

    def feed(self, rows: Sequence[StoredRow]) -> None:
        """Apply the commands of a batch again, and compare every event with what is recorded. Cost: that of the commands.

        Raises:
            NotReplayed: it does not come out as recorded. The replica is of no use any more.
        """
        replay = self._replay
        try:
            replayed = replay.feed_batch(rows)
        except ReplayFailure as error:
            raise NotReplayed(str(replay.difference or error)) from error
        if replay.difference is not None:
            raise NotReplayed(str(replay.difference))
        fanout, past = self.fanout, self.past
        for row, due_events in zip(replayed, replay.due_events, strict=True):
            fanout.replay(row)
            past.follow(row[2], row[3], due_events)

    def end_batch(self) -> None:
        """See to what a batch adds up to. Between two batches is where a replica may be looked at."""
        self.fanout.channels.end_turn()
