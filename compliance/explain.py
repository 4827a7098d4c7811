"""Why an order passed or was refused: every rule of the rulebook, with what it looked at and the arithmetic.

`ExplainingHook` is the hook with a notebook: put in its place for a replay, it explains each check at the moment of the
check, with records and sums as they were then, and decides as the hook does.
"""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook, most_ticks
from compliance.ledger.open_orders import BY_FUNDS
from compliance.registry.classes import class_name
from compliance.registry.listings import Decision
from compliance.registry.records import Client, Investor
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rulebook.wording import date_text
from compliance.rules.case import Case, LeavingCase, Profile, TransferCase
from compliance.rules.catalogue import RULES
from compliance.rules.cust_1 import CUSTODY
from compliance.rules.finding import Finding
from compliance.rules.may_hold import may_come_to_hold
from compliance.rules.rule import FAILS, LOWERS, NO_LIMIT, PASSES, OrderRule, WaitRule
from compliance.rules.san_1 import ListFinding, listed_owner
from compliance.rules.table import RuleTable
from engine.book.entities import Order
from engine.money.margin import worst_ticks
from engine.state.hook import Leaving, Verdict, Wait
from engine.vocabulary.codes import MOVEMENT_KINDS
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.messages.commands import RequestWithdrawal, Transfer
from engine.vocabulary.said import Said

# What a rule made of an order.
PASSED: Final = "passes"
FAILED: Final = "fails"
DECIDED: Final = "decides"
"""Fails, and is the first that does."""
WAITS: Final = "has it wait"
"""Passes, but not at once."""
UNCONCERNED: Final = "does not concern"

SWITCHED_OFF: Final = "the rule is switched off"


def why_idle(data: RuleData) -> str:
    """Why a rule of the rulebook passes everything."""
    return f"the rule starts on {date_text(data.starts)}; before, it passes everything" if data.waits else SWITCHED_OFF


class RuleExplanation:
    """What one rule made of an order."""

    def __init__(
        self,
        data: RuleData,
        outcome: str,
        inputs: list[tuple[str, str]],
        arithmetic: str,
        *,
        refusal: Said | None = None,
        spared: str = "",
    ) -> None:
        self.data: Final = data
        """Title, source, status, date, and the parameters as they are in force."""
        self.outcome: Final = outcome
        self.refusal: Final = refusal
        """Of a failure, what the participant was told; else None."""
        self.spared: Final = spared
        """Why a rule does not concern the order; empty: it does."""
        self.inputs: Final = inputs
        """What it looked at: name and value."""
        self.arithmetic: Final = arithmetic
        """In one line; empty if the rule does not concern the order."""


class Explanation:
    """One check explained: every rule of an order of decision."""

    def __init__(self, rulebook: Rulebook | None, time_ns: int) -> None:
        self.rulebook: Final = rulebook
        """In force then; None: no rulebook was, so that the venue itself refused."""
        self.time_ns: Final = time_ns
        self.rules: list[RuleExplanation] = []
        """In the order of decision."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the rules that failed, the deciding one first; empty: it passed."""
        return tuple([each.data.rule for each in self.rules if each.outcome in (DECIDED, FAILED)])

    @property
    def waits(self) -> tuple[str, ...]:
        """Ids of the rules that have it wait; none if it failed."""
        return () if self.failed else tuple([each.data.rule for each in self.rules if each.outcome == WAITS])


class OrderExplanation(Explanation):
    """One check of one order."""

    def __init__(self, order: Order, client: Client, rulebook: Rulebook | None, recheck: bool, time_ns: int) -> None:
        super().__init__(rulebook, time_ns)
        self.order: Final = order
        """It lives on: only what never changes of it is of that time."""
        self.order_id: Final = order.order_id
        self.client: Final = client
        self.recheck: Final = recheck
        """Whether it is a resting order that a command of compliance had looked at again."""
        investor = client.investor
        self.investor_class: Final[str] = class_name(investor.investor_class)
        self.class_reason: Final[str] = investor.reason if investor.class_override else ""
        self.evidence: str = ""
        """Against the thresholds of QUAL-0 as they were then; empty: the class was set, or no rulebook was in force."""
        """Why the supervisor set the class; empty: it follows from the evidence."""
        self.price: str = ""
        """The worst the order can get, as a decimal; empty for an order by funds."""
        self.quantity: str = ""
        """Open when it was checked, as a decimal; empty for an order by funds."""
        self.value: str = ""
        """At the worst price, with its asset."""


