"""`sbx control trading-rules` and `schedule`: bands, auctions, allocation and batches of an instrument; its trading day."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from gateway.cli.controls.options import OPERATOR, acts_without_reason, carry, key_values, names_of
from gateway.control import trading_rules as actions
from gateway.control.key_values import Given


@click.command("trading-rules")
@click.argument("instrument", shell_complete=names_of("instrument"))
@key_values(actions.TRADING_RULES)
@acts_without_reason
def trading_rules(instrument: str, given: Given, **asked: Any) -> None:
    """Set how INSTRUMENT trades from now on: an operator does it. What is not named stays. No reason is recorded of it.

    KEY is static_ppm or dynamic_ppm (width of a band in millionths of a price, 0: none), volatility (length of such an auction),
    auction_random (an auction ends up to so much later), allocation (price_time, pro_rata, price_size_time) or batch (so often
    continuous trading uncrosses, 0: at once). A length is written as 500ms, 30s, 2m or 1h. A future that trades keeps a static band.

    \b
    Examples:
      sbx control trading-rules BTC/RUB static_ppm=100000 dynamic_ppm=20000
      sbx control trading-rules BTC/RUB volatility=5m auction_random=30s --yes
      sbx control trading-rules BTC/RUB allocation=pro_rata batch=500ms --yes --json
    """
    carry(partial(actions.set_trading_rules, instrument=instrument, given=given), asked, OPERATOR)


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@click.argument("steps", metavar="[HH:MM=PHASE...]", nargs=-1)
@click.option("--none", "is_none", is_flag=True, help="Let it follow no schedule: its phases are set by command.")
@acts_without_reason
def schedule(instrument: str, steps: tuple[str, ...], is_none: bool, **asked: Any) -> None:
    """Set the trading day of INSTRUMENT, all of it: an operator does it. No reason is recorded of it.

    A step is a time of Moscow's day, HH:MM or HH:MM:SS, and the phase that begins then. The phase it is in now stays until the next
    step; `sbx control phase` changes it at once.

    \b
    Examples:
      sbx control schedule BTC/RUB 09:50=opening_auction 10:00=continuous 18:40=closing_auction 18:45=closed
      sbx control schedule BTC/RUB --none --yes
    """
    if is_none == bool(steps):
        raise click.UsageError("give the steps of a day, or --none")
    carry(partial(actions.set_schedule, instrument=instrument, steps=steps), asked, OPERATOR)
