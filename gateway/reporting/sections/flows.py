"""What came in and went out beside the market, what had to wait, and what is held fast."""

from __future__ import annotations

from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.codes import MOVEMENT_KINDS, MOVEMENT_STATUSES, MOVEMENT_WAITS, REDEMPTION, WITHDRAWAL
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import Deposit, RequestWithdrawal
from engine.vocabulary.messages.events import (
    AssetIssued,
    Event,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    MovementEnded,
    MovementHeld,
)
from engine.vocabulary.said import said
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.waited import Waited, Waiting
from gateway.reporting.tables.figures import percent
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, SEQ, TIME, Cells, Column, Rows, Table
from gateway.reporting.tables.times import UtcTimes
from gateway.words.words import in_words

ISSUED: Final = "issued"
REDEEMED: Final = "redeemed"
FROZEN: Final = "frozen"
LET_GO: Final = "let go"
ARRESTED: Final = "arrested"


class Flows(Part):
    """Each deposit, withdrawal, issue, redemption and freeze, and the sums by asset."""

    name = "flows"
    title = "In and out"
    purpose = "Deposits with their stated origin, withdrawals, what had to wait, issues, redemptions; freezes and arrests by holder."
    need = EACH
    kinds = (FundsMoved, AssetIssued, HoldingFrozen, HoldingArrested, MovementHeld, MovementEnded)
    has_takes = True

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
        Column("destination"),
        Column("movement", SEQ),
        Column("reason"),
        Column("by"),
    )
    WAITED_TITLE: Final = "What had to wait before it left"
    WAITED_COLUMNS: Final = (
        Column("movement", SEQ),
        Column("asked_utc", TIME),
        Column("what"),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("to_account"),
        Column("destination"),
        Column("asset"),
        Column("amount", AMOUNT),
        Column("asked_by"),
        Column("rules"),
        Column("for_word"),
        Column("until_utc", TIME),
        Column("outcome"),
        Column("ended_seq", SEQ),
        Column("ended_utc", TIME),
        Column("waited_seconds", COUNT),
        Column("by"),
        Column("reason"),
        Column("rule"),
        Column("why"),
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
        Column("owned", AMOUNT),
        Column("frozen_percent", PERCENT),
        Column("reason"),
        Column("by"),
    )
    ARRESTS_TITLE: Final = "Arrests, by paper and holder"
    ARRESTS_COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("what"),
        Column("arrest"),
        Column("authority"),
        Column("dated"),
        Column("sales_allowed"),
        Column("asset"),
        Column("account"),
        Column("investor"),
        Column("investor_class"),
        Column("claimed", AMOUNT),
        Column("claims_all"),
        Column("arrested_before", AMOUNT),
        Column("arrested", AMOUNT),
        Column("owned", AMOUNT),
        Column("arrested_percent", PERCENT),
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
        self._waited_rows: Final = Rows()
        self._waited: Final = Waited()
        self._arrests: Final = Rows()
        self._new: Final[list[tuple[Rows, HoldingFrozen | HoldingArrested, int, Cells]]] = []
        """Of the command that is told: freezes and arrests, where they are listed, how much is held fast, and what stands before what is owned."""
        self._arrested: Final[dict[tuple[str, str], int]] = {}
        """By account and asset: what all papers have arrested now."""
        self._last_ns: int = 0
        self._frozen: Final[dict[tuple[str, str], int]] = {}
        """By account and asset: what is frozen now."""

    def event(self, step: Step, event: Event) -> None:
        """One movement, or one holder whose frozen part changed."""
        if isinstance(event, HoldingFrozen):
            self._freeze(step, event)
        elif isinstance(event, HoldingArrested):
            self._arrest(step, event)
        elif isinstance(event, MovementHeld):
            self._waited.held(step, event)
        elif isinstance(event, MovementEnded):
            self._end(step, event)
        elif isinstance(event, FundsMoved):
            self._move(step, event)
        elif isinstance(event, AssetIssued):
            self._issue(step, event)

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """Of how much a freeze is: all that the account owns after the command."""
        if not self.frame.is_past:
            self._last_ns = step.time_ns
        for rows, event, part, before in self._new:
            owned = self._owned(event, exchange)
            text = self.frame.reference.formats.amount(event.asset, owned)
            rows.append((*before, text, percent(part, owned), event.reason, event.by))
        self._new.clear()

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
            Table("movements", self.WAITED_TITLE, self.WAITED_COLUMNS, [*self._waited_rows, *self._still_waiting()]),
            Table("issues", self.ISSUES_TITLE, self.ISSUES_COLUMNS, self._issues),
            Table("freezes_by_holder", self.FREEZES_TITLE, self.FREEZES_COLUMNS, self._freezes),
            Table("arrests_by_holder", self.ARRESTS_TITLE, self.ARRESTS_COLUMNS, self._arrests),
        ]

    def _move(self, step: Step, event: FundsMoved) -> None:
        carried = self._waited.carried(step, event.account, WITHDRAWAL)
        if not self.frame.is_wanted:
            return
        is_in = event.amount >= 0
        self._add(event.asset, self._IN if is_in else self._OUT, abs(event.amount))
        amount = self.frame.reference.formats.amount(event.asset, abs(event.amount))
        head = (step.seq, self._utc(step.time_ns), event.account, *self._owner(event.account), event.asset, amount)
        command = step.command
        by = str(getattr(command, "by", "") or getattr(command, "participant", ""))
        if is_in:
            origin = command.origin if isinstance(command, Deposit) else ""
            self._deposits.append((*head, origin, event.reason, by))
        elif carried is None:
            destination = command.destination if isinstance(command, RequestWithdrawal) else ""
            self._withdrawals.append((*head, destination, None, event.reason, by))
        else:
            ended, known = carried
            said_ = (known.event.destination, ended.movement, known.asked_reason or event.reason, known.asked_by)
            self._withdrawals.append((*head, *said_))

    def _end(self, step: Step, event: MovementEnded) -> None:
        known = self._waited.ended(step, event)
        if known is None or not self.frame.is_wanted:
            return
        why = in_words(said(event.template, *event.values)) if event.template else ""
        waited = (step.time_ns - known.asked_ns) // NS_PER_SECOND
        ended = (MOVEMENT_STATUSES[event.outcome], step.seq, self._utc(step.time_ns), waited)
        self._waited_rows.append((*self._waiting(known), *ended, event.by, event.reason, event.rule, why))

    def _still_waiting(self) -> list[Cells]:
        """What waits at the end."""
        rows: list[Cells] = []
        for known in self._waited.waiting.values():
            waited = (self._last_ns - known.asked_ns) // NS_PER_SECOND
            rows.append((*self._waiting(known), MOVEMENT_STATUSES[MOVEMENT_WAITS], None, "", waited, "", "", "", ""))
        return rows

    def _waiting(self, known: Waiting) -> Cells:
        """All that is known before it ends."""
        event = known.event
        investor, investor_class, _ = self._owner(event.account)
        return (
            *(event.movement, self._utc(known.asked_ns), MOVEMENT_KINDS[event.kind], event.account),
            *(investor, investor_class, event.to_account, event.destination, event.asset),
            *(self.frame.reference.formats.amount(event.asset, event.amount), known.asked_by, " ".join(event.rules)),
            *("yes" if event.waits_for_word else "", self._utc(event.until_ns) if event.until_ns else ""),
        )

    def _issue(self, step: Step, event: AssetIssued) -> None:
        carried = self._waited.carried(step, event.account, REDEMPTION)
        if not self.frame.is_wanted:
            return
        is_issue = event.amount >= 0
        self._add(event.asset, self._ISSUED if is_issue else self._REDEEMED, abs(event.amount))
        amount = self.frame.reference.formats.amount
        investor, investor_class, _ = self._owner(event.account)
        command = step.command
        reason, by = str(getattr(command, "reason", "")), str(getattr(command, "by", ""))
        if carried is not None:
            reason, by = carried[1].asked_reason, carried[1].asked_by
        self._issues.append(
            (
                *(step.seq, self._utc(step.time_ns), ISSUED if is_issue else REDEEMED, event.asset, event.issuer),
                *(event.account, investor, investor_class),
                *(amount(event.asset, abs(event.amount)), amount(event.asset, event.outstanding)),
                *(reason, by),
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
        what = FROZEN if event.frozen > before else LET_GO
        head = (step.seq, self._utc(step.time_ns), what, event.asset, event.account, investor, investor_class)
        frozen = (amount(event.asset, before), amount(event.asset, event.frozen))
        self._new.append((self._freezes, event, event.frozen, (*head, *frozen)))

    def _arrest(self, step: Step, event: HoldingArrested) -> None:
        key = (event.account, event.asset)
        before = self._arrested.get(key, 0)
        self._arrested[key] = event.arrested
        if not self.frame.is_wanted:
            return
        amount = self.frame.reference.formats.amount
        investor, investor_class, _ = self._owner(event.account)
        claims_all = event.claimed < 0
        self._new.append(
            (
                self._arrests,
                event,
                event.arrested,
                (
                    *(step.seq, self._utc(step.time_ns), ARRESTED if event.claimed else LET_GO, event.arrest),
                    *(event.authority, event.dated, "yes" if event.sales_allowed else "", event.asset, event.account),
                    *(investor, investor_class, None if claims_all else amount(event.asset, event.claimed)),
                    *("yes" if claims_all else "", amount(event.asset, before), amount(event.asset, event.arrested)),
                ),
            )
        )

    @staticmethod
    def _owned(event: HoldingFrozen | HoldingArrested, exchange: Exchange | None) -> int:
        """All that the account owns of the asset; without a replay what the event says of it."""
        if exchange is not None:
            return exchange.accounts[event.account].balance(exchange.assets[event.asset]).owned
        arrested = event.arrested if isinstance(event, HoldingArrested) else 0
        return event.available + event.reserved + event.frozen + arrested

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
