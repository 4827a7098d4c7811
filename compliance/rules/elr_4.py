"""ELR-4: residents settle nothing in crypto with each other outside the regime (Bank of Russia, 12.03.2025)."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import TRANSFER
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import FOR_CURRENCY_VALUES, OWN, Rule, TransferRule
from engine.vocabulary.codes import OWN_ACCOUNT
from engine.vocabulary.said import Said, said


class NoSettlementBetweenResidents(TransferRule):
    """A currency value from one resident to another is refused, whatever it is said to be for."""

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers between accounts of one investor."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return OWN if case.purpose == OWN_ACCOUNT else ""

    def examine(self, case: TransferCase) -> Finding:
        """The residence of the two owners."""
        return ResidenceFinding(case)


class ResidenceFinding(Finding):
    """Whether both owners are residents."""

    def __init__(self, case: TransferCase) -> None:
        self.case: Final = case
        super().__init__(not (case.sender.resident and case.receiver.resident))

    def refusal(self) -> Said:
        """What residents may do instead."""
        case = self.case
        return said("ELR-4.residents", case.sender.investor, case.receiver.investor, case.asset.asset)

    def inputs(self) -> list[tuple[str, str]]:
        """What is moved, and between whom."""
        return [*self.case.matter(), *self.case.parties()]

    def arithmetic(self) -> str:
        """Where the two reside."""
        return self.case.residences()


RULE: Final[Rule] = Rule(
    "ELR-4",
    TRANSFER,
    {},
    compares="Settlement in crypto between two residents, outside the regime.",
    exempt="Non-residents; what is settled inside the regime.",
    reported=("fines, in a draft",),
    transfers=NoSettlementBetweenResidents,
)
