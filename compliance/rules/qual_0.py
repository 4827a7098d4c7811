"""QUAL-0: the thresholds of qualified status, of individuals and of firms. A figure that is reached counts.

Data of classification: `compliance.rules.classification` makes classes of it.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.records import Investor
from compliance.rulebook.declaration import CLASSIFICATION, ONE, RUB, Parameter
from compliance.rulebook.parameters import Parameters
from compliance.rules.rule import Rule
from compliance.rules.thresholds import OR_AND, combined, reaches, reaches_words
from engine.vocabulary.codes import FIRM


class Qualified:
    """What makes an investor qualified."""

    def __init__(self, parameters: Parameters) -> None:
        self.individual_kopecks: Final[int] = parameters.number("individual_assets_rub")
        self.income_kopecks: Final[int] = parameters.number("individual_income_rub")
        self.certified_assets_kopecks: Final[int] = parameters.number("certified_assets_rub")
        self.certified_income_kopecks: Final[int] = parameters.number("certified_income_rub")
        self.net_assets_kopecks: Final[int] = parameters.number("firm_net_assets_rub")
        self.revenue_kopecks: Final[int] = parameters.number("firm_revenue_rub")
        self.combine: Final[str] = parameters.word("firm_combine")

    def met_by(self, investor: Investor) -> bool:
        """Whether the evidence on record proves it."""
        if investor.kind != FIRM:
            return bool(self.routes(investor))
        by_assets = reaches(investor.assets_rub, self.net_assets_kopecks)
        by_revenue = reaches(investor.income_rub, self.revenue_kopecks)
        return combined(by_assets, by_revenue, self.combine)

    def routes(self, investor: Investor) -> list[str]:
        """The routes by which an individual is qualified, with their figures; none: not qualified."""
        found: list[str] = []
        if reaches(investor.assets_rub, self.individual_kopecks):
            found.append(f"assets {reaches_words(investor.assets_rub, self.individual_kopecks)}")
        least = min(investor.income_rub, investor.earlier_income_rub)
        if self._opens(self.income_kopecks, least):
            found.append(f"income of the lesser of two years {reaches_words(least, self.income_kopecks)}")
        if investor.certified and self._opens(self.certified_assets_kopecks, investor.assets_rub):
            found.append(f"certified, assets {reaches_words(investor.assets_rub, self.certified_assets_kopecks)}")
        if investor.certified and self._opens(self.certified_income_kopecks, investor.income_rub):
            found.append(f"certified, income {reaches_words(investor.income_rub, self.certified_income_kopecks)}")
        return found

    def _opens(self, threshold_kopecks: int, figure_rub: int) -> bool:
        """Whether there is such a route, and a figure is enough for it."""
        return threshold_kopecks > 0 and reaches(figure_rub, threshold_kopecks)


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
        "individual_income_rub": Parameter(
            RUB,
            "the qualified threshold of an individual's income",
            "Income, in each of the last two years, at which an individual is qualified; 0: there is no such route.",
            zero="",
            left_out="0",
        ),
        "certified_assets_rub": Parameter(
            RUB,
            "the qualified threshold of assets with education or certificate",
            "Securities and deposits at which education or a certificate makes an individual qualified; 0: there is no such route.",
            zero="",
            left_out="0",
        ),
        "certified_income_rub": Parameter(
            RUB,
            "the qualified threshold of income with education or certificate",
            "Last year's income at which education or a certificate makes an individual qualified; 0: there is no such route.",
            zero="",
            left_out="0",
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
    reported=("status by experience, and by a test of knowledge",),
)
