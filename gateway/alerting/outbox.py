"""Alerts on their way to the venue: which were raised already, which may be sent now, and which wait.

The venue bounds the alerts that wait for a supervisor. So this one sends no more than it will take, and not more of one detector in an
hour than people can look at. What waits is bounded too: of more, the oldest is given up, and counted.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.surveillance import Episode
from engine.phases.cases import MAX_ALERTS, MAX_ALERTS_PER_DETECTOR
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import AlertDismissed, AlertRaised, CaseOpened, Event
from gateway.alerting.reports import is_about

MAX_WAITING: Final = 500
"""Reports that wait to be sent."""
PER_HOUR: Final = 60
"""Alerts of one detector in an hour: one a minute is more than anybody looks at."""
HOUR_NS: Final = 3_600 * NS_PER_SECOND


class Raised:
    """An alert of the journal."""

    def __init__(self, event: AlertRaised, time_ns: int) -> None:
        self.alert: Final = event.alert
        self.time_ns: Final = time_ns
        self._event: Final = event

    def is_of(self, episode: Episode) -> bool:
        """Whether it reports this."""
        return is_about(episode, self._event)


class Outbox:
    """What is reported and not sent. It follows the journal: so a start finds what was raised before."""

    def __init__(self) -> None:
        self.waiting: Final[deque[Episode]] = deque()
        self.sent: Final[dict[int, Episode]] = {}
        """By the number of the alert: what was sent and is not in the journal yet."""
        self.given_up: int = 0
        self._open: Final[dict[int, str]] = {}
        """Alerts that wait for a supervisor, with their detectors."""
        self._times: Final[dict[str, deque[int]]] = {}
        """When alerts were raised, by detector, within the last hour."""

    def add(self, episode: Episode) -> None:
        """Let a report wait."""
        self.waiting.append(episode)
        if len(self.waiting) > MAX_WAITING:
            self.waiting.popleft()
            self.given_up += 1

    def take(self, event: Event, time_ns: int) -> Raised | None:
        """Follow an event of the journal; returns an alert that was raised."""
        if isinstance(event, AlertRaised):
            raised = Raised(event, time_ns)
            self._open[event.alert] = event.detector
            self._times.setdefault(event.detector, deque(maxlen=PER_HOUR)).append(time_ns)
            for episode in [each for each in self.waiting if raised.is_of(each)]:
                self.waiting.remove(episode)
            return raised
        if isinstance(event, AlertDismissed) or (isinstance(event, CaseOpened) and event.alert):
            self._open.pop(event.alert, None)
        return None

    def next(self, now_ns: int) -> Episode | None:
        """The oldest report that may be sent now; it waits no longer. None: there is none."""
        for episode in self.waiting:
            if self._has_room(episode.detector, now_ns):
                self.waiting.remove(episode)
                return episode
        return None

    def put_back(self, episode: Episode) -> None:
        """It could not be sent, and is the next again."""
        self.waiting.appendleft(episode)

    def _has_room(self, detector: str, now_ns: int) -> bool:
        if len(self._open) >= MAX_ALERTS:
            return False
        if sum(each == detector for each in self._open.values()) >= MAX_ALERTS_PER_DETECTOR:
            return False
        times = self._times.get(detector)
        return times is None or len(times) < PER_HOUR or times[0] < now_ns - HOUR_NS
