"""CUST-1: ways of holding, and clients' assets apart from the intermediary's own (press on the bill, 2026, draft).

An intermediary's own accounts are those of the investor who is the intermediary itself; its clients' are all others held through it.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import CLASSES, class_name
from compliance.registry.records import Client, Intermediary, Investor, Registry
from compliance.rulebook.declaration import SOME, STARTS, TRANSFER, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import Rule, TransferRule
from engine.vocabulary.codes import CUSTODIES, DEPOSITARY, FIAT, PURPOSES
from engine.vocabulary.said import Said, listed, said

CUSTODY: Final = "CUST-1"
"""The rule on ways of holding."""
_WAYS: Final = {
    "depositary": "in a digital depositary",
    "own_address": "on an address registered as the holder's own",
    "self_custody": "by the holder alone, with weaker protection",
}
_TEXT: Final = "How such investors may hold what they have; the depositary stands open to everybody."


class Segregation(TransferRule):
    """Which ways of holding each class has, and what may pass between clients' accounts and the intermediary's own."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.ways: Final = [data.parameters.names(f"{name}_ways") for name in CLASSES]
        """By class."""
        self.permitted: Final = data.parameters.names("money_for")

    def custody_problem(self, investor: Investor, custody: int) -> Said | None:
        """Why an investor's account may not be held so; None if it may."""
        if custody == DEPOSITARY:
            return None
        allowed = self.ways[investor.investor_class]
        if CUSTODIES[custody] in allowed:
            return None
        known = listed([CUSTODIES[DEPOSITARY], *[way for way in allowed if way != CUSTODIES[DEPOSITARY]]])
        return said("CUST-1.way", investor.investor, class_name(investor.investor_class), CUSTODIES[custody], known)

    def spares(self, case: TransferCase) -> str:
        """Transfers that are not between an intermediary's own account and one of its clients'."""
        return (
            ""
            if between(case) is not None
            else "it is for transfers between an intermediary's own accounts and its clients'"
        )

    def examine(self, case: TransferCase) -> Finding:
        """Let money pass for a permitted purpose, and nothing else."""
        return MixingFinding(self, case)

    def outside(self, registry: Registry, account: str, text: str) -> OutsideFinding:
        """Look at what comes in from outside, or leaves, and is said to be of or for somebody."""
        return OutsideFinding(registry, registry.clients[account], text.strip())


class OutsideFinding(Finding):
    """What a deposit's origin or a withdrawal's destination names: accounts that may not give to this one, or get from it."""

    def __init__(self, registry: Registry, client: Client, name: str) -> None:
        self.client: Final = client
        self.name: Final = name
        accounts: list[Client] = [registry.clients[name]] if name in registry.clients else []
        investor = registry.investors.get(name)
        if investor is not None:
            accounts += _kept_apart(registry, client, investor)
        self.other: Client | None = None
        """The first of them that is kept apart from the account."""
        for each in accounts:
            if mixed_in(client, each) is not None:
                self.other = each
                break
        super().__init__(self.other is None)

    def refusal(self) -> Said:
        """Which accounts are kept apart, and whose they are."""
        assert self.other is not None
        through = mixed_in(self.client, self.other)
        assert through is not None
        return said("CUST-1.outside", self.other.account, self.client.account, through.intermediary)

    def inputs(self) -> list[tuple[str, str]]:
        """The account, and what is named."""
        return [("account", self.client.account), ("origin or destination", self.name)]

    def arithmetic(self) -> str:
        """Whether it names an account that is kept apart from this one."""
        if self.other is None:
            return f"{self.name!r} names no account that is kept apart from {self.client.account}"
        return f"{self.name} is {self.other.account}, which is kept apart from {self.client.account}"


