"""The history of registry, rulebook and settings: by date and kind, and change by change, the set-up folded."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from engine.exchange import Exchange
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.folding import SetUp, folded
from gateway.reporting.stories.history import CARRIED_OUT, PROPOSED, REFUSED, SCHEDULED, Entry, History
from gateway.reporting.stories.history_tables import told_effects
from gateway.reporting.tables.tables import COUNT, SEQ, TEXT, TIME, Cells, Column, Table
from gateway.reporting.tables.times import moscow_date, utc

SET_UP: Final = "set-up"


class Changes(Part):
    """Every change that somebody made, or that a date brought."""

    name = "history"
    title = "History"
    purpose = "What changed of registry, rulebook and settings, by date and kind: who, why, and what it did."
    need = EACH
    has_takes = True

    COUNTS_TITLE: Final = "Changes by date and kind"
    COUNTS_COLUMNS: Final = (
        Column("day"),
        Column("what"),
        Column("carried_out", COUNT, adds=True),
        Column("scheduled", COUNT, adds=True),
        Column("proposed", COUNT, adds=True),
        Column("refused", COUNT, adds=True),
        Column("otherwise", COUNT, adds=True),
        Column("first_seq", SEQ),
        Column("last_seq", SEQ),
    )
    TITLE: Final = "Changes, the venue's set-up folded"
    COLUMNS: Final = (
        Column("day"),
        Column("seq", SEQ),
        Column("last_seq", SEQ),
        Column("time_utc", TIME),
        Column("what"),
        Column("subjects"),
        Column("by"),
        Column("second"),
        Column("outcome"),
        Column("why"),
        Column("said"),
        Column("did"),
        Column("orders_cancelled", COUNT, adds=True),
        Column("reason", TEXT),
        Column("effective_utc", TIME),
    )
    _OUTCOMES: Final = (CARRIED_OUT, SCHEDULED, PROPOSED, REFUSED)

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._history: Final = History()

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """Follow everything: a change of another day may be what this day carries out."""
        if not self.frame.is_past:
            self._history.take(step)

    def tables(self) -> list[Table]:
        """By date and kind, then each."""
        entries = [each for each in self._history.entries if self._is_wanted(each)]
        return [self._counted(entries), self._each(entries)]

    def _is_wanted(self, entry: Entry) -> bool:
        asked = self.frame.asked_day
        return asked is None or moscow_date(entry.time_ns) == iso_date(asked)

    def _counted(self, entries: list[Entry]) -> Table:
        found: dict[tuple[str, str], list[int]] = {}
        for entry in entries:
            counts = found.setdefault((moscow_date(entry.time_ns), entry.what), [0, 0, 0, 0, 0, entry.seq, 0])
            place = self._OUTCOMES.index(entry.outcome) if entry.outcome in self._OUTCOMES else 4
            counts[place] += 1
            counts[6] = entry.seq
        rows: list[Cells] = [(*key, *counts) for key, counts in sorted(found.items())]
        return Table("changes_counted", self.COUNTS_TITLE, self.COUNTS_COLUMNS, rows)

    def _each(self, entries: list[Entry]) -> Table:
        rows = [_set_up(each) if isinstance(each, SetUp) else _change(each) for each in folded(entries)]
        return Table("changes", self.TITLE, self.COLUMNS, rows)


def _set_up(found: SetUp) -> Cells:
    first, last = found.entries[0], found.entries[-1]
    counted = ", ".join(f"{count} {what}" for what, count in found.counts.items())
    head = (moscow_date(first.time_ns), first.seq, last.seq, utc(first.time_ns), SET_UP, "", "", "", CARRIED_OUT, "")
    cancelled = sum(sum(each.cancelled.values()) for each in found.entries)
    return (*head, counted, "", cancelled, first.reason, utc(first.effective_ns))


def _change(entry: Entry) -> Cells:
    return (
        *(moscow_date(entry.time_ns), entry.seq, None, utc(entry.time_ns), entry.what, " ".join(entry.subjects)),
        *(entry.by, entry.second, entry.outcome, entry.why, entry.said, told_effects(entry)),
        *(sum(entry.cancelled.values()), entry.reason, utc(entry.effective_ns)),
    )
