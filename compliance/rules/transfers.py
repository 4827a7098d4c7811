"""Rules on what is moved, issued, frozen or asked for beside the market: who may send what to whom, and for what."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import AssetRecord
from compliance.registry.records import Investor
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.case import Figures
from engine.state.hook import Failure, Verdict
from engine.vocabulary.codes import (
    ASSET_KINDS,
    CROSS_BORDER,
    CRYPTO,
    DOMESTIC_PAYMENT,
    DOMESTIC_STABLECOIN,
    FOREIGN_STABLECOIN,
    OWN_ACCOUNT,
    PRIVACY_KINDS,
    PURPOSES,
)
from engine.vocabulary.messages.commands import Transfer

FREEZE: Final = "FRZ-1"
"""The rule under which holdings are frozen."""

# Why a rule does not concern a transfer.
OWN: Final = "a transfer between accounts of one investor"
FOR_CURRENCY_VALUES: Final = "it is for currency values: cryptocurrencies and stablecoins"

# What the concept of 23.12.2025 calls currency values: bought and sold, never a means of payment inside Russia.
CURRENCY_VALUES: Final = (CRYPTO, FOREIGN_STABLECOIN, DOMESTIC_STABLECOIN)


class TransferCase:
    """One transfer before the rules: who owns the two accounts, and what is moved."""

    def __init__(self, transfer: Transfer, sender: Investor, receiver: Investor, asset: AssetRecord) -> None:
        self.purpose: Final[int] = transfer.purpose
        self.contract_reference: Final[str] = transfer.contract_reference
        self.sender: Final = sender
        self.receiver: Final = receiver
        self.asset: Final = asset
        self.currency_value: Final[bool] = asset.kind in CURRENCY_VALUES

    def matter(self) -> list[tuple[str, str]]:
        """What is moved and what for, as people read it."""
        return [("purpose", PURPOSES[self.purpose]), (f"kind of {self.asset.asset}", ASSET_KINDS[self.asset.kind])]

    def parties(self) -> list[tuple[str, str]]:
        """Who sends and who receives."""
        return [("sender", self.sender.investor), ("receiver", self.receiver.investor)]

    def residences(self) -> str:
        """Whether the two are residents."""
        return "; ".join(
            [
                f"{investor.investor} is a {'resident' if investor.resident else 'non-resident'}"
                for investor in (self.sender, self.receiver)
            ]
        )


class TransferRule:
    """A rule that can refuse a transfer."""

    def __init__(self, data: RuleData) -> None:
        self.rule: Final = data.rule
        self.title: Final = data.title

    def judge(self, case: TransferCase) -> str:
        """Empty if the transfer passes; else what fails and what would have been allowed."""
        raise NotImplementedError

    def spares(self, case: TransferCase) -> str:
        """Why the rule does not concern a transfer; empty: it does."""
        return ""

    def figures(self, case: TransferCase) -> Figures:
        """What `judge` looks at in a transfer that the rule concerns, and how it comes to its answer."""
        raise NotImplementedError


class BlockedParty(TransferRule):
    """SAN-1: a blocked owner neither sends nor receives, between own accounts either."""

    def judge(self, case: TransferCase) -> str:
        """Name who is blocked, the sender first."""
        for investor in (case.sender, case.receiver):
            if investor.blocked:
                return f"investor {investor.investor} is on the list of blocked owners: may not move assets"
        return ""

    def figures(self, case: TransferCase) -> Figures:
        """Whether the two owners are on the list."""
        found = [
            f"{investor.investor} {'is' if investor.blocked else 'is not'} on the list of blocked owners"
            for investor in (case.sender, case.receiver)
        ]
        return Figures(case.parties(), "; ".join(found))


class NoPrivacyCoins(TransferRule):
    """ANON-1: privacy coins go to nobody else (Bank of Russia, 23.12.2025); who has some may gather them."""

    def __init__(self, data: RuleData) -> None:
        super().__init__(data)
        self.banned: Final = data.parameters.names("banned_privacy")

    def judge(self, case: TransferCase) -> str:
        """Name the coin and its kind of privacy."""
        privacy = PRIVACY_KINDS[case.asset.privacy]
        if self.spares(case) or privacy not in self.banned:
            return ""
        return (
            f"{case.asset.asset} is a coin with {privacy} privacy; banned: {', '.join(self.banned)}; "
            f"it moves between accounts of one investor only"
        )

    def spares(self, case: TransferCase) -> str:
        """Transfers between accounts of one investor."""
        return OWN if case.purpose == OWN_ACCOUNT else ""

    def figures(self, case: TransferCase) -> Figures:
        """The asset's kind of privacy."""
        privacy = PRIVACY_KINDS[case.asset.privacy]
        found = "is" if privacy in self.banned else "is not"
        inputs = [(f"privacy of {case.asset.asset}", privacy)]
        return Figures(inputs, f"{privacy} {found} among the banned: {', '.join(self.banned) or 'none'}")


