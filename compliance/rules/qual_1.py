"""QUAL-1: qualified individuals pass a risk test; no volume limit (23.12.2025)."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import QUALIFIED, SUPER_QUALIFIED
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, RecordedTest
from compliance.rulebook.declaration import FLAG, ORDER_ENTRY, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FOR_PURCHASES, SELLS_OF_HOLDINGS, Rule
from compliance.rules.validity import PASS_MARK, VALIDITY, TestRule


class RiskTest(TestRule):
    """A purchase by a qualified individual without a valid test is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.required: Final = data.parameters.flag("risk_test_required")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but purchases by qualified individuals; everything if no test is required."""
        if not self.required:
            return "the rulebook requires no risk test"
        if not qualified_individual(profile.investor_class):
            return "it is for qualified individuals"
        return "" if listing.opens(side) else FOR_PURCHASES

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The risk test of a qualified individual."""
        return investor.risk if self.required and qualified_individual(investor.investor_class) else None

    def examine(self, case: Case) -> Finding:
        """The latest risk test."""
        return self.examine_test(case.investor.risk, case.time_ns, case.explained)


def qualified_individual(investor_class: int) -> bool:
    """Whether a class is one of qualified individuals, ordinary or super-qualified."""
    return investor_class in (QUALIFIED, SUPER_QUALIFIED)


RULE: Final[Rule] = Rule(
    "QUAL-1",
    ORDER_ENTRY,
    {
        "risk_test_required": Parameter(
            FLAG, "the risk test", "Whether qualified individuals must pass one before they buy."
        ),
        "pass_mark": PASS_MARK,
        "validity_days": VALIDITY,
        STARTS: starts(),
    },
    compares="The latest risk test with the pass mark, and its date with its validity.",
    exempt=f"Retail investors (RET-3); firms. {SELLS_OF_HOLDINGS}",
    reported=("content and pass mark unpublished",),
    orders=RiskTest,
)
