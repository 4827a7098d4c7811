"""A report of one or several sessions, section by section: what is read, in which way, and the tables that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.journal.reader import JournalReader
from gateway.reporting.part import EVENTS, Frame, Part
from gateway.reporting.searches.settings import DEFAULTS, Settings
from gateway.reporting.steps.sessions import Session
from gateway.reporting.steps.source import Source, Step
from gateway.reporting.tables.joined import joined
from gateway.reporting.tables.tables import Table


class Reported:
    """One session, read for some sections.

    Args:
        session: which one.
        parts: the sections.
        day: the Moscow day to report on, from 1970-01-01; None: all.
        settings: of the searches.
    """

    def __init__(
        self, session: Session, parts: Sequence[type[Part]], day: int | None = None, settings: Settings = DEFAULTS
    ) -> None:
        self.session: Final = session
        need = max((part.need for part in parts), default=EVENTS)
        # Of a day it must be known which days there are.
        skips = day is None and not any(part.kinds or part.has_takes or part.has_records for part in parts)
        self.source: Final = Source(JournalReader(session.journal), day, need=need, skips=skips)
        self.frame: Final = Frame(parts, "", day, settings)
        self.source.looks = self.frame.look
        self.first_day: int | None = None
        """The Moscow day of the first command that was read, from 1970-01-01; None: there was none."""
        self.last_day: int | None = None

    def take(self, step: Step) -> None:
        """A command of the source."""
        self.frame.reference.venue = self.source.venue
        self.frame.take(step, self.source.exchange)
        if self.first_day is None:
            self.first_day = step.day
        self.last_day = self.frame.day

    def finish(self) -> None:
        """The source has ended."""
        self.frame.finish(self.source.exchange, self.source.standing)


def tables_of(sessions: Sequence[Reported], parts: Sequence[type[Part]]) -> dict[str, list[Table]]:
    """The tables of each section, by its name: of several sessions joined, and behind them what is made of all together."""
    found: dict[str, list[Table]] = {}
    for place, part in enumerate(parts):
        tables = joined([(each.session.name, each.frame.parts[place].tables()) for each in sessions])
        found[part.name] = [*tables, *part.after(tables)]
    return found
