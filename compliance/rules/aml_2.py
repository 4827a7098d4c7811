"""AML-2: what a client of a high risk level sends out waits for a supervisor's word (press on the bill of 2026; 115-FZ).

It refuses nothing. Withdrawals, by the operator too, transfers and redemptions are set aside, until a supervisor releases or
refuses them.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.records import RISK_LEVELS
from compliance.rulebook.declaration import ONE, SOME, STARTS, TRANSFER, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import LeavingCase
from compliance.rules.elr_3 import access_class
from compliance.rules.finding import WaitFinding
from compliance.rules.rule import Rule, WaitRule

CLASS_WORDS: Final = {
    "retail": "individuals and firms without qualified status",
    "qualified": "ordinary qualified individuals",
    "super_qualified": "super-qualified individuals",
    "qualified_firm": "qualified firms",
}


class RiskLevels(WaitRule):
    """What leaves an account of a client at a level, or above it, waits for a word."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.waits_from: Final = data.parameters.word("waits_from")
        self.classes: Final = data.parameters.names("classes")

    def spares(self, case: LeavingCase) -> str:
        """Clients of other classes."""
        name = access_class(case.investor.retail, case.investor.investor_class)
        return "" if name in self.classes else f"it is not for {name}"

    def examine(self, case: LeavingCase) -> WaitFinding:
        """The level against the one from which it waits."""
        return LevelFinding(self, case)


class LevelFinding(WaitFinding):
    """A client's risk level against the one from which what leaves waits for a word."""

    def __init__(self, rule: RiskLevels, case: LeavingCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        level = case.investor.risk_level
        self.level: Final[str] = level or "not assessed"
        waits = bool(level) and RISK_LEVELS.index(level) >= RISK_LEVELS.index(rule.waits_from)
        super().__init__(0, waits)

    def inputs(self) -> list[tuple[str, str]]:
        """Who sends out what, and the level."""
        return [*self.case.matter(), ("risk level", self.level)]

    def arithmetic(self) -> str:
        """The level against the one from which it waits."""
        if self.for_word:
            return f"risk level {self.level}, {self.rule.waits_from} or above: waits for a supervisor's word"
        return f"risk level {self.level}, below {self.rule.waits_from}: waits for no word"


RULE: Final[Rule] = Rule(
    "AML-2",
    TRANSFER,
    {
        "waits_from": Parameter(
            ONE,
            "the risk level from which a word is needed",
            "The risk level from which what a client sends out waits for a supervisor's word.",
            words={
                "low": "of everybody who was assessed",
                "medium": "of medium and high risk",
                "high": "of high risk",
            },
        ),
        "classes": Parameter(
            SOME,
            "the classes whose risk level counts",
            "Whose withdrawals and transfers may have to wait for a word.",
            words=CLASS_WORDS,
        ),
        STARTS: starts(),
    },
    compares="The risk level of who sends out a withdrawal, a transfer or a redemption, with the level from which a word is needed.",
    exempt="Whoever was not assessed; what somebody receives; orders and cancels.",
    waits=RiskLevels,
)
