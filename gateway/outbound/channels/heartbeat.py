"""Channel `heartbeat`: for those who can't see pings. It follows no events: the server's clock beats."""

from __future__ import annotations

from itertools import islice
from typing import Final

from gateway.outbound.channels.channel import VENUE, Channel, Subject
from gateway.outbound.channels.outbox import Outbox, Outboxes
from gateway.protocol.messages import Heartbeat


class Heartbeats(Channel):
    """The signs of life of the venue."""

    name = "heartbeat"
    kind = VENUE

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.untold: Final[Outboxes] = {}
        """Who has yet to hear of the last beat: thousands are told in pieces."""

    def beat(self) -> int:
        """Count one more; returns how many are to hear of it. All have heard of the one before."""
        assert not self.untold, "a beat is told before the next"
        self.seq += 1
        self.untold.update(self.subscribers)
        return len(self.untold)

    def leave(self, outbox: Outbox) -> None:
        """Who comes back begins after the last beat, and is not told of it again."""
        super().leave(outbox)
        self.untold.pop(outbox, None)

    def next_told(self, most: int) -> list[Outbox]:
        """So many at most of those who have yet to hear of the last beat: they will have."""
        told = list(islice(self.untold, most))
        for outbox in told:
            del self.untold[outbox]
        return told

    def message(self, time_ns: int) -> Heartbeat:
        """The last beat, as it is told at a time of the venue."""
        return Heartbeat(seq=self.seq, prev_seq=self.seq - 1, time=time_ns)
