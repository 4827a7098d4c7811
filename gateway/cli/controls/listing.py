"""`sbx control`: assets and instruments that are new to a venue."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from gateway.cli.controls.options import OPERATOR, acts_without_reason, carry, key_values
from gateway.control import listing as actions
from gateway.control.key_values import Given


@click.command("add-asset")
@click.argument("asset")
@key_values(actions.ASSET, actions.ASSET_NEEDS)
@acts_without_reason
def add_asset(asset: str, given: Given, **asked: Any) -> None:
    """Make ASSET known to the venue, for good: an operator does it. No reason is recorded of it.

    Needed are kind (fiat, crypto, foreign_stablecoin, domestic_stablecoin, security) and scale (decimals of its smallest unit). KEY may be,
    too, privacy (none, optional, default), market_cap_rub, turnover_rub and history_years (as `sbx control figures` sets them), and of what
    somebody issues issuer (a participant), terms (what it promises), issue_limit (the most of it, 0: no bound) and follows (what
    its price follows: an asset here, or a word for something that is no crypto).

    \b
    Examples:
      sbx control add-asset LTC kind=crypto scale=8 market_cap_rub=500000000000 turnover_rub=20000000000 history_years=12
      sbx control add-asset GOLD-26 kind=security scale=0 issuer=broker-north terms="a gram of gold" issue_limit=100000 follows=gold
    """
    carry(partial(actions.add_asset, asset=asset, given=given), asked, OPERATOR)


@click.command("list-instrument")
@click.argument("instrument")
@key_values(actions.INSTRUMENT, actions.INSTRUMENT_NEEDS)
@acts_without_reason
def list_instrument(instrument: str, given: Given, **asked: Any) -> None:
    """List INSTRUMENT, for good: an operator does it. It stays closed until its phase is set. No reason is recorded of it.

    Needed are kind (spot, note, future), base and quote (assets), tick and lot, min_quantity and max_quantity, max_notional (value of one
    order) and collar_ppm (how far from the last trade a market order may go, in millionths). KEY may be, too, reference_price,
    maker_fee_ppm, taker_fee_ppm (below zero: a rebate), underlying (of a note or a future), and of a future expires (2027-03-26T18:45,
    Moscow), averaging (over so long before that its final price is the mean of the index, as 30m), mark_interval (how often it is settled,
    as 1h) and max_position (0: none).

    What of them may change later, `sbx control terms` sets; bands and auctions `sbx control trading-rules`.

    \b
    Examples:
      sbx control list-instrument LTC/RUB kind=spot base=LTC quote=RUB tick=1 lot=0.01 min_quantity=0.01 max_quantity=10000
          max_notional=50000000 collar_ppm=50000 reference_price=8000
      sbx control phase LTC/RUB continuous --reason "its first day"
    """
    carry(partial(actions.list_instrument, instrument=instrument, given=given), asked, OPERATOR)
