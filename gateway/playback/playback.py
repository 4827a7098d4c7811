"""The turns of a recording: what the journal has, a batch a turn, each when the session's clock comes to it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Final

from gateway.journal.files import JournalError
from gateway.metrics.counters import Counters
from gateway.protocol.messages import Recording
from gateway.server.sequencing.turns import Turns, VenueHalted
from gateway.session.pace import STEP, Pace, Speed
from gateway.session.recorded import Recorded, Walk

HELD_NS: Final = 2_000_000
"""How long the next turn waits where a client has yet to read, before it is looked at again: a client takes as long for a piece."""


def arrive(walk: Walk) -> Iterator[int]:
    """Walk to the command that was asked for, the mirrors too; yields the command on the way. Raises as `Walk.go_on`."""
    for row in walk.rows():
        walk.fanout.replay(row)
        yield row[0]
    walk.fanout.channels.end_turn()


class Playback(Turns):
    """Shows what follows a moment. Its clock stands until `begin`; what goes step by step needs none.

    At whatever speed, it waits for clients that have not read what came before: at most as long as they may take (docs/PROTOCOL.md).

    Args:
        session: opened.
        walk: has arrived where it is to begin.
        since_ns: the time to begin with, nanoseconds since the epoch, UTC, if that is after the command there.
        speed: from then on.
    """

    def __init__(self, session: Recorded, walk: Walk, since_ns: int, speed: Speed) -> None:
        super().__init__(walk.exchange, walk.fanout, Counters(time.process_time_ns))
        self.read_past(session.journal, walk.began_with)
        self._walk: Final = walk
        self._last_seq: Final = session.last_seq
        self._speed: Final = speed
        self._pace: Final = Pace(time.monotonic_ns, max(walk.exchange.time_ns, since_ns), STEP)
        self._behind: Collection[object] = ()
        self._is_winding_up = False
        self._next_ns = self._batch_end = 0
        """The time of the next command, and the last one of its batch."""
        self._look_ahead()

    def begin(self) -> None:
        """Let the session's clock go."""
        self._pace.set_speed(self._speed)

    def wait_for(self, behind: Collection[object]) -> None:
        """Go on only while this is empty: those who have not read all."""
        self._behind = behind

    @property
    def seq(self) -> int:
        """The last command that was shown."""
        return self._exchange.seq

    @property
    def has_ended(self) -> bool:
        """Whether all was shown that the journal had when the session was opened."""
        return self.seq >= self._last_seq

    @property
    def is_stepping(self) -> bool:
        """Whether each command waits until somebody asks for it."""
        return self._speed == STEP

    def step(self, commands: int) -> None:
        """Let so many more commands be due."""
        for _ in range(min(commands, self._last_seq - self.seq)):
            self._pace.step()

    def recording(self) -> Recording:
        """What a client is told of it."""
        return Recording(speed=self._speed.name, seq=self.seq, time=self.now_ns, last_seq=self._last_seq)

    # ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def tip(self) -> tuple[int, bytes]:
        """The last command of the last batch that was shown whole, and its link."""
        return self._walk.tip

    @property
    def now_ns(self) -> int:
        """The session's time: no later than the next command, however late that is shown, and in the end that of the last."""
        return self._exchange.time_ns if self.has_ended else min(self._pace.now_ns, self._next_ns)

    @property
    def has_work(self) -> bool:
        """Whether the next command is due, and may come."""
        return self.due_in_ns() == 0

    @property
    def next_due(self) -> int:
        """The next command; 0: there is none."""
        return 0 if self.has_ended else self.seq + 1

    def due_in_ns(self) -> int | None:
        """How long until the next command comes; None: nobody knows, or there is none."""
        if self.has_ended or self._is_winding_up:
            return None
        due_ns = self._pace.due_in_ns(self._next_ns)
        return HELD_NS if due_ns == 0 and self._behind else due_ns

    def turn(self) -> None:
        """Show the next batch, or, step by step, the next command.

        Raises:
            VenueHalted: the journal can't be read, or does not replay.
        """
        if not self.has_work:
            return
        try:
            for row in self._walk.rows(self.seq + 1 if self.is_stepping else self._batch_end):
                self._fanout.publish(row, None, 0, self._exchange.due_events)
                self._pace.reached(row[1])
            self._fanout.end_turn()
            self._look_ahead()
        except (JournalError, OSError) as error:
            raise VenueHalted(f"the recording can't be shown beyond sequence number {self.seq}: {error}") from error

    def wind_up(self) -> None:
        """Show nothing more, and answer no question that waits."""
        super().wind_up()
        self._is_winding_up = True

    def close(self) -> None:
        """Let go of the files."""
        self._walk.close()

    def abandon(self) -> None:
        """Let go of the files."""
        self._walk.close()

    def _look_ahead(self) -> None:
        """See when the next command is due."""
        if not self.has_ended:
            self._next_ns, self._batch_end = self._walk.next_batch()
