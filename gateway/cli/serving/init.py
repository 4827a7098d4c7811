"""`sbx init`: a venue to begin with."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import click

from gateway.cli.saying import say
from gateway.identity import IDENTITY_FILE
from gateway.printable import json_text, printable
from gateway.venue.load_template import (
    DEFAULT_CLIENTS,
    MAX_CLIENTS,
    MAX_INSTRUMENTS,
    MAX_PARTICIPANTS,
    write_load_venue,
)
from gateway.venue.template import DEFAULT_PORT
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
@click.option(
    "--participants",
    type=click.IntRange(0, MAX_PARTICIPANTS),
    default=0,
    show_default=True,
    help="Load participants, p0001 and on, beside the demonstration's.",
)
@click.option(
    "--clients",
    type=click.IntRange(0, MAX_CLIENTS),
    default=DEFAULT_CLIENTS,
    show_default=True,
    help="Retail accounts of each load participant.",
)
@click.option(
    "--instruments",
    type=click.IntRange(1, MAX_INSTRUMENTS),
    show_default="the demonstration's",
    help="How many: the demonstration's first, then C001/RUB and on.",
)
@click.option("--seed", type=int, help="Make all keys from this number, for load tests only.  [default: random keys]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    directory: Path,
    rulebook: str,
    port: int,
    participants: int,
    clients: int,
    instruments: int | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Write a commented venue file and the keys of its participants into DIRECTORY.

    The venue has the instruments, investors and intermediaries of a demonstration. Edit venue.toml to make it yours;
    nothing that exists is overwritten. An identity.key that was put back there from a copy is kept: the venue knows people by it.

    With --participants there are many more to load it with: each a firm with an account (p0001.main) and an intermediary
    with clients (p0001.c1); a tenth of them has accounts whose purchases a rule refuses. The file says which.

    \b
    Examples:
      sbx init venue
      sbx init venue --rulebook general-2026 && sbx serve venue
      sbx init venue --rulebook general-2026 --participants 500 --instruments 20 --seed 7
    """
    try:
        load_rulebook_documents(rulebook)
        if rulebook.endswith(".toml"):
            # The venue file names it as seen from where it stands itself.
            rulebook = os.path.relpath(rulebook, directory)
        restored = (directory / IDENTITY_FILE).exists()
        today = datetime.datetime.now(tz=datetime.UTC).date()
        file, *keys = write_load_venue(
            directory,
            today,
            rulebook=rulebook,
            port=port,
            participants=participants,
            instruments=instruments,
            clients=clients,
            seed=seed,
        )
    except (VenueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    # Of hundreds of load participants the count and the folder say enough.
    own = keys[: len(keys) - participants]
    if as_json:
        report = {"venue": str(file), "keys": [str(key) for key in own], "keys_folder": str(keys[0].parent)}
        click.echo(json_text(report | {"load_participants": participants, "seed": seed}))
        return
    folder = printable(str(keys[0].parent))
    say(f"{printable(str(file))}: the venue, every section explained")
    say(f"{folder}/: {len(own)} private keys, for a demonstration only")
    what = "kept as it was" if restored else "keep a copy"
    say(f"{printable(str(directory / IDENTITY_FILE))}: by what people are known again; {what}")
    if participants:
        first, last = keys[len(own)].stem, keys[-1].stem
        say(f"{folder}/: {participants} private keys of load participants, {first} to {last}")
    if seed is not None:
        say(f"All keys follow from seed {seed}: for load tests only, never for a venue that is open to a network.")
    say(f"\nNext: sbx serve {printable(str(directory))} (--with-participants: with somebody to trade with)")
