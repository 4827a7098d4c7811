"""`sbx surveil DIR NUMBER`: one report with its figures, a drawing of the moment, its evidence, and what to do with it."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import click

from compliance.surveillance.catalogue import DETECTORS
from compliance.surveillance.surveillance import Episode
from engine.record.rows import StoredRow
from gateway.alerting.drawing import Drawing
from gateway.alerting.reports import is_about, record
from gateway.cli.progress import bar
from gateway.cli.terminal import Terminal
from gateway.disk import save_file
from gateway.index.index import Index
from gateway.printable import json_text
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.times import moscow_time
from gateway.session.cases import CaseBook
from gateway.session.known import learned
from gateway.session.telling import details, told
from gateway.words.chosen import chosen, tr

MAX_EVIDENCE: Final = 20
"""Rows of evidence that are shown: the last ones."""
MAX_DETAILS: Final = 2
AROUND: Final = 200
"""Rows before and behind a stretch that are drawn with it."""
MAX_DRAWN: Final = 100_000
"""Rows of a stretch that are read for a drawing: the last ones."""


def show_report(journal: Path, episode: Episode, *, svg: Path | None, as_json: bool) -> None:
    """Show one report. Raises `JournalError` and `OSError` as the index does."""
    index = Index(journal)
    try:
        with suppress(OSError):
            index.hold()
        with bar("indexing", None) as show:
            for known in index.catch_up():
                show(known)
        reference = learned(index)
        seqs = episode.finding.seqs
        rows = list(index.rows(seqs[-MAX_EVIDENCE:]))
        drawing = _drawing(index, episode, reference)
        if svg is not None:
            save_file(svg, drawing.svg(f"{episode.detector}: {episode.finding.note}").encode())
        alerts = _alerts(index, episode)
        if as_json:
            shown = [{"seq": row[0], "what": told(row, reference)} for row in rows]
            click.echo(json_text(record(episode) | {"rows": shown, "alerts": alerts, "drawing": drawing.lines()}))
        else:
            _show(episode, rows, drawing, alerts, reference)
    finally:
        index.close()


def _drawing(index: Index, episode: Episode, reference: Reference) -> Drawing:
    finding = episode.finding
    last = min(max((*finding.seqs, episode.seq)) + AROUND, index.last_seq)
    first = max(min((finding.first_seq, *finding.seqs)) - AROUND, last - MAX_DRAWN, 1)
    instrument = finding.instruments[0] if finding.instruments else ""
    return Drawing(index.rows(range(first, last + 1)), instrument, finding.accounts, reference)


def _alerts(index: Index, episode: Episode) -> list[int]:
    """The alerts of the venue that are about the same, by their numbers."""
    book = CaseBook()
    book.read(index)
    return [alert.alert for alert in book.alerts.values() if is_about(episode, alert)]


def _show(episode: Episode, rows: list[StoredRow], drawing: Drawing, alerts: list[int], reference: Reference) -> None:
    finding, console = episode.finding, Terminal(wraps=False)
    title = chosen().text(DETECTORS[episode.detector].title)
    console.tell((tr("report {number}: {title}", number=episode.number, title=title), "bold"), f", {episode.term}")
    console.tell(finding.note)
    console.tell(f"{moscow_time(episode.time_ns, 3)} (Moscow), detector {episode.detector}, version {episode.version}")
    console.tell(f"investors: {' '.join(finding.investors)}")
    console.tell(f"accounts: {' '.join(finding.accounts)}")
    for name, value in finding.figures.items():
        console.tell(f"{chosen().heading(name.replace('_', ' '))}: {chosen().explained(value)}")
    for line in drawing.lines():
        console.print(line)
    console.print(f"evidence: {len(finding.seqs):,} rows from {finding.first_seq} to {episode.seq}")
    for row in rows:
        console.tell((f"{row[0]}  {moscow_time(row[1], 3)[11:]}", "bold"), f"  {told(row, reference)}")
        for each in islice(details(row, reference), MAX_DETAILS):
            console.tell(f"    {chosen().story(each)}")
    if alerts:
        console.tell(f"alert {', '.join(map(str, alerts))} of the venue: sbx control open-case --alert {alerts[0]}")
    else:
        seqs = " ".join(str(row[0]) for row in rows[-3:])
        console.tell(f"a case of it: sbx control open-case {episode.term} {seqs} --investor {finding.investors[0]}")
