"""RISK-1: the warning of total loss is acknowledged before the first purchase, again when its text changes."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import COUNT, ORDER_ENTRY, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, FOR_PURCHASES, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule, opens
from engine.vocabulary.said import Said, said


class RiskWarning(OrderRule):
    """A purchase by someone who has not acknowledged the version in force is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.version: Final = data.parameters.number("warning_version")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return "" if opens(listing, side) else FOR_PURCHASES

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for someone who has not acknowledged the version in force."""
        return PASSES if profile.warned else FAILS

    def warned(self, investor: Investor) -> bool:
        """Whether an investor has acknowledged the version in force, as a `Profile` says."""
        return investor.acknowledged_version >= self.version

    def examine(self, case: Case) -> Finding:
        """The version acknowledged against that in force."""
        return WarningFinding(self, case.investor)


class WarningFinding(Finding):
    """The version acknowledged against that in force."""

    def __init__(self, rule: RiskWarning, investor: Investor) -> None:
        self.needed: Final = rule.version
        self.acknowledged: Final = investor.acknowledged_version
        super().__init__(rule.warned(investor))

    def refusal(self) -> Said:
        """Which version is needed and which was acknowledged."""
        if not self.acknowledged:
            return said("RISK-1.none", self.needed)
        return said("RISK-1.older", self.needed, self.acknowledged)

    def inputs(self) -> list[tuple[str, str]]:
        """The version acknowledged."""
        return [("version acknowledged", str(self.acknowledged) if self.acknowledged else "none")]

    def arithmetic(self) -> str:
        """The two versions."""
        return f"{self.acknowledged} {'>=' if self.passed else '<'} {self.needed} in force"


RULE: Final[Rule] = Rule(
    "RISK-1",
    ORDER_ENTRY,
    {
        "warning_version": Parameter(
            COUNT,
            "the version of the warning in force",
            "An acknowledgement of an earlier version does not count.",
            zero="version 0: nobody needs to acknowledge the warning",
        ),
    },
    compares="The version acknowledged with the version in force.",
    exempt=SELLS_OF_HOLDINGS,
    orders=RiskWarning,
)
