"""The smallest market: an instrument and its two assets, as a venue file has them."""

from __future__ import annotations

from typing import Final

SMALL_MARKET: Final = """
[[assets]]
asset = "RUB"
kind = "fiat"
scale = 2

[[assets]]
asset = "BTC"
kind = "crypto"
scale = 8

[[instruments]]
instrument = "BTC/RUB"
kind = "spot"
base = "BTC"
quote = "RUB"
tick = "0.5"
lot = "0.1"
min_quantity = "0.1"
max_quantity = "1000"
max_notional = "1000000000"
reference_price = "100"
collar_ppm = 100_000
taker_fee_ppm = 1_000
phase = "continuous"
"""
"""BTC for RUB, tick 0.5 and lot 0.1."""