class TransferExplanation(Explanation):
    """The check of one transfer."""

    def __init__(self, case: TransferCase, rulebook: Rulebook | None) -> None:
        super().__init__(rulebook, case.time_ns)
        transfer = case.transfer
        self.transfer: Final[Transfer] = transfer
        self.sender: Final[str] = case.sender.investor
        self.receiver: Final[str] = case.receiver.investor
        self.amount: Final[str] = f"{decimal(transfer.amount, case.asset.scale)} {case.asset.asset}"


class LeavingExplanation(Explanation):
    """The check of one withdrawal or redemption."""

    def __init__(self, case: LeavingCase, rulebook: Rulebook | None) -> None:
        super().__init__(rulebook, case.time_ns)
        self.command: Final[Leaving] = case.command
        self.investor: Final[str] = case.investor.investor
        self.kind: Final[str] = MOVEMENT_KINDS[case.kind]
        self.amount: Final[str] = f"{decimal(case.amount, case.asset.scale)} {case.asset.asset}"


def explain_case(table: RuleTable, client: Client, case: Case) -> list[RuleExplanation]:
    """What each rule of the rulebook makes of a case, in the order of decision."""
    profile = table.profile(client)
    case.explained = True
    by_id = {rule.rule: rule for rule in table.rules}
    found = _Explained()
    for name in table.rulebook.order:
        data, rule = table.rulebook.rules[name], by_id.get(name)
        spared = why_idle(data)
        if rule is not None:
            spared = rule.spares(profile, case.listing, case.side) or rule.excused(case.listing, case.side)
        if rule is not None and not spared and not rule.holds_anyway(case.listing) and case.lowers():
            spared = LOWERS
        if rule is None or spared:
            found.unconcerned(data, spared)
            continue
        finding = rule.examine(case)
        _check_against_table(rule, profile, case, finding)
        found.concerned(data, finding, None if finding.passed else rule.refusal(finding, case))
    return found.rules


def explain_transfer(table: RuleTable, case: TransferCase) -> list[RuleExplanation]:
    """What each rule on transfers makes of a case, in the order of decision."""
    by_id = {rule.rule: rule for rule in table.transfers.rules}
    waits, leaving = _waits_of(table), LeavingCase(case.transfer, case.time_ns, case.registry)
    found = _Explained()
    for name in table.rulebook.transfer_order:
        data, rule = table.rulebook.rules[name], by_id.get(name)
        if name in waits:
            found.waiting(data, waits[name], leaving)
            continue
        spared = why_idle(data) if rule is None else rule.spares(case)
        if rule is None or spared:
            found.unconcerned(data, spared)
        else:
            finding = rule.examine(case)
            found.concerned(data, finding, None if finding.passed else finding.refusal())
    if case.arrival is not None:
        # Then what the receiver would come to hold; most rules have nothing to say of it.
        for order_rule, finding in may_come_to_hold(table.rules, case.arrival):
            data = table.rulebook.rules[order_rule.rule]
            found.concerned(data, finding, None if finding.passed else finding.refusal())
    return found.rules


