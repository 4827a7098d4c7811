"""SET-1: currency values settle cross-border contracts, between a resident and a non-resident (223-FZ)."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import FLAG, TRANSFER, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import FOR_CURRENCY_VALUES, Rule, TransferRule
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.said import Said, said


class ForeignTradeOnly(TransferRule):
    """A cross-border settlement without a contract reference or a non-resident party is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.reference_required: Final = data.parameters.flag("contract_reference_required")
        self.non_resident_required: Final = data.parameters.flag("non_resident_required")

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers for another purpose."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return "" if case.purpose == CROSS_BORDER else "it is for cross-border settlement"

    def examine(self, case: TransferCase) -> Finding:
        """The contract reference, and the residence of the two owners."""
        return SettlementFinding(self, case)


class SettlementFinding(Finding):
    """What a cross-border settlement in a currency value lacks."""

    def __init__(self, rule: ForeignTradeOnly, case: TransferCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.reference: Final[str] = case.transfer.contract_reference.strip()
        self.lacks_reference: Final[bool] = rule.reference_required and not self.reference
        self.lacks_non_resident: Final[bool] = (
            rule.non_resident_required and case.sender.resident == case.receiver.resident
        )
        super().__init__(not self.lacks_reference and not self.lacks_non_resident)

    def refusal(self) -> Said:
        """All that it lacks."""
        case = self.case
        lacks: list[Said] = []
        if self.lacks_reference:
            lacks.append(said("SET-1.reference"))
        if self.lacks_non_resident:
            sender, receiver = case.sender.investor, case.receiver.investor
            if case.sender.resident:
                lacks.append(said("SET-1.residents", sender, receiver))
            else:
                lacks.append(said("SET-1.non_residents", sender, receiver))
        return said("list.reasons", *lacks)

    def inputs(self) -> list[tuple[str, str]]:
        """What is moved, between whom, and under which contract."""
        return [*self.case.matter(), *self.case.parties(), ("contract reference", self.reference or "none")]

    def arithmetic(self) -> str:
        """What is given against what is needed."""
        needed = "needed" if self.rule.reference_required else "not needed"
        one = "one non-resident is needed" if self.rule.non_resident_required else "no non-resident is needed"
        given = "a contract reference is given" if self.reference else "no contract reference is given"
        return f"{given}, {needed}; {self.case.residences()}, {one}"


RULE: Final[Rule] = Rule(
    "SET-1",
    TRANSFER,
    {
        "contract_reference_required": Parameter(
            FLAG, "the contract reference", "Whether a cross-border settlement must name its contract."
        ),
        "non_resident_required": Parameter(
            FLAG,
            "the non-resident party",
            "Whether one party of a cross-border settlement must be a non-resident.",
        ),
    },
    compares="A cross-border settlement's contract reference and parties with what is required.",
    exempt="Transfers for another purpose.",
    transfers=ForeignTradeOnly,
)