class NoDomesticPayment(TransferRule):
    """CUR-1: currency values are never a means of payment inside Russia (23.12.2025; the payment ban is in 259-FZ)."""

    def judge(self, case: TransferCase) -> str:
        """Refuse a domestic payment in a currency value; roubles and securities pass."""
        if self.spares(case):
            return ""
        return f"{case.asset.asset} is a currency value, not a means of payment inside Russia: pay in RUB"

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers for another purpose."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return "" if case.purpose == DOMESTIC_PAYMENT else "it is for domestic payments"

    def figures(self, case: TransferCase) -> Figures:
        """The kind of the asset."""
        return Figures(case.matter(), f"a domestic payment in {case.asset.asset}, a currency value")


class NoSettlementBetweenResidents(TransferRule):
    """ELR-4: residents settle nothing in crypto with each other outside the regime (Bank of Russia, 12.03.2025)."""

    def judge(self, case: TransferCase) -> str:
        """Refuse a currency value from one resident to another, whatever it is said to be for."""
        if self.spares(case) or not (case.sender.resident and case.receiver.resident):
            return ""
        return (
            f"{case.sender.investor} and {case.receiver.investor} are residents: they settle nothing in "
            f"{case.asset.asset} with each other, but may trade it on the exchange"
        )

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers between accounts of one investor."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return OWN if case.purpose == OWN_ACCOUNT else ""

    def figures(self, case: TransferCase) -> Figures:
        """The residence of the two owners."""
        return Figures([*case.matter(), *case.parties()], case.residences())


class ForeignTradeOnly(TransferRule):
    """SET-1: currency values settle cross-border contracts, between a resident and a non-resident (223-FZ)."""

    def __init__(self, data: RuleData) -> None:
        super().__init__(data)
        self.reference_required: Final = data.parameters.flag("contract_reference_required")
        self.non_resident_required: Final = data.parameters.flag("non_resident_required")

    def judge(self, case: TransferCase) -> str:
        """Say all that a cross-border settlement in a currency value lacks."""
        if self.spares(case):
            return ""
        lacks: list[str] = []
        if self.reference_required and not case.contract_reference.strip():
            lacks.append("a contract reference is needed")
        if self.non_resident_required and case.sender.resident == case.receiver.resident:
            both = "residents" if case.sender.resident else "non-residents"
            lacks.append(
                f"one of the two parties must be a resident and one not; {case.sender.investor} and "
                f"{case.receiver.investor} are both {both}"
            )
        return "; ".join(lacks)

    def spares(self, case: TransferCase) -> str:
        """What is no currency value, and transfers for another purpose."""
        if not case.currency_value:
            return FOR_CURRENCY_VALUES
        return "" if case.purpose == CROSS_BORDER else "it is for cross-border settlement"

    def figures(self, case: TransferCase) -> Figures:
        """The contract reference, and the residence of the two owners."""
        reference = case.contract_reference.strip()
        inputs = [*case.matter(), *case.parties(), ("contract reference", reference or "none")]
        needed = "needed" if self.reference_required else "not needed"
        one = "one non-resident is needed" if self.non_resident_required else "no non-resident is needed"
        given = "a contract reference is given" if reference else "no contract reference is given"
        return Figures(inputs, f"{given}, {needed}; {case.residences()}, {one}")


TRANSFER_CHECKS: Final[dict[str, type[TransferRule]]] = {
    "SAN-1": BlockedParty,
    "ANON-1": NoPrivacyCoins,
    "CUR-1": NoDomesticPayment,
    "ELR-4": NoSettlementBetweenResidents,
    "SET-1": ForeignTradeOnly,
}


class TransferTable:
    """What a rulebook in force says of transfers, deliveries, issuance and freezes."""

    def __init__(self, book: Rulebook) -> None:
        self.book: Final = book
        self.rules: Final[list[TransferRule]] = []
        """In the order of decision."""
        for rule in book.transfer_order:
            data = book.active(rule)
            if data is not None:
                self.rules.append(TRANSFER_CHECKS[rule](data))

    def judge(self, case: TransferCase) -> Verdict | None:
        """Ask every rule. All failures, in the order of decision; None: the transfer passes."""
        failures: list[Failure] = []
        for rule in self.rules:
            detail = rule.judge(case)
            if detail:
                failures.append(Failure(rule.rule, rule.title, detail))
        return Verdict(failures) if failures else None

    def delivery(self, instrument: str) -> Verdict | None:
        """The refusal of a derivative's delivery by DER-1; None if the book has no such rule in force."""
        data = self.book.active("DER-1")
        if data is None:
            return None
        detail = f"{instrument} is settled in money; what it follows is never delivered"
        return Verdict([Failure(data.rule, data.title, detail)])

    def owner_problem(self, owner: Investor) -> str:
        """Why nothing may be issued to an owner, redeemed or withdrawn (SAN-1); empty if it may."""
        data = self.book.active("SAN-1")
        if data is None or not owner.blocked:
            return ""
        return f"{data.rule}: investor {owner.investor} is on the list of blocked owners"

    def freeze_problem(self, asset: AssetRecord) -> str:
        """Why holdings of an asset can't be frozen (FRZ-1); empty if they can."""
        if self.book.active(FREEZE) is None:
            return f"rulebook {self.book.name} has no rule {FREEZE} in force: nothing can be frozen"
        if asset.kind == CRYPTO:
            return f"{FREEZE} is about what an issuer controls: stablecoins and securities; {asset.asset} is crypto"
        return ""
