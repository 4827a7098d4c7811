"""A rulebook compiled: its checks found by id, and tables of what they decide before an order comes."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import (
    CLASSES,
    FIRM_CLASSES,
    INDIVIDUAL_CLASSES,
    QUALIFIED,
    QUALIFIED_FIRM,
    RETAIL,
    SUPER_QUALIFIED,
    UNQUALIFIED_FIRM,
)
from compliance.registry.listings import Decision, Listing
from compliance.registry.records import Client, Investor, Registry
from compliance.rulebook.format import Rulebook
from compliance.rules.access import (
    BarredIntermediary,
    BlockedOwner,
    NoAccess,
    QualifiedDerivatives,
    QualifiedFirmsOnly,
    SuperQualifiedOnly,
)
from compliance.rules.amounts import AnnualCap, LargestOrder
from compliance.rules.assets import HighlyLiquidOnly, PrivacyBan, Stablecoins
from compliance.rules.case import FAILS, PASSES, Case, Profile, Rule
from compliance.rules.exposures import BankExposure, ExposureLimit, IntermediaryCover
from compliance.rules.persons import KnowledgeTest, OneIntermediary, RiskTest, RiskWarning
from compliance.rules.transfers import TransferTable
from engine.state.hook import Failure, Verdict
from engine.vocabulary.codes import BUY, FIRM

CHECKS: Final[dict[str, type[Rule]]] = {
    "SAN-1": BlockedOwner,
    "ANON-1": PrivacyBan,
    "INT-1": BarredIntermediary,
    "ELR-1": SuperQualifiedOnly,
    "ELR-2": QualifiedFirmsOnly,
    "ELR-3": NoAccess,
    "DER-1": QualifiedDerivatives,
    "DER-2": IntermediaryCover,
    "DER-3": BankExposure,
    "DER-4": ExposureLimit,
    "SET-2": Stablecoins,
    "RET-1": AnnualCap,
    "RET-2": HighlyLiquidOnly,
    "RET-3": KnowledgeTest,
    "RET-4": OneIntermediary,
    "QUAL-1": RiskTest,
    "RISK-1": RiskWarning,
    "OPS-1": LargestOrder,
}

# More than any price in ticks times any quantity in lots: both fit 64 bits.
_UNBOUNDED: Final = 2**128


class RuleTable:
    """The rules in force that can refuse an order, and the decisions made from them so far."""

    def __init__(self, book: Rulebook) -> None:
        self.book: Final = book
        self.rules: Final[list[Rule]] = []
        """In the order of decision."""
        self.tiers: HighlyLiquidOnly | None = None
        """RET-2, if it is in force."""
        self.knowledge: KnowledgeTest | None = None
        """RET-3, if it is in force."""
        self.one_intermediary: OneIntermediary | None = None
        """RET-4, if it is in force."""
        for name in book.order:
            data = book.active(name)
            if data is not None:
                self._add(CHECKS[name](data, book))
        self.transfers: Final = TransferTable(book)
        warning = book.active("RISK-1")
        self.warning_version: Final[int] = 0 if warning is None else warning.parameters.number("warning_version")
        self._by_profile: Final[dict[int, dict[int, Decision]]] = {}

    def _add(self, rule: Rule) -> None:
        """Put a rule at the end of the order of decision, and at hand if records are kept by it."""
        self.rules.append(rule)
        if isinstance(rule, HighlyLiquidOnly):
            self.tiers = rule
        elif isinstance(rule, KnowledgeTest):
            self.knowledge = rule
        elif isinstance(rule, OneIntermediary):
            self.one_intermediary = rule

    def profile(self, client: Client) -> Profile:
        """What the table needs to know of a client."""
        investor, intermediary = client.investor, client.intermediary
        return Profile(
            investor.investor_class,
            investor.financial,
            investor.blocked,
            intermediary is not None and intermediary.barred,
            investor.acknowledged_version >= self.warning_version,
        )

    def decisions(self, client: Client) -> dict[int, Decision]:
        """The decisions of a client's profile, by instrument index times two plus side; they are filled in as asked for."""
        key = self.profile(client).key
        found = self._by_profile.get(key)
        if found is None:
            found = {}
            self._by_profile[key] = found
        return found

    def forget_decisions(self) -> None:
        """Let decisions be made anew, after an asset's tier changed. O(profiles): their clients share them."""
        for decisions in self._by_profile.values():
            decisions.clear()

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether something that lets orders pass ended with the day before a Moscow day. O(rules + records)."""
        return any(rule.lapses(registry, day) for rule in self.rules)

    def decide(self, profile: Profile, listing: Listing, side: int) -> Decision:
        """Ask every rule what it makes of all orders of a profile, instrument and side."""
        ask: list[int] = []
        fails: list[str] = []
        free = _UNBOUNDED
        for place, rule in enumerate(self.rules):
            bears = rule.bears(profile, listing, side)
            limit = rule.allows_up_to(profile, listing)
            if bears != PASSES:
                free = -1
                ask.append(place)
                if bears == FAILS:
                    fails.append(rule.rule)
            elif limit >= 0:
                free = min(free, limit // listing.unit)
                ask.append(place)
        # Someone must count these orders, whatever the rules ask.
        if listing.derivative or (side == BUY and profile.retail):
            free = -1
        return Decision(listing, ask, tuple(fails), free)

    def judge(self, decision: Decision, case: Case) -> Verdict | None:
        """Ask the rules that a decision leaves open. All failures, in the order of decision; None: the order passes."""
        failures: list[Failure] = []
        for place in decision.rules:
            rule = self.rules[place]
            detail = rule.judge(case)
            if detail:
                failures.append(Failure(rule.rule, rule.title, detail))
            else:
                assert rule.rule not in decision.fails, "a rule passes an order that its table refuses"
        return Verdict(failures) if failures else None

    def classify(self, investor: Investor) -> int:
        """The class of an investor by the thresholds of QUAL-0 and ELR-1, or the supervisor's override."""
        if investor.class_override:
            return CLASSES.index(investor.class_override)
        ordinary = self.book.rules["QUAL-0"].parameters
        assets = investor.assets_rub * 100
        income = investor.income_rub * 100
        if investor.kind == FIRM:
            by_assets = assets >= ordinary.number("firm_net_assets_rub")
            by_revenue = income >= ordinary.number("firm_revenue_rub")
            either = ordinary.word("firm_combine") == "or"
            return QUALIFIED_FIRM if _combined(by_assets, by_revenue, either) else UNQUALIFIED_FIRM
        highest = self.book.rules.get("ELR-1")
        if highest is not None:
            rich = assets > highest.parameters.number("assets_above_rub")
            earning = income > highest.parameters.number("income_above_rub")
            if _combined(rich, earning, highest.parameters.word("combine") == "or"):
                return SUPER_QUALIFIED
        return QUALIFIED if assets >= ordinary.number("individual_assets_rub") else RETAIL


def override_problem(kind: int, class_override: str, reason: str) -> str:
    """Why a supervisor can't set this class instead of the derived one; empty if they can."""
    allowed = [CLASSES[number] for number in (FIRM_CLASSES if kind == FIRM else INDIVIDUAL_CLASSES)]
    if class_override not in allowed:
        return f"class_override {class_override} is none of {', '.join(allowed)}"
    if not reason.strip():
        return "class_override needs a reason"
    return ""


def _combined(first: bool, second: bool, either: bool) -> bool:
    return (first or second) if either else (first and second)
