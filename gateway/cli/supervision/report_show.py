"""What `sbx report` prints: for people its tables, for machines one object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

from gateway.cli.reading import COMPLETE, INCOMPLETE, TORN, exit_status, notes_of, show_table, status_of, wide_console
from gateway.cli.recordings.verify import damage_summary, torn_summary
from gateway.cli.small_table import show_small
from gateway.cli.supervision.workbook import Save
from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from gateway.reporting.part import Part
from gateway.reporting.reported import Reported
from gateway.reporting.sections.overview import Overview
from gateway.reporting.sections.registry import SECTIONS
from gateway.reporting.sections.session import WholeSession
from gateway.reporting.tables.tables import Table
from gateway.words.chosen import chosen

LONG_TABLES: Final = ("rejects", "settlement_accounts", "cap_investors")
"""One row for each account, investor or combination: for files and machines."""


_SEVERITY: Final = (COMPLETE, TORN, INCOMPLETE)


class Files(NamedTuple):
    """What a report is written to; None: it was not asked for."""

    out: Path | None
    excel: Path | None
    html: Path | None
    save: Save | None
    """What writes a workbook."""


class Made:
    """A report that is made.

    Args:
        sessions: as read.
        parts: the sections.
        tables: those of each section, by its name.
        day: the Moscow day that was asked for, as a date; None: all.
    """

    def __init__(
        self,
        sessions: Sequence[Reported],
        parts: Sequence[type[Part]],
        tables: dict[str, list[Table]],
        day: str | None,
    ) -> None:
        self.sessions: Final = sessions
        self.parts: Final = parts
        self.tables: Final = tables
        self.day: Final = day

    @property
    def all_tables(self) -> list[Table]:
        """Those of all sections."""
        return [table for tables in self.tables.values() for table in tables]

    @property
    def titled(self) -> list[tuple[str, list[Table]]]:
        """The tables of each section, behind its title."""
        return [(part.title, self.tables[part.name]) for part in self.parts]

    @property
    def is_sound(self) -> bool:
        """Whether no section found a settlement that does not add up."""
        return all(_adds_up(each) is not False for each in self.sessions)


def _adds_up(reported: Reported) -> bool | None:
    """Whether the settlement of a session adds up; None: no section looked at it."""
    found = [part.is_sound for part in reported.frame.parts if isinstance(part, Overview | WholeSession)]
    return all(found) if found else None


# ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────


def summary(made: Made) -> dict[str, object]:
    """The report but its tables and order records, for machines. Of one session all that is said of it, of several in a list."""
    sessions = [_session(each, made.day) for each in made.sessions]
    sections = {name: [table.name for table in tables] for name, tables in made.tables.items()}
    if len(sessions) == 1:
        return {**sessions[0], "sections": sections}
    worst = max(made.sessions, key=lambda each: _SEVERITY.index(exit_status(each.source)))
    return {
        "status": status_of(worst.source),
        "day": made.day,
        "settlement_adds_up": made.is_sound,
        "sessions": [
            {"session": each.session.name, **said} for each, said in zip(made.sessions, sessions, strict=True)
        ],
        "sections": sections,
    }


def _session(reported: Reported, day: str | None) -> dict[str, object]:
    source = reported.source
    header = source.reader.segments[0].header if source.reader.segments else None
    records = [part.report.record_count for part in reported.frame.parts if isinstance(part, WholeSession)]
    return {
        "status": status_of(source),
        "directory": str(source.reader.directory),
        "venue": source.venue,
        "core_version": None if header is None else header.core_version,
        "day": day,
        "commands_read": source.commands,
        "order_records": sum(records) if records else None,
        "settlement_adds_up": _adds_up(reported),
        "cap_scope": None if source.standing is None else source.standing.cap_scope,
        "notes": notes_of(source),
        "damage": damage_summary(source.damage),
        "torn": torn_summary(source.reader),
    }


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show(made: Made, files: Files, *, is_whole: bool) -> None:
    """The report for people: the sections that were asked for, by their first rows; of none asked for the overview."""
    console = wide_console()
    for each in made.sessions:
        name = f"{each.session.name}: " if each.session.name else ""
        console.tell(name, f"venue {each.source.venue}: {each.source.commands:,} commands read")
    shown = 0
    for part in made.parts:
        if not is_whole and part is not Overview:
            continue
        for table in made.tables[part.name]:
            if table.rows and table.name not in LONG_TABLES:
                show_table(console, table)
                shown += 1
    if not shown:
        console.tell("no table has a row")
    for each in made.sessions:
        _say_how_far(console, each)
    if files.out is not None:
        console.tell(f"written to {files.out}: report.json and a CSV file a table")
    if files.excel is not None:
        console.tell(f"written to {files.excel}: a sheet a table")
    if files.html is not None:
        console.tell(f"written to {files.html}: a page")
    if not is_whole:
        _list(console, made)


def _say_how_far(console: Terminal, reported: Reported) -> None:
    name = f"{reported.session.name}: " if reported.session.name else ""
    for note in notes_of(reported.source):
        console.tell(name, (note, "yellow"))
    adds_up = _adds_up(reported)
    if adds_up:
        console.tell(name, ("settlement adds up", "green"))
    elif adds_up is not None:
        console.tell(
            name, ("settlement does not add up", "red"), ": `--section session` has what it was checked against"
        )


def _list(console: Terminal, made: Made) -> None:
    """Where the rest is."""
    rows = [(part.name, chosen().read(part.purpose)) for part in SECTIONS if part is not Overview]
    console.tell(("More in each section", "italic"), ": sbx report DIRECTORY --section NAME")
    show_small(console, ("section", "what it answers"), rows)


def show_sections(as_json: bool) -> None:
    """The sections that there are."""
    if as_json:
        click.echo(
            json_text([{"section": part.name, "title": part.title, "purpose": part.purpose} for part in SECTIONS])
        )
        return
    show_small(wide_console(), ("section", "what it answers"), [(part.name, part.purpose) for part in SECTIONS])
