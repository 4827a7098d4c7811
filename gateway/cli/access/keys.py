"""`sbx keys`: key pairs for participants."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.saying import say
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.cli.walking import opened, walked
from gateway.keys import (
    KeyFileError,
    fingerprint,
    new_private_key,
    public_key_bytes,
    public_key_hex,
    read_private_key,
    write_private_key,
)
from gateway.printable import json_text, printable
from gateway.reporting.tables.times import moscow_time


@click.group()
def command() -> None:
    """Make the key pairs participants log in with, and list those that a venue has in force.

    The private key stays with the participant; the venue knows the public key only.
    """


@command.command()
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write. Default: NAME.pem")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def new(name: str, out: Path | None, as_json: bool) -> None:
    """Make a key pair for participant NAME and print what to paste into the venue file.

    \b
    Examples:
      sbx keys new alice
      sbx keys new alice --out ~/.sbx/alice.pem
    """
    path = out if out is not None else Path(f"{name}.pem")
    key = new_private_key()
    try:
        write_private_key(path, key)
    except (KeyFileError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json_text({"participant": name, "private_key": str(path), "public_key": public_key_hex(key)}))
        return
    say(f"The private key is in {printable(str(path))}: keep it to yourself. For the venue file:\n")
    click.echo(
        f'[[participants]]\nparticipant = {json_text(name)}\nrole = "participant"\npublic_key = "{public_key_hex(key)}"'
    )


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(file: Path, as_json: bool) -> None:
    """Print the public key of the private key in FILE, with --json its fingerprint too, which an audit and `me` name it by.

    \b
    Example:
      sbx keys show alice.pem
    """
    try:
        key = read_private_key(file)
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error
    public_key = public_key_hex(key)
    told = {"private_key": str(file), "public_key": public_key, "fingerprint": fingerprint(public_key_bytes(key))}
    click.echo(json_text(told) if as_json else public_key)


@command.command("list")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(directory: Path, as_json: bool) -> None:
    """List the keys in force of the venue in DIRECTORY: whose they are, what for, from where, and until when.

    They are read in the journal; the venue may be running. `sbx control show key` asks a running one, which also says how many are
    logged in with each. `sbx history` says who registered and revoked what.

    \b
    Exit status:
      0  listed
      1  the journal is damaged, or does not replay
      2  usage: there is no journal, too

    \b
    Examples:
      sbx keys list venue
      sbx keys list venue --json
    """
    with opened(directory) as session:
        walk = walked(session, session.last_seq)
        try:
            found = [
                {
                    "participant": key.participant.participant,
                    "role": key.participant.role,
                    "key": key.key,
                    "public_key": key.public_key,
                    "scopes": list(key.scopes),
                    "addresses": list(key.addresses),
                    "expires_ns": key.expires_ns or None,
                    "expires": moscow_time(key.expires_ns, 0) if key.expires_ns else None,
                    "is_replaced": key.is_replaced,
                    "since": moscow_time(key.since_ns, 0),
                    "by": key.by or None,
                }
                for participant in walk.exchange.access.of.values()
                for key in participant.keys.values()
            ]
        finally:
            walk.close()
    if as_json:
        click.echo(json_text({"keys": found}))
        return
    columns = ("participant", "role", "key", "scopes", "addresses", "expires", "since", "by")
    rows = [[" ".join(cell) if isinstance(cell := each[name], list) else cell for name in columns] for each in found]
    show_small(Terminal(), columns, rows)
