"""A section of a report, and what feeds the sections of one session: each event once, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from engine.exchange import Exchange
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    DayEnded,
    Event,
    InstrumentListed,
    InvestorRegistered,
    OrderRejected,
    RequestRejected,
    RulebookLoaded,
)
from gateway.reporting.searches.settings import DEFAULTS, Settings
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.source import EACH, END, EVENTS, Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.records import OrderRecord, OrderRecords
from gateway.reporting.tables.tables import Table

__all__ = ["EACH", "END", "EVENTS", "Frame", "Part"]

_LEARNED: Final = frozenset(
    {AccountOpened, AssetAdded, InstrumentListed, InvestorRegistered, OrderRejected, RequestRejected, RulebookLoaded}
)
"""What `Reference.learn` takes note of."""


class Part:
    """A section. One is made for each session; what a section needs it states as class attributes.

    Titles and columns stand in one place of each part's file, as plain strings: they are translated by their texts.

    Args:
        frame: of the session.
    """

    name: ClassVar[str]
    """What `--section` calls it."""
    title: ClassVar[str]
    purpose: ClassVar[str]
    """One line: which question it answers."""
    need: ClassVar[int] = EVENTS
    """`EVENTS`, `END` or `EACH`."""
    kinds: ClassVar[tuple[type[Event], ...]] = ()
    """The events that `event` is told. The public book's are most of all: what asks for none of these is far faster."""
    has_takes: ClassVar[bool] = False
    """Whether `take` is called."""
    has_records: ClassVar[bool] = False
    """Whether `record` is called."""

    def __init__(self, frame: Frame) -> None:
        self.frame: Final = frame

    def event(self, step: Step, event: Event) -> None:
        """One event of `kinds`, in order; `frame.day` is its Moscow day, `frame.is_wanted` says whether that is asked for."""

    def record(self, record: OrderRecord) -> None:
        """One order record of a day that is asked for, behind its event."""

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """A command, behind all its events. With `EACH`, `exchange` stands after it; None: there is no replay."""

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """The state at the end, or after the last command of the day that is asked for. With `END` or `EACH`, once, if there is a replay."""

    def finish(self, exchange: Exchange | None, standing: Standing | None) -> None:
        """Nothing follows. With `END` or `EACH` the state behind the last step, which may be of the day after; None: no replay."""

    def tables(self) -> list[Table]:
        """What it found, in the order in which it is shown. With `--day`, of that day; stocks are those after it."""
        raise NotImplementedError

    @classmethod
    def after(cls, tables: list[Table]) -> list[Table]:
        """More tables, made of those of all sessions together: shares, concentrations. `tables` are this part's, by their names."""
        return []


class Frame:
    """Feeds the parts of one session.

    Args:
        parts: the kinds of sections, in order.
        venue: its id.
        day: the Moscow day to report on, from 1970-01-01; None: all. Steps before it must be given too.
        settings: of the searches.
    """

    def __init__(
        self, parts: Sequence[type[Part]], venue: str, day: int | None = None, settings: Settings = DEFAULTS
    ) -> None:
        self.reference: Final = Reference(venue)
        """What the events so far have said about who and what there is."""
        self.asked_day: Final = day
        self.settings: Final = settings
        self.day: int = -1
        """The Moscow day of the event that is told, from 1970-01-01."""
        self.is_wanted: bool = True
        """Whether that is a day that is asked for."""
        self.is_past: bool = False
        """Whether it is behind the day that is asked for."""
        self.parts: Final = [part(self) for part in parts]
        self._told: Final[dict[type[Event], list[Part]]] = {}
        for part in self.parts:
            for kind in part.kinds:
                self._told.setdefault(kind, []).append(part)
        self._takers: Final = [part for part in self.parts if part.has_takes]
        self._recorded: Final = [part for part in self.parts if part.has_records]
        self._records: Final = OrderRecords(self.reference)

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """A command and what it did."""
        self._enter(step.day)
        self.reference.rules.note(step.command)
        for place, event in enumerate(step.events):
            kind = type(event)
            if kind is DayEnded:
                assert isinstance(event, DayEnded)
                self._enter(event.day)
            if kind in _LEARNED:
                self.reference.learn(event)
            for part in self._told.get(kind, ()):
                part.event(step, event)
            if self._recorded:
                self._follow(step, place, event)
        for part in self._takers:
            part.take(step, exchange)

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """The state at the end, or after the last command of the day that is asked for."""
        for part in self.parts:
            if part.need != EVENTS:
                part.look(exchange, standing)

    def finish(self, exchange: Exchange | None, standing: Standing | None) -> None:
        """Nothing follows."""
        for part in self.parts:
            has_state = part.need != EVENTS
            part.finish(exchange if has_state else None, standing if has_state else None)

    def _enter(self, day: int) -> None:
        if day != self.day:
            self.day = day
            self.is_wanted = self.asked_day is None or day == self.asked_day
            self.is_past = self.asked_day is not None and day > self.asked_day

    def _follow(self, step: Step, place: int, event: Event) -> None:
        records = self._records.follow(step, place, event, self.day)
        if self.is_wanted:
            for record in records:
                for part in self._recorded:
                    part.record(record)
