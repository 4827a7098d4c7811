"""A replica: a venue's core and its mirrors as they were after some row of its journal, brought on row by row."""

from __future__ import annotations

from typing import Final

from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command
from engine.replay import Replay, ReplayFailure
from gateway.outbound.fanout import Fanout
from gateway.snapshots.past import Past


class NotReplayed(Exception):
    """A row can't be applied again, or brings other events than it recorded; the message says which row and how."""


class Replica:
    """The exchange, its mirrors, and what the journal has defined. Made empty, and fed every row from the first one on.

    Args:
        exchange: just before the first row that will be fed.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange: Final = exchange
        self.fanout: Final = Fanout()
        self.past: Final = Past()
        self._replay: Final = Replay(exchange)

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
        self.past.follow(command, events[self.exchange.due_events :])

    def end_batch(self) -> None:
        """See to what a batch adds up to. Between two batches is where a replica may be looked at."""
        self.fanout.channels.end_turn()
