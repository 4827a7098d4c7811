"""RISK-1: the warning of total loss is acknowledged before the first purchase, again when its text changes.

The rulebook states the text. Who acknowledges names its SHA-256 digest, and has acknowledged that text and no other.
"""

from __future__ import annotations

import hashlib
from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import ORDER_ENTRY, STARTS, TEXT, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, FOR_PURCHASES, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule, opens
from engine.vocabulary.said import Said, said


def digest_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def warning_texts(rulebook: Rulebook) -> list[str]:
    """The texts of the warning that a rulebook states, by date, also where the rule is off or has not started; none without RISK-1."""
    data = rulebook.rules.get("RISK-1")
    return [] if data is None else [stage.parameters.word("warning_text") for stage in data.stages]


class RiskWarning(OrderRule):
    """A purchase by someone who has not acknowledged the text in force is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.text: Final = data.parameters.word("warning_text")
        self.digest: Final = digest_of(self.text)

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return "" if opens(listing, side) else FOR_PURCHASES

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for someone who has not acknowledged the text in force."""
        return PASSES if profile.warned else FAILS

    def warned(self, investor: Investor) -> bool:
        """Whether an investor has acknowledged the text in force, as a `Profile` says."""
        return self.digest in investor.acknowledged

    def examine(self, case: Case) -> Finding:
        """The texts acknowledged against that in force."""
        return WarningFinding(self, case.investor)


class WarningFinding(Finding):
    """The texts acknowledged against that in force."""

    def __init__(self, rule: RiskWarning, investor: Investor) -> None:
        self.needed: Final = rule.digest
        self.acknowledged: Final[int] = len(investor.acknowledged)
        super().__init__(rule.warned(investor))

    def refusal(self) -> Said:
        """Which text is needed, and how many others were acknowledged."""
        if not self.acknowledged:
            return said("RISK-1.none", self.needed)
        return said("RISK-1.others", self.needed, self.acknowledged)

    def inputs(self) -> list[tuple[str, str]]:
        """The text in force, and how many were acknowledged."""
        return [("text in force", self.needed), ("texts acknowledged", str(self.acknowledged or "none"))]

    def arithmetic(self) -> str:
        """Whether the text in force is among those acknowledged."""
        among = "is" if self.passed else "is not"
        return f"{self.needed[:12]} {among} among the {self.acknowledged} acknowledged"


RULE: Final[Rule] = Rule(
    "RISK-1",
    ORDER_ENTRY,
    {
        "warning_text": Parameter(
            TEXT,
            "the text of the warning",
            "What must be acknowledged by its SHA-256 digest; an acknowledgement counts for its own text alone.",
        ),
        STARTS: starts(),
    },
    compares="The digests of the texts acknowledged with that of the text in force.",
    exempt=SELLS_OF_HOLDINGS,
    orders=RiskWarning,
)
