"""`sbx report`: what sessions did, section by section: on the terminal, as JSON, as CSV, as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from compliance.registry.calendar import iso_date, parse_iso_date
from gateway.cli.reading import INCOMPLETE, exit_status, read, write_tables
from gateway.cli.supervision.report_page import save_page, see_matplotlib
from gateway.cli.supervision.report_settings import searching
from gateway.cli.supervision.report_show import Files, Made, show, show_sections, summary
from gateway.cli.supervision.workbook import with_openpyxl
from gateway.journal.files import JournalError
from gateway.reporting.part import Part
from gateway.reporting.reported import Reported, tables_of
from gateway.reporting.searches.settings import Settings
from gateway.reporting.sections.overview import Overview
from gateway.reporting.sections.registry import BY_NAME, SECTIONS
from gateway.reporting.sections.session import WholeSession
from gateway.reporting.steps.sessions import Session, in_order
from gateway.reporting.sums.records import COLUMNS, OrderRecord
from gateway.reporting.tables.tables import json_pieces, table_writer


@click.command()
@click.argument(
    "directories", metavar="DIRECTORY...", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--section", "names", multiple=True, metavar="NAME", help="Only this section; may be given several times."
)
@click.option("--list", "lists", is_flag=True, help="List the sections, and end.")
@click.option("--day", metavar="YYYY-MM-DD", help="Report on this Moscow day only.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every table, the order records and report.json into this directory.",
)
@click.option(
    "--excel",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a workbook, a sheet a table. Needs openpyxl: pip install 'sandbox-exchange[excel]'.",
)
@click.option(
    "--html",
    "html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one page with pictures, to read and to print. Needs matplotlib: pip install 'sandbox-exchange[report]'.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: every table but the order records.")
@searching
def command(
    settings: Settings,
    directories: tuple[Path, ...],
    names: tuple[str, ...],
    lists: bool,
    day: str | None,
    out: Path | None,
    excel: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Report on the session in the journal of DIRECTORY (or its folder journal), and change nothing there.

    Alone it shows an overview and which sections there are; --section shows one whole. --json, --out, --excel and --html have
    all sections, or those asked for; --out also a record for each thing that happened to an order: see docs/REPORTS.md.

    Several directories are one report: sessions in order of time, in each table the session first, and rows for all together
    where figures add up. A session that is given twice is refused.

    A running venue may go on: what is durable is reported. The journal is verified on the way, and replayed as far as the
    sections need it.

    \b
    Exit status:
      0  complete
      1  the journal is damaged or does not replay, or the settlement does not add up: it is said which
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx report venue
      sbx report venue --section caps --section exposures
      sbx report venue --day 2026-06-01 --out monday
      sbx report june/* --excel june.xlsx
      sbx report venue --html monday.html
      sbx report venue --json | jq .tables.rejects_by_rule
    """
    if lists:
        show_sections(as_json)
        return
    if not directories:
        raise click.UsageError("name a directory with a journal; `sbx report --list` says which sections there are")
    parts = _wanted(names, is_short=not (as_json or out or excel or html))
    only = None if day is None else _parse_day(day)
    files = _files(out, excel, html)
    sessions = [Reported(each, parts, only, settings) for each in _sessions(directories)]
    if out is not None:
        _prepare(out, sessions)
    try:
        _read(sessions, parts, out, only)
        made = Made(sessions, parts, tables_of(sessions, parts), day)
        _write(made, files)
    except OSError as error:
        raise click.ClickException(f"the report can't be written: {error}") from error
    if as_json:
        _echo(made)
    else:
        show(made, files, is_whole=bool(names))
    raise SystemExit(_status(made))


def _wanted(names: tuple[str, ...], *, is_short: bool) -> list[type[Part]]:
    """The sections that are asked for, in their order; of none asked for all, or of a short report the overview."""
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise click.BadParameter(
            f"there is no section {', '.join(unknown)}; there are {', '.join(BY_NAME)}", param_hint="--section"
        )
    if not names:
        return [Overview] if is_short else list(SECTIONS)
    return [part for part in SECTIONS if part.name in names]


