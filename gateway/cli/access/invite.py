"""`sbx invite`: a newcomer to a venue, with key, account and test money."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import Any, Final

import click

from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_SECOND
from gateway.cli.saying import say
from gateway.client import ClientError, RequestFailed, connect
from gateway.control.inviting import check_free, put_on_record
from gateway.control.names import ControlError
from gateway.journal.files import JournalError, Lock
from gateway.keys import KeyFileError, new_private_key, public_key_hex, read_private_key, write_private_key
from gateway.printable import json_text, printable
from gateway.venue.invite import (
    CLASSES,
    DEFAULT_CLASS,
    Invitation,
    all_lines,
    append,
    invitation,
    with_lines,
)
from gateway.venue.running import running_url
from gateway.venue.venue import VENUE_FILE, Venue, VenueError, load_venue

MOSCOW: Final = datetime.timezone(datetime.timedelta(seconds=MOSCOW_OFFSET_NS // NS_PER_SECOND))


@click.command()
@click.argument("name")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--class",
    "kind",
    type=click.Choice(list(CLASSES)),
    default=DEFAULT_CLASS,
    show_default=True,
    help="What the evidence on record is to make of them; the rulebook in force decides.",
)
@click.option(
    "--intermediary",
    default="",
    metavar="NAME",
    help="Hold the account through this one.  [default: directly; retail: the first one who may]",
)
@click.option(
    "--money",
    multiple=True,
    metavar="ASSET=AMOUNT",
    help="Test money, as in RUB=1000000; may be given again.  [default: roubles, as others of the class have]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the key goes.  [default: DIRECTORY/keys/NAME.pem]",
)
@click.option(
    "--ca-file", type=click.Path(path_type=Path, dir_okay=False), help="Certificates, PEM, that vouch for its TLS."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    name: str,
    directory: Path,
    kind: str,
    intermediary: str,
    money: tuple[str, ...],
    out: Path | None,
    ca_file: Path | None,
    as_json: bool,
) -> None:
    """Let NAME trade at the venue in DIRECTORY: a key, an investor with all papers, an account, test money.

    Where the venue stands still, its venue.toml is added to: NAME may trade from the next start on. Where it runs, investor, account,
    money, participant and public key are commands of its supervisor and operator, whose keys are taken from DIRECTORY/keys, and are
    journaled like all commands; venue.toml stays as it is. The document on record is invented. More money later: `sbx faucet`.

    \b
    Exit status:
      0  NAME can trade: where the venue runs, the key has logged in
      1  the name is taken, or something was refused; the message says what was done before

    \b
    Examples:
      sbx invite zoe venue
      sbx invite zoe venue --class retail --intermediary north
      sbx invite zoe venue --money RUB=5000000 --money BTC=0.5
    """
    key_file = out or directory / "keys" / f"{name}.pem"
    try:
        venue = load_venue(directory)
        today = datetime.datetime.now(MOSCOW).date()
        invited = invitation(
            venue, name, kind=kind, intermediary=intermediary, money=_money(money) if money else None, today=today
        )
        if key_file.exists():
            raise VenueError(f"{key_file} exists already; choose another name, or another file with --out")
        url = running_url(directory)
        if url is None:
            _by_file(directory, invited, key_file)
            facts: dict[str, Any] = {"url": None, "seq": None}
        else:
            facts = asyncio.run(_by_command(venue, directory, invited, key_file, url, ca_file=ca_file))
    except (VenueError, KeyFileError, ControlError, JournalError, ClientError, OSError) as error:
        raise click.ClickException(str(error)) from error
    facts |= {
        "participant": name,
        "account": invited.account,
        "class": kind,
        "money": invited.money,
        "key": str(key_file),
    }
    _print(facts, directory, as_json)


def _money(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        asset, equals, amount = each.partition("=")
        if not (asset and equals and amount):
            raise click.UsageError(f"--money {printable(each)}: write ASSET=AMOUNT, as in RUB=1000000")
        found[asset] = amount
    return found


def _by_file(directory: Path, invited: Invitation, key_file: Path) -> None:
    """Add a newcomer to the file of a venue that stands still."""
    lock = Lock()
    # Nobody starts it meanwhile: it would not see what is being added.
    lock.take(directory)
    try:
        key = new_private_key()
        with_lines(directory / VENUE_FILE, all_lines(invited, public_key_hex(key)))
        write_private_key(key_file, key)
        try:
            append(directory / VENUE_FILE, all_lines(invited, public_key_hex(key)))
        except BaseException:
            key_file.unlink(missing_ok=True)
            raise
    finally:
        lock.release()


async def _by_command(
    venue: Venue, directory: Path, invited: Invitation, key_file: Path, url: str, *, ca_file: Path | None
) -> dict[str, Any]:
    """Let supervisor and operator put a newcomer on record at a venue that runs; returns what is known then."""
    staff = {role: _staff(venue, directory, role) for role in ("supervisor", "operator")}
    key = new_private_key()
    async with (
        connect(url, *staff["supervisor"], reconnect=False, ca_file=ca_file) as supervisor,
        connect(url, *staff["operator"], reconnect=False, ca_file=ca_file) as operator,
    ):
        await check_free(supervisor, invited)
        # What the file would not take, an amount with too many decimals for one, the venue would refuse half-way.
        with_lines(directory / VENUE_FILE, all_lines(invited, public_key_hex(key)))
        write_private_key(key_file, key)
        try:
            seq = await put_on_record(supervisor, operator, invited, public_key_hex(key))
        except RequestFailed as error:
            raise ControlError(
                f"the venue refused: {error}. What was carried out before stands, as `sbx history {directory} {invited.name}` "
                f"says; nobody can log in as {invited.name}"
            ) from error
        found = await supervisor.records("investor", invited.name)
    async with connect(url, invited.name, key_file, reconnect=False, ca_file=ca_file) as client:
        welcome = client.welcome
        assert welcome is not None
        if invited.account not in welcome.accounts:
            raise ControlError(f"the venue lets {invited.name} in, without the account {invited.account}")
    return {"url": url, "seq": seq, "investor_class": found[invited.name].investor_class}


def _staff(venue: Venue, directory: Path, role: str) -> tuple[str, Path]:
    """Somebody of a role whose key is at hand."""
    names = [each.participant for each in venue.participants.values() if each.role == role]
    for name in names:
        file = directory / "keys" / f"{name}.pem"
        if file.exists():
            read_private_key(file)
            return name, file
    raise VenueError(
        f"the venue runs, and it takes the key of its {role} to invite somebody: {directory / 'keys'} has none of "
        f"{', '.join(names) or 'anybody of that role'}. Stop the venue to invite by its file alone"
    )


def _print(facts: dict[str, Any], directory: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(facts))
        return
    name, running = facts["participant"], facts["url"] is not None
    money = ", ".join(f"{amount} {asset}" for asset, amount in facts["money"].items())
    when = "may log in now" if running else f"may log in from the next start on: sbx serve {directory}"
    say(f"{printable(name)} {printable(when)}")
    say(f"account  {printable(facts['account'])}, {printable(money)}")
    say(f"class    {facts['investor_class'] if running else facts['class']}")
    say(f"key      {printable(facts['key'])}: for {printable(name)} alone")
    if running:
        say(f"venue    {printable(facts['url'])}")
    say(f"a bot    connect(URL, participant={printable(json_text(name))}, key={printable(json_text(facts['key']))})")