def _kept_apart(registry: Registry, client: Client, investor: Investor) -> list[Client]:
    """Those of an investor's accounts that may be kept apart from a client's. Of whom nobody is an intermediary not one is looked at."""
    through = client.intermediary
    if through is not None and through.own_investor == investor.investor:
        # All of them are the intermediary's own.
        return investor.clients[:1]
    own = client.investor.investor
    for each in registry.intermediaries.values():
        if each.own_investor == own:
            held = each.clients if len(each.clients) < len(investor.clients) else investor.clients
            return [other for other in held if other.investor is investor and other.intermediary is each][:1]
    return []


def mixed_in(one: Client, other: Client) -> Intermediary | None:
    """The intermediary of which one account is its own and the other a client's; None: there is none."""
    for own, held in ((one, other), (other, one)):
        through = held.intermediary
        if through is None or through.own_investor != own.investor.investor or own.investor is held.investor:
            continue
        return through
    return None


def between(case: TransferCase) -> Intermediary | None:
    """The intermediary between whose own account and a client's something would be moved."""
    clients, transfer = case.registry.clients, case.transfer
    return mixed_in(clients[transfer.account], clients[transfer.to_account])


def own_client_problem(intermediary: Intermediary | None, investor: str) -> Said | None:
    """Why an investor may not hold an account through an intermediary: it is the intermediary itself. None if it may."""
    if intermediary is None or not investor or intermediary.own_investor != investor:
        return None
    return said("CUST-1.own_client", investor, intermediary.intermediary)


class MixingFinding(Finding):
    """What would pass between an intermediary's own account and a client's, against what may."""

    def __init__(self, rule: Segregation, case: TransferCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        super().__init__(case.asset.kind == FIAT and PURPOSES[case.purpose] in rule.permitted)

    def refusal(self) -> Said:
        """Whose accounts they are, and what may pass."""
        through = between(self.case)
        assert through is not None
        transfer = self.case.transfer
        if not self.rule.permitted:
            return said("CUST-1.mixed", transfer.account, transfer.to_account, through.intermediary)
        may = listed(self.rule.permitted)
        return said("CUST-1.mixed_but", transfer.account, transfer.to_account, through.intermediary, may)

    def inputs(self) -> list[tuple[str, str]]:
        """The intermediary, who sends and receives, what and what for."""
        through = between(self.case)
        name = "" if through is None else through.intermediary
        return [("intermediary", name), *self.case.parties(), *self.case.matter()]

    def arithmetic(self) -> str:
        """What is moved against what may be."""
        asset, purpose = self.case.asset, PURPOSES[self.case.purpose]
        permitted = ", ".join(self.rule.permitted) or "nothing"
        kind = "money" if asset.kind == FIAT else "no money"
        return f"{asset.asset} is {kind}, the purpose {purpose}; between own and clients' accounts may pass: money for {permitted}"


def _ways(who: str) -> Parameter:
    return Parameter(SOME, f"the ways of holding of {who}", _TEXT, words=_WAYS)


RULE: Final[Rule] = Rule(
    CUSTODY,
    TRANSFER,
    {
        "retail_ways": _ways("retail investors"),
        "qualified_ways": _ways("qualified investors"),
        "super_qualified_ways": _ways("super-qualified investors"),
        "unqualified_firm_ways": _ways("firms that are not qualified"),
        "qualified_firm_ways": _ways("qualified firms"),
        "money_for": Parameter(
            SOME,
            "what money may pass for",
            "The purposes for which money may pass between an intermediary's own accounts and its clients'; nothing else ever does.",
            words={
                "own_account": "between accounts of one investor, which such two never are",
                "domestic_payment": "a payment inside Russia, such as the intermediary's fee",
                "cross_border": "settlement of a foreign-trade contract",
            },
        ),
        STARTS: starts(),
    },
    compares="The owners of both accounts with the investor who is the intermediary itself; a way of holding with those of the class.",
    exempt="Trades on the market; accounts that are not held through the intermediary in question; intermediaries of which it is not stated who they are.",
    transfers=Segregation,
)
