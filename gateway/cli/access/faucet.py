"""`sbx faucet`: test money."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from gateway.cli.controls.running import Target
from gateway.cli.saying import say
from gateway.client import ClientError, RequestFailed
from gateway.printable import figures, json_text, printable


@click.command()
@click.argument("where", envvar="SBX_URL", metavar="DIRECTORY|URL")
@click.argument("asked", nargs=-1, required=True, metavar="ASSET=AMOUNT...")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SBX_KEY",
    required=True,
    help="Your private key, or SBX_KEY.",
)
@click.option("--participant", metavar="NAME", help="Who logs in.  [default: the key file's name without .pem]")
@click.option("--account", metavar="NAME", help="Where it goes.  [default: your account, if you have one]")
@click.option(
    "--ca-file", type=click.Path(path_type=Path, dir_okay=False), help="Certificates, PEM, that vouch for its TLS."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    where: str,
    asked: tuple[str, ...],
    key: Path,
    participant: str | None,
    account: str | None,
    ca_file: Path | None,
    as_json: bool,
) -> None:
    """Ask a venue that runs for test money.

    A venue gives it if its file has a section [faucet], as that of `sbx init` does: so much an account and day, in Moscow. It is a
    deposit, journaled with its origin, and rules see it.

    \b
    Exit status:
      0  all of it was given
      1  the venue gives none, or no more today; what is named before was given

    \b
    Examples:
      sbx faucet venue RUB=1000000 --key venue/keys/zoe.pem
      sbx faucet ws://127.0.0.1:8765 RUB=1000000 USDT=5000 --key zoe.pem --account zoe.main
    """
    amounts = []
    for each in asked:
        asset, equals, amount = each.partition("=")
        if not (asset and equals and amount):
            raise click.UsageError(f"{printable(each)}: write ASSET=AMOUNT, as in RUB=1000000")
        amounts.append((asset, amount))
    is_url = where.startswith(("ws://", "wss://"))
    target = Target(where if is_url else None, key, participant, None if is_url else Path(where), ca_file)
    try:
        asyncio.run(_ask(target, amounts, account, as_json))
    except (ClientError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _ask(target: Target, amounts: list[tuple[str, str]], account: str | None, as_json: bool) -> None:
    given: list[dict[str, Any]] = []
    async with target.connect() as client:
        welcome = client.welcome
        own = list(welcome.accounts) if welcome is not None else []
        if account is None and len(own) != 1:
            raise click.UsageError(f"name the account, --account: {printable(', '.join(own)) or 'you have none'}")
        name = account or own[0]
        try:
            for asset, amount in amounts:
                seq = await client.admin("faucet", account=name, asset=asset, amount=amount)
                given.append({"account": name, "asset": asset, "amount": amount, "seq": seq})
                if not as_json:
                    say(f"{printable(name)} has {figures(printable(amount))} {printable(asset)} more: command {seq}")
        except RequestFailed as error:
            raise click.ClickException(error.detail) from error
        finally:
            if as_json:
                click.echo(json_text({"given": given}))
