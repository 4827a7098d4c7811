"""ELR-3: retail and ordinary qualified investors have no access to the exchange (announced 23.04.2025)."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import class_name
from compliance.registry.listings import Listing
from compliance.rulebook.declaration import ORDER_ENTRY, SOME, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.said import Said, said


class NoAccess(OrderRule):
    """The classes without access are refused; `retail` covers firms that are not qualified."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.classes: Final = data.parameters.names("classes")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return self.spared_sell(listing, side)

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for the classes without access."""
        return FAILS if self.shuts_out(access_class(profile.retail, profile.investor_class)) else PASSES

    def examine(self, case: Case) -> Finding:
        """The class against those without access."""
        return AccessFinding(self, case)

    def shuts_out(self, name: str) -> bool:
        """Whether a class has no access."""
        return name in self.classes


def access_class(retail: bool, investor_class: int) -> str:
    """What this rule calls a class: `retail` covers firms that are not qualified."""
    return "retail" if retail else class_name(investor_class)


class AccessFinding(Finding):
    """The investor's class, and whether it is one without access."""

    def __init__(self, rule: NoAccess, case: Case) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.name: Final[str] = access_class(case.investor.retail, case.investor.investor_class)
        super().__init__(not rule.shuts_out(self.name))

    def refusal(self) -> Said:
        """The class, and those with access."""
        investor = self.case.investor
        name = class_name(investor.investor_class)
        return said("ELR-3.access", investor.investor, name)

    def inputs(self) -> list[tuple[str, str]]:
        """The class."""
        return [("class", class_name(self.case.investor.investor_class))]

    def arithmetic(self) -> str:
        """The class against the list."""
        found = "is not" if self.passed else "is"
        return f"{self.name} {found} among those without access: {', '.join(self.rule.classes) or 'none'}"


RULE: Final[Rule] = Rule(
    "ELR-3",
    ORDER_ENTRY,
    {
        "classes": Parameter(
            SOME,
            "the classes without access",
            "Who may not trade.",
            words={
                "retail": "individuals and firms without qualified status",
                "qualified": "ordinary qualified individuals",
            },
        ),
    },
    compares="The investor's class with those without access.",
    exempt=SELLS_OF_HOLDINGS,
    orders=NoAccess,
)
