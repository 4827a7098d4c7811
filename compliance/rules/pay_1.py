"""PAY-1: digital currency never pays inside Russia (259-FZ of 31.07.2020, article 14; in force in every regime)."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import SOME, TRANSFER, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import Rule, TransferRule
from engine.vocabulary.codes import ASSET_KINDS, DOMESTIC_PAYMENT
from engine.vocabulary.said import Said, said

KINDS: Final = {
    "crypto": "cryptocurrencies",
    "foreign_stablecoin": "stablecoins of foreign issuers",
    "domestic_stablecoin": "stablecoins of domestic issuers, digital financial assets by the same law",
}


class PaymentBan(TransferRule):
    """A domestic payment in digital currency is refused if a resident pays or is paid."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.kinds: Final = data.parameters.names("digital_currency")

    def spares(self, case: TransferCase) -> str:
        """What is no digital currency, transfers for another purpose, and payments between non-residents."""
        if ASSET_KINDS[case.asset.kind] not in self.kinds:
            return "it is for digital currency"
        if case.purpose != DOMESTIC_PAYMENT:
            return "it is for domestic payments"
        return "" if case.sender.resident or case.receiver.resident else "it is for residents"

    def examine(self, case: TransferCase) -> Finding:
        """Refuse it: what the rule concerns, it forbids."""
        return PaymentFinding(case)


class PaymentFinding(Finding):
    """A domestic payment in digital currency."""

    def __init__(self, case: TransferCase) -> None:
        self.case: Final = case
        super().__init__(False)

    def refusal(self) -> Said:
        """What to pay in instead."""
        return said("PAY-1.payment", self.case.asset.asset)

    def inputs(self) -> list[tuple[str, str]]:
        """The purpose, the kind of the asset, and who pays whom."""
        return [*self.case.matter(), *self.case.parties()]

    def arithmetic(self) -> str:
        """What it is, and where the two reside."""
        return f"a domestic payment in {self.case.asset.asset}, digital currency; {self.case.residences()}"


RULE: Final[Rule] = Rule(
    "PAY-1",
    TRANSFER,
    {
        "digital_currency": Parameter(
            SOME,
            "what is digital currency",
            "Which kinds of assets may not pay.",
            words=KINDS,
        ),
    },
    compares="The purpose of a transfer of digital currency with payment inside Russia.",
    exempt="Payments between two non-residents (CUR-1); transfers to an own account; cross-border settlement (SET-1).",
    transfers=PaymentBan,
)
