"""What waits to leave an account (AML-2, COOL-1): its amount is set aside until it is carried out or ends otherwise.

Specified in docs/CLEARING.md. `engine/clearing/carrying.py` carries it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Account
from engine.book.kept import keep_transfer
from engine.book.movement import Movement
from engine.money import reservations
from engine.state.hook import Wait
from engine.state.state import State, next_report
from engine.vocabulary.codes import CARRIED_OUT, MOVEMENT_FAILED, OK, ORDER_LIMITS
from engine.vocabulary.messages.events import MovementEnded, MovementHeld
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import NOTHING_SAID, Said, said


def room_problem(state: State, account: Account) -> Problem | None:
    """Why nothing more may wait to leave an account; None if it may."""
    if len(account.movements) >= state.max_waiting_per_account:
        return Problem(ORDER_LIMITS, said("movement.account", state.max_waiting_per_account))
    if len(state.movements) >= state.max_waiting:
        return Problem(ORDER_LIMITS, said("movement.venue", state.max_waiting))
    return None


def hold(state: State, account: Account, movement: Movement, wait: Wait) -> None:
    """Set aside what passed every check and has to wait. Emits MovementHeld."""
    reservations.set_aside(account.balance(movement.asset), movement.amount)
    movement.until_ns, movement.clock_rule, movement.word_rule = wait.until_ns, wait.clock_rule, wait.word_rule
    account.movements[movement.movement] = movement
    state.movements[movement.movement] = movement
    if movement.is_named:
        state.ids_of(account).open(movement.client_order_id, movement)
        state.kept_ids += 1
    if movement.until_ns:
        state.waiting_times.add(movement)
    tell(state, account, movement)


def tell(state: State, account: Account, movement: Movement) -> None:
    """Say for what something waits now. Emits MovementHeld."""
    balance, rules = account.balance(movement.asset), movement.rules
    state.emit(
        MovementHeld(
            movement.movement,
            account.account,
            next_report(account),
            movement.client_order_id,
            movement.kind,
            movement.asset.asset,
            movement.amount,
            movement.to_account,
            movement.purpose,
            movement.contract_reference,
            movement.destination,
            movement.until_ns,
            movement.waits_for_word,
            rules[0],
            rules,
            balance.available,
            balance.held,
        ),
    )


def end_movement(
    state: State,
    movement: Movement,
    outcome: int,
    *,
    by: str = "",
    reason: str = "",
    why: Said = NOTHING_SAID,
    rule: str = "",
) -> None:
    """Let something wait no longer. Emits MovementEnded.

    Its amount is available again; of what is carried out it is nobody's until the caller has booked it.
    """
    account = state.accounts[movement.account]
    balance = account.balance(movement.asset)
    movement.status = outcome
    balance.held -= movement.amount
    if outcome != CARRIED_OUT:
        reservations.credit(balance, movement.amount)
    if movement.is_named:
        # Before it is no longer counted among those whose ids outlast the day.
        _keep(state, account, movement)
    del account.movements[movement.movement]
    del state.movements[movement.movement]
    if movement.until_ns:
        state.waiting_times.remove(movement)
    state.emit(
        MovementEnded(
            movement.movement,
            account.account,
            next_report(account),
            outcome,
            movement.asset.asset,
            movement.amount,
            by,
            reason,
            why.template,
            why.values,
            rule,
            balance.available,
            balance.held,
            movement.client_order_id,
        ),
    )


def _keep(state: State, account: Account, movement: Movement) -> None:
    """Let a few bytes say how something ended; its client order id is free again when the day ends."""
    ids, name = state.ids_of(account), movement.client_order_id
    ids.bring(name, movement)
    ids.shrink(name, keep_transfer(movement.movement, movement.command, OK, movement.status))
    state.ended_ids += 1


def ending_newest(state: State, account: Account, asset_number: int, why: Said, rule: str = "") -> Iterator[None]:
    """End what waits to leave an account of an asset, newest first, as failed: a step each. Whoever asks stops when it has enough."""
    for movement in reversed(list(account.movements.values())):
        if movement.asset.number == asset_number and not movement.has_ended:
            end_movement(state, movement, MOVEMENT_FAILED, why=why, rule=rule)
            yield


def waiting_of(account: Account, asset_number: int) -> int:
    """How much of an asset waits to leave an account."""
    found = account.balances.get(asset_number)
    return 0 if found is None else found.held
