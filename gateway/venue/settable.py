"""What may be set of a venue that runs, by the names that its file and `sbx control` have for it."""

from __future__ import annotations

from typing import Final

PPM_TERMS: Final = ("maker_fee_ppm", "taker_fee_ppm", "collar_ppm")
"""Millionths."""
TERMS: Final = (*PPM_TERMS, "min_quantity", "max_quantity", "max_notional", "max_position")
"""Terms of an instrument; the others are decimals."""
WIDTHS: Final = ("static_ppm", "dynamic_ppm")
"""Millionths of a price; 0: no band."""
LENGTHS: Final = ("volatility", "auction_random", "batch")
"""Lengths of time; commands have them in nanoseconds."""
ALLOCATION: Final = "allocation"
RULES: Final = (*WIDTHS, *LENGTHS, ALLOCATION)
"""Trading rules of an instrument."""
FIGURES: Final = ("market_cap_rub", "turnover_rub", "history_years")
"""Figures of an asset, which are set all at once."""
LIMITS: Final = ("orders_per_second", "max_order_value", "max_order_to_trade")
"""Limits of a participant, whole numbers; the value is in minor units of the quote asset. 0: none."""
INTERMEDIARY: Final = ("licensed", "capital_rub", "licence", "bank", "own_investor")
INVESTOR: Final = (
    *("resident", "assets_rub", "income_rub", "earlier_income_rub", "financial", "capital_rub", "bank", "certified"),
    "foreign_trade",
)
"""What is on record of either, but for what has a command of its own. Their amounts are whole roubles."""
