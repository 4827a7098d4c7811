"""`sbx history`: how the registry, the rulebook and its parameters came to be what they are."""

from __future__ import annotations

from pathlib import Path

import click

from engine.vocabulary.codes import PROPOSAL_OUTCOMES
from gateway.cli.known import no_such
from gateway.cli.reading import exit_status, notes_of, open_source, read, status_of, write_tables
from gateway.cli.terminal import Terminal
from gateway.cli.verify import damage_summary, torn_summary
from gateway.printable import json_text
from gateway.reporting.history import PROPOSED, History
from gateway.reporting.history_tables import history_table
from gateway.reporting.source import Source
from gateway.reporting.tables import Table
from gateway.reporting.times import moscow_of


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name", required=False, default="")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write history.csv and history.json here."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, name: str, out: Path | None, as_json: bool) -> None:
    """Show every change of the registry, the rulebook and its parameters in the journal of DIRECTORY (or its folder journal).

    With NAME (an investor, intermediary, account, asset, instrument, rule or rulebook) only what is about it, or did
    something to it: a new rulebook that puts an investor in another class, too. Each change with its sequence number, its
    time, who made it and why, when it takes effect, and what came of it: carried out, scheduled, or refused and why.

    \b
    Exit status:
      0  complete
      1  the journal is damaged or does not replay
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx history venue
      sbx history venue daria
      sbx history venue RET-1 --json
    """
    source = open_source(directory)
    history = History()
    read(source, "reading", history.take)
    table = history_table(history.entries, name)
    if name and not table.rows and name not in (known := history.names()):
        raise no_such("name", name, known, "the journal")
    found = summary(source, table, name)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_tables(out, [table])
            (out / "history.json").write_text(json_text(found, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"the history can't be written: {error}") from error
    if as_json:
        click.echo(json_text(found))
    else:
        show(source, table, name)
    raise SystemExit(exit_status(source))


def summary(source: Source, table: Table, name: str) -> dict[str, object]:
    """The history for machines."""
    return {
        "status": status_of(source),
        "directory": str(source.reader.directory),
        "venue": source.venue,
        "name": name or None,
        "notes": notes_of(source),
        "damage": damage_summary(source.damage),
        "torn": torn_summary(source.reader),
        "changes": table.objects(),
    }


def show(source: Source, table: Table, name: str) -> None:
    """The history for people: a paragraph a change."""
    console = Terminal(wraps=False)
    console.tell(table.title)
    for row in table.objects():
        by = f" by {row['by']}" if row["by"] else ""
        outcome = str(row["outcome"])
        if row["second"] and outcome in PROPOSAL_OUTCOMES:
            outcome += f" by {row['second']}"
        elif row["second"]:
            by += f", approved by {row['second']}"
        head = f"{row['seq']}  {moscow_of(str(row['time_utc']))}  {row['what']} {row['subjects']}{by}: {outcome}"
        console.tell(head.replace("  :", ":"))
        if row["time_utc"] != row["effective_utc"]:
            console.tell(f"    effective {moscow_of(str(row['effective_utc']))} (Moscow)")
        for label, key in (
            ("", "why"),
            ("reason: ", "reason"),
            ("and: ", "second_reason"),
            ("", "said"),
            ("did: ", "effects"),
        ):
            if row[key]:
                console.tell(f"    {label}{row[key]}")
        if row["orders_cancelled"]:
            console.print(f"    cancelled {row['orders_cancelled']:,} open orders")
        if row["change"] is not None:
            console.print(f"    brought by sequence number {row['change']}")
        elif row["outcome"] == PROPOSED:
            console.print("    waits for a second approval")
    if not table.rows:
        console.tell(f"no change in this journal is about {name}" if name else "no changes")
    for note in notes_of(source):
        console.tell((note, "yellow"))
