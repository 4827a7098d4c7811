"""`sbx surveil`: look for abuse in a session, recorded or live."""

from __future__ import annotations

import asyncio
import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from compliance.surveillance.base.parameters import MAX_DOCUMENT_CHARS, ParametersError, Settings
from compliance.surveillance.catalogue import DETECTORS, document, settings_of
from compliance.surveillance.surveillance import Episode, Surveillance
from gateway.alerting.following import Following
from gateway.alerting.outbox import Raised
from gateway.alerting.page import sections
from gateway.alerting.recorded import Watched
from gateway.alerting.reports import record
from gateway.cli.moments import moment_of
from gateway.cli.progress import bar
from gateway.cli.reading import wide_console
from gateway.cli.small_table import show_small
from gateway.cli.supervision.surveil_show import show_report
from gateway.cli.terminal import Terminal
from gateway.client import Client, ClientError, connect
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.keys import KeyFileError, read_private_key
from gateway.near import instead
from gateway.printable import json_text, printable
from gateway.reporting.tables.times import moscow_time
from gateway.session.moments import Moment
from gateway.venue.running import running_url
from gateway.words.chosen import chosen, tr, tr_count

COMPLETE: Final = 0
INCOMPLETE: Final = 1
MAX_NAMES: Final = 3
"""Investors that a row of the list names."""
KEY: Final = "surveillance"
"""Whose key is taken from the venue's folder unless another is named."""


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.option("--follow", is_flag=True, help="Follow a venue that runs, and raise alerts there.")
@click.option("--dry", is_flag=True, help="With --follow: raise nothing, only say what is found.")
@click.option("--since", default="", metavar="MOMENT", help="Only what was reported then or later.")
@click.option(
    "--detector",
    "only",
    metavar="NAME",
    multiple=True,
    type=click.Choice(list(DETECTORS)),
    help="Only this one; repeat.",
)
@click.option(
    "--parameters",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML: a table for each detector that is to differ.",
)
@click.option("--detectors", "lists", is_flag=True, help="List the detectors with definition and source, and end.")
@click.option("--markdown", is_flag=True, help="With --detectors: as docs/SURVEILLANCE.md has them.")
@click.option("--print-parameters", "prints", is_flag=True, help="Print all parameters as TOML, and end.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="With NUMBER: draw it into this file.")
@click.option("--url", metavar="URL", help="With --follow: the venue.  [default: where that of DIRECTORY answers]")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --follow: the key of the role surveillance.  [default: DIRECTORY/keys/surveillance.pem]",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates, PEM, that vouch for a venue with TLS.  [default: those that the machine trusts]",
)
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input is closed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --follow one for each report.")
def command(
    directory: Path | None,
    number: int | None,
    follow: bool,
    dry: bool,
    since: str,
    only: tuple[str, ...],
    parameters: Path | None,
    as_json: bool,
    **other: Any,
) -> None:
    """Look for abuse in the journal of DIRECTORY (or its folder journal): wash trades, layering, cap splitting and so on.

    Each thing is reported once, with accounts, figures and the sequence numbers that show it. NUMBER shows one report with its
    evidence and a drawing of the moment. With --follow the venue's supervisors get each report as an alert (ABUSE-1), on the channel
    `changes` and in `sbx cases DIR --alerts`; a supervisor makes a case of it, or dismisses it. docs/SURVEILLANCE.md says what each
    detector looks for, how well it finds it, and what it misses.

    \b
    Exit status:
      0  done, be there reports or none
      1  the journal is damaged, or the venue can't be reached
      2  usage

    \b
    Examples:
      sbx surveil venue
      sbx surveil venue 3
      sbx surveil venue 3 --svg moment.svg
      sbx surveil venue --detector layering --since 10:04:07 --json
      sbx surveil venue --follow
      sbx surveil --print-parameters > surveillance.toml
      sbx surveil venue --parameters surveillance.toml
    """
    settings = _settings(parameters)
    if other["lists"] or other["markdown"]:
        if other["markdown"]:
            click.echo(sections())
        else:
            _list_detectors(settings, as_json)
        return
    if other["prints"]:
        click.echo(document(settings))
        return
    if directory is None:
        raise click.UsageError("name a DIRECTORY with a journal, or ask for --detectors or --print-parameters")
    if follow and (number is not None or since):
        raise click.UsageError("--follow reports what happens: it goes with no NUMBER and no --since")
    if not follow and (dry or other["url"] or other["key"]):
        raise click.UsageError("--dry, --url and --key belong to --follow")
    if other["svg"] is not None and number is None:
        raise click.UsageError("--svg draws one report: name its NUMBER")
    try:
        if follow:
            _follow(directory, Surveillance(settings, only), dry, as_json, other)
        else:
            _recorded(directory, settings, only, number, _Asked(since, other["svg"], as_json))
    except (JournalError, KeyFileError, ClientError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _settings(file: Path | None) -> dict[str, Settings]:
    """The parameters of a file, and where it says nothing, those that are declared."""
    if file is None:
        return settings_of()
    try:
        with file.open(encoding="utf-8") as opened:
            return settings_of(opened.read(MAX_DOCUMENT_CHARS + 1))
    except (ParametersError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--parameters {file}: {error}") from error


def _list_detectors(settings: dict[str, Settings], as_json: bool) -> None:
    if as_json:
        found = [
            {
                "detector": name,
                "title": row.title,
                "term": row.term,
                "version": settings[name].version,
                "enabled": settings[name].is_enabled,
                "definition": " ".join(row.definition.split()),
                "source": row.source,
                "misses": row.misses,
                "memory": row.memory,
                "parameters": settings[name].values,
            }
            for name, row in DETECTORS.items()
        ]
        click.echo(json_text({"detectors": found}))
        return
    console = Terminal()
    for name, row in DETECTORS.items():
        console.tell((name, "bold"), f"  {row.title}, version {settings[name].version}")
        console.print(f"  {chosen().text(' '.join(row.definition.split()))}")
        console.print(f"  source: {row.source}")
        console.print(f"  misses: {row.misses}")


# ── recorded ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _Asked:
    """How what was found is to be shown."""

    def __init__(self, since: str, svg: Path | None, as_json: bool) -> None:
        self.since: Final = since
        self.svg: Final = svg
        self.as_json: Final = as_json


def _recorded(
    directory: Path, settings: dict[str, Settings], only: tuple[str, ...], number: int | None, asked: _Asked
) -> None:
    try:
        journal = find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    watched = Watched(journal, settings, only)
    with bar("looking", journal_bytes(journal)) as show:
        for done in watched.rows():
            show(done)
    first = moment_of(asked.since, watched.begin_ns, "--since") if asked.since else None
    episodes = [each for each in watched.episodes if first is None or _is_since(each, first)]
    if number is not None:
        known = {each.number: each for each in watched.episodes}
        if number not in known:
            raise click.UsageError(f"there is no report {number}{instead(str(number), map(str, known))}")
        show_report(journal, known[number], svg=asked.svg, as_json=asked.as_json)
    elif asked.as_json:
        click.echo(json_text(_summary(watched) | {"reports": [record(each) for each in episodes]}))
    else:
        _show_all(watched, episodes)
    if watched.damage is not None:
        Terminal(stderr=True).tell(f"damaged: {watched.damage}; this is what stands before it")
        sys.exit(INCOMPLETE)


def _is_since(episode: Episode, first: Moment) -> bool:
    return episode.seq >= first.seq if first.seq else episode.time_ns >= first.time_ns


def _summary(watched: Watched) -> dict[str, Any]:
    surveillance = watched.surveillance
    return {
        "rows": surveillance.rows,
        "events": watched.events,
        "seconds": round(watched.seconds, 3),
        "detectors": surveillance.detectors,
        "status": "complete" if watched.damage is None else "damaged",
    }


def _show_all(watched: Watched, episodes: list[Episode]) -> None:
    console = wide_console()
    if episodes:
        rows = [
            (
                str(each.number),
                moscow_time(each.time_ns, 1),
                each.detector,
                _names(each.finding.investors),
                " ".join(each.finding.instruments) or "-",
                str(each.seen),
                chosen().story(each.finding.note),
            )
            for each in episodes
        ]
        show_small(console, ("report", "Moscow time", "detector", "investors", "instruments", "seen", "what"), rows)
    found = tr_count("{n} report", "{n} reports", len(episodes)) if episodes else tr("nothing was found")
    console.print(
        f"{found}: {len(watched.surveillance.detectors)} detectors, {watched.surveillance.rows:,} rows, "
        f"{watched.events:,} events in {watched.seconds:.1f} s"
    )


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - MAX_NAMES
    return " ".join(names[:MAX_NAMES]) + (tr(" and {n} more", n=more) if more > 0 else "")


# ── live ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _follow(directory: Path, surveillance: Surveillance, dry: bool, as_json: bool, other: dict[str, Any]) -> None:
    try:
        journal = find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    printer = _Printer(as_json, in_log=other["with_parent"])
    ended = _stdin_closed if other["with_parent"] else _never
    access = None if dry else _access(directory, other)
    with suppress(KeyboardInterrupt):
        asyncio.run(_following(journal, surveillance, printer, ended, access))


def _access(directory: Path, other: dict[str, Any]) -> tuple[str, Path, Path | None]:
    """Where the venue is, and with which key it is entered."""
    url: str | None = other["url"] or running_url(directory)
    if url is None:
        raise click.UsageError(f"the venue in {directory} is not running; --url names one that runs elsewhere")
    return url, other["key"] or directory / "keys" / f"{KEY}.pem", other["ca_file"]


def _never() -> bool:
    return False


def _stdin_closed() -> bool:
    """Whether whoever started this is gone: nothing is ever written there."""
    return bool(select.select([0], [], [], 0)[0])


async def _following(
    journal: Path,
    surveillance: Surveillance,
    printer: _Printer,
    ended: Any,
    access: tuple[str, Path, Path | None] | None,
) -> None:
    if access is None:
        await Following(journal, surveillance, None, printer.tell).run(ended)
        return
    url, key, ca_file = access
    async with connect(url, key.stem, read_private_key(key), reconnect=False, ca_file=ca_file) as client:
        await _with(client, journal, surveillance, printer, ended)


async def _with(client: Client, journal: Path, surveillance: Surveillance, printer: _Printer, ended: Any) -> None:
    following = Following(journal, surveillance, client, printer.tell)
    printer.begins(surveillance)
    await following.run(ended)


class _Printer:
    """Prints each report as it comes: beside a venue, into its log."""

    def __init__(self, as_json: bool, *, in_log: bool) -> None:
        self._as_json: Final = as_json
        self._console: Final = Terminal(stderr=in_log, wraps=False)

    def begins(self, surveillance: Surveillance) -> None:
        """Say that it looks."""
        if not self._as_json:
            self._console.print(f"looking: {len(surveillance.detectors)} detectors; Ctrl-C ends")

    def tell(self, episode: Episode, raised: Raised | None, refused: str) -> None:
        """Print a report, and what came of it."""
        delay_s = None if raised is None else (raised.time_ns - episode.row_ns) / 1_000_000_000
        if self._as_json:
            more = {"alert": None if raised is None else raised.alert, "delay_s": delay_s, "refused": refused or None}
            click.echo(json_text(record(episode) | more))
        else:
            what = tr("not sent")
            if raised is not None:
                what = tr("alert {alert}, after {time} s", alert=raised.alert, time=f"{delay_s:.2f}")
            if refused:
                what = tr("refused: {what}", what=chosen().read(refused))
            line = f"{chosen().story(episode.finding.note)} [{what}]"
            self._console.tell(
                f"{moscow_time(episode.time_ns, 1)[11:]}  ", (episode.detector, "bold"), f"  {printable(line)}"
            )
        sys.stdout.flush()
