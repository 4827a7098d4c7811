"""COOL-1: withdrawals of crypto by retail wait for a cooling-off period (press after the first reading of the bill, 2026).

It refuses nothing: a withdrawal is set aside, may be cancelled meanwhile, and is carried out by the clock. So is one that the
operator makes, and what an issuer takes back.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import COUNT, SOME, STARTS, TRANSFER, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.aml_2 import CLASS_WORDS
from compliance.rules.case import LeavingCase
from compliance.rules.elr_3 import access_class
from compliance.rules.finding import WaitFinding
from compliance.rules.rule import Rule, WaitRule
from engine.vocabulary.codes import ASSET_KINDS
from engine.vocabulary.codes import TRANSFER as TRANSFER_OUT
from engine.vocabulary.limits import MAX_E8, NS_PER_SECOND

_NS_PER_HOUR: Final = 3_600 * NS_PER_SECOND


class CoolingOff(WaitRule):
    """What some classes withdraw of some kinds of assets waits for so many hours."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.hours: Final = data.parameters.number("hours")
        self.kinds: Final = data.parameters.names("kinds")
        self.classes: Final = data.parameters.names("classes")

    def spares(self, case: LeavingCase) -> str:
        """Transfers, which stay on the venue, other classes, other kinds of assets."""
        if case.kind == TRANSFER_OUT:
            return "it is for what leaves the venue"
        name = access_class(case.investor.retail, case.investor.investor_class)
        if name not in self.classes:
            return f"it is not for {name}"
        kind = ASSET_KINDS[case.asset.kind]
        return "" if kind in self.kinds else f"it is not for assets of kind {kind}"

    def examine(self, case: LeavingCase) -> WaitFinding:
        """The hours from now."""
        return CoolingFinding(self, case)


class CoolingFinding(WaitFinding):
    """How long a withdrawal waits from when it was asked for."""

    def __init__(self, rule: CoolingOff, case: LeavingCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        until_ns = min(case.time_ns + rule.hours * _NS_PER_HOUR, MAX_E8) if rule.hours else 0
        super().__init__(until_ns, False)

    def inputs(self) -> list[tuple[str, str]]:
        """Who withdraws what."""
        investor = self.case.investor
        name = access_class(investor.retail, investor.investor_class)
        return [*self.case.matter(), ("class", name), ("kind of asset", ASSET_KINDS[self.case.asset.kind])]

    def arithmetic(self) -> str:
        """The hours that it waits."""
        return f"waits {self.rule.hours} h from when it was asked for" if self.rule.hours else "waits 0 h: for nothing"


RULE: Final[Rule] = Rule(
    "COOL-1",
    TRANSFER,
    {
        "hours": Parameter(
            COUNT,
            "the cooling-off period",
            "So many hours a withdrawal waits from when it was asked for.",
            unit="hours",
            zero="no hours: every withdrawal is carried out at once",
        ),
        "kinds": Parameter(
            SOME,
            "the kinds of assets that cool off",
            "Withdrawals of which assets wait.",
            words={
                "fiat": "money",
                "crypto": "cryptocurrencies",
                "foreign_stablecoin": "foreign stablecoins",
                "domestic_stablecoin": "rouble stablecoins",
                "security": "notes and digital financial assets",
            },
        ),
        "classes": Parameter(SOME, "the classes that wait", "Whose withdrawals wait.", words=CLASS_WORDS),
        STARTS: starts(),
    },
    compares="Who withdraws which kind of asset with those that wait.",
    exempt="Transfers between accounts of the venue; other classes and kinds of assets.",
    waits=CoolingOff,
)
