"""Transfers one by one: who moved what to whom and for which purpose, what it left of its contract, and what became of it."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from engine.exchange import Exchange
from engine.vocabulary.codes import PURPOSES, REJECT_CODES
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import Transfer
from engine.vocabulary.messages.events import Event, RequestRejected, Transferred
from gateway.reporting.part import EACH, Frame, Part
from gateway.reporting.source import Step
from gateway.reporting.tables import AMOUNT, SEQ, TIME, Cells, Column, Rows, Table
from gateway.reporting.times import UtcTimes
from gateway.words.words import words_of

DONE: Final = "done"
REFUSED: Final = "refused"


class Transfers(Part):
    """Each transfer that was asked for."""

    name = "transfers"
    title = "Transfers"
    purpose = "Each transfer: parties, purpose, contract and what is left of it, verdict."
    need = EACH
    kinds = (Transferred, RequestRejected)
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
        Column("rule"),
        Column("rules"),
        Column("code"),
        Column("detail"),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._rows: Final = Rows()
        self._new: Final[list[Cells]] = []
        """Of the command that is told, all but what is left of the contract."""
        self._utc: Final = UtcTimes()

    def event(self, step: Step, event: Event) -> None:
        """A transfer that was done or refused."""
        if not self.frame.is_wanted:
            return
        if isinstance(event, Transferred):
            asked = (event.from_account, event.to_account, event.asset, event.amount)
            purpose = (PURPOSES[event.purpose], event.contract_reference)
            self._note(step, event.transfer_id, asked, purpose, (DONE, "", "", "", ""))
        elif isinstance(event, RequestRejected) and isinstance(step.command, Transfer):
            command = step.command
            known = 0 <= command.purpose < len(PURPOSES)
            asked = (command.account, command.to_account, command.asset, command.amount)
            purpose = (PURPOSES[command.purpose] if known else str(command.purpose), command.contract_reference)
            said = (REFUSED, event.rule, " ".join(event.rules), REJECT_CODES[event.code], words_of(event))
            self._note(step, step.seq, asked, purpose, said)

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """What its contract has left, after the command."""
        for row in self._new:
            reference = str(row[self._CONTRACT])
            self._rows.append((*row[: self._CONTRACT + 1], *_left(exchange, reference), *row[self._CONTRACT + 1 :]))
        self._new.clear()

    def tables(self) -> list[Table]:
        """One."""
        return [Table("transfer_list", self.TITLE, self.COLUMNS, self._rows)]

    _CONTRACT: Final = 14

    def _note(
        self,
        step: Step,
        transfer: int,
        asked: tuple[str, str, str, int],
        purpose: tuple[str, str],
        said: tuple[str, str, str, str, str],
    ) -> None:
        sender, receiver, asset, amount = asked
        parties = (*self._party(sender), *self._party(receiver))
        text = (
            self.frame.reference.formats.amount(asset, amount)
            if asset in self.frame.reference.formats.scales
            else str(amount)
        )
        self._new.append((step.seq, self._utc(step.time_ns), transfer, *parties, asset, text, *purpose, *said))

    def _party(self, account: str) -> tuple[str, str, str, str]:
        """Account, investor, class and intermediary."""
        reference = self.frame.reference
        holder = reference.holders.get(account)
        if holder is None:
            return (account, "", "", "")
        return (account, holder.investor, reference.class_of(account), holder.intermediary)


def _left(exchange: Exchange | None, reference: str) -> Cells:
    """What may still be paid under a contract, and its currency; nothing where no such contract is known."""
    if exchange is None or not isinstance(exchange.hook, ComplianceHook):
        return (None, "")
    contract = exchange.hook.intake.registry.contracts.get(reference.strip())
    if contract is None:
        return (None, "")
    return (decimal(contract.left, contract.asset.core.scale), contract.asset.asset)
