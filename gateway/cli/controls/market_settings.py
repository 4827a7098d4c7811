"""`sbx control`: limits of participants, the halt of the market, margin calls, rules of the whole venue."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from engine.vocabulary.rounding import PPM
from gateway.cli.controls.options import OPERATOR, acts_without_reason, carry, key_values, names_of
from gateway.cli.controls.parties import share_ppm
from gateway.control import market_settings as actions
from gateway.control.key_values import Given, length_ns
from gateway.control.names import ControlError


def length(_ctx: click.Context, param: click.Parameter, text: str | None) -> int:
    """A length of time, such as 30s, 15m or 1h, in nanoseconds; left out: 0."""
    try:
        return 0 if text is None else length_ns(param.metavar or "", text)
    except ControlError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument("participant", shell_complete=names_of("participant"))
@key_values(actions.PARTICIPANT_LIMITS)
@acts_without_reason
def limits(participant: str, given: Given, **asked: Any) -> None:
    """Set limits of PARTICIPANT from now on; 0 lifts one. What is not named stays. No reason is recorded of it.

    KEY is orders_per_second (new orders and amends), max_order_value (of one order, in the smallest unit of what it is priced in:
    kopecks of roubles) or max_order_to_trade (orders per trade of a trading day, once there were more than 100).
    `sbx control rates` sets how much may be asked of the venue at all.

    \b
    Examples:
      sbx control limits mm-alpha orders_per_second=50
      sbx control limits mm-alpha max_order_value=500000000 max_order_to_trade=0 --yes
    """
    carry(partial(actions.set_limits, participant=participant, given=given), asked)


@click.command("market-halt")
@click.argument("instruments", metavar="[INSTRUMENT]...", nargs=-1, shell_complete=names_of("instrument"))
@click.option("--move", "threshold_ppm", metavar="PERCENT", callback=share_ppm, default="0", help="How far the mean has to move, below 100.")  # fmt: skip
@click.option("--for", "halt_ns", metavar="TIME", callback=length, help="How long the halt lasts, as 15m; a day at most.")  # fmt: skip
@click.option("--none", "is_none", is_flag=True, help="Let nothing be halted by it any more.")
@acts_without_reason
def market_halt(instruments: tuple[str, ...], threshold_ppm: int, halt_ns: int, is_none: bool, **asked: Any) -> None:
    """Have all that trades halted whenever the mean of each INSTRUMENT has moved by PERCENT from its reference price.

    It replaces what was set before. An instrument that is named twice counts twice; no future is named. No reason is recorded of it.

    \b
    Examples:
      sbx control market-halt BTC/RUB ETH/RUB --move 15 --for 30m
      sbx control market-halt --none --yes
    """
    is_whole = bool(instruments) and 0 < threshold_ppm < PPM and halt_ns > 0
    if is_none == is_whole or (is_none and (instruments or threshold_ppm or halt_ns)):
        raise click.UsageError("give INSTRUMENT, --move (above 0 and below 100) and --for (above 0), or --none alone")
    plan = partial(actions.set_market_halt, instruments=instruments, threshold_ppm=threshold_ppm, halt_ns=halt_ns)
    carry(plan, asked)


@click.command("margin-rules")
@click.argument("grace_ns", metavar="GRACE", callback=length)
@acts_without_reason
def margin_rules(grace_ns: int, **asked: Any) -> None:
    """Set how long an account has to restore missing cover before its futures are closed out: an operator does it.

    GRACE is a length of time, as 30m or 2h. Calls that stand keep their time. No reason is recorded of it.

    \b
    Example:
      sbx control margin-rules 45m
    """
    carry(partial(actions.set_margin_rules, grace_ns=grace_ns), asked, OPERATOR)


@click.command("venue-rules")
@key_values(actions.VENUE_RULES)
@acts_without_reason
def venue_rules(given: Given, **asked: Any) -> None:
    """Set what holds for the whole venue from now on: an operator does it. What is not named stays. No reason is recorded of it.

    KEY is self_trade (what becomes of two orders of one investor that would trade, where the order says nothing: cancel_newest,
    cancel_oldest, cancel_both, decrement or reject) or seed (of the random ends of auctions: any text).

    \b
    Examples:
      sbx control venue-rules self_trade=cancel_both
      sbx control venue-rules seed=spring --yes
    """
    carry(partial(actions.set_venue_rules, given=given), asked, OPERATOR)
