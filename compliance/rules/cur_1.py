"""CUR-1: currency values are bought and sold, never a means of payment inside Russia (concept of 23.12.2025, proposed).

What of it is in force is PAY-1: residents, and digital currency. CUR-1 goes further: rouble stablecoins, and non-residents too.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import STARTS, TRANSFER, starts
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import FOR_CURRENCY_VALUES, Rule, TransferRule
from engine.vocabulary.codes import DOMESTIC_PAYMENT
from engine.vocabulary.said import Said, said


class NoDomesticPayment(TransferRule):
    """A domestic payment in a currency value is refused; roubles and securities pass."""

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers for another purpose."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return "" if case.purpose == DOMESTIC_PAYMENT else "it is for domestic payments"

    def examine(self, case: TransferCase) -> Finding:
        """Refuse it: what the rule concerns, it forbids."""
        return PaymentFinding(case)


class PaymentFinding(Finding):
    """A domestic payment in a currency value."""

    def __init__(self, case: TransferCase) -> None:
        self.case: Final = case
        super().__init__(False)

    def refusal(self) -> Said:
        """What to pay in instead."""
        return said("CUR-1.payment", self.case.asset.asset)

    def inputs(self) -> list[tuple[str, str]]:
        """The purpose, and the kind of the asset."""
        return self.case.matter()

    def arithmetic(self) -> str:
        """What it is."""
        return f"a domestic payment in {self.case.asset.asset}, a currency value"


RULE: Final[Rule] = Rule(
    "CUR-1",
    TRANSFER,
    {STARTS: starts()},
    compares="The purpose of a transfer with payment inside Russia.",
    exempt="Transfers to an own account; cross-border settlement (SET-1).",
    transfers=NoDomesticPayment,
)
