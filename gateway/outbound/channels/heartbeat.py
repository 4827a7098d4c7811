"""Channel `heartbeat`: for those who can't see pings. It follows no events: the server's clock beats."""

from __future__ import annotations

from gateway.outbound.channels.channel import VENUE, Channel
from gateway.protocol.messages import Heartbeat


class Heartbeats(Channel):
    """The signs of life of the venue."""

    name = "heartbeat"
    kind = VENUE

    def beat(self, time_ns: int) -> Heartbeat:
        """Count one more, at a time of the venue."""
        self.seq += 1
        return Heartbeat(seq=self.seq, prev_seq=self.seq - 1, time=time_ns)
