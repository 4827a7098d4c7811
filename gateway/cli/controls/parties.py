"""`sbx control`: intermediaries, investors, what they hold."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

import click

from compliance.registry.classes import CLASSES
from engine.vocabulary.codes import CUSTODIES
from engine.vocabulary.rounding import PPM
from gateway.cli.controls.options import NEGATIVES, acts, carry, carry_dated, dated, key_values, names_of
from gateway.control import actions
from gateway.control.key_values import Given
from gateway.venue.settable import FIGURES

BY_EVIDENCE: Final = "by-evidence"
_PERCENT: Final = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?", re.ASCII)
"""Four decimals of a percent are parts per million."""


def share_ppm(_ctx: click.Context, _param: click.Parameter, percent: str) -> int:
    """A share in percent, as parts per million: exact, so that nothing that is asked for is rounded away."""
    found = _PERCENT.fullmatch(percent)
    ppm = int(found[1] + (found[2] or "").ljust(4, "0")) if found else PPM + 1
    if ppm > PPM:
        raise click.BadParameter(
            f"{percent!r} is no percentage: 0 to 100, with up to 4 decimals behind a point, such as 12.5"
        )
    return ppm


@click.command()
@click.argument("intermediary", shell_complete=names_of("intermediary"))
@dated
@acts
def suspend(intermediary: str, since: str | None, **asked: Any) -> None:
    """Suspend INTERMEDIARY: its clients can't buy through it.

    \b
    Example:
      sbx control suspend north --reason "its capital is gone"
    """
    carry_dated(partial(actions.suspend, intermediary=intermediary, suspended=True), asked, since)


@click.command()
@click.argument("intermediary", shell_complete=names_of("intermediary"))
@dated
@acts
def reinstate(intermediary: str, since: str | None, **asked: Any) -> None:
    """Let a suspended INTERMEDIARY go on.

    \b
    Example:
      sbx control reinstate north --reason "its capital is back"
    """
    carry_dated(partial(actions.suspend, intermediary=intermediary, suspended=False), asked, since)


@click.command()
@click.argument("investor", shell_complete=names_of("investor"))
@dated
@acts
def block(investor: str, since: str | None, **asked: Any) -> None:
    """Put INVESTOR on the list of blocked owners.

    \b
    Example:
      sbx control block daria --reason "court order 17"
    """
    carry_dated(partial(actions.block, investor=investor, blocked=True), asked, since)


@click.command()
@click.argument("investor", shell_complete=names_of("investor"))
@dated
@acts
def unblock(investor: str, since: str | None, **asked: Any) -> None:
    """Take INVESTOR off the list of blocked owners.

    \b
    Example:
      sbx control unblock daria --reason "court order 17 was lifted"
    """
    carry_dated(partial(actions.block, investor=investor, blocked=False), asked, since)


@click.command("class")
@click.argument("investor", shell_complete=names_of("investor"))
@click.argument("investor_class", metavar="CLASS", type=click.Choice([*CLASSES, BY_EVIDENCE]))
@dated
@acts
def set_class(investor: str, investor_class: str, since: str | None, **asked: Any) -> None:
    """Set the CLASS of INVESTOR whatever the evidence says, or, by-evidence, as the evidence says.

    CLASS is retail, qualified or super_qualified of an individual, unqualified_firm or qualified_firm of a firm, or
    by-evidence.

    \b
    Examples:
      sbx control class daria qualified --reason "documents seen by the supervisor"
      sbx control class daria by-evidence --reason "the documents ran out"
    """
    chosen = "" if investor_class == BY_EVIDENCE else investor_class
    carry_dated(partial(actions.override_class, investor=investor, investor_class=chosen), asked, since)


@click.command()
@click.argument("account", shell_complete=names_of("account"))
@click.argument("way", metavar="WAY", type=click.Choice(CUSTODIES))
@dated
@acts
def custody(account: str, way: str, since: str | None, **asked: Any) -> None:
    """Have ACCOUNT held in another WAY: depositary, own_address (one registered as the holder's own) or self_custody.

    Which of them are allowed depends on the class of the investor (CUST-1).

    \b
    Examples:
      sbx control custody anna.main own_address --reason "application 14"
      sbx control custody anna.main depositary --from 2027-01-01 --reason "the year ends"
    """
    carry_dated(partial(actions.set_custody, account=account, custody=way), asked, since)


@click.command()
@click.argument("asset", shell_complete=names_of("asset"))
@key_values(actions.ASSET_FIGURES, FIGURES)
@dated
@acts
def figures(asset: str, given: Given, since: str | None, **asked: Any) -> None:
    """Set the figures of ASSET that its liquidity tier follows from: market_cap_rub, turnover_rub and history_years, all three.

    They are whole roubles and years. What retail may buy goes by the tier where RET-2 is set to criteria, not to a list.

    \b
    Example:
      sbx control figures SOL market_cap_rub=6000000000000 turnover_rub=1200000000000 history_years=6 --reason "figures of June"
    """
    carry_dated(partial(actions.set_figures, asset=asset, figures=given), asked, since)


@click.command(context_settings=NEGATIVES)
@click.argument("asset", shell_complete=names_of("asset"))
@click.argument("share_ppm", metavar="PERCENT", callback=share_ppm)
@click.option("--account", shell_complete=names_of("account"), default="", help="Of this account alone.")
@acts
def freeze(asset: str, share_ppm: int, account: str, **asked: Any) -> None:
    """Freeze PERCENT of what each holder has of ASSET, or of what one account has; 0 lets it go.

    PERCENT has up to four decimals. It replaces what is frozen of ASSET so far: without --account in all accounts, those frozen one
    by one too. `sbx control show asset ASSET` says how much that is.

    \b
    Examples:
      sbx control freeze USDT 50 --account anna.main --reason "order 18"
      sbx control freeze USDT 0 --account anna.main --reason "order 18 was lifted"
    """
    carry(partial(actions.freeze, asset=asset, share_ppm=share_ppm, account=account), asked)
