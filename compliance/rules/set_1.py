"""SET-1: currency values settle contracts of foreign trade, between a resident and a non-resident (223-FZ of 08.08.2024).

A contract is a record. Payments use its amount up, refunds give back; beyond it nothing moves. Money that names a registered
contract settles it as currency values do, else it would "pay" without end what then goes back as crypto.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.contracts import UNKNOWN, Settlement, between
from compliance.registry.records import Contract, Investor
from compliance.rulebook.declaration import FLAG, TRANSFER, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding, yes_no
from compliance.rules.rule import FOR_CURRENCY_VALUES, Rule, TransferRule
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class ForeignTradeOnly(TransferRule):
    """A cross-border settlement that no registered contract covers is refused, and one between parties who may have none."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.contract_required: Final = data.parameters.flag("contract_reference_required")
        self.non_resident_required: Final = data.parameters.flag("non_resident_required")
        self.registered_retail_only: Final = data.parameters.flag("retail_only_if_registered")

    def spares(self, case: TransferCase) -> str:
        """Transfers for another purpose, and what is no currency value and names no registered contract."""
        named = case.transfer.contract_reference.strip() in case.registry.contracts
        if not case.currency_value and not (named and case.purpose == CROSS_BORDER):
            return FOR_CURRENCY_VALUES
        return "" if case.purpose == CROSS_BORDER else "it is for cross-border settlement"

    def party_problems(self, first: Investor, second: Investor) -> list[Said]:
        """Why two investors may not settle a contract with each other; none if they may."""
        problems: list[Said] = []
        if self.non_resident_required and first.resident == second.resident:
            if first.resident:
                problems.append(said("SET-1.residents", first.investor, second.investor))
            else:
                problems.append(said("SET-1.non_residents", first.investor, second.investor))
        if self.registered_retail_only:
            problems += [
                said("SET-1.retail", party.investor)
                for party in (first, second)
                if party.retail and not party.foreign_trade
            ]
        return problems

    def examine(self, case: TransferCase) -> Finding:
        """The contract and what is left of it, and who the two owners are."""
        return SettlementFinding(self, case)


class SettlementFinding(Finding):
    """A cross-border settlement against its contract: the parties, and the worth against what is left, or may go back."""

    def __init__(self, rule: ForeignTradeOnly, case: TransferCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.reference: Final[str] = case.transfer.contract_reference.strip()
        self.contract: Final[Contract | None] = case.registry.contracts.get(self.reference)
        self.settlement: Settlement | None = None
        """None: the contract is not one of these two."""
        if self.contract is not None and between(self.contract, case.sender, case.receiver):
            is_refund = case.sender is self.contract.payee
            amount = case.transfer.amount
            self.settlement = Settlement(case.registry, self.contract, case.asset, amount, is_refund=is_refund)
        # Who may settle in money is not this rule's to say.
        parties = rule.party_problems(case.sender, case.receiver) if case.currency_value else []
        self.lacks: Final = [*self._of_contract(), *parties]
        super().__init__(not self.lacks)

    def _of_contract(self) -> list[Said]:
        """What is wrong with the contract."""
        contract, settlement = self.contract, self.settlement
        if contract is None:
            if not self.rule.contract_required:
                return []
            return [said("SET-1.unregistered", self.reference) if self.reference else said("SET-1.reference")]
        number = contract.contract
        if settlement is None:
            return [said("SET-1.parties", number, contract.payer.investor, contract.payee.investor)]
        if settlement.fits:
            return []
        if settlement.worth == UNKNOWN:
            return [said("SET-1.worth", self.case.asset.asset, contract.asset.asset, number)]
        worth, room = _money(contract, settlement.worth), _money(contract, settlement.room)
        if settlement.is_refund:
            return [said("SET-1.refund", worth, number, room)]
        return [said("SET-1.left", worth, number, room, _money(contract, contract.amount))]

    def refusal(self) -> Said:
        """All that it lacks."""
        return said("list.reasons", *self.lacks)

    def inputs(self) -> list[tuple[str, str]]:
        """What is moved, between whom, and under which contract."""
        found = [*self.case.matter(), *self.case.parties(), ("contract reference", self.reference or "none")]
        contract = self.contract
        if contract is not None:
            found += [
                ("date of the contract", contract.concluded),
                ("subject", contract.subject),
                ("payer", contract.payer.investor),
                ("payee", contract.payee.investor),
                ("amount of the contract", _money(contract, contract.amount)),
                ("paid so far", _money(contract, contract.paid)),
                ("may be refunded", _money(contract, contract.refundable)),
            ]
        for party in (self.case.sender, self.case.receiver):
            if party.retail:
                found.append((f"{party.investor} is a foreign-trade party", yes_no(party.foreign_trade)))
        return found

    def arithmetic(self) -> str:
        """The worth against what is left, or may go back; and, of a currency value, where the two reside."""
        if not self.case.currency_value:
            return self._comparison()
        one = "one non-resident is needed" if self.rule.non_resident_required else "no non-resident is needed"
        return f"{self._comparison()}; {self.case.residences()}, {one}"

    def _comparison(self) -> str:
        contract, settlement = self.contract, self.settlement
        if contract is None:
            needed = "needed" if self.rule.contract_required else "not needed"
            return f"{'no such contract is registered' if self.reference else 'no contract is named'}, one is {needed}"
        if settlement is None:
            return "the contract is between others"
        if settlement.worth == UNKNOWN:
            return "worth unknown"
        what = "may go back" if settlement.is_refund else "left"
        sign = "<=" if settlement.fits else ">"
        return f"worth {_money(contract, settlement.worth)} {sign} {_money(contract, settlement.room)} {what}"


def _money(contract: Contract, amount: int) -> str:
    """An amount in the contract's currency."""
    return f"{decimal(amount, contract.asset.scale)} {contract.asset.asset}"


RULE: Final[Rule] = Rule(
    "SET-1",
    TRANSFER,
    {
        "contract_reference_required": Parameter(
            FLAG, "the contract", "Whether a cross-border settlement must name a registered contract."
        ),
        "non_resident_required": Parameter(
            FLAG,
            "the non-resident party",
            "Whether one party of a contract must be a resident and one a non-resident.",
        ),
        "retail_only_if_registered": Parameter(
            FLAG,
            "the registration of retail parties",
            "Whether retail settles contracts only if registered as a foreign-trade party.",
            left_out=True,
        ),
    },
    compares="A transfer's worth with what is left of its contract, a refund's with what may go back; its parties with those of the contract.",
    exempt="Transfers for another purpose; what is no currency value and names no registered contract.",
    transfers=ForeignTradeOnly,
)
