"""`sbx lint`: what a venue can start with, and should not."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from gateway.cli.terminal import Terminal
from gateway.cli.walking import opened, walked
from gateway.filed.difference import Difference
from gateway.filed.differences import differences
from gateway.keys import KeyFileError
from gateway.printable import json_text
from gateway.venue.lint import lint_venue
from gateway.venue.venue import Venue, VenueError, load_venue


@click.command()
@click.argument("venue", type=click.Path(path_type=Path))
@click.option("--rulebook", metavar="BOOK", default="", help="Another than the file's own: a name, or a .toml file.")
@click.option(
    "--journal",
    is_flag=True,
    help="Name what the file sets otherwise than the venue is by its journal, and how to have it so.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(venue: Path, rulebook: str, journal: bool, as_json: bool) -> None:
    """Look for what should not be so in VENUE, a venue file or the folder of one.

    The venue is set up in memory as its first start would do it. Then every investor and intermediary is named that has
    more than a rule allows (DER-2, DER-3, DER-4, ELR-2), and every instrument without a static or a dynamic band.

    Once a venue has begun, its journal is the truth, and a start says what was changed in the file. With --journal everything is named
    that the file has otherwise, also what a command has changed since. The venue may be running.

    \b
    Exit status:
      0  nothing was found
      1  something was, or the venue can't be set up, or its journal is damaged
      2  usage, or the secret of the venue's identity keys can't be used

    \b
    Examples:
      sbx lint venue
      sbx lint venue/venue.toml --rulebook general-2026
      sbx lint venue --json
      sbx lint venue --journal
    """
    try:
        loaded = load_venue(venue, rulebook)
        remarks = lint_venue(loaded)
    except VenueError as error:
        raise click.ClickException(str(error)) from error
    except (KeyFileError, OSError) as error:
        raise click.UsageError(str(error)) from error
    differing = _differing(venue, loaded) if journal else []
    if as_json:
        rows = [{"where": each.where, "rule": each.rule, "text": each.text} for each in remarks]
        facts = {"venue": loaded.venue_id, "rulebook": loaded.rulebook, "remarks": rows}
        click.echo(json_text(facts | ({"differences": list(map(msgspec.to_builtins, differing))} if journal else {})))
    else:
        terminal = Terminal(wraps=False)
        for each in remarks:
            terminal.tell((each.rule, "bold"), f"  {each.where}: {each.text}")
        for difference in differing:
            terminal.tell((difference.thing, "bold"), f": {difference.said().removeprefix(difference.thing + ': ')}")
        count = len(remarks) + len(differing)
        found = "nothing to remark" if not count else f"{count} {'remark' if count == 1 else 'remarks'}"
        terminal.tell(f"{loaded.venue_id} under {loaded.rulebook}: {found}")
    raise SystemExit(1 if remarks or differing else 0)


def _differing(place: Path, venue: Venue) -> list[Difference]:
    """What the file sets otherwise than the venue is after the last command of its journal."""
    with opened(place if place.is_dir() else place.parent) as session:
        return differences(venue, walked(session, session.index.last_seq).exchange)