def _parse_day(text: str) -> int:
    day = parse_iso_date(text)
    if day is None:
        raise click.BadParameter(f"{text!r} is no date: write YYYY-MM-DD", param_hint="--day")
    return day


def _sessions(directories: Sequence[Path]) -> list[Session]:
    try:
        return in_order(directories)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error


def _prepare(out: Path, sessions: list[Reported]) -> None:
    """Make the directory to write to."""
    if any(out.resolve() == each.session.journal.resolve() for each in sessions):
        raise click.BadParameter("the journal's own directory is only read", param_hint="--out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{out}: {error}") from error


@contextmanager
def _record_files(
    out: Path | None, parts: list[type[Part]], sessions: list[Reported]
) -> Iterator[list[Callable[[OrderRecord], None]]]:
    """For each session something that writes an order record to both files; none where none are asked for."""
    if out is None or WholeSession not in parts:
        yield []
        return
    encode = msgspec.json.Encoder().encode
    several = len(sessions) > 1
    with (
        (out / "orders.csv").open("w", encoding="utf-8", newline="") as table,
        (out / "orders.jsonl").open("wb") as lines,
    ):
        write = table_writer(table, ("session", *COLUMNS) if several else COLUMNS)

        def sink_of(name: str) -> Callable[[OrderRecord], None]:
            def sink(record: OrderRecord) -> None:
                fields = msgspec.structs.asdict(record)
                if several:
                    fields = {"session": name, **fields}
                write(list(fields.values()))
                lines.write(encode(fields) + b"\n")

            return sink

        yield [sink_of(each.session.name) for each in sessions]


def _read(sessions: list[Reported], parts: list[type[Part]], out: Path | None, day: int | None) -> None:
    """Read all journals; order records are written on the way."""
    with _record_files(out, parts, sessions) as sinks:
        for place, each in enumerate(sessions):
            _run(each, f"reporting {each.session.name}".rstrip(), sinks[place] if sinks else None)
    _check_day(sessions, day)


def _echo(made: Made) -> None:
    """Print the report as JSON, row by row."""
    for piece in json_pieces(summary(made), made.all_tables):
        click.echo(piece, nl=False)


def _files(out: Path | None, excel: Path | None, html: Path | None) -> Files:
    """What is to be written, before a journal is read for it.

    Raises:
        click.ClickException: what it needs is not installed.
    """
    if html is not None:
        see_matplotlib()
    return Files(out, excel, html, None if excel is None else with_openpyxl())


def _write(made: Made, files: Files) -> None:
    """Write the files that were asked for."""
    found = summary(made)
    if files.out is not None:
        write_tables(files.out, made.all_tables)
        with (files.out / "report.json").open("w", encoding="utf-8") as file:
            file.writelines(json_pieces(found, made.all_tables))
    if files.excel is not None and files.save is not None:
        files.save(files.excel, found, made.titled)
    if files.html is not None:
        save_page(files.html, made)


def _run(reported: Reported, label: str, sink: Callable[[OrderRecord], None] | None) -> None:
    """Read one journal."""
    for part in reported.frame.parts:
        if isinstance(part, WholeSession):
            part.sink = sink
    read(reported.source, label, reported.take)
    reported.finish()


def _check_day(sessions: list[Reported], day: int | None) -> None:
    """A day on which nothing was recorded is a mistake."""
    known = [(each.first_day, each.last_day) for each in sessions if each.first_day is not None]
    days = [day for pair in known for day in pair if day is not None]
    if day is not None and days and not min(days) <= day <= max(days):
        raise click.UsageError(f"the journal has Moscow days {iso_date(min(days))} to {iso_date(max(days))}")


def _status(made: Made) -> int:
    """The worst of all sessions; a settlement that does not add up is as bad as damage."""
    found = [exit_status(each.source) for each in made.sessions]
    if not made.is_sound or INCOMPLETE in found:
        return INCOMPLETE
    return max(found)
