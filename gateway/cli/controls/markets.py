"""`sbx control`: phases, auctions, kill switches, corrections of trades."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

import click

from engine.vocabulary.codes import PHASES, SCOPES
from gateway.cli.controls.options import NEGATIVES, acts, carry, names_of
from gateway.control import actions

_DECIMAL: Final = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


def positive(_ctx: click.Context, _param: click.Parameter, number: str) -> str:
    """An amount above 0; whether the asset has so many decimals, the venue knows."""
    if not _DECIMAL.fullmatch(number) or not number.strip("0."):
        raise click.BadParameter(
            f"{number!r} is no amount: a number above 0, with a point before its decimals, such as 250000.5"
        )
    return number


def price_above_zero(_ctx: click.Context, _param: click.Parameter, price: str | None) -> str | None:
    """A price above 0, or none; whether it is of the instrument's tick, the venue knows."""
    if price is not None and (not _DECIMAL.fullmatch(price) or not price.strip("0.")):
        raise click.BadParameter(
            f"{price!r} is no price: a number above 0, with a point before its decimals, such as 249000.5"
        )
    return price


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@acts
def halt(instrument: str, **asked: Any) -> None:
    """Halt INSTRUMENT: nothing trades, what rests stays and can be cancelled.

    \b
    Examples:
      sbx control halt BTC/RUB
      sbx control halt BTC/RUB --reason "news about the issuer" --yes --json
    """
    carry(partial(actions.set_phase, instrument=instrument, phase="halted"), asked)


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@acts
def resume(instrument: str, **asked: Any) -> None:
    """Let INSTRUMENT trade continuously. What crosses by then is uncrossed at one price first.

    \b
    Example:
      sbx control resume BTC/RUB --reason "the news is out"
    """
    carry(partial(actions.set_phase, instrument=instrument, phase="continuous"), asked)


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@click.option(
    "--kind",
    type=click.Choice(["opening", "volatility", "closing"]),
    default="volatility",
    show_default=True,
    help="Volatility ends by itself; the others with the next phase.",
)
@acts
def auction(instrument: str, kind: str, **asked: Any) -> None:
    """Call an auction of INSTRUMENT: orders collect, and trade at one price when it ends.

    \b
    Examples:
      sbx control auction BTC/RUB --reason "a jump without news"
      sbx control auction BTC/RUB --kind closing --reason "the day ends early"
    """
    carry(partial(actions.set_phase, instrument=instrument, phase=f"{kind}_auction"), asked)


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@click.argument("phase", type=click.Choice(PHASES))
@acts
def phase(instrument: str, phase: str, **asked: Any) -> None:
    """Move INSTRUMENT to another PHASE.

    \b
    Example:
      sbx control phase BTC/RUB cancel_only --reason "the depositary is down"
    """
    carry(partial(actions.set_phase, instrument=instrument, phase=phase), asked)


@click.command()
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.argument("scope", type=click.Choice(SCOPES))
@click.argument("key", metavar="[NAME]", required=False, default="", shell_complete=names_of())
@acts
def kill(switch: str, scope: str, key: str, **asked: Any) -> None:
    """Turn a kill switch on or off: of a participant, an investor or an instrument by its NAME, or of the venue.

    On, it cancels the open orders of its scope, and none are accepted until it is off.

    \b
    Examples:
      sbx control kill on participant mm-alpha --reason "its orders run wild"
      sbx control kill off venue --reason "the drill is over"
    """
    carry(partial(actions.kill, scope=scope, key=key, on=switch == "on"), asked)


@click.command()
@click.argument("trade", metavar="TRADE_ID", type=str)
@acts
def bust(trade: str, **asked: Any) -> None:
    """Undo a trade of today: both sides get back what they gave, fees included.

    \b
    Example:
      sbx control bust 4711 --reason "a mistyped price"
    """
    carry(partial(actions.bust, trade=trade), asked)


@click.command(context_settings=NEGATIVES)
@click.argument("trade", metavar="TRADE_ID", type=str)
@click.argument("price", callback=price_above_zero)
@acts
def reprice(trade: str, price: str, **asked: Any) -> None:
    """Give a trade of today another PRICE.

    \b
    Example:
      sbx control reprice 4711 7900000 --reason "agreed by both sides"
    """
    carry(partial(actions.reprice, trade=trade, price=price), asked)
