"""Connections: what is sent on one arrives in order, later or never; several are not ordered among each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from tests.simulator.plan import Plan
from tests.simulator.stage import NS_PER_MS, Stage

FROZEN_NS: Final = 8 * NS_PER_SECOND
"""The longest that a frozen connection holds everything back: longer than any client waits for a reply."""


class End:
    """One end of a connection."""

    def __init__(self, arrived: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self.arrived: Final = arrived
        self.lost: Final = lost
        self.is_open = True
        self.free_ns = 0
        """When what comes next arrives at the earliest: behind what is on its way."""


class Link:
    """A connection between a client and the venue."""

    def __init__(self, stage: Stage, plan: Plan, client: End, venue: End) -> None:
        self.client: Final = client
        self.venue: Final = venue
        self._stage: Final = stage
        self._plan: Final = plan
        self.is_calm = False
        """Whether nothing befalls it any more."""

    def to_venue(self, data: bytes) -> None:
        """Send from the client."""
        self._send(self.client, self.venue, data)

    def to_client(self, data: bytes) -> None:
        """Send from the venue."""
        self._send(self.venue, self.client, data)

    def _send(self, sender: End, receiver: End, data: bytes) -> None:
        stage, plan = self._stage, self._plan
        if not sender.is_open:
            return
        if not self.is_calm and stage.happens(plan.freeze_rate):
            receiver.free_ns = max(receiver.free_ns, stage.now_ns) + stage.between(0, FROZEN_NS)
        arrival_ns = max(stage.now_ns + stage.between(0, 2 * plan.latency_ns), receiver.free_ns)
        receiver.free_ns = arrival_ns
        stage.after(arrival_ns - stage.now_ns, lambda: self._arrive(receiver, data))
        if not self.is_calm and stage.happens(plan.cut_rate):
            stage.note("a connection is cut")
            self.cut(stage.between(0, 20 * NS_PER_MS), stage.between(0, 20 * NS_PER_MS))

    def _arrive(self, receiver: End, data: bytes) -> None:
        if receiver.is_open:
            receiver.arrived(data)

    def cut(self, client_ns: int, venue_ns: int) -> None:
        """End it: each end notices after so many nanoseconds, and hears until then what is on its way."""
        for end, delay_ns in ((self.client, client_ns), (self.venue, venue_ns)):
            self._stage.after(delay_ns, lambda end=end: self._end(end))  # type: ignore[misc]

    def drop_venue(self) -> None:
        """The venue's process is gone at once; the client notices later."""
        self.venue.is_open = False
        self.cut(self._stage.between(0, 50 * NS_PER_MS), 0)

    def _end(self, end: End) -> None:
        if end.is_open:
            end.is_open = False
            end.lost()
