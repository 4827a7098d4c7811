"""What came in and went out beside the market, and what is held fast: deposits, withdrawals, issues, redemptions, freezes."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.messages.commands import Deposit
from engine.vocabulary.messages.events import AssetIssued, Event, FundsMoved, HoldingFrozen
from gateway.reporting.figures import percent
from gateway.reporting.part import EVENTS, Frame, Part
from gateway.reporting.source import Step
from gateway.reporting.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Cells, Column, Rows, Table
from gateway.reporting.times import UtcTimes

ISSUED: Final = "issued"
REDEEMED: Final = "redeemed"
FROZEN: Final = "frozen"
LET_GO: Final = "let go"


class Flows(Part):
    """Each deposit, withdrawal, issue, redemption and freeze, and the sums by asset."""

    name = "flows"
    title = "In and out"
    purpose = (
        "Deposits with their stated origin, withdrawals, issues, redemptions, and freezes with their effect by holder."
    )
    need = EVENTS
    kinds = (FundsMoved, AssetIssued, HoldingFrozen)

    SUMS_TITLE: Final = "In and out, by asset"
    SUMS_COLUMNS: Final = (
        Column("asset"),
        Column("deposits", COUNT, adds=True),
        Column("deposited", AMOUNT, adds=True),
        Column("withdrawals", COUNT, adds=True),
        Column("withdrawn", AMOUNT, adds=True),
        Column("issues", COUNT, adds=True),
        Column("issued", AMOUNT, adds=True),
        Column("redemptions", COUNT, adds=True),
        Column("redeemed", AMOUNT, adds=True),
    )
    DEPOSITS_TITLE: Final = "Deposits"
    DEPOSITS_COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("intermediary"),
        Column("asset"),
        Column("amount", AMOUNT),
        Column("origin"),
        Column("reason"),
        Column("by"),
    )
    WITHDRAWALS_TITLE: Final = "Withdrawals"
    WITHDRAWALS_COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("intermediary"),
        Column("asset"),
        Column("amount", AMOUNT),
        Column("reason"),
        Column("by"),
    )
    ISSUES_TITLE: Final = "Issues and redemptions"
    ISSUES_COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("what"),
        Column("asset"),
        Column("issuer"),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("amount", AMOUNT),
        Column("outstanding", AMOUNT),
        Column("reason"),
        Column("by"),
    )
    FREEZES_TITLE: Final = "Freezes, by holder"
    FREEZES_COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("what"),
        Column("asset"),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("frozen_before", AMOUNT),
        Column("frozen", AMOUNT),
        Column("held", AMOUNT),
        Column("frozen_percent", PERCENT),
        Column("reason"),
        Column("by"),
    )
    _IN, _OUT, _ISSUED, _REDEEMED = 0, 2, 4, 6

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._utc: Final = UtcTimes()
        self._sums: Final[dict[str, list[int]]] = {}
        """By asset: how many and how much, of each kind in the order of the columns."""
        self._deposits: Final = Rows()
        self._withdrawals: Final = Rows()
        self._issues: Final = Rows()
        self._freezes: Final = Rows()
        self._frozen: Final[dict[tuple[str, str], int]] = {}
        """By account and asset: what is frozen now."""

    def event(self, step: Step, event: Event) -> None:
        """One movement, or one holder whose frozen part changed."""
        if isinstance(event, HoldingFrozen):
            self._freeze(step, event)
        elif not self.frame.is_wanted:
            return
        elif isinstance(event, FundsMoved):
            self._move(step, event)
        elif isinstance(event, AssetIssued):
            self._issue(step, event)

    def tables(self) -> list[Table]:
        """The sums, then each thing that happened."""
        amount = self.frame.reference.formats.amount
        sums: list[Cells] = [
            (asset, *[amount(asset, each) if place % 2 else each for place, each in enumerate(found)])
            for asset, found in sorted(self._sums.items())
        ]
        return [
            Table("flow_sums", self.SUMS_TITLE, self.SUMS_COLUMNS, sums),
            Table("deposits", self.DEPOSITS_TITLE, self.DEPOSITS_COLUMNS, self._deposits),
            Table("withdrawals", self.WITHDRAWALS_TITLE, self.WITHDRAWALS_COLUMNS, self._withdrawals),
            Table("issues", self.ISSUES_TITLE, self.ISSUES_COLUMNS, self._issues),
            Table("freezes_by_holder", self.FREEZES_TITLE, self.FREEZES_COLUMNS, self._freezes),
        ]

    def _move(self, step: Step, event: FundsMoved) -> None:
        is_in = event.amount >= 0
        self._add(event.asset, self._IN if is_in else self._OUT, abs(event.amount))
        amount = self.frame.reference.formats.amount(event.asset, abs(event.amount))
        head = (step.seq, self._utc(step.time_ns), event.account, *self._owner(event.account), event.asset, amount)
        by = str(getattr(step.command, "by", ""))
        if is_in:
            origin = step.command.origin if isinstance(step.command, Deposit) else ""
            self._deposits.append((*head, origin, event.reason, by))
        else:
            self._withdrawals.append((*head, event.reason, by))

    def _issue(self, step: Step, event: AssetIssued) -> None:
        is_issue = event.amount >= 0
        self._add(event.asset, self._ISSUED if is_issue else self._REDEEMED, abs(event.amount))
        amount = self.frame.reference.formats.amount
        investor, investor_class, _ = self._owner(event.account)
        command = step.command
        self._issues.append(
            (
                *(step.seq, self._utc(step.time_ns), ISSUED if is_issue else REDEEMED, event.asset, event.issuer),
                *(event.account, investor, investor_class),
                *(amount(event.asset, abs(event.amount)), amount(event.asset, event.outstanding)),
                *(str(getattr(command, "reason", "")), str(getattr(command, "by", ""))),
            )
        )

    def _freeze(self, step: Step, event: HoldingFrozen) -> None:
        key = (event.account, event.asset)
        before = self._frozen.get(key, 0)
        self._frozen[key] = event.frozen
        if not self.frame.is_wanted:
            return
        amount = self.frame.reference.formats.amount
        investor, investor_class, _ = self._owner(event.account)
        held = event.available + event.reserved + event.frozen
        self._freezes.append(
            (
                *(step.seq, self._utc(step.time_ns), FROZEN if event.frozen > before else LET_GO, event.asset),
                *(event.account, investor, investor_class),
                *(amount(event.asset, each) for each in (before, event.frozen, held)),
                *(percent(event.frozen, held), event.reason, event.by),
            )
        )

    def _add(self, asset: str, place: int, amount: int) -> None:
        found = self._sums.setdefault(asset, [0] * 8)
        found[place] += 1
        found[place + 1] += amount

    def _owner(self, account: str) -> tuple[str, str, str]:
        """Investor, class now, and intermediary of an account."""
        reference = self.frame.reference
        holder = reference.holders.get(account)
        if holder is None:
            return ("", "", "")
        return (holder.investor, reference.class_of(account), holder.intermediary)
