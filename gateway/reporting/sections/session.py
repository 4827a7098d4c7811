"""What a session did, order by order, in counts; caps and exposures; settlement and its check; the rules in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.exchange import Exchange
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.report import Report
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.records import OrderRecord
from gateway.reporting.sums.settlement import is_sound
from gateway.reporting.tables.tables import Table


class WholeSession(Part):
    """All counts of a session and its settlement."""

    name = "session"
    title = "The session in counts"
    purpose = "Orders, rejects, cancels, margin, freezes, caps, exposures, rules in force; settlement and its check."
    need = EACH
    has_takes = True

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.sink: Callable[[OrderRecord], None] | None = None
        """Takes each order record."""
        self.report: Final = Report(frame.asked_day, self._record)
        self._standing: Standing | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the settlement adds up."""
        return is_sound(self.report.settlement_days())

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """A command."""
        self.report.reference.venue = self.frame.reference.venue
        self.report.take(step, exchange)

    def finish(self, exchange: Exchange | None, standing: Standing | None) -> None:
        """The end."""
        self._standing = standing
        self.report.finish(exchange)

    def tables(self) -> list[Table]:
        """All of them."""
        return self.report.tables(self._standing)

    def _record(self, record: OrderRecord) -> None:
        if self.sink is not None:
            self.sink(record)
