"""`sbx report`: what a session did, order by order, and what it nets to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import msgspec

from compliance.registry.calendar import iso_date, parse_iso_date
from gateway.cli.reading import (
    INCOMPLETE,
    exit_status,
    notes_of,
    open_source,
    read,
    show_table,
    status_of,
    wide_console,
    write_tables,
)
from gateway.cli.verify import damage_summary, torn_summary
from gateway.printable import json_text
from gateway.reporting.records import COLUMNS, OrderRecord
from gateway.reporting.report import Report
from gateway.reporting.settlement import is_sound
from gateway.reporting.source import Source, Step
from gateway.reporting.tables import Table, table_writer

LONG_TABLES: Final = ("rejects", "settlement_accounts", "cap_investors")
"""One row for each account, investor or combination: for files and machines."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--day", metavar="YYYY-MM-DD", help="Report on this Moscow day only.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every table, the order records and report.json into this directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: every table but the order records.")
def command(directory: Path, day: str | None, out: Path | None, as_json: bool) -> None:
    """Report on the session in the journal of DIRECTORY (or its folder journal), and change nothing there.

    Orders and rejects by rule, class and instrument; use of the annual cap, exposures; margin, freezes, transfers; the rules
    in force; the highest message rate. The settlement of each Moscow day, checked against the replayed balances. With
    --out also one record for each thing that happened to an order, as CSV and as JSON lines. docs/REPORTS.md says what
    each column means.

    A running venue may go on: what is durable is reported. The journal is verified and replayed on the way.

    \b
    Exit status:
      0  complete
      1  the journal is damaged or does not replay, or the settlement does not add up: it is said which
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx report venue
      sbx report venue --day 2026-06-01 --out monday
      sbx report venue --json | jq .tables.rejects_by_rule
    """
    only = None if day is None else _parse_day(day)
    source = open_source(directory, only)
    if out is not None:
        _prepare(out, source)
    try:
        with _record_files(out) as sink:
            report = _run(source, only, sink)
        tables = report.tables(source.standing)
        found = summary(source, report, tables, day)
        if out is not None:
            write_tables(out, tables)
            (out / "report.json").write_text(json_text(found, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"the report can't be written: {error}") from error
    if as_json:
        click.echo(json_text(found))
    else:
        show(source, report, tables, out)
    raise SystemExit(exit_status(source) if is_sound(report.settlement_days()) else INCOMPLETE)


def _parse_day(text: str) -> int:
    day = parse_iso_date(text)
    if day is None:
        raise click.BadParameter(f"{text!r} is no date: write YYYY-MM-DD", param_hint="--day")
    return day


def _prepare(out: Path, source: Source) -> None:
    """Make the directory to write to."""
    if out.resolve() == source.reader.directory.resolve():
        raise click.BadParameter("the journal's own directory is only read", param_hint="--out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{out}: {error}") from error


@contextmanager
def _record_files(out: Path | None) -> Iterator[Callable[[OrderRecord], None] | None]:
    """Something that writes an order record to both files; None where none are asked for."""
    if out is None:
        yield None
        return
    encode = msgspec.json.Encoder().encode
    with (
        (out / "orders.csv").open("w", encoding="utf-8", newline="") as table,
        (out / "orders.jsonl").open("wb") as lines,
    ):
        write = table_writer(table, COLUMNS)

        def sink(record: OrderRecord) -> None:
            write(msgspec.structs.astuple(record))
            lines.write(encode(record) + b"\n")

        yield sink


def _run(source: Source, day: int | None, sink: Callable[[OrderRecord], None] | None) -> Report:
    """Read the journal into a report."""
    report = Report(day, sink)

    def take(step: Step) -> None:
        report.reference.venue = source.venue
        report.take(step, source.exchange)

    read(source, "reporting", take)
    report.finish(source.exchange)
    days = [each.day for each in report.settlement.days]
    if day is not None and days and not days[0] <= day <= days[-1]:
        raise click.UsageError(f"the journal has Moscow days {iso_date(days[0])} to {iso_date(days[-1])}")
    return report


def summary(source: Source, report: Report, tables: list[Table], day: str | None) -> dict[str, object]:
    """The whole report but the order records, for machines."""
    header = source.reader.segments[0].header if source.reader.segments else None
    return {
        "status": status_of(source),
        "directory": str(source.reader.directory),
        "venue": source.venue,
        "core_version": None if header is None else header.core_version,
        "day": day,
        "commands_read": source.commands,
        "order_records": report.record_count,
        "settlement_adds_up": is_sound(report.settlement_days()),
        "cap_scope": None if source.standing is None else source.standing.cap_scope,
        "notes": notes_of(source),
        "damage": damage_summary(source.damage),
        "torn": torn_summary(source.reader),
        "tables": {table.name: table.objects() for table in tables},
    }


def show(source: Source, report: Report, tables: list[Table], out: Path | None) -> None:
    """The report for people: short tables whole, long ones by their first rows."""
    console = wide_console()
    console.tell(f"venue {source.venue}: {source.commands:,} commands read, {report.record_count:,} order records")
    for table in tables:
        if table.rows and table.name not in LONG_TABLES:
            show_table(console, table)
    for note in notes_of(source):
        console.tell((note, "yellow"))
    if is_sound(report.settlement_days()):
        console.tell(("settlement adds up", "green"))
    else:
        console.tell(("settlement does not add up", "red"), ": see the table of what it was checked against")
    if out is not None:
        console.tell(f"written to {out}: report.json, orders.csv, orders.jsonl and a CSV file a table")
