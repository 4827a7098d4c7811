"""QUAL-0: the thresholds of qualified status, of individuals and of firms. A figure that is reached counts.

Data of classification: `compliance.rules.classification` makes classes of it.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.records import Investor
from compliance.rulebook.declaration import CLASSIFICATION, ONE, RUB, Parameter
from compliance.rulebook.parameters import Parameters
from compliance.rules.rule import Rule
from compliance.rules.thresholds import OR_AND, combined, reaches
from engine.vocabulary.codes import FIRM


class Qualified:
    """What makes an investor qualified."""

    def __init__(self, parameters: Parameters) -> None:
        self.individual_kopecks: Final[int] = parameters.number("individual_assets_rub")
        self.net_assets_kopecks: Final[int] = parameters.number("firm_net_assets_rub")
        self.revenue_kopecks: Final[int] = parameters.number("firm_revenue_rub")
        self.combine: Final[str] = parameters.word("firm_combine")

    def met_by(self, investor: Investor) -> bool:
        """Whether the evidence on record proves it."""
        if investor.kind != FIRM:
            return reaches(investor.assets_rub, self.individual_kopecks)
        by_assets = reaches(investor.assets_rub, self.net_assets_kopecks)
        by_revenue = reaches(investor.income_rub, self.revenue_kopecks)
        return combined(by_assets, by_revenue, self.combine)


_ANYONE: Final = "a threshold of nothing: everyone with any evidence meets it"

RULE: Final[Rule] = Rule(
    "QUAL-0",
    CLASSIFICATION,
    {
        "individual_assets_rub": Parameter(
            RUB,
            "the qualified threshold of individuals",
            "Securities and deposits at which an individual is qualified.",
            zero=_ANYONE,
        ),
        "firm_net_assets_rub": Parameter(
            RUB,
            "the qualified threshold of a firm's net assets",
            "Net assets at which a firm is qualified.",
            zero=_ANYONE,
        ),
        "firm_revenue_rub": Parameter(
            RUB,
            "the qualified threshold of a firm's revenue",
            "Last year's revenue at which a firm is qualified.",
            zero=_ANYONE,
        ),
        "firm_combine": Parameter(
            ONE, "how the two thresholds of firms combine", "Whether one figure is enough.", words=OR_AND
        ),
    },
    compares="The evidence on record with the thresholds; a figure that is reached counts.",
    exempt="Investors whose class the supervisor has set, with a reason.",
    reported=("12 000 000 RUB from 2025 and 24 000 000 from 2026, unverified", "status by experience"),
)
