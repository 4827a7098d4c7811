"""Transfers between accounts, and requests for delivery, which are always refused. Specified in docs/CLEARING.md."""

from __future__ import annotations

from engine.book.entities import Account
from engine.book.kept import keep_transfer, read
from engine.book.records import TransferRecord
from engine.book.used_id import UsedId
from engine.money import reservations
from engine.state.state import State, next_report
from engine.trading.admission import full_problem, has_room
from engine.trading.asking import lacks, own_account, refuse, refuse_stranger
from engine.trading.entry import kill_problem
from engine.vocabulary.codes import (
    DUPLICATE_ID,
    KILL_SWITCH,
    OK,
    OWN_ACCOUNT,
    PURPOSES,
    SCOPE_INVESTOR,
    SCOPES,
    SIZE,
    SPOT,
    UNSUPPORTED,
)
from engine.vocabulary.messages.commands import RequestDelivery, Transfer
from engine.vocabulary.messages.events import Transferred, TransferStatus
from engine.vocabulary.problem import Problem, invalid, unknown_account, unknown_instrument
from engine.vocabulary.said import said


def transfer(state: State, command: Transfer) -> None:
    """Carry out `Transfer`. Emits exactly one event: Transferred, RequestRejected, or TransferStatus for a resent one."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, command.client_order_id)
        return
    ids = state.ids_of(account)
    used = ids.find(command.client_order_id)
    if used is not None:
        _answer_used_id(state, account, command, read(account, command.client_order_id, used))
        return
    problem = _transfer_problem(state, account, command)
    if has_room(state, account):
        code = OK if problem is None else problem.code
        ids.keep(command.client_order_id, keep_transfer(state.seq, command, code))
        state.kept_ids += 1
        state.ended_ids += 1
    if problem is None:
        _move(state, account, command)
    else:
        refuse(state, account, 0, command.client_order_id, problem)


def _answer_used_id(state: State, account: Account, command: Transfer, used: UsedId) -> None:
    """Answer a client order id used earlier today: with what became of the transfer, or a reject if it was for another."""
    if isinstance(used, TransferRecord) and used.command == command:
        status = TransferStatus(account.account, command.client_order_id, used.transfer_id, used.code)
        state.emit(status)
        return
    why = said("id.used", command.client_order_id, used.used_for)
    refuse(state, account, 0, command.client_order_id, Problem(DUPLICATE_ID, why))


def _transfer_problem(state: State, account: Account, command: Transfer) -> Problem | None:
    """The first check that a transfer fails, after those of account and id."""
    receiver, asset = state.accounts.get(command.to_account), state.assets.get(command.asset)
    if asset is None:
        return invalid(said("asset.unknown", command.asset))
    if receiver is None:
        return unknown_account(command.to_account)
    if receiver is account:
        return invalid(said("transfer.same_account"))
    if not 0 <= command.purpose < len(PURPOSES):
        return invalid(said("purpose.unknown"))
    if command.purpose == OWN_ACCOUNT and receiver.owner is not account.owner:
        return invalid(said("transfer.other_investor", receiver.account, account.investor))
    problem = kill_problem(state, account, "") or _receiver_problem(state, receiver)
    if problem is not None:
        return problem
    if not has_room(state, account):
        return full_problem(state, account)
    if command.amount <= 0:
        return Problem(SIZE, said("amount.positive"))
    verdict = state.hook.check_transfer(command, state.time_ns)
    if verdict is not None:
        return verdict.problem
    return lacks(account, asset, command.amount) if command.amount > account.available(asset) else None


def _receiver_problem(state: State, receiver: Account) -> Problem | None:
    """Whether the kill switch of the receiving investor is on. Its participant does nothing here, and may be stopped."""
    if f"{SCOPES[SCOPE_INVESTOR]}:{receiver.investor}" in state.killed:
        return Problem(KILL_SWITCH, said("kill_switch.on", SCOPES[SCOPE_INVESTOR], receiver.investor))
    return None


def _move(state: State, account: Account, command: Transfer) -> None:
    """Book a transfer that passed every check."""
    receiver, asset = state.accounts[command.to_account], state.assets[command.asset]
    sent, received = account.balance(asset), receiver.balance(asset)
    sent.available -= command.amount
    reservations.credit(received, command.amount)
    state.emit(
        Transferred(
            state.seq,
            account.account,
            next_report(account),
            receiver.account,
            next_report(receiver),
            command.client_order_id,
            asset.asset,
            command.amount,
            command.purpose,
            command.contract_reference,
            sent.available,
            received.available,
        ),
    )


def request_delivery(state: State, command: RequestDelivery) -> None:
    """Carry out `RequestDelivery`. Emits RequestRejected: nothing here is ever delivered (DER-1)."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, "")
        return
    refuse(state, account, 0, "", _delivery_problem(state, command))


def _delivery_problem(state: State, command: RequestDelivery) -> Problem:
    instrument = state.instruments.get(command.instrument)
    if instrument is None:
        return unknown_instrument(command.instrument)
    verdict = state.hook.check_delivery(command, state.time_ns)
    if verdict is not None:
        return verdict.problem
    if instrument.kind == SPOT:
        return Problem(UNSUPPORTED, said("delivery.settled", command.instrument))
    return Problem(UNSUPPORTED, said("delivery.cash", command.instrument))
