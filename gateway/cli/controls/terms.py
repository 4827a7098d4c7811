"""`sbx control terms` and `rates`: fees, sizes, collar and position limit of an instrument; how much may be asked of the venue."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from engine.vocabulary.limits import MAX_BURST_UNITS, MAX_UNITS_PER_SECOND, MIN_UNITS_PER_SECOND
from gateway.cli.controls.options import OPERATOR, acts, carry, key_values, names_of
from gateway.control import terms as control_terms
from gateway.control.key_values import Given


@click.command()
@click.argument("instrument", shell_complete=names_of("instrument"))
@key_values(control_terms.INSTRUMENT_TERMS)
@acts
def terms(instrument: str, given: Given, **asked: Any) -> None:
    """Set terms of INSTRUMENT from now on: an operator does it. What is not named stays, and so does what rests.

    KEY is maker_fee_ppm, taker_fee_ppm, collar_ppm (millionths), min_quantity, max_quantity, max_notional or max_position (0: none).
    Fees are those of the time of a fill. The larger of both only changes while no order of INSTRUMENT is open: each has set it aside.

    \b
    Examples:
      sbx control terms BTC/RUB maker_fee_ppm=50 --reason "new fees"
      sbx control terms BTC/RUB max_quantity=10 max_notional=50000000 --reason "a thin market" --yes
    """
    carry(partial(control_terms.set_terms, instrument=instrument, given=given), asked, OPERATOR)


@click.command()
@click.argument("who", metavar="PARTICIPANT|every|address", shell_complete=names_of("participant"))
@click.argument("units_per_second", type=click.IntRange(MIN_UNITS_PER_SECOND, MAX_UNITS_PER_SECOND), required=False)
@click.argument("burst", type=click.IntRange(MIN_UNITS_PER_SECOND, MAX_BURST_UNITS), required=False)
@click.option("--as-filed", is_flag=True, help="Let it be as the venue file says again.")
@acts
def rates(who: str, units_per_second: int | None, burst: int | None, as_filed: bool, **asked: Any) -> None:
    """Set how much may be asked of the venue, in units of about one order: so many a second, and BURST at once.

    `every` is each participant that has no rate of its own, `address` all who come from one and have not logged in. It holds within a
    second, for connections that are there too, and after a restart: a command goes before the file's [limits].

    \b
    Examples:
      sbx control rates mm-alpha 5000 20000 --reason "it quotes ten books"
      sbx control rates every 500 1000 --reason "a crowded day" --yes
      sbx control rates mm-alpha --as-filed --reason "the trial is over"
    """
    if as_filed == (burst is not None) or (units_per_second is None) != (burst is None):
        raise click.UsageError("give UNITS_PER_SECOND and BURST, or --as-filed")
    rate = None if units_per_second is None or burst is None else (units_per_second, burst)
    carry(partial(control_terms.set_rates, who=who, rate=rate), asked)
