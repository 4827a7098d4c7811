"""`sbx init`: a venue to begin with."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import click

from gateway.venue.template import DEFAULT_PORT, write_default_venue
from gateway.venue.venue import VenueError, load_rulebook_documents


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--rulebook",
    metavar="BOOK",
    default="elr-2025",
    show_default=True,
    help="The one in force: a name, or a .toml file.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="0: any free port."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, rulebook: str, port: int, as_json: bool) -> None:
    """Write a commented venue file and the keys of its participants into DIRECTORY.

    The venue has the instruments, investors and intermediaries of a demonstration. Edit venue.toml to make it yours;
    nothing that exists is overwritten.

    \b
    Examples:
      sbx init venue
      sbx init venue --rulebook general-2026 && sbx serve venue
    """
    try:
        load_rulebook_documents(rulebook)
        if rulebook.endswith(".toml"):
            # The venue file names it as seen from where it stands itself.
            rulebook = os.path.relpath(rulebook, directory)
        today = datetime.datetime.now(tz=datetime.UTC).date()
        file, *keys = write_default_venue(directory, today, rulebook, port)
    except (VenueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"venue": str(file), "keys": [str(key) for key in keys]}))
        return
    click.echo(f"{file}: the venue, every section explained")
    click.echo(f"{keys[0].parent}/: {len(keys)} private keys, for a demonstration only")
    click.echo(f"\nNext: sbx serve {directory}")
