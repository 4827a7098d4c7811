"""The explaining hook with more in its notebook: what makes up a sum, what a class follows from, and what comes in beside the market."""

from __future__ import annotations

from typing import Final

from compliance.explain import (
    DECIDED,
    FAILED,
    PASSED,
    UNCONCERNED,
    ExplainingHook,
    Explanation,
    RuleExplanation,
    why_idle,
)
from compliance.purchase_notes import PurchaseNotes, Used
from compliance.registry.classes import class_name
from compliance.registry.records import Client, Investor
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.arr_1 import ARREST
from compliance.rules.case import DEPOSIT, ISSUE, Arrival
from compliance.rules.finding import Finding
from compliance.rules.frz_1 import FREEZE
from compliance.rules.may_hold import may_come_to_hold
from compliance.rules.ret_1 import AnnualCap
from compliance.rules.san_1 import ListFinding, listed_owner
from compliance.rules.share import Share
from compliance.rules.table import NEVER_BROUGHT_IN, RuleTable
from engine.book.entities import Order
from engine.state.hook import Outcome, Verdict
from engine.state.state import State
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import (
    Arrest,
    Command,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    RedeemAsset,
    SetBlocked,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import Event, Trade, TradeCorrected
from engine.vocabulary.said import Said

BLOCK_LIST: Final = "SAN-1"
BANKS: Final = "DER-3"
_UNDER: Final[dict[type[Command], str]] = {
    FreezeAsset: FREEZE,
    SetBlocked: BLOCK_LIST,
    Arrest: ARREST,
    LiftArrest: ARREST,
}
"""The rule that says what a command does."""


class ClassStanding:
    """Why an investor is of a class."""

    def __init__(self, investor: Investor, derived: int, evidence: list[tuple[str, str, str]]) -> None:
        self.investor: Final[str] = investor.investor
        self.investor_class: Final[str] = class_name(investor.investor_class)
        self.derived: Final[str] = class_name(derived)
        """What the evidence proves."""
        self.is_set: Final[bool] = investor.class_override != ""
        """Whether the supervisor has set the class instead."""
        self.reason: Final[str] = investor.reason
        """Of the latest registration, as is `by`."""
        self.by: Final[str] = investor.by
        self.evidence: Final = evidence
        """Each rule that makes classes: its id, the figures on record against its thresholds, and what class it makes or not."""


class ArrivalExplanation(Explanation):
    """What the rules made of a deposit or an issue."""

    def __init__(self, command: Deposit | IssueAsset, arrival: Arrival, rulebook: Rulebook | None) -> None:
        super().__init__(rulebook, arrival.time_ns)
        self.account: Final[str] = command.account
        self.investor: Final[str] = arrival.investor.investor
        self.kind: Final[str] = "issue" if arrival.door == ISSUE else "deposit"
        self.amount: Final[str] = f"{decimal(command.amount, arrival.asset.scale)} {arrival.asset.asset}"
        self.origin: Final[str] = command.origin if isinstance(command, Deposit) else ""
        """Of a deposit, as stated."""


class Notebook(ExplainingHook):
    """What `ExplainingHook` notes, and besides: purchases from the first trade on; the rest while `watching`."""

    def __init__(self) -> None:
        super().__init__()
        self.core: State | None = None
        """The core behind which the hook stands: it knows the sequence number. None: nothing is noted of purchases."""
        self.used: Final[dict[int, Used]] = {}
        """What makes up the sums of RET-1, by the place of the explanation among those of orders."""
        self.standings: Final[dict[str, ClassStanding]] = {}
        """Of all investors whom the checks are about, by name."""
        self.arrivals: Final[list[ArrivalExplanation]] = []
        self.under: RuleData | None = None
        """The rule under which a command that asks no rule acts, as it is in the rulebook; None: there is none."""
        self._notes: Final = PurchaseNotes()

    def observe(self, event: Event, time_ns: int) -> None:
        """Follow as the hook does, and note what the annual cap counts."""
        super().observe(event, time_ns)
        core = self.core
        if core is None:
            return
        if isinstance(event, Trade):
            self._notes.traded(core.seq, time_ns, event, self._ledger)
        elif isinstance(event, TradeCorrected):
            self._notes.corrected(event, self._ledger)

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        """Decide as the hook does; beside the explanation goes what its sums are made of."""
        before = len(self.explanations)
        verdict = super().check(order, price_ticks, leaves_lots, time_ns)
        if len(self.explanations) > before:
            self._look_closer(before, self._clients[order.account.account], time_ns)
        return verdict

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        """Decide as the hook does, likewise."""
        before = len(self.explanations)
        verdict = super().recheck(order, time_ns)
        if len(self.explanations) > before:
            self._look_closer(before, self._clients[order.account.account], time_ns)
        return verdict

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        """Decide as the hook does, and note what the classes of both follow from."""
        if self.watching:
            for account in (transfer.account, transfer.to_account):
                self._stand(self._clients[account].investor)
        return super().check_transfer(transfer, time_ns)

    def apply(self, command: Command, time_ns: int) -> Outcome:
        """Carry out as the hook does; a deposit and an issue are explained first."""
        if self.watching and isinstance(command, (Deposit, IssueAsset)):
            explanation = self._explain_arrival(command, time_ns)
            outcome = super().apply(command, time_ns)
            assert (outcome.problem is not None) == (len(explanation.failed) > 0), "the explanation says otherwise"
            return outcome
        if self.watching and self._intake.table is not None:
            self.under = self._intake.table.rulebook.rules.get(_UNDER.get(type(command), ""))
        outcome = super().apply(command, time_ns)
        if self.watching and isinstance(command, (Withdraw, RedeemAsset)) and outcome.problem is not None:
            # One that passes is explained where it is asked whether it waits.
            self._explain_leaving(command, time_ns)
        return outcome

    def _look_closer(self, place: int, client: Client, time_ns: int) -> None:
        table = self._intake.table
        if table is None:
            return
        self._stand(client.investor)
        concerned = any(
            each.data.rule == "RET-1" and each.outcome != UNCONCERNED for each in self.explanations[place].rules
        )
        for rule in table.rules:
            if concerned and isinstance(rule, AnnualCap):
                name = client.investor.investor
                self.used[place] = self._notes.used(rule, self._ledger, name, client.intermediary_name, time_ns)

    def _stand(self, investor: Investor) -> None:
        table = self._intake.table
        if table is not None and investor.investor not in self.standings:
            derived, evidence = table.class_evidence(investor)
            self.standings[investor.investor] = ClassStanding(investor, derived, evidence)

    def _explain_arrival(self, command: Deposit | IssueAsset, time_ns: int) -> ArrivalExplanation:
        registry, table = self._intake.registry, self._intake.table
        client, asset = registry.clients[command.account], registry.assets[command.asset]
        self._stand(client.investor)
        door = ISSUE if isinstance(command, IssueAsset) else DEPOSIT
        arrival = Arrival(client, asset, door, time_ns)
        explanation = ArrivalExplanation(command, arrival, None if table is None else table.rulebook)
        if table is not None:
            told = _Told(explanation, table)
            if door == ISSUE:
                told.owner(client.investor)
            told.arrival(arrival)
            if door == ISSUE and table.bank_exposure is not None:
                for share in table.bank_exposure.issue_shares(registry, self._ledger, asset, command.amount):
                    told.share(share, table.bank_exposure.issue_problem(registry, self._ledger, asset, command.amount))
        self.arrivals.append(explanation)
        return explanation


class _Told:
    """The rules of an arrival, told one after the other."""

    def __init__(self, explanation: ArrivalExplanation, table: RuleTable) -> None:
        self.explanation: Final = explanation
        self.table: Final = table

    def owner(self, investor: Investor) -> None:
        """Whether the owner is on the list."""
        data = self.table.rulebook.rules.get(BLOCK_LIST)
        if data is None:
            return
        if self.table.rulebook.active(BLOCK_LIST) is None:
            self.explanation.rules.append(RuleExplanation(data, UNCONCERNED, [], "", spared=why_idle(data)))
            return
        finding = ListFinding([("owner", investor)], trades=False)
        self._add(BLOCK_LIST, finding, None if finding.passed else listed_owner(investor))

    def arrival(self, arrival: Arrival) -> None:
        """What each rule says that is asked whether this may be held."""
        found = may_come_to_hold(self.table.rules, arrival)
        banned = any(not finding.passed and rule.rule in NEVER_BROUGHT_IN for rule, finding in found)
        stated = self.explanation.origin.strip() != "" and not banned and arrival.door == DEPOSIT
        for rule, finding in found:
            if finding.passed or not stated:
                self._add(rule.rule, finding, None if finding.passed else finding.refusal())
                continue
            data = self.table.rulebook.rules[rule.rule]
            why = "it could not be bought here, and is brought in: its origin is stated"
            self.explanation.rules.append(
                RuleExplanation(data, PASSED, finding.inputs(), finding.arithmetic(), spared=why)
            )

    def share(self, share: Share, problem: Said | None) -> None:
        """What an issuing bank would have of its share."""
        data = self.table.rulebook.rules[BANKS]
        has = "an unknown value" if share.has < 0 else decimal(share.has, 2)
        arithmetic = f"with this issue {has} {'>' if share.is_beyond else '<='} {decimal(share.limit, 2)}"
        inputs = [("bank", share.name), ("capital", f"{share.capital_rub}.00"), ("limit", decimal(share.limit, 2))]
        refusal = problem if share.is_beyond else None
        self.explanation.rules.append(
            RuleExplanation(data, self._outcome(refusal), inputs, arithmetic, refusal=refusal)
        )

    def _add(self, name: str, finding: Finding, refusal: Said | None) -> None:
        data = self.table.rulebook.rules[name]
        outcome = self._outcome(refusal)
        self.explanation.rules.append(
            RuleExplanation(data, outcome, finding.inputs(), finding.arithmetic(), refusal=refusal)
        )

    def _outcome(self, refusal: Said | None) -> str:
        if refusal is None:
            return PASSED
        return FAILED if self.explanation.failed else DECIDED
