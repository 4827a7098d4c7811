"""LIQ-1: the criteria of high liquidity: capitalisation, turnover, history (press on the bill, 2026). RET-2 asks for them."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import AssetRecord
from compliance.rulebook.declaration import CLASSIFICATION, COUNT, RUB, Parameter
from compliance.rulebook.parameters import Parameters
from compliance.rules.rule import Rule
from compliance.rules.thresholds import exceeds, exceeds_words
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class Criteria:
    """What an asset must have to be highly liquid."""

    def __init__(self, parameters: Parameters) -> None:
        self.market_cap_kopecks: Final[int] = parameters.number("market_cap_above_rub")
        self.turnover_kopecks: Final[int] = parameters.number("turnover_above_rub")
        self.history_years: Final[int] = parameters.number("history_years")

    def met_by(self, asset: AssetRecord) -> bool:
        """Whether an asset's figures on record meet all of them."""
        return (
            exceeds(asset.market_cap_rub, self.market_cap_kopecks)
            and exceeds(asset.turnover_rub, self.turnover_kopecks)
            and self._old_enough(asset)
        )

    def comparisons(self, asset: AssetRecord) -> list[str]:
        """An asset's figures against the criteria, one by one."""
        sign = ">=" if self._old_enough(asset) else "<"
        return [
            exceeds_words(asset.market_cap_rub, self.market_cap_kopecks),
            exceeds_words(asset.turnover_rub, self.turnover_kopecks),
            f"{asset.history_years} {sign} {self.history_years} years (LIQ-1)",
        ]

    def needed(self, asset: AssetRecord) -> Said:
        """What is needed, and what an asset has."""
        return said(
            "LIQ-1.needed",
            decimal(self.market_cap_kopecks, 2),
            decimal(self.turnover_kopecks, 2),
            self.history_years,
            f"{asset.market_cap_rub}.00",
            f"{asset.turnover_rub}.00",
            asset.history_years,
        )

    def _old_enough(self, asset: AssetRecord) -> bool:
        return asset.history_years >= self.history_years


_ANY: Final = "a threshold of nothing: any asset meets it"

RULE: Final[Rule] = Rule(
    "LIQ-1",
    CLASSIFICATION,
    {
        "market_cap_above_rub": Parameter(
            RUB, "the threshold of market capitalisation", "The two-year average must be above it.", zero=_ANY
        ),
        "turnover_above_rub": Parameter(
            RUB, "the threshold of daily turnover", "The two-year average must be above it.", zero=_ANY
        ),
        "history_years": Parameter(
            COUNT,
            "the least history",
            "For how long the asset must have been traded.",
            unit="years",
            zero="no history is needed: an asset is highly liquid from its first day",
        ),
    },
    compares="An asset's two-year averages and history with the criteria.",
    exempt="Assets that are no crypto.",
    reported=("60 billion USD of capitalisation and 12 billion USD of daily turnover",),
)