def explain_leaving(table: RuleTable, case: LeavingCase) -> list[RuleExplanation]:
    """What the rules make of a withdrawal or redemption: the ban on persons, and what can have it wait."""
    waits = _waits_of(table)
    found = _Explained()
    for name in table.rulebook.transfer_order:
        data = table.rulebook.rules[name]
        if name in waits:
            found.waiting(data, waits[name], case)
        elif RULES[name].waits is not None or (name == "SAN-1" and table.rulebook.active(name) is None):
            found.unconcerned(data, why_idle(data))
        elif name == "SAN-1":
            parties = _parties_of(case)
            finding = ListFinding(parties, trades=False)
            stopped = [listed_owner(each) for _, each in parties if each.listed is not None]
            found.concerned(data, finding, stopped[0] if stopped else None)
        elif name == CUSTODY:
            _tell_custody(table, case, found)
    return found.rules


def _parties_of(case: LeavingCase) -> list[tuple[str, Investor]]:
    """Whose assets would leave, and whom the destination names."""
    found = [("investor", case.investor)]
    if type(case.command) is RequestWithdrawal:
        found += [("destination", each) for each in case.registry.named(case.command.destination)]
    return found


def _tell_custody(table: RuleTable, case: LeavingCase, found: _Explained) -> None:
    """What CUST-1 makes of a destination."""
    data, rule = table.rulebook.rules[CUSTODY], table.transfers.segregation
    if rule is None:
        found.unconcerned(data, why_idle(data))
    elif type(case.command) is not RequestWithdrawal:
        found.unconcerned(data, "it names no destination")
    else:
        finding = rule.outside(case.registry, case.command.account, case.command.destination)
        found.concerned(data, finding, None if finding.passed else finding.refusal())


def _waits_of(table: RuleTable) -> dict[str, WaitRule]:
    return {rule.rule: rule for rule in table.transfers.waits}


class _Explained:
    """The rules of an order of decision that have been explained so far."""

    def __init__(self) -> None:
        self.rules: Final[list[RuleExplanation]] = []
        self.decided: bool = False
        """Whether one of them fails."""

    def unconcerned(self, data: RuleData, why: str) -> None:
        """Add a rule that has nothing to say."""
        self.rules.append(RuleExplanation(data, UNCONCERNED, [], "", spared=why))

    def waiting(self, data: RuleData, rule: WaitRule, case: LeavingCase) -> None:
        """Add a rule that can have wait what leaves."""
        spared = rule.spares(case)
        if spared:
            self.unconcerned(data, spared)
            return
        finding = rule.examine(case)
        outcome = WAITS if finding.waits else PASSED
        self.rules.append(RuleExplanation(data, outcome, finding.inputs(), finding.arithmetic()))

    def concerned(self, data: RuleData, finding: Finding, refusal: Said | None) -> None:
        """Add a rule with what it found and, of a failure, what the participant was told."""
        outcome: str = PASSED
        if not finding.passed:
            outcome = FAILED if self.decided else DECIDED
            self.decided = True
        explained = RuleExplanation(data, outcome, finding.inputs(), finding.arithmetic(), refusal=refusal)
        self.rules.append(explained)


def _check_against_table(rule: OrderRule, profile: Profile, case: Case, finding: Finding) -> None:
    """Assert that a rule finds what it told the table beforehand: the hook asks only where that leaves something open."""
    bears = rule.bears(profile, case.listing, case.side)
    assert bears != FAILS or not finding.passed, "a rule passes an order that its table refuses"
    limit = rule.allows_up_to(profile, case.listing)
    settled = bears == PASSES and (limit == NO_LIMIT or case.value <= limit)
    assert finding.passed or not settled, "a rule refuses an order that its table passes"


