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
        routes = self._routes(investor)
        if investor.kind != FIRM:
            return any(reaches(figure, threshold) for _, figure, threshold in routes)
        (_, assets, least_assets), (_, revenue, least_revenue) = routes
        return combined(reaches(assets, least_assets), reaches(revenue, least_revenue), self.combine)

    def arithmetic(self, investor: Investor) -> str:
        """The evidence against the thresholds, each route by itself."""
        compared = [f"{name} {reaches_words(figure, threshold)}" for name, figure, threshold in self._routes(investor)]
        between = f" {self.combine} " if investor.kind == FIRM else " or "
        return between.join(compared)

    def _routes(self, investor: Investor) -> list[tuple[str, int, int]]:
        """What may prove it: a name, the figure on record in roubles, and the threshold in kopecks."""
        if investor.kind == FIRM:
            return [
                ("net assets", investor.assets_rub, self.net_assets_kopecks),
                ("revenue", investor.income_rub, self.revenue_kopecks),
            ]
        routes = [("assets", investor.assets_rub, self.individual_kopecks)]
        # A threshold of nothing is no route.
        if self.income_kopecks:
            lesser = min(investor.income_rub, investor.earlier_income_rub)
            routes.append(("income in the lesser of two years", lesser, self.income_kopecks))
        if investor.certified and self.certified_assets_kopecks:
            routes.append(("with certificate, assets", investor.assets_rub, self.certified_assets_kopecks))
        if investor.certified and self.certified_income_kopecks:
            routes.append(("with certificate, income", investor.income_rub, self.certified_income_kopecks))
        return routes


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
