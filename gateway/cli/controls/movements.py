"""`sbx control`: what waits to leave accounts, yes or no to it, and the risk level by which it waits."""

from __future__ import annotations

from functools import partial
from typing import Any

import click
import msgspec

from compliance import RISK_LEVELS
from gateway.cli.controls.options import acts, carry, carry_dated, dated, names_of
from gateway.cli.controls.running import Target, ask
from gateway.cli.terminal import Terminal
from gateway.client import Client
from gateway.client.values.values import WaitingMovement
from gateway.control import movements as actions
from gateway.printable import json_text, printable
from gateway.reporting.tables.times import moscow_time


@click.command()
@click.argument("movement", type=click.IntRange(min=1))
@acts
def release_movement(movement: int, **asked: Any) -> None:
    """Release MOVEMENT, a withdrawal, transfer or redemption that waits for a supervisor's word.

    All that was looked at when it was asked for is looked at again. If a cooling-off period has not ended, it is carried out then.

    \b
    Examples:
      sbx control movements
      sbx control release-movement 4711 --reason "the source of the money was shown"
    """
    carry(partial(actions.release, number=movement), asked)


@click.command()
@click.argument("movement", type=click.IntRange(min=1))
@acts
def refuse_movement(movement: int, **asked: Any) -> None:
    """Refuse MOVEMENT, a withdrawal, transfer or redemption that waits, for whatever: what it set aside is available again.

    \b
    Example:
      sbx control refuse-movement 4711 --reason "no answer within ten days"
    """
    carry(partial(actions.refuse, number=movement), asked)


@click.command()
@click.option(
    "--account", default=None, shell_complete=names_of("account"), help="What waits to leave this account alone."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def movements(target: Target, account: str | None, as_json: bool) -> None:
    """List the withdrawals, transfers and redemptions that wait: whose, how much, where to, and for what.

    \b
    Examples:
      sbx control movements
      sbx control movements --account anna.main --json
    """

    async def waiting(client: Client) -> list[WaitingMovement]:
        return await client.movements(account, of_all=account is None)

    found = ask(target, waiting)
    if as_json:
        click.echo(json_text(msgspec.to_builtins(found)))
        return
    console = Terminal(wraps=False)
    for each in found:
        waits = ["a supervisor's word"] if each.waits_for_word else []
        waits += [f"{moscow_time(each.until, 0)} (Moscow)"] if each.until else []
        console.print(
            printable(f"{actions.in_words(each)}: waits for {' and '.join(waits)} by {', '.join(each.rules)}")
        )
    if not found:
        console.print("nothing waits to leave an account")


@click.command()
@click.argument("investor", shell_complete=names_of("investor"))
@click.argument("level", type=click.Choice([*RISK_LEVELS, actions.NOT_ASSESSED]))
@dated
@acts
def risk(investor: str, level: str, since: str | None, **asked: Any) -> None:
    """Set the risk LEVEL of INVESTOR, by which what the client sends out waits for a supervisor's word (AML-2); none: not assessed.

    It concerns what is asked for from then on, and what waits for its time only.

    \b
    Example:
      sbx control risk daria high --reason "cash of unknown origin"
    """
    carry_dated(partial(actions.set_risk_level, investor=investor, level=level), asked, since)
