"""`sbx keys`: key pairs for participants."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.terminal import say
from gateway.keys import KeyFileError, new_private_key, public_key_hex, read_private_key, write_private_key
from gateway.printable import json_text, printable


@click.group()
def command() -> None:
    """Make the key pairs participants log in with.

    The private key stays with the participant; the venue file holds the public key only.
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
    """Print the public key of the private key in FILE.

    \b
    Example:
      sbx keys show alice.pem
    """
    try:
        public_key = public_key_hex(read_private_key(file))
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json_text({"private_key": str(file), "public_key": public_key}) if as_json else public_key)
