"""The whole report of a recorded session, or of one Moscow day of it, from steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.messages.events import BookAdded, BookChanged, DayEnded, Indicative
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing, balances, collected_fees
from gateway.reporting.stories.history_tables import RulesInForce
from gateway.reporting.sums import distribution, settlement
from gateway.reporting.sums.count_tables import count_tables
from gateway.reporting.sums.counts import Counts
from gateway.reporting.sums.records import OrderRecord, OrderRecords
from gateway.reporting.sums.settlement import Settlement
from gateway.reporting.tables.tables import Table

_PUBLIC: Final = (BookAdded, BookChanged, Indicative)
"""The public book, most of all events; no report looks at it."""


class Report:
    """Accumulates a report.

    Args:
        day: the Moscow day to report on, from 1970-01-01; None: all. Steps before it must be given too: orders and holdings
            come from there.
        sink: takes each order record of the day as it is made.
    """

    def __init__(self, day: int | None = None, sink: Callable[[OrderRecord], None] | None = None) -> None:
        self.reference: Final = Reference()
        self.records: Final = OrderRecords(self.reference)
        self.counts: Final = Counts(self.reference)
        self.settlement: Final = Settlement(self.reference)
        self.rules: Final = RulesInForce()
        self.record_count: int = 0
        self._day: Final = day
        self._sink: Final = sink

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """Take in a command and what it did; `exchange` stands after it, None where there is no replay."""
        day = step.day
        if not self.settlement.days:
            self.settlement.begin(day)
        is_crossing = False
        self.reference.rules.note(step.command)
        for place, event in enumerate(step.events):
            kind = type(event)
            if kind is DayEnded:
                assert isinstance(event, DayEnded)
                day = event.day
                is_crossing = True
                self.settlement.begin(day)
            is_wanted = self._day is None or day == self._day
            if kind in _PUBLIC:
                self.counts.events += is_wanted
                continue
            self.reference.learn(event)
            self.settlement.take(event)
            records = self.records.follow(step, place, event, day)
            if self._day is None or day <= self._day:
                self.rules.take(step, event)
            if is_wanted:
                self.counts.event(step, event, day)
                for record in records:
                    self.counts.record(record)
                    self.record_count += 1
                    if self._sink is not None:
                        self._sink(record)
        if self._day is None or day == self._day:
            self.counts.command(step)
        if is_crossing and exchange is not None:
            self._compare(exchange)

    def finish(self, exchange: Exchange | None) -> None:
        """Nothing follows; `exchange` as in `take`."""
        self.settlement.finish()
        if exchange is not None and self.settlement.days:
            self._compare(exchange)

    def settlement_days(self) -> list[settlement.SettlementDay]:
        """The days reported on."""
        return [each for each in self.settlement.days if self._day is None or each.day == self._day]

    def tables(self, standing: Standing | None) -> list[Table]:
        """Everything but the order records, in the order in which it is shown."""
        found = count_tables(self.counts, None if standing is None else standing.capacity_multiple)
        if standing is not None:
            found += [
                distribution.cap_table(standing),
                distribution.quantile_table(standing),
                distribution.investor_cap_table(standing),
                distribution.exposure_table(standing),
            ]
        days = self.settlement_days()
        found += [
            self.rules.table(),
            settlement.participant_table(days, self.reference),
            settlement.account_table(days, self.reference),
            settlement.check_table(days),
        ]
        return found

    def _compare(self, exchange: Exchange) -> None:
        self.settlement.compare(balances(exchange), collected_fees(exchange))
