"""ELR-1: of the qualified individuals only the super-qualified trade (Bank of Russia, 12.03.2025).

Individuals without any qualified status are answered by ELR-3 alone.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import QUALIFIED, RETAIL, class_name, is_firm
from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import ONE, ORDER_ENTRY, RUB, Parameter
from compliance.rulebook.parameters import Parameters
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Arrival, Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from compliance.rules.thresholds import OR_AND, combined, exceeds, exceeds_words
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class SuperQualified:
    """What makes an individual super-qualified."""

    def __init__(self, parameters: Parameters) -> None:
        self.assets_kopecks: Final[int] = parameters.number("assets_above_rub")
        self.income_kopecks: Final[int] = parameters.number("income_above_rub")
        self.combine: Final[str] = parameters.word("combine")

    def met_by(self, investor: Investor) -> bool:
        """Whether the evidence on record proves it."""
        rich = exceeds(investor.assets_rub, self.assets_kopecks)
        earning = exceeds(investor.income_rub, self.income_kopecks)
        return combined(rich, earning, self.combine)

    def arithmetic(self, investor: Investor) -> str:
        """The evidence against the two thresholds."""
        assets = exceeds_words(investor.assets_rub, self.assets_kopecks)
        income = exceeds_words(investor.income_rub, self.income_kopecks)
        return f"securities and deposits {assets} {self.combine} last year's income {income}"


class SuperQualifiedOnly(OrderRule):
    """An individual of the ordinary qualified class is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.thresholds: Final = SuperQualified(data.parameters)

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Firms, and individuals without qualified status."""
        if is_firm(profile.investor_class):
            return "it is for individuals: of firms ELR-2 decides"
        return "of individuals without qualified status ELR-3 decides" if profile.investor_class == RETAIL else ""

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an individual of the ordinary qualified class."""
        return FAILS if falls_short(profile.investor_class) else PASSES

    def examine(self, case: Case) -> Finding:
        """The class that the evidence proves, or that the supervisor has set."""
        return EvidenceFinding(self.thresholds, case.investor)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of whoever would come to hold crypto here; what settles a contract is SET-1's."""
        individual = not is_firm(arrival.investor.investor_class) and arrival.investor.investor_class != RETAIL
        return EvidenceFinding(self.thresholds, arrival.investor) if individual and arrival.enters else None


def falls_short(investor_class: int) -> bool:
    """Whether a class of qualified individuals is not the one that may trade."""
    return investor_class == QUALIFIED


class EvidenceFinding(Finding):
    """The evidence of an individual, the thresholds, and the class that follows or was set."""

    def __init__(self, thresholds: SuperQualified, investor: Investor) -> None:
        self.thresholds: Final = thresholds
        self.investor: Final = investor
        super().__init__(not falls_short(investor.investor_class))

    def refusal(self) -> Said:
        """What is needed and what the evidence shows."""
        least, investor = self.thresholds, self.investor
        above, income_above = decimal(least.assets_kopecks, 2), decimal(least.income_kopecks, 2)
        assets, income = f"{investor.assets_rub}.00", f"{investor.income_rub}.00"
        if least.combine == "or":
            return said("ELR-1.either", above, income_above, assets, income)
        return said("ELR-1.both", above, income_above, assets, income)

    def inputs(self) -> list[tuple[str, str]]:
        """Class and evidence."""
        investor = self.investor
        return [
            ("class", class_name(investor.investor_class)),
            ("securities and deposits", f"{investor.assets_rub}.00"),
            ("last year's income", f"{investor.income_rub}.00"),
        ]

    def arithmetic(self) -> str:
        """The evidence against the thresholds, or who has set the class."""
        least, investor = self.thresholds, self.investor
        name = class_name(investor.investor_class)
        if investor.class_override:
            return f"{name}, set by the supervisor: {investor.reason}"
        assets = exceeds_words(investor.assets_rub, least.assets_kopecks)
        income = exceeds_words(investor.income_rub, least.income_kopecks)
        return f"{assets} {least.combine} {income}: {name}"


_ANYONE: Final = "a threshold of nothing: everyone with any evidence meets it"

RULE: Final[Rule] = Rule(
    "ELR-1",
    ORDER_ENTRY,
    {
        "assets_above_rub": Parameter(
            RUB,
            "the super-qualified threshold of securities and deposits",
            "Securities and deposits must be above it.",
            zero=_ANYONE,
        ),
        "income_above_rub": Parameter(
            RUB, "the super-qualified threshold of income", "Last year's income must be above it.", zero=_ANYONE
        ),
        "combine": Parameter(ONE, "how the two thresholds combine", "Whether one figure is enough.", words=OR_AND),
    },
    compares="An individual's class, made of the evidence on record, with super-qualified.",
    exempt=f"Firms (ELR-2); individuals without any qualified status (ELR-3). {SELLS_OF_HOLDINGS}",
    reported=("both figures needed (`and`), one report", "criteria not final (Ministry of Finance)"),
    orders=SuperQualifiedOnly,
)
