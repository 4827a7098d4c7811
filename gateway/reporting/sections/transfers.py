"""Transfers one by one: who moved what to whom and for which purpose, what it left of its contract, and what became of it."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from engine.exchange import Exchange
from engine.vocabulary.codes import CARRIED_OUT, MOVEMENT_STATUSES, PURPOSES, REJECT_CODES, TRANSFER
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import Transfer
from engine.vocabulary.messages.events import Event, MovementEnded, MovementHeld, RequestRejected, Transferred
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.tables.tables import AMOUNT, SEQ, TIME, Cells, Column, Rows, Table
from gateway.reporting.tables.times import UtcTimes
from gateway.words.words import words, words_of

DONE: Final = "done"
REFUSED: Final = "refused"
WAITS: Final = "waiting"


class Transfers(Part):
    """Each transfer that was asked for."""

    name = "transfers"
    title = "Transfers"
    purpose = "Each transfer: parties, purpose, contract and what is left of it, verdict."
    need = EACH
    kinds = (Transferred, RequestRejected, MovementHeld, MovementEnded)
    has_takes = True

    TITLE: Final = "Transfers one by one"
    COLUMNS: Final = (
        Column("seq", SEQ),
        Column("time_utc", TIME),
        Column("transfer", SEQ),
        Column("from_account"),
        Column("from_investor"),
        Column("from_class"),
        Column("from_intermediary"),
        Column("to_account"),
        Column("to_investor"),
        Column("to_class"),
        Column("to_intermediary"),
        Column("asset"),
        Column("amount", AMOUNT),
        Column("purpose"),
        Column("contract"),
        Column("contract_left", AMOUNT),
        Column("contract_asset"),
        Column("verdict"),
        Column("waited_for"),
        Column("by"),
        Column("reason"),
        Column("rule"),
        Column("rules"),
        Column("code"),
        Column("detail"),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._rows: Final = Rows()
        self._new: Final[list[_Asked]] = []
        """Of the command that is told."""
        self._waiting: Final[dict[int, _Asked]] = {}
        """Transfers that wait, by their number."""
        self._contracts: Final[dict[str, Cells]] = {}
        """What those that wait have left of their contracts, at the end."""
        self._utc: Final = UtcTimes()

    def event(self, step: Step, event: Event) -> None:
        """A transfer that was done, refused or held, or waits no longer."""
        if self.frame.is_past:
            return
        if isinstance(event, Transferred):
            asked = self._waiting.pop(event.transfer_id, None) or _Asked(event, event.from_account, event.transfer_id)
            self._decide(step, asked, DONE)
        elif isinstance(event, MovementHeld) and event.kind == TRANSFER:
            known = self._waiting.setdefault(event.movement, _Asked(event, event.account, event.movement))
            known.seq, known.time_ns = known.seq or step.seq, known.time_ns or step.time_ns
            known.waited_for.update(dict.fromkeys(event.rules))
        elif isinstance(event, MovementEnded) and event.movement in self._waiting:
            known = self._waiting[event.movement]
            known.by, known.reason = event.by, event.reason
            if event.outcome != CARRIED_OUT:
                known.rule, known.detail = event.rule, words(event.template, event.values)
                self._decide(step, self._waiting.pop(event.movement), MOVEMENT_STATUSES[event.outcome])
        elif isinstance(event, RequestRejected) and isinstance(step.command, Transfer):
            asked = _Asked(step.command, step.command.account, step.seq)
            asked.rule, asked.rules, asked.code = event.rule, " ".join(event.rules), REJECT_CODES[event.code]
            asked.detail = words_of(event)
            self._decide(step, asked, REFUSED)

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """What its contract has left, after the command."""
        for asked in self._new:
            self._rows.append(self._row(asked, _left(exchange, asked.contract)))
        self._new.clear()

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """What those that wait would leave of their contracts."""
        for asked in self._waiting.values():
            self._contracts[asked.contract] = _left(exchange, asked.contract)

    def tables(self) -> list[Table]:
        """One: those that are decided in order, then those that wait."""
        rows = Rows(self._rows)
        for asked in self._waiting.values():
            rows.append(self._row(asked, self._contracts.get(asked.contract, (None, ""))))
        return [Table("transfer_list", self.TITLE, self.COLUMNS, rows)]

    def _decide(self, step: Step, asked: _Asked, verdict: str) -> None:
        if self.frame.is_wanted:
            asked.seq, asked.time_ns, asked.verdict = step.seq, step.time_ns, verdict
            self._new.append(asked)

    def _row(self, asked: _Asked, left: Cells) -> Cells:
        formats = self.frame.reference.formats
        # Who asks may name an asset that there is not.
        is_known = asked.asset in formats.scales
        return (
            asked.seq,
            self._utc(asked.time_ns),
            asked.transfer,
            *self._party(asked.account),
            *self._party(asked.to_account),
            asked.asset,
            formats.amount(asked.asset, asked.amount) if is_known else str(asked.amount),
            PURPOSES[asked.purpose] if 0 <= asked.purpose < len(PURPOSES) else str(asked.purpose),
            asked.contract,
            *left,
            asked.verdict,
            " ".join(asked.waited_for),
            asked.by,
            asked.reason,
            asked.rule,
            asked.rules,
            asked.code,
            asked.detail,
        )

    def _party(self, account: str) -> tuple[str, str, str, str]:
        """Account, investor, class and intermediary."""
        reference = self.frame.reference
        holder = reference.holders.get(account)
        if holder is None:
            return (account, "", "", "")
        return (account, holder.investor, reference.class_of(account), holder.intermediary)


class _Asked:
    """A transfer that was asked for, and what is known of it so far."""

    def __init__(self, asked: Transfer | Transferred | MovementHeld, account: str, transfer: int) -> None:
        self.account: Final = account
        self.transfer: Final = transfer
        self.to_account: Final = asked.to_account
        self.asset: Final = asked.asset
        self.amount: Final = asked.amount
        self.purpose: Final = asked.purpose
        self.contract: Final = asked.contract_reference
        self.seq = 0
        """Of the command that decided; of one that waits, of the command that asked."""
        self.time_ns = 0
        self.verdict = WAITS
        self.waited_for: Final[dict[str, None]] = {}
        """The rules by which it waited."""
        self.by = ""
        self.reason = ""
        self.rule = ""
        self.rules = ""
        self.code = ""
        self.detail = ""


def _left(exchange: Exchange | None, reference: str) -> Cells:
    """What may still be paid under a contract, and its currency; nothing where no such contract is known."""
    if exchange is None or not isinstance(exchange.hook, ComplianceHook):
        return (None, "")
    contract = exchange.hook.intake.registry.contracts.get(reference.strip())
    if contract is None:
        return (None, "")
    return (decimal(contract.left, contract.asset.core.scale), contract.asset.asset)
