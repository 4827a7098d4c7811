"""Operations that a duty of reporting is about: those at the threshold of AML-1, pass-through, and circular transfers."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from engine.exchange import Exchange
from engine.vocabulary.codes import MOVEMENT_KINDS, PURPOSES
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import Deposit, RequestWithdrawal
from engine.vocabulary.messages.events import (
    Event,
    FundsMoved,
    InstrumentListed,
    MovementEnded,
    MovementHeld,
    Trade,
    Transferred,
)
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.searches.circles import MAX_CIRCLES, MAX_INVESTORS, MAX_STEPS, Circles
from gateway.reporting.searches.moves import Move
from gateway.reporting.searches.passing import MAX_NAMED, Passed, PassThrough
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.valuation import Valuation
from gateway.reporting.steps.waited import Waited
from gateway.reporting.tables.figures import percent
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Cells, Column, Rows, Table
from gateway.reporting.tables.times import utc

RULE: Final = "AML-1"
THRESHOLD: Final = "report_from_rub"
TRANSFER: Final = "transfer"
DEPOSIT: Final = "deposit"
WITHDRAWAL: Final = "withdrawal"
NOT_IN_FORCE: Final = "not in force"


class Operations(Part):
    """Transfers, deposits and withdrawals worth so much or more, and the ways of transfers."""

    name = "operations"
    title = "Operations to report"
    purpose = "Operations at or above the threshold of AML-1; pass-through and circular transfers, with their evidence."
    need = EACH
    kinds = (Transferred, FundsMoved, Trade, InstrumentListed, MovementHeld, MovementEnded)
    has_takes = True

    TITLE: Final = "Operations at or above the threshold"
    COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("what"),
        Column("from_account"),
        Column("from_investor"),
        Column("to_account"),
        Column("to_investor"),
        Column("asset"),
        Column("amount", AMOUNT),
        Column("worth_rub", AMOUNT, adds=True),
        Column("valued"),
        Column("threshold_rub", AMOUNT),
        Column("purpose"),
        Column("contract"),
        Column("stated"),
    )
    COUNTED_TITLE: Final = "Operations against the threshold"
    COUNTED_COLUMNS: Final = (
        Column("what"),
        Column("operations", COUNT, adds=True),
        Column("reported", COUNT, adds=True),
        Column("of_unknown_worth", COUNT, adds=True),
        Column("without_threshold", COUNT, adds=True),
        Column("reported_rub", AMOUNT, adds=True),
    )
    PASSING_TITLE: Final = "Pass-through"
    PASSING_COLUMNS: Final = (
        Column("investor"),
        Column("investor_class"),
        Column("asset"),
        Column("came_in", AMOUNT),
        Column("passed_on", AMOUNT),
        Column("passed_percent", PERCENT),
        Column("quickest_seconds", COUNT),
        Column("senders"),
        Column("receivers"),
        Column("pairs", COUNT),
        Column("first_seq", SEQ),
        Column("last_seq", SEQ),
        Column("evidence"),
    )
    CIRCLES_TITLE: Final = "Circular transfers"
    CIRCLES_COLUMNS: Final = (
        Column("investors"),
        Column("count", COUNT),
        Column("asset"),
        Column("times", COUNT),
        Column("amount", AMOUNT),
        Column("largest", AMOUNT),
        Column("quickest_seconds", COUNT),
        Column("first_seq", SEQ),
        Column("last_seq", SEQ),
        Column("evidence"),
    )
    SEARCH_TITLE: Final = "How was searched"
    SEARCH_COLUMNS: Final = (Column("figure"), Column("value", COUNT))
    WITHIN: Final = "window in hours, of pass-through and of circles"
    SHARE: Final = "passed on of what came in, percent, from which it is shown"
    INVESTORS: Final = "most investors of a circle"
    STEPS: Final = "most pairs looked at for one transfer"
    CUT: Final = "searches that ended there: they may have missed circles"
    CIRCLES: Final = "most circles listed"
    UNLISTED: Final = "found beyond them"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._valuation: Final = Valuation()
        self._rows: Final = Rows()
        self._counted: Final[dict[str, list[int]]] = {kind: [0] * 5 for kind in (TRANSFER, DEPOSIT, WITHDRAWAL)}
        """Operations, reported, of unknown worth, while no threshold was in force, and the worth of the reported."""
        self._new: Final[list[Event]] = []
        """What of the command that is told is to be valued, and the trades between, in order."""
        self._has_operations: bool = False
        self._moves: int = 0
        self._waited: Final = Waited()
        self._passing: Final = PassThrough(frame.settings.window_hours)
        self._circles: Final = Circles(frame.settings.window_hours)

    def event(self, step: Step, event: Event) -> None:
        """An operation, or what values the next."""
        self._new.append(event)
        if isinstance(event, Transferred | FundsMoved):
            self._has_operations = True

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """Value what the command did, in order."""
        threshold = _threshold(exchange) if self._has_operations else None
        for event in self._new:
            if isinstance(event, Trade):
                self._valuation.follow(event)
            elif isinstance(event, InstrumentListed):
                self._valuation.listed(event, exchange)
            elif isinstance(event, MovementHeld):
                self._waited.held(step, event)
            elif isinstance(event, MovementEnded):
                self._waited.ended(step, event)
            elif self.frame.is_wanted:
                self._operation(step, event, exchange, threshold)
        self._new.clear()
        self._has_operations = False

    def tables(self) -> list[Table]:
        """What is at the threshold, then the ways, then how they were searched."""
        counted: list[Cells] = [
            (kind, *found[:4], decimal(found[4], 2)) for kind, found in self._counted.items() if found[0]
        ]
        return [
            Table("operations_counted", self.COUNTED_TITLE, self.COUNTED_COLUMNS, counted),
            Table("operations_reported", self.TITLE, self.COLUMNS, self._rows),
            self._passed_table(),
            self._circle_table(),
            self._search_table(),
        ]

    # ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _operation(self, step: Step, event: Event, exchange: Exchange | None, threshold: int | None) -> None:
        reference = self.frame.reference
        if isinstance(event, Transferred):
            kind, sender, receiver = TRANSFER, event.from_account, event.to_account
            asset, amount = event.asset, event.amount
            said = (PURPOSES[event.purpose], event.contract_reference, "")
            self._move(step, event)
        elif isinstance(event, FundsMoved):
            asset, amount = event.asset, abs(event.amount)
            command = step.command
            if event.amount >= 0:
                kind, sender, receiver = DEPOSIT, "", event.account
                said = ("", "", command.origin if isinstance(command, Deposit) else "")
            else:
                kind, sender, receiver = WITHDRAWAL, event.account, ""
                said = ("", "", self._destination(step, event))
        else:
            return
        worth = self._valuation.worth(exchange, asset, amount)
        found = self._counted[kind]
        found[0] += 1
        found[2] += worth.kopecks is None
        found[3] += threshold is None
        if threshold is None or (worth.kopecks is not None and worth.kopecks < threshold):
            return
        found[1] += 1
        found[4] += worth.kopecks or 0
        self._rows.append(
            (
                *(step.seq, utc(step.time_ns), kind, *self._party(sender), *self._party(receiver), asset),
                reference.formats.amount(asset, amount),
                None if worth.kopecks is None else decimal(worth.kopecks, 2),
                *(worth.how, decimal(threshold, 2), *said),
            )
        )

    def _destination(self, step: Step, event: FundsMoved) -> str:
        """Where a withdrawal goes, as its client says; of an operator's, its reason."""
        carried = self._waited.carried(step, event.account, MOVEMENT_KINDS.index(WITHDRAWAL))
        if carried is not None:
            return carried[1].event.destination or carried[1].asked_reason
        command = step.command
        return command.destination if isinstance(command, RequestWithdrawal) else event.reason

    def _move(self, step: Step, event: Transferred) -> None:
        sender, receiver = self._party(event.from_account)[1], self._party(event.to_account)[1]
        if sender == receiver or not event.amount:
            return
        self._moves += 1
        move = Move(self._moves, step.seq, step.time_ns, sender, receiver, event.asset, event.amount)
        self._passing.take(move)
        self._circles.take(move)

    def _party(self, account: str) -> tuple[str, str]:
        holder = self.frame.reference.holders.get(account)
        return (account, "" if holder is None else holder.investor)

    # ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _passed_table(self) -> Table:
        rows: list[Cells] = []
        for (investor, asset), found in self._passing.found.items():
            if not found.passed_on or found.passed_on * 100 < found.came_in * self.frame.settings.share_percent:
                continue
            amount = self.frame.reference.formats.amount
            rows.append(
                (
                    *(investor, self.frame.reference.classes.get(investor, ""), asset),
                    *(amount(asset, found.came_in), amount(asset, found.passed_on)),
                    *(percent(found.passed_on, found.came_in), found.quickest_ns // NS_PER_SECOND),
                    *(_most(found.senders), _most(found.receivers), found.pairs, found.first_seq, found.last_seq),
                    _pairs(found),
                )
            )
        rows.sort(key=lambda row: (str(row[0]), str(row[2])))
        return Table("pass_through", self.PASSING_TITLE, self.PASSING_COLUMNS, rows)

    def _circle_table(self) -> Table:
        amount = self.frame.reference.formats.amount
        rows: list[Cells] = [
            (
                *(" -> ".join((*circle.investors, circle.investors[0])), len(circle.investors), circle.asset),
                *(circle.times, amount(circle.asset, circle.amount), amount(circle.asset, circle.largest)),
                *(circle.quickest_ns // NS_PER_SECOND, circle.first_seq, circle.last_seq),
                " ".join(map(str, circle.evidence)),
            )
            for _, circle in sorted(self._circles.found.items())
        ]
        return Table("circular_transfers", self.CIRCLES_TITLE, self.CIRCLES_COLUMNS, rows)

    def _search_table(self) -> Table:
        rows: list[Cells] = [
            (self.WITHIN, self.frame.settings.window_hours),
            (self.SHARE, self.frame.settings.share_percent),
            (self.INVESTORS, MAX_INVESTORS),
            (self.STEPS, MAX_STEPS),
            (self.CUT, self._circles.cut_short),
            (self.CIRCLES, MAX_CIRCLES),
            (self.UNLISTED, self._circles.unlisted),
        ]
        return Table("operations_search", self.SEARCH_TITLE, self.SEARCH_COLUMNS, rows)


def _threshold(exchange: Exchange | None) -> int | None:
    """From what worth on an operation is reported now, in kopecks; None: no rule in force says so, or nobody knows."""
    if exchange is None or not isinstance(exchange.hook, ComplianceHook):
        return None
    table = exchange.hook.intake.table
    data = None if table is None else table.rulebook.active(RULE)
    return None if data is None else data.parameters.number(THRESHOLD)


def _most(amounts: dict[str, int]) -> str:
    """The names with the largest amounts, and how many more there are."""
    names = sorted(amounts, key=lambda name: (-amounts[name], name))
    more = len(names) - MAX_NAMED
    return " ".join(names[:MAX_NAMED]) + (f" +{more}" if more > 0 else "")


def _pairs(found: Passed) -> str:
    """Arrival and departure by their sequence numbers, the first ones."""
    return " ".join(f"{arrival}>{departure}" for arrival, departure, _ in found.evidence)
