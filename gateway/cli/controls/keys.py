"""`sbx control`: who may log in, and with which keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from engine.vocabulary.access import KEEPERS, ROLES, SCOPES
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.controls.options import acts, carry, names_of
from gateway.control import keys
from gateway.keys import KeyFileError, parse_public_key, public_key_hex, read_private_key

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _public_key(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """64 hexadecimal digits, or the file of a private key, of which the public one alone is sent."""
    try:
        if Path(text).is_file():
            return public_key_hex(read_private_key(Path(text)))
        return parse_public_key(text).hex()
    except KeyFileError as error:
        raise click.BadParameter(f"{error}; or name the file of the private key") from error


def _seconds(_ctx: click.Context, _param: click.Parameter, text: str) -> int:
    """A length of time, as 90s, 30m, 12h or 7d."""
    number, unit = text[:-1], text[-1:]
    if text == "0":
        return 0
    if unit not in _SECONDS or not (number.isascii() and number.isdigit()):
        raise click.BadParameter(f"{text!r} is no length of time, such as 90s, 30m, 12h or 7d")
    return int(number) * _SECONDS[unit]


def limited(function: Any) -> Any:
    """Give a command the options that limit a key."""
    for option in (
        click.option("--until", metavar="MOMENT", default="", help="When the key ends: 2027-01-01, or 90d from now."),
        click.option(
            "--from",
            "addresses",
            metavar="ADDRESS",
            multiple=True,
            help="An IP address or network from which it may be used; may be given again.",
        ),
        click.option(
            "--scope",
            "scopes",
            type=click.Choice(SCOPES),
            multiple=True,
            help="What it is for; may be given again.  [default: all that fits the role]",
        ),
    ):
        function = option(function)
    return function


as_role = click.option(
    "--as", "role", type=click.Choice(("operator", "supervisor")), default="operator", show_default=True,
    help="With whose key of --venue: supervisors decide about supervisors and surveillance.",
)  # fmt: skip


@click.command("register-participant")
@click.argument("name")
@click.argument("public_key", metavar="KEY", callback=_public_key)
@click.option("--role", type=click.Choice(ROLES), default="participant", show_default=True)
@limited
@acts
@click.pass_context
def register_participant(
    ctx: click.Context, /, name: str, public_key: str, role: str, scopes: tuple[str, ...], addresses: tuple[str, ...], until: str, **asked: Any
) -> None:  # fmt: skip
    """Let NAME log in with KEY: a public key, or the file of a private one, which stays where it is.

    An operator registers participants and operators, a supervisor registers supervisors and surveillance. `sbx invite` does all that
    somebody needs who is to trade.

    \b
    Examples:
      sbx control --venue venue register-participant zoe zoe.pem --reason "application 12"
      sbx control --venue venue register-participant eve eve.pem --role supervisor --reason "a second pair of eyes"
    """
    ctx.obj = msgspec.structs.replace(ctx.obj, role=KEEPERS[role])
    carry(partial(keys.register_participant, name=name, role=role, public_key=public_key, limits=keys.Limits(scopes, addresses, until)), asked)  # fmt: skip


@click.command("register-key")
@click.argument("participant", shell_complete=names_of("participant"))
@click.argument("name")
@click.argument("public_key", metavar="KEY", callback=_public_key)
@click.option("--replaces", metavar="NAME", default="", help="The key that ends because of it.")
@click.option(
    "--overlap",
    callback=_seconds,
    default="0",
    metavar="TIME",
    help="How long that goes on beside it, as 30m or 7d.  [default: not at all]",
)
@limited
@as_role
@acts
@click.pass_context
def register_key(
    ctx: click.Context, /, participant: str, name: str, public_key: str, replaces: str, overlap: int, role: str,
    scopes: tuple[str, ...], addresses: tuple[str, ...], until: str, **asked: Any
) -> None:  # fmt: skip
    """Give PARTICIPANT the key NAME: KEY is a public key, or the file of a private one, which stays where it is.

    With --key of the participant itself the new key may do no more than that one.

    \b
    Examples:
      sbx control --venue venue register-key anna reader reader.pem --scope read --reason "a dashboard"
      sbx control --key anna.pem register-key anna 2027 new.pem --replaces main --overlap 7d --reason "a year is over"
    """
    ctx.obj = msgspec.structs.replace(ctx.obj, role=role)
    limits = keys.Limits(scopes, addresses, until)
    carry(partial(keys.register_key, of=(participant, name), public_key=public_key, limits=limits, replaces=(replaces, overlap * NS_PER_SECOND)), asked)  # fmt: skip


@click.command("revoke-key")
@click.argument("participant", shell_complete=names_of("participant"))
@click.argument("name", required=False, default="")
@as_role
@acts
@click.pass_context
def revoke_key(ctx: click.Context, /, participant: str, name: str, role: str, **asked: Any) -> None:
    """End the key NAME of PARTICIPANT, or all of them: its connections end at once, and what waits of theirs is not carried out.

    \b
    Examples:
      sbx control --venue venue revoke-key anna reader --reason "the laptop is gone"
      sbx control --venue venue revoke-key anna --as supervisor --reason "order 18"
    """
    ctx.obj = msgspec.structs.replace(ctx.obj, role=role)
    carry(partial(keys.revoke_key, participant=participant, key=name), asked)
