"""A rulebook compiled: its rules found by id, and tables of what they decide before an order comes."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.listings import AssetRecord, Decision, Listing
from compliance.registry.records import Client, Investor, Registry
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.aml_1 import LargeTransfers
from compliance.rules.arr_1 import ARREST
from compliance.rules.case import DEPOSIT, Arrival, Case, LeavingCase, Profile, TransferCase, profile_of
from compliance.rules.catalogue import RULES
from compliance.rules.classification import Classification
from compliance.rules.cust_1 import Segregation
from compliance.rules.der_1 import delivery_refusal
from compliance.rules.der_3 import BankExposure
from compliance.rules.disc_1 import DisclosedOnly
from compliance.rules.frz_1 import FREEZE, freeze_problem
from compliance.rules.id_1 import OnePerson
from compliance.rules.may_hold import may_come_to_hold
from compliance.rules.ret_2 import HighlyLiquidOnly
from compliance.rules.ret_3 import KnowledgeTest
from compliance.rules.ret_4 import OneIntermediary
from compliance.rules.risk_1 import RiskWarning
from compliance.rules.rule import FAILS, PASSES, OrderRule, TransferRule, WaitRule
from compliance.rules.san_1 import listed_owner
from compliance.rules.set_1 import ForeignTradeOnly
from engine.state.hook import Failure, Verdict, Wait
from engine.vocabulary.said import Said, said

# More than any price in ticks times any quantity in lots: both fit 64 bits.
_UNBOUNDED: Final = 2**128

NEVER_BROUGHT_IN: Final = ("ANON-1",)
"""Rules that forbid a holding itself, not only the purchase: no origin excuses it."""


class RuleTable:
    """The rules in force that can refuse an order, and the decisions made from them so far."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook: Final = rulebook
        self.rules: Final[list[OrderRule]] = []
        """In the order of decision."""
        self.tiers: HighlyLiquidOnly | None = None
        """RET-2, if it is in force."""
        self.knowledge: KnowledgeTest | None = None
        """RET-3, if it is in force."""
        self.one_intermediary: OneIntermediary | None = None
        """RET-4, if it is in force."""
        self.bank_exposure: BankExposure | None = None
        """DER-3, if it is in force."""
        self.warning: RiskWarning | None = None
        """RISK-1, if it is in force."""
        self.identity: OnePerson | None = None
        """ID-1, if it is in force."""
        self.disclosed: DisclosedOnly | None = None
        """DISC-1, if it is in force."""
        for name in rulebook.order:
            data, orders = rulebook.active(name), RULES[name].orders
            if data is not None and orders is not None:
                self._add(orders(data, rulebook))
        self.transfers: Final = TransferTable(rulebook)
        self._classification: Final = Classification(rulebook)
        self._by_profile: Final[dict[int, dict[int, Decision]]] = {}

    def _add(self, rule: OrderRule) -> None:
        """Put a rule at the end of the order of decision, and at hand if records are kept by it."""
        self.rules.append(rule)
        if isinstance(rule, HighlyLiquidOnly):
            self.tiers = rule
        elif isinstance(rule, KnowledgeTest):
            self.knowledge = rule
        elif isinstance(rule, OneIntermediary):
            self.one_intermediary = rule
        elif isinstance(rule, BankExposure):
            self.bank_exposure = rule
        elif isinstance(rule, RiskWarning):
            self.warning = rule
        elif isinstance(rule, OnePerson):
            self.identity = rule
        elif isinstance(rule, DisclosedOnly):
            self.disclosed = rule

    def profile(self, client: Client) -> Profile:
        """What the table needs to know of a client."""
        investor, intermediary = client.investor, client.intermediary
        return Profile(
            investor.investor_class,
            financial=investor.financial,
            blocked=investor.listed is not None,
            barred=intermediary is not None and intermediary.barred,
            warned=self.warning is None or self.warning.warned(investor),
            bank=investor.bank,
            through_bank=intermediary is not None and intermediary.bank,
            identified=self.identity is None or self.identity.identified(investor),
        )

    def decisions(self, client: Client) -> dict[int, Decision]:
        """The decisions of a client's profile, by instrument number times two plus side; they are filled in as asked for."""
        return self._of_profile(self.profile(client).key)

    def decided(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """What has been decided so far: by the key of a profile the keys of its decisions, and for which profile each was made."""
        return sorted(
            [
                (key, sorted([(place, each.profile) for place, each in decisions.items()]))
                for key, decisions in self._by_profile.items()
                if decisions
            ]
        )

    def decide_again(self, key: int, decided: list[tuple[int, int]], listings: list[Listing]) -> None:
        """Make decisions that `decided` names; instruments by number."""
        decisions = self._of_profile(key)
        for place, profile in decided:
            decisions[place] = self.decide(profile_of(profile), listings[place // 2], place % 2)

    def _of_profile(self, key: int) -> dict[int, Decision]:
        found = self._by_profile.get(key)
        if found is None:
            found = self._by_profile[key] = {}
        return found

    def forget_decisions(self) -> None:
        """Let decisions be made anew, after an asset's tier changed. O(profiles): their clients share them."""
        for decisions in self._by_profile.values():
            decisions.clear()

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether something that lets orders pass ended with the day before a Moscow day. O(rules + records)."""
        return any(rule.lapses(registry, day) for rule in self.rules)

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Investors of whose open orders a rule may refuse one by now. See `OrderRule.doubtful`."""
        return [investor for rule in self.rules for investor in rule.doubtful(registry, ledger)]

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, str, Said]]:
        """Who stands outside a rule's limit now: the rule's id, who, and by how much."""
        return [(rule.rule, *found) for rule in self.rules for found in rule.outside(registry, ledger)]

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
        if listing.derivative or ((profile.retail or profile.financial) and listing.acquired(side) is not None):
            free = -1
        return Decision(listing, ask, tuple(fails), free, profile.key)

    def judge(self, decision: Decision, case: Case) -> Verdict | None:
        """Ask the rules that a decision leaves open. All failures, in the order of decision; None: the order passes.

        What a rule finds against an order that only lowers exposure counts for nothing, unless the rule holds anyway (P10).
        """
        failures: list[Failure] = []
        for place in decision.rules:
            rule = self.rules[place]
            finding = rule.examine(case)
            if finding.passed:
                assert rule.rule not in decision.fails, "a rule passes an order that its table refuses"
            elif not rule.holds_anyway(case.listing) and case.lowers():
                case.is_spared = True
            else:
                failures.append(Failure(rule.rule, rule.refusal(finding, case)))
        return Verdict(failures) if failures else None

    def judge_transfer(self, case: TransferCase) -> Verdict | None:
        """Ask every rule on transfers, then those on what the receiver would come to hold. None: the transfer passes."""
        failures = self.transfers.failures(case)
        if case.arrival is not None:
            failures += self.failures_at_door(case.arrival)
        return Verdict(failures) if failures else None

    def failures_at_door(self, arrival: Arrival) -> list[Failure]:
        """Why an investor may not come to hold something, in the order of decision; none: it may be held."""
        return [
            Failure(rule.rule, finding.refusal())
            for rule, finding in may_come_to_hold(self.rules, arrival)
            if not finding.passed
        ]

    def arrival_problem(self, arrival: Arrival, origin: str) -> Said | None:
        """Why something may not be issued to an investor, or brought in; None if it may.

        What may be held, but not be bought here, is brought in with its origin stated; a banned coin is not.
        """
        failures = self.failures_at_door(arrival)
        if not failures:
            return None
        first = failures[0]
        if arrival.door != DEPOSIT or any(failure.rule in NEVER_BROUGHT_IN for failure in failures):
            return said("holding.refused", first.rule, first.said)
        return None if origin.strip() else said("holding.needs_origin", first.rule, first.said)

    def classify(self, investor: Investor) -> int:
        """The class of an investor by the thresholds of QUAL-0 and ELR-1, or the supervisor's override."""
        return self._classification.of(investor)

    def evidence(self, investor: Investor) -> str:
        """The evidence against the thresholds of QUAL-0; empty: the supervisor has set the class."""
        return self._classification.arithmetic(investor)

    def class_evidence(self, investor: Investor) -> tuple[int, list[tuple[str, str, str]]]:
        """The class that the evidence proves, whatever a supervisor has set; and each rule with its arithmetic and the class it makes."""
        return self._classification.derived(investor), self._classification.evidence(investor)


class TransferTable:
    """What a rulebook in force says of transfers, deliveries, issuance, freezes and arrests."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook: Final = rulebook
        self.rules: Final[list[TransferRule]] = []
        """In the order of decision."""
        self.foreign_trade: ForeignTradeOnly | None = None
        """SET-1, if it is in force."""
        self.segregation: Segregation | None = None
        """CUST-1, likewise."""
        self.large: LargeTransfers | None = None
        """AML-1, if it is in force: what is to be reported."""
        self.waits: Final[list[WaitRule]] = []
        """Those that can have wait what leaves an account, in the same order."""
        for name in rulebook.transfer_order:
            data, transfers, waits = rulebook.active(name), RULES[name].transfers, RULES[name].waits
            if data is not None and transfers is not None:
                self._add(transfers(data, rulebook))
            if data is not None and waits is not None:
                self.waits.append(waits(data, rulebook))

    def _add(self, rule: TransferRule) -> None:
        """Put a rule at the end of the order of decision, and at hand if records are kept by it."""
        self.rules.append(rule)
        if isinstance(rule, ForeignTradeOnly):
            self.foreign_trade = rule
        elif isinstance(rule, LargeTransfers):
            self.large = rule
        elif isinstance(rule, Segregation):
            self.segregation = rule

    def failures(self, case: TransferCase) -> list[Failure]:
        """Ask every rule on transfers. All failures, in the order of decision."""
        failures: list[Failure] = []
        for rule in self.rules:
            if rule.spares(case):
                continue
            finding = rule.examine(case)
            if not finding.passed:
                failures.append(Failure(rule.rule, finding.refusal()))
        return failures

    def wait(self, case: LeavingCase) -> Wait | None:
        """For what something that passed has to wait; None: for nothing. The longest time counts, and one word is enough."""
        until_ns, clock_rule, word_rule = 0, "", ""
        for rule in self.waits:
            if rule.spares(case):
                continue
            finding = rule.examine(case)
            if finding.until_ns > until_ns:
                until_ns, clock_rule = finding.until_ns, rule.rule
            if finding.for_word and not word_rule:
                word_rule = rule.rule
        return Wait(until_ns, clock_rule, word_rule) if clock_rule or word_rule else None

    def delivery(self, instrument: str) -> Verdict | None:
        """The refusal of a derivative's delivery by DER-1; None if the rulebook has no such rule in force."""
        data = self.rulebook.active("DER-1")
        if data is None:
            return None
        return Verdict([Failure(data.rule, delivery_refusal(instrument))])

    def owner_problem(self, owner: Investor) -> Said | None:
        """Why nothing may be issued to an owner, redeemed or withdrawn (SAN-1); None if it may."""
        data = self.rulebook.active("SAN-1")
        return None if data is None or owner.listed is None else listed_owner(owner)

    def arrest_problem(self) -> Said | None:
        """Why holdings can't be arrested (ARR-1); None if they can."""
        return said("ARR-1.not_in_force", self.rulebook.name) if self.rulebook.active(ARREST) is None else None

    def freeze_problem(self, asset: AssetRecord) -> Said | None:
        """Why holdings of an asset can't be frozen (FRZ-1); None if they can."""
        if self.rulebook.active(FREEZE) is None:
            return said("FRZ-1.not_in_force", self.rulebook.name)
        return freeze_problem(asset)
