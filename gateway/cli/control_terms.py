"""`sbx control terms`: fees, sizes, collar and position limit of an instrument that is listed."""

from __future__ import annotations

from functools import partial
from typing import Any

import click
import msgspec

from gateway.cli.control_options import acts, carry, names_of
from gateway.control import terms as control_terms


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@click.argument("given", metavar="KEY=VALUE...", nargs=-1, required=True)
@acts
@click.pass_context
def terms(ctx: click.Context, /, instrument: str, given: tuple[str, ...], **asked: Any) -> None:
    """Set terms of INSTRUMENT from now on: an operator does it. What is not named stays, and so does what rests.

    KEY is maker_fee_ppm, taker_fee_ppm, collar_ppm (millionths), min_quantity, max_quantity, max_notional or max_position (0: none).
    Fees are those of the time of a fill. The larger of both only changes while no order of INSTRUMENT is open: each has set it aside.

    \b
    Examples:
      sbx control terms BTC/RUB maker_fee_ppm=50 --reason "new fees"
      sbx control terms BTC/RUB max_quantity=10 max_notional=50000000 --reason "a thin market" --yes
    """
    ctx.obj = msgspec.structs.replace(ctx.obj, role="operator")
    carry(partial(control_terms.set_terms, instrument=instrument, given=given), asked)
