"""`sbx control`: accounts opened, what an operator books on them, futures marked, positions closed out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from engine.vocabulary.codes import CUSTODIES
from gateway.cli.controls.markets import positive, price_above_zero
from gateway.cli.controls.options import NEGATIVES, OPERATOR, acts, acts_without_reason, carry, names_of
from gateway.control import holdings as actions


def _money(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an account, an amount and its asset."""
    for argument in (
        click.argument("asset", shell_complete=names_of("asset")),
        click.argument("amount", callback=positive),
        click.argument("account", shell_complete=names_of("account")),
    ):
        function = argument(function)
    return function


@click.command("open-account")
@click.argument("account")
@click.option("--investor", required=True, shell_complete=names_of("investor"), help="Whose it is.")
@click.option("--participant", required=True, shell_complete=names_of("participant"), help="Who operates it.")
@click.option("--intermediary", default="", shell_complete=names_of("intermediary"), help="Through whom it is held.  [default: held directly]")  # fmt: skip
@click.option("--custody", "way", type=click.Choice(CUSTODIES), help="How it is held (CUST-1).  [default: depositary]")  # fmt: skip
@acts_without_reason
def open_account(
    account: str, investor: str, participant: str, intermediary: str, way: str | None, **asked: Any
) -> None:  # fmt: skip
    """Open ACCOUNT of an investor, for good: an operator does it. No reason is recorded of it.

    The investor is registered before (`sbx control register-investor`), as is who operates the account. `sbx invite` does all that
    somebody needs who is to trade.

    \b
    Examples:
      sbx control open-account zoe.main --investor zoe --participant zoe
      sbx control open-account zoe.north --investor zoe --participant broker-north --intermediary north --yes
    """
    plan = partial(actions.open_account, account=account, participant=participant, investor=investor)
    carry(partial(plan, intermediary=intermediary, custody=way or ""), asked, OPERATOR)


@click.command(context_settings=NEGATIVES)
@_money
@click.option("--origin", metavar="TEXT", default="", help="Where it comes from: needed of what its owner could not buy here.")  # fmt: skip
@acts
def deposit(account: str, amount: str, asset: str, origin: str, **asked: Any) -> None:
    """Credit ACCOUNT with AMOUNT of ASSET from outside the venue: an operator does it.

    \b
    Examples:
      sbx control deposit anna.main 250000.50 RUB --reason "payment 318"
      sbx control deposit anna.main 0.5 BTC --origin "bought abroad in 2024" --reason "application 15"
    """
    carry(partial(actions.book, command="deposit", account=account, money=(amount, asset), origin=origin), asked, OPERATOR)  # fmt: skip


@click.command(context_settings=NEGATIVES)
@_money
@acts
def withdraw(account: str, amount: str, asset: str, **asked: Any) -> None:
    """Debit ACCOUNT with AMOUNT of ASSET, to outside the venue: an operator does it. What is available can leave, no more.

    \b
    Example:
      sbx control withdraw anna.main 250000.50 RUB --reason "payment 318 was returned"
    """
    carry(partial(actions.book, command="withdraw", account=account, money=(amount, asset)), asked, OPERATOR)


@click.command(context_settings=NEGATIVES)
@_money
@acts
def issue(account: str, amount: str, asset: str, **asked: Any) -> None:
    """Issue AMOUNT of ASSET, a security or a domestic stablecoin, to ACCOUNT: an operator does it.

    \b
    Example:
      sbx control issue anna.main 100 BTC-NOTE --reason "subscription 4"
    """
    carry(partial(actions.book, command="issue_asset", account=account, money=(amount, asset)), asked, OPERATOR)


@click.command(context_settings=NEGATIVES)
@_money
@acts
def redeem(account: str, amount: str, asset: str, **asked: Any) -> None:
    """Take AMOUNT of ASSET, which was issued, back from what is available on ACCOUNT: an operator does it.

    \b
    Example:
      sbx control redeem anna.main 40 BTC-NOTE --reason "the holder asked for it"
    """
    carry(partial(actions.book, command="redeem_asset", account=account, money=(amount, asset)), asked, OPERATOR)


@click.command("close-out")
@click.argument("account", shell_complete=names_of("account"))
@click.argument("instrument", metavar="FUTURE", shell_complete=names_of("instrument"))
@acts
def close_out(account: str, instrument: str, **asked: Any) -> None:
    """Close the position of ACCOUNT in FUTURE at once, inside the static band, whoever asked and whatever its cover.

    \b
    Example:
      sbx control close-out mm-alpha.main BTC-F --reason "the firm is bankrupt"
    """
    carry(partial(actions.close_out, account=account, instrument=instrument), asked)


@click.command(context_settings=NEGATIVES)
@click.argument("instrument", metavar="FUTURE", shell_complete=names_of("instrument"))
@click.argument("price", required=False, callback=price_above_zero)
@acts
def mark(instrument: str, price: str | None, **asked: Any) -> None:
    """Mark FUTURE at PRICE and settle its variation margin now; without PRICE at that of the rule, its index.

    \b
    Examples:
      sbx control mark BTC-F --reason "the end of the day"
      sbx control mark BTC-F 8100000 --reason "the index stood still"
    """
    carry(partial(actions.mark_future, instrument=instrument, price=price or ""), asked)
