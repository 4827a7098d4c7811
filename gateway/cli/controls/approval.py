"""`sbx control`: yes or no to what waits for a second approval, what waits, and what a venue asks one for."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import click
import msgspec

from gateway.cli.controls.options import acts, carry, names_of
from gateway.cli.controls.running import Target, ask, standing
from gateway.cli.terminal import Terminal
from gateway.client import Client
from gateway.control import approval as actions
from gateway.printable import json_text
from gateway.protocol.messages import RecordInfo

NOTHING: Final = "none"


@click.command()
@click.argument("proposal", shell_complete=names_of("proposal"))
@acts
def approve(proposal: str, **asked: Any) -> None:
    """Approve a PROPOSAL of somebody else, by its number: then it is carried out, and both names stand in the journal.

    What has changed meanwhile is looked at again. If the venue refuses it by now, the proposal is over, too.

    \b
    Examples:
      sbx control proposals
      sbx control approve 4711 --reason "checked against the order of 12 May"
    """
    carry(partial(actions.approve, proposal=proposal), asked)


@click.command()
@click.argument("proposal", shell_complete=names_of("proposal"))
@acts
def decline(proposal: str, **asked: Any) -> None:
    """Decline a PROPOSAL by its number, or take back your own.

    \b
    Example:
      sbx control decline 4711 --reason "the wrong trade"
    """
    carry(partial(actions.decline, proposal=proposal), asked)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def proposals(target: Target, as_json: bool) -> None:
    """List what waits for a second approval: what would be done, who asks for it and why, and until when.

    \b
    Example:
      sbx control proposals
    """

    async def waiting(client: Client) -> list[RecordInfo]:
        return list((await client.records("proposal")).values())

    found = ask(target, waiting)
    if as_json:
        click.echo(json_text(msgspec.to_builtins(found)))
        return
    console = Terminal(wraps=False)
    for each in found:
        console.print(standing("proposal", each))
    if not found:
        console.print("nothing waits for a second approval")


@click.command()
@click.argument("kinds", metavar="KIND...", nargs=-1, required=True)
@acts
def approval(kinds: tuple[str, ...], **asked: Any) -> None:
    """Say which KINDs of commands need a second approval: rulebooks, trade_corrections, or none.

    Rulebooks are parameters, too. While anything needs a second approval, so does this command.

    \b
    Examples:
      sbx control approval rulebooks trade_corrections --reason "the board's decision"
      sbx control approval none --reason "the pilot is over"
    """
    carry(partial(actions.ask_for, second=() if kinds == (NOTHING,) else kinds), asked)
