"""`sbx cases`: cases of abuse and the alerts that led to them, with the evidence."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from gateway.cli.progress import bar
from gateway.cli.reading import wide_console
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.index.index import Index
from gateway.journal.files import JournalError, find_journal
from gateway.near import instead
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_of, moscow_time, utc
from gateway.session.cases import OPEN, AlertRecord, CaseBook, CaseRecord
from gateway.session.known import learned
from gateway.session.telling import details, told
from gateway.words.chosen import chosen, tr

MAX_LINES: Final = 5
"""Of what came of one command that is evidence."""
MAX_NAMES: Final = 3
"""Investors that a row of the list names."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.option("--alerts", is_flag=True, help="List the alerts, or show the one with this number.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are open.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, number: int | None, alerts: bool, only_open: bool, as_json: bool) -> None:
    """List the cases in the journal of DIRECTORY (or its folder journal), or show the case NUMBER with its evidence.

    A case is about what ABUSE-1 calls abuse. Supervisors open, extend and close one with `sbx control`. Its evidence are sequence
    numbers of the journal: each is shown in words, with what came of it. The venue may be running.

    \b
    Exit status:
      0  shown, be there cases or none
      1  the journal is damaged
      2  usage: no such case, too

    \b
    Examples:
      sbx cases venue
      sbx cases venue 4711
      sbx cases venue --alerts --open
      sbx cases venue 4711 --json | jq .case.evidence
    """
    book = CaseBook()
    try:
        index = Index(find_journal(directory))
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    try:
        # Where nothing can be written, the index is made in memory.
        with suppress(OSError):
            index.hold()
        with bar("indexing", None) as show:
            for known in index.catch_up():
                show(known)
        book.read(index)
        records: dict[int, Any] = dict(book.alerts if alerts else book.cases)
        if number is None:
            _list([each for each in records.values() if not only_open or each.state == OPEN], alerts, as_json)
        else:
            _show(index, records, number, alerts, as_json)
    except (JournalError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        index.close()


# ── all of them ────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(records: list[Any], alerts: bool, as_json: bool) -> None:
    what = "alerts" if alerts else "cases"
    if as_json:
        click.echo(json_text({what: msgspec.to_builtins(records)}))
        return
    console = wide_console()
    if not records:
        console.print(tr("no alerts") if alerts else tr("no cases"))
    elif alerts:
        rows: list[tuple[Any, ...]] = [
            (
                each.alert,
                chosen().text(each.state),
                each.term,
                moscow_of(each.raised_utc),
                each.detector,
                _names(each.investors),
            )
            for each in records
        ]
        show_small(console, ("alert", "state", "term", "raised (Moscow)", "detector", "investors"), _texts(rows))
    else:
        rows = [
            (
                each.case,
                chosen().text(each.state),
                each.term,
                moscow_of(each.opened_utc),
                each.opened_by,
                len(each.evidence),
                _names(each.investors),
            )
            for each in records
        ]
        columns = ("case", "state", "term", "opened (Moscow)", "by", "evidence", "investors")
        show_small(console, columns, _texts(rows))


def _texts(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    return [[str(each) for each in row] for row in rows]


def _names(names: list[str]) -> str:
    more = len(names) - MAX_NAMES
    return " ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


# ── one of them ────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(index: Index, records: dict[int, Any], number: int, alerts: bool, as_json: bool) -> None:
    """Show one case or alert, and each row that is evidence."""
    what = "alert" if alerts else "case"
    record = records.get(number)
    if record is None:
        known = instead(str(number), [str(each) for each in records])
        raise click.UsageError(f"the session has no {what} {number}{known}")
    reference = learned(index)
    rows = {
        row[0]: (row[1], told(row, reference), list(islice(details(row, reference), MAX_LINES + 1)))
        for row in index.rows(sorted(record.evidence))
    }
    if as_json:
        shown = [
            {"seq": seq, "time_utc": utc(time_ns), "what": line, "came_of_it": lines}
            for seq, (time_ns, line, lines) in rows.items()
        ]
        click.echo(json_text({what: msgspec.to_builtins(record), "rows": shown}))
        return
    console = Terminal(wraps=False)
    if isinstance(record, CaseRecord):
        _tell_case(console, record)
    else:
        _tell_alert(console, record)
    console.print(f"evidence: {len(rows):,} rows")
    for seq, (time_ns, line, lines) in rows.items():
        console.tell((f"{seq}  {moscow_time(time_ns, 3)}", "bold"), f"  {line}")
        for each in lines[:MAX_LINES]:
            console.tell(f"    {each}")
        if len(lines) > MAX_LINES:
            console.print(f"    and more: see sbx find --seq {seq}")


def _tell_case(console: Terminal, case: CaseRecord) -> None:
    head = tr("case {number}: {term}", number=case.case, term=case.term)
    console.tell((head, "bold"), f", {chosen().text(case.state)}")
    console.tell(f"opened {moscow_of(case.opened_utc)} (Moscow) by {case.opened_by}: {case.reason or 'not said why'}")
    if case.alert is not None:
        console.print(f"from alert {case.alert}")
    _tell_names(console, case)
    for added in case.additions[1:]:
        note = f": {added.note}" if added.note else ""
        console.tell(f"{len(added.evidence)} added {moscow_of(added.time_utc)} (Moscow) by {added.by}{note}")
    if case.closed_utc is not None:
        into = "" if case.merged is None else f" into case {case.merged}"
        when = f"closed {moscow_of(case.closed_utc)} (Moscow) by {case.closed_by}"
        console.tell(f"{when}, {case.state}{into}: {case.close_reason}")


def _tell_alert(console: Terminal, alert: AlertRecord) -> None:
    head = tr("alert {number}: {term}", number=alert.alert, term=alert.term)
    console.tell((head, "bold"), f", {chosen().text(alert.state)}")
    console.tell(f"raised {moscow_of(alert.raised_utc)} (Moscow) by {alert.raised_by}, detector {alert.detector}")
    _tell_names(console, alert)
    if alert.accounts:
        console.tell(f"accounts: {' '.join(alert.accounts)}")
    for name, value in alert.figures.items():
        console.tell(f"{chosen().heading(name.replace('_', ' '))}: {chosen().explained(value)}")
    if alert.note:
        console.tell(chosen().story(alert.note))
    if alert.ended_utc is not None:
        case = "" if alert.case is None else f" {alert.case}"
        console.tell(
            tr(
                "{state} {time} (Moscow) by {name}: {why}",
                state=f"{chosen().text(alert.state)}{case}",
                time=moscow_of(alert.ended_utc),
                name=alert.ended_by,
                why=alert.end_reason or tr("not said why"),
            )
        )


def _tell_names(console: Terminal, record: CaseRecord | AlertRecord) -> None:
    if record.investors:
        console.tell(f"investors: {' '.join(record.investors)}")
    if record.instruments:
        console.tell(f"instruments: {' '.join(record.instruments)}")