class ExplainingHook(ComplianceHook):
    """The hook with a notebook. While `watching`, each check and each recheck that refuses adds an explanation."""

    def __init__(self) -> None:
        super().__init__()
        self.watching: bool = False
        self.explanations: Final[list[OrderExplanation]] = []
        """Of orders, in the order of the checks."""
        self.transfers: Final[list[TransferExplanation]] = []
        self.leaving: Final[list[LeavingExplanation]] = []
        """Of withdrawals and redemptions."""
        self._current: OrderExplanation | None = None

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        """Decide as the hook does, after an explanation has been made."""
        # An order of the venue that closes a position is asked about by nobody.
        if not self.watching or order.close_out:
            return super().check(order, price_ticks, leaves_lots, time_ns)
        if order.budget >= 0:
            explanation = self._explain(order, BY_FUNDS, order.budget, time_ns, False)
        else:
            explanation = self._explain(order, worst_ticks(order, price_ticks), leaves_lots, time_ns, False)
        self.explanations.append(explanation)
        verdict = super().check(order, price_ticks, leaves_lots, time_ns)
        rules = () if verdict is None or explanation.rulebook is None else verdict.rules
        assert rules == explanation.failed, "the explanation says otherwise than the check"
        return verdict

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        """Decide as the hook does; a refusal is explained."""
        verdict = super().recheck(order, time_ns)
        if self.watching and verdict is not None:
            worst = worst_ticks(order, order.reserve_ticks)
            explanation = self._explain(order, worst, order.leaves_lots, time_ns, True)
            assert explanation.rulebook is None or verdict.rules == explanation.failed
            self.explanations.append(explanation)
        return verdict

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        """Decide as the hook does, and explain it."""
        verdict = super().check_transfer(transfer, time_ns)
        if self.watching:
            table = self._intake.table
            case = TransferCase(transfer, time_ns, self._intake.registry, self._ledger)
            explanation = TransferExplanation(case, None if table is None else table.rulebook)
            if table is not None:
                explanation.rules = explain_transfer(table, case)
                rules = () if verdict is None else verdict.rules
                assert rules == explanation.failed, "the explanation says otherwise than the check"
            self.transfers.append(explanation)
        return verdict

    def check_withdrawal(self, withdrawal: Leaving, time_ns: int) -> Verdict | None:
        """Decide as the hook does; a refusal is explained."""
        verdict = super().check_withdrawal(withdrawal, time_ns)
        if self.watching and verdict is not None:
            assert self._explain_leaving(withdrawal, time_ns).failed == verdict.rules
        return verdict

    def wait(self, command: Transfer | Leaving, time_ns: int) -> Wait | None:
        """Say what the hook says, and explain it; of a transfer its check has."""
        wait = super().wait(command, time_ns)
        if self.watching and not isinstance(command, Transfer):
            rules = self._explain_leaving(command, time_ns).rules
            assert (wait is None) == all(each.outcome != WAITS for each in rules), "the explanation says otherwise"
        return wait

    def _explain_leaving(self, command: Leaving, time_ns: int) -> LeavingExplanation:
        table = self._intake.table
        case = LeavingCase(command, time_ns, self._intake.registry)
        explanation = LeavingExplanation(case, None if table is None else table.rulebook)
        if table is not None:
            explanation.rules = explain_leaving(table, case)
        self.leaving.append(explanation)
        return explanation

    def decide(self, table: RuleTable, decision: Decision, case: Case) -> Verdict | None:
        """Decide as the hook does, taking down what each rule says if an explanation is wanted."""
        if self._current is not None:
            self._current.rules = explain_case(table, case.client, case)
            self._current.evidence = table.evidence(case.investor)
            quote = case.listing.quote
            self._current.value = f"{decimal(case.value, quote.scale)} {quote.asset}"
        return super().decide(table, decision, case)

    def _explain(
        self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int, recheck: bool
    ) -> OrderExplanation:
        table = self._intake.table
        client = self._clients[order.account.account]
        explanation = OrderExplanation(order, client, None if table is None else table.rulebook, recheck, time_ns)
        instrument = order.instrument
        if price_ticks != BY_FUNDS:
            explanation.price = decimal_e8(price_ticks * instrument.tick_e8)
            explanation.quantity = decimal_e8(leaves_lots * instrument.lot_e8)
        self._current = explanation
        most = price_ticks if price_ticks == BY_FUNDS else most_ticks(order, price_ticks)
        self._judge(client, order, most, leaves_lots, time_ns, rests=recheck)
        self._current = None
        return explanation
