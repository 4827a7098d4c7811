"""Open cases, and alerts that wait: what of them is not only in the journal."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.messages.commands import OpenCase, RaiseAlert


class Case:
    """An open case: what is suspected of whom, and the evidence so far."""

    def __init__(self, term: str, opened_ns: int, alert: int, reason: str, by: str) -> None:
        self.term: Final = term
        self.opened_ns: Final = opened_ns
        self.alert: Final = alert
        """The alert that it came from; 0: none."""
        self.reason: Final = reason
        self.by: Final = by
        """Who opened it."""
        self.investors: Final[dict[str, bool]] = {}
        """In the order in which they came, as is all of a case."""
        self.instruments: Final[dict[str, bool]] = {}
        self.seqs: Final[dict[int, bool]] = {}
        """Sequence numbers of commands."""

    def as_opened(self) -> OpenCase:
        """The command that would open it as it stands now."""
        return OpenCase(
            self.term,
            tuple(self.investors),
            tuple(self.instruments),
            tuple(self.seqs),
            self.alert,
            self.reason,
            self.by,
        )


class Alert:
    """An alert as it was raised, and when."""

    def __init__(self, command: RaiseAlert, raised_ns: int) -> None:
        self.command: Final = command
        self.raised_ns: Final = raised_ns
        self.by: Final[str] = command.by
        """Who raised it."""


class Docket:
    """All open cases, and all alerts that wait: by the sequence numbers of the commands that brought them, in that order."""

    def __init__(self) -> None:
        self.cases: Final[dict[int, Case]] = {}
        self.alerts: Final[dict[int, Alert]] = {}
        self._alerts_of: Final[dict[str, int]] = {}

    def alerts_of(self, detector: str) -> int:
        """How many alerts of a detector wait."""
        return self._alerts_of.get(detector, 0)

    def keep_alert(self, number: int, alert: Alert) -> None:
        """Let an alert wait."""
        self.alerts[number] = alert
        detector = alert.command.detector
        self._alerts_of[detector] = self.alerts_of(detector) + 1

    def end_alert(self, number: int) -> None:
        """Take an alert off the list."""
        detector = self.alerts.pop(number).command.detector
        self._alerts_of[detector] -= 1
        if not self._alerts_of[detector]:
            del self._alerts_of[detector]
