"""`sbx lint`: what a venue can start with, and should not."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.terminal import Terminal
from gateway.keys import KeyFileError
from gateway.printable import json_text
from gateway.venue.lint import lint_venue
from gateway.venue.venue import VenueError, load_venue


@click.command()
@click.argument("venue", type=click.Path(path_type=Path))
@click.option("--rulebook", metavar="BOOK", default="", help="Another than the file's own: a name, or a .toml file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(venue: Path, rulebook: str, as_json: bool) -> None:
    """Look for what should not be so in VENUE, a venue file or the folder of one.

    The venue is set up in memory as its first start would do it. Then every investor and intermediary is named that has
    more than a rule allows (DER-2, DER-3, DER-4, ELR-2), and every instrument without a static or a dynamic band.

    \b
    Exit status:
      0  nothing was found
      1  something was, or the venue can't be set up
      2  usage, or the secret of the venue's identity keys can't be used

    \b
    Examples:
      sbx lint venue
      sbx lint venue/venue.toml --rulebook general-2026
      sbx lint venue --json
    """
    try:
        loaded = load_venue(venue, rulebook)
        remarks = lint_venue(loaded)
    except VenueError as error:
        raise click.ClickException(str(error)) from error
    except (KeyFileError, OSError) as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        rows = [{"where": each.where, "rule": each.rule, "text": each.text} for each in remarks]
        click.echo(json_text({"venue": loaded.venue_id, "rulebook": loaded.rulebook, "remarks": rows}))
    else:
        terminal = Terminal(wraps=False)
        for each in remarks:
            terminal.tell((each.rule, "bold"), f"  {each.where}: {each.text}")
        count = len(remarks)
        found = "nothing to remark" if not count else f"{count} {'remark' if count == 1 else 'remarks'}"
        terminal.tell(f"{loaded.venue_id} under {loaded.rulebook}: {found}")
    raise SystemExit(1 if remarks else 0)
