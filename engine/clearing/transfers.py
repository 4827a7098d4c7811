"""Transfers between accounts, withdrawals, and requests for delivery, which are always refused. Specified in docs/CLEARING.md."""

from __future__ import annotations

from engine.book.entities import Account
from engine.book.kept import keep_transfer, read
from engine.book.movement import Movement
from engine.book.records import TransferRecord
from engine.book.used_id import UsedId
from engine.clearing.movements import hold, room_problem
from engine.clearing.moving import party_problem, pay_out, transfer_over
from engine.state.hook import Wait
from engine.state.state import State
from engine.trading.admission import full_problem, has_room
from engine.trading.asking import lacks, own_account, refuse, refuse_stranger
from engine.vocabulary.codes import DUPLICATE_ID, MOVEMENT_WAITS, OK, OWN_ACCOUNT, PURPOSES, SIZE, SPOT, UNSUPPORTED
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import RequestDelivery, RequestWithdrawal, Transfer
from engine.vocabulary.messages.events import TransferStatus
from engine.vocabulary.problem import Problem, invalid, unknown_account, unknown_instrument
from engine.vocabulary.said import said


def transfer(state: State, command: Transfer) -> None:
    """Carry out `Transfer`.

    Emits Transferred, RequestRejected, or TransferStatus for a resent one; of one that has to wait MovementHeld, then TransferStatus.
    """
    account = _new_request(state, command)
    if account is not None:
        _move(state, account, command, _transfer_problem(state, account, command))


def request_withdrawal(state: State, command: RequestWithdrawal) -> None:
    """Carry out `RequestWithdrawal`.

    Emits exactly one event: FundsMoved, MovementHeld, RequestRejected, or TransferStatus for a resent one.
    """
    account = _new_request(state, command)
    if account is not None:
        _move(state, account, command, _withdrawal_problem(state, account, command))


def _new_request(state: State, command: Transfer | RequestWithdrawal) -> Account | None:
    """The account of a request that was not made before today; None: it has been answered."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, command.client_order_id)
        return None
    used = state.ids_of(account).find(command.client_order_id)
    if used is None:
        return account
    _answer_used_id(state, account, command, read(account, command.client_order_id, used))
    return None


def _move(state: State, account: Account, command: Transfer | RequestWithdrawal, problem: Problem | None) -> None:
    """Book a request that passed every check, or have it wait; or refuse it. Its client order id is used up."""
    wait: Wait | None = None
    if problem is None:
        wait = state.hook.wait(command, state.time_ns)
        if wait is not None:
            problem = room_problem(state, account)
    if problem is None and wait is not None:
        hold(state, account, Movement(state.seq, command, state.assets[command.asset]), wait)
        if isinstance(command, Transfer):
            # Whoever knows no transfer that waits is answered in words that it knows.
            state.emit(TransferStatus(account.account, command.client_order_id, state.seq, OK, MOVEMENT_WAITS))
        return
    if has_room(state, account):
        code = OK if problem is None else problem.code
        state.ids_of(account).keep(command.client_order_id, keep_transfer(state.seq, command, code))
        state.kept_ids += 1
        state.ended_ids += 1
    if problem is not None:
        refuse(state, account, 0, command.client_order_id, problem)
        return
    asset = state.assets[command.asset]
    account.balance(asset).available -= command.amount
    movement = Movement(state.seq, command, asset)
    if isinstance(command, Transfer):
        transfer_over(state, account, movement)
    else:
        pay_out(state, account, movement)


def _answer_used_id(state: State, account: Account, command: Transfer | RequestWithdrawal, used: UsedId) -> None:
    """Answer a client order id used already: with how the transfer or withdrawal stands, or a reject if it was for another."""
    name = command.client_order_id
    if isinstance(used, TransferRecord) and used.command == command:
        state.emit(TransferStatus(account.account, name, used.transfer_id, used.code, used.status))
    elif isinstance(used, Movement) and used.command == command:
        state.emit(TransferStatus(account.account, name, used.movement, OK, used.status))
    else:
        refuse(state, account, 0, name, Problem(DUPLICATE_ID, said("id.used", name, used.used_for)))


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
    problem = party_problem(state, account, command.to_account)
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


def _withdrawal_problem(state: State, account: Account, command: RequestWithdrawal) -> Problem | None:
    """The first check that a withdrawal fails, after those of account and id."""
    asset = state.assets.get(command.asset)
    if asset is None:
        return invalid(said("asset.unknown", command.asset))
    if not 0 < len(command.destination.strip()) <= MAX_TEXT_CHARS:
        return invalid(said("withdrawal.destination", MAX_TEXT_CHARS))
    problem = party_problem(state, account, "")
    if problem is not None:
        return problem
    if not has_room(state, account):
        return full_problem(state, account)
    if command.amount <= 0:
        return Problem(SIZE, said("amount.positive"))
    verdict = state.hook.check_withdrawal(command, state.time_ns)
    if verdict is not None:
        return verdict.problem
    return lacks(account, asset, command.amount) if command.amount > account.available(asset) else None


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
