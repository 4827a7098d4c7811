"""`sbx deribit`: keys of the Deribit port."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.saying import say
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.deribit.callers.keys import KEYS_FILE, MAX_KEYS, SCOPES, KeysError, PortKey, new_key, read_keys, write_keys
from gateway.printable import json_text, printable
from gateway.venue.venue import VENUE_FILE, VenueError, read_participants


@click.group()
def command() -> None:
    """Make the keys of the Deribit port, through which ccxt trades.

    Such a key is a client id and a secret, for one account of a participant. The secrets stand in deribit-keys.toml beside the
    venue file, which nobody else may read; a venue that runs looks at it every second.

    \b
    Examples:
      sbx deribit key venue anna
      sbx serve venue --deribit 8766
    """


_DIRECTORY = click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@command.command()
@_DIRECTORY
@click.argument("participant")
@click.option("--account", default="", help="The account to act for.  [default: the participant's first]")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    help="What it may: read, trade. May be given twice.  [default: both]",
)
@_JSON
def key(directory: Path, participant: str, account: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key for PARTICIPANT of the venue in DIRECTORY, and print it: the secret is shown this once.

    \b
    Examples:
      sbx deribit key venue anna
      sbx deribit key venue anna --scope read --json
    """
    keys = _read(directory)
    _check(directory, participant)
    if len(keys) >= MAX_KEYS:
        raise click.ClickException(
            f"there are {MAX_KEYS} keys, and no more may be: take one away by `sbx deribit revoke`"
        )
    made = new_key(participant, account, scopes)
    _write(directory, [*keys.values(), made])
    if as_json:
        click.echo(json_text({"client_id": made.client_id, "secret": made.secret, **_facts(made)}))
        return
    say("A key of the Deribit port. Its secret is not shown again; whoever has it can act for this participant:\n")
    click.echo(f"apiKey  {made.client_id}\nsecret  {made.secret}")


@command.command(name="list")
@_DIRECTORY
@_JSON
def list_(directory: Path, as_json: bool) -> None:
    """List the keys of the venue in DIRECTORY, without their secrets.

    \b
    Example:
      sbx deribit list venue
    """
    keys = _read(directory)
    if as_json:
        click.echo(json_text({"keys": [{"client_id": each.client_id, **_facts(each)} for each in keys.values()]}))
        return
    if not keys:
        say("there are no keys")
        return
    rows = [(each.client_id, each.participant, each.account or None, ", ".join(each.scopes)) for each in keys.values()]
    show_small(Terminal(), ("key", "participant", "account", "scopes"), rows)


@command.command()
@_DIRECTORY
@click.argument("client_id")
def revoke(directory: Path, client_id: str) -> None:
    """Take the key CLIENT_ID away: within a second a venue that runs lets nobody act by it any more.

    \b
    Example:
      sbx deribit revoke venue 3f9a0c5be812
    """
    keys = _read(directory)
    if keys.pop(client_id, None) is None:
        raise click.ClickException(f"there is no key {client_id}; `sbx deribit list {directory}` lists them")
    _write(directory, list(keys.values()))
    say(f"the key {client_id} is gone")


def _facts(made: PortKey) -> dict[str, object]:
    return {"participant": made.participant, "account": made.account, "scopes": list(made.scopes)}


def _check(directory: Path, participant: str) -> None:
    """See that somebody of that name may trade, as far as the venue file says. Whom it does not name, the venue may have registered since."""
    try:
        found = read_participants(directory / VENUE_FILE).get(participant)
    except (VenueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if found is None:
        where = printable(str(directory / VENUE_FILE))
        say(f"{printable(participant)} is not in {where}: the key works once the venue has registered one", err=True)
    elif found.role != "participant":
        raise click.ClickException(f"{participant} has the role {found.role}: only participants trade")


def _read(directory: Path) -> dict[str, PortKey]:
    try:
        return read_keys(directory)
    except KeysError as error:
        raise click.ClickException(str(error)) from error


def _write(directory: Path, keys: list[PortKey]) -> None:
    try:
        write_keys(directory, keys)
    except OSError as error:
        raise click.ClickException(f"{directory / KEYS_FILE} can't be written: {error}") from error
