"""Carrying out what waits to leave an account: by the clock, or by a supervisor's word; or giving it up.

Specified in docs/CLEARING.md. All that was looked at when it was asked for is looked at again.
"""

from __future__ import annotations

from engine.book.entities import Account
from engine.book.movement import Movement
from engine.clearing.movements import end_movement, tell
from engine.clearing.moving import party_problem, pay_out, take_back, transfer_over
from engine.state.state import State
from engine.trading.asking import own_account, refuse, refuse_stranger
from engine.vocabulary.codes import (
    CARRIED_OUT,
    FUNDS,
    MOVEMENT_CANCELLED,
    MOVEMENT_FAILED,
    MOVEMENT_REFUSED,
    REDEMPTION,
    TRANSFER,
)
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import CancelWithdrawal, RefuseMovement, ReleaseMovement
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import said


def time_came(state: State, movement: Movement) -> None:
    """Carry out what has waited long enough, unless it waits for a word too."""
    state.waiting_times.remove(movement)
    movement.until_ns = 0
    if movement.waits_for_word:
        return
    if not movement.has_word:
        wait = state.hook.wait(movement.command, state.time_ns)
        if wait is not None and wait.word_rule:
            movement.word_rule = wait.word_rule
            tell(state, state.accounts[movement.account], movement)
            return
    _carry_out(state, movement)


def release(state: State, command: ReleaseMovement) -> Problem | None:
    """Carry out `ReleaseMovement`. Emits what carries the movement out, or MovementHeld if its time has not come yet."""
    movement = state.movements.get(command.movement)
    if movement is None:
        return _unknown(command.movement)
    if not movement.waits_for_word:
        # Somebody's level may have been raised since.
        wait = None if movement.has_word else state.hook.wait(movement.command, state.time_ns)
        if wait is None or not wait.word_rule:
            return invalid(said("movement.no_word", command.movement))
        movement.word_rule = wait.word_rule
    movement.has_word = True
    if movement.until_ns:
        tell(state, state.accounts[movement.account], movement)
    else:
        _carry_out(state, movement, command.by, command.reason)
    return None


def refuse_movement(state: State, command: RefuseMovement) -> Problem | None:
    """Carry out `RefuseMovement`. Emits MovementEnded."""
    movement = state.movements.get(command.movement)
    if movement is None:
        return _unknown(command.movement)
    end_movement(state, movement, MOVEMENT_REFUSED, by=command.by, reason=command.reason)
    return None


def cancel_withdrawal(state: State, command: CancelWithdrawal) -> None:
    """Carry out `CancelWithdrawal`. Emits MovementEnded or RequestRejected."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, "")
        return
    movement = account.movements.get(command.movement)
    if movement is None:
        refuse(state, account, 0, "", _unknown(command.movement))
    elif movement.kind == REDEMPTION:
        refuse(state, account, 0, "", invalid(said("movement.issuers", command.movement)))
    else:
        end_movement(state, movement, MOVEMENT_CANCELLED)


def _unknown(movement: int) -> Problem:
    return invalid(said("movement.unknown", movement))


def _carry_out(state: State, movement: Movement, by: str = "", reason: str = "") -> None:
    """Carry something out that waits for nothing more. Emits MovementEnded, then what moves it unless it failed."""
    account = state.accounts[movement.account]
    problem = _problem(state, account, movement)
    if problem is not None:
        end_movement(state, movement, MOVEMENT_FAILED, by=by, reason=reason, why=problem.said, rule=problem.rule)
        return
    end_movement(state, movement, CARRIED_OUT, by=by, reason=reason)
    if movement.kind == TRANSFER:
        transfer_over(state, account, movement)
    elif movement.kind == REDEMPTION:
        take_back(state, account, movement.asset, movement.amount)
    else:
        pay_out(state, account, movement)


def _problem(state: State, account: Account, movement: Movement) -> Problem | None:
    """Why something can't be carried out now, although it could be when it was asked for."""
    if movement.is_named:
        problem = party_problem(state, account, movement.to_account)
        if problem is not None:
            return problem
    command, time_ns = movement.command, state.time_ns
    if movement.kind == TRANSFER:
        verdict = state.hook.check_transfer(command, time_ns)
    else:
        verdict = state.hook.check_withdrawal(command, time_ns)
    if verdict is not None:
        return verdict.problem
    asset = movement.asset
    if movement.kind == REDEMPTION and movement.amount > asset.outstanding:
        return Problem(FUNDS, said("redeem.outstanding", decimal(asset.outstanding, asset.scale), asset.asset))
    return None
