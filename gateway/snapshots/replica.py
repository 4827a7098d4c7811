"""A replica: a venue's core and its mirrors as they were after some row of its journal, brought on row by row."""

from __future__ import annotations

from typing import Final, Self

import msgspec

from engine.exchange import Exchange, restore_exchange
from engine.record.rows import StoredRow, decode_command
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


class NotReplayed(Exception):
    """A row can't be applied again, or brings other events than it recorded; the message says which row and how."""


class Replica:
    """The exchange, its mirrors, and what the journal has defined. Made empty or from a state, and fed every row after it.

    Args:
        exchange: just before the first row that will be fed.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange: Final = exchange
        self.fanout: Final = Fanout()
        self.past: Final = Past()
        self._replay: Final = Replay(exchange)

    @classmethod
    def restored(cls, state: bytes, hook: PreTradeHook) -> Self:
        """The replica that gave this state. O(state).

        Args:
            state: from `state`.
            hook: an empty one.

        Raises:
            SnapshotUnusable: it is of a format that this program does not read, or no replica comes of it.
        """
        try:
            found = msgspec.msgpack.decode(state, type=VenueState)
            replica = cls(restore_exchange(decode_snapshot(found.core), hook))
            exchange = replica.exchange
            reports = {each.account: each.report_seq for each in exchange.account_list}
            replica.fanout.restore(found.mirrors, exchange.seq, standing(exchange), reports)
            replica.past.restore(found.past)
        except (msgspec.MsgspecError, CoreError) as error:
            raise SnapshotUnusable(f"this program does not read its state: {error}") from error
        return replica

    def state(self) -> bytes:
        """All of it as bytes, after `end_batch`, and when no command has left some of its work. O(state). Equal replicas have
        equal ones.
        """
        core = encode_snapshot(self.exchange.snapshot())
        return msgspec.msgpack.encode(VenueState(core, self.fanout.state(), self.past.state()))

    def feed(self, row: StoredRow) -> None:
        """Apply the command of a row again, and compare every event with what is recorded. Cost: that of the command.

        Raises:
            NotReplayed: it does not come out as recorded. The replica is of no use any more.
        """
        try:
            events = self._replay.feed(row)
        except ReplayFailure as error:
            raise NotReplayed(str(error)) from error
        difference = self._replay.difference
        if difference is not None:
            raise NotReplayed(
                f"sequence number {difference.seq}, event {difference.place}: recorded {difference.recorded!r}, "
                f"replayed {difference.replayed!r}"
            )
        command = decode_command(row[2])
        self.fanout.replay((row[0], row[1], command, events))
        self.past.follow(command, events, self.exchange.due_events)

    def end_batch(self) -> None:
        """See to what a batch adds up to. Between two batches is where a replica may be looked at."""
        self.fanout.channels.end_turn()
