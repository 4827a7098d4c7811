"""What happens to the orders of those who are absent: a connection that is gone, a dead man's timer that was not set again.

Specified in docs/MATCHING.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Account
from engine.phases.alarms import rings, set_alarm
from engine.state.absence import Armed, Presence
from engine.state.state import DUE_ABSENCE, DUE_DEAD_MAN, State, next_report
from engine.trading.asking import own_account, refuse, refuse_stranger
from engine.trading.ending import cancel, newest_of
from engine.vocabulary.codes import DEAD_MAN, DISCONNECTED, PERMISSION
from engine.vocabulary.limits import MAX_ABSENCE_NS, MAX_ARMED_CONNECTIONS, MIN_DEAD_MAN_NS, NS_PER_SECOND
from engine.vocabulary.messages.commands import ArmDisconnect, CancelAllAfter, DisarmDisconnect, Disconnected
from engine.vocabulary.messages.events import (
    ConnectionArmed,
    ConnectionEnded,
    ConnectionLost,
    DeadManSet,
    RequestRejected,
)
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import said


def arm(state: State, command: ArmDisconnect) -> Problem | None:
    """Carry out `ArmDisconnect`. Emits ConnectionArmed."""
    name = command.participant
    if name not in state.absence.operated:
        return invalid(said("participant.no_account", name))
    for account in command.accounts:
        if own_account(state, name, account) is None:
            return invalid(said("participant.not_operator", name, account))
    if not 0 <= command.grace_ns <= MAX_ABSENCE_NS:
        return invalid(said("absence.grace", MAX_ABSENCE_NS // NS_PER_SECOND))
    before = state.absence.of.get(name)
    if command.connection <= 0 or (before is not None and command.connection in before.connections):
        return invalid(said("absence.connection", command.connection))
    if before is not None and len(before.connections) >= MAX_ARMED_CONNECTIONS:
        return invalid(said("absence.most", MAX_ARMED_CONNECTIONS))
    presence = state.absence.presence(name)
    presence.connections[command.connection] = Armed(command.connection, command.accounts, command.grace_ns)
    state.absence.last_connection = max(state.absence.last_connection, command.connection)
    state.emit(ConnectionArmed(name, command.connection, command.accounts, command.grace_ns))
    return None


def disconnect(state: State, command: Disconnected) -> None:
    """Carry out `Disconnected`. Emits ConnectionLost and, without a grace, what its end does; nothing if the connection is not armed."""
    presence = state.absence.of.get(command.participant)
    armed = None if presence is None else presence.connections.get(command.connection)
    if presence is None or armed is None or armed.until_ns:
        return
    armed.until_ns = state.time_ns + armed.grace_ns
    state.emit(ConnectionLost(presence.participant, armed.connection, armed.until_ns))
    if armed.grace_ns:
        _set_grace(state, presence)
    else:
        _begin_ending(state, presence, armed)


def disarm(state: State, command: DisarmDisconnect) -> None:
    """Carry out `DisarmDisconnect`. Emits ConnectionEnded; nothing if the connection is not armed any more."""
    presence = state.absence.of.get(command.participant)
    armed = None if presence is None else presence.connections.pop(command.connection, None)
    if presence is not None and armed is not None:
        state.emit(ConnectionEnded(presence.participant, armed.connection, False))
        _set_grace(state, presence)


def grace_ended(state: State, number: int, deadline_ns: int) -> bool:
    """Do what the end of a participant's grace does; False if nothing ends at this time."""
    presence = state.absence.presences[number]
    if not rings(presence.alarm, deadline_ns):
        set_alarm(state, presence.alarm, DUE_ABSENCE, number)
        return False
    for armed in list(presence.connections.values()):
        if armed.until_ns and armed.until_ns <= deadline_ns:
            _begin_ending(state, presence, armed)
    _set_grace(state, presence)
    return True


def _begin_ending(state: State, presence: Presence, armed: Armed) -> None:
    """Have the orders cancelled that a connection leaves behind."""
    del presence.connections[armed.connection]
    state.begin(_ending(state, presence.participant, armed))


def _ending(state: State, participant: str, armed: Armed) -> Iterator[None]:
    """Cancel what a connection leaves behind, newest first: a work of a step an order, and one an account."""
    accounts = list(state.absence.operated[participant])
    if armed.accounts:
        wanted = dict.fromkeys(armed.accounts, True)
        accounts = [account for account in accounts if account.account in wanted]
    cancelled = 0
    for order in newest_of(state, accounts):
        if order is not None and order.leaves_lots:
            cancel(state, order, DISCONNECTED)
            cancelled += 1
        yield
    state.emit(ConnectionEnded(participant, armed.connection, True, cancelled))


def cancel_all_after(state: State, command: CancelAllAfter) -> None:
    """Carry out `CancelAllAfter`. Emits DeadManSet for each account, as opened; or RequestRejected."""
    if command.account:
        account = own_account(state, command.participant, command.account)
        accounts = [] if account is None else [account]
    else:
        accounts = list(state.absence.operated.get(command.participant, []))
    if not accounts:
        if command.account:
            refuse_stranger(state, command.participant, command.account, 0, "")
        else:
            why = said("participant.no_account", command.participant)
            state.emit(RequestRejected("", 0, 0, "", PERMISSION, template=why.template, values=why.values))
        return
    if command.timeout_ns and not MIN_DEAD_MAN_NS <= command.timeout_ns <= MAX_ABSENCE_NS:
        why = said("absence.timeout", MIN_DEAD_MAN_NS // 1_000_000, MAX_ABSENCE_NS // NS_PER_SECOND)
        refuse(state, accounts[0], 0, "", invalid(why))
        return
    until_ns = state.time_ns + command.timeout_ns if command.timeout_ns else 0
    state.begin(_setting(state, accounts, until_ns))


def _setting(state: State, accounts: list[Account], until_ns: int) -> Iterator[None]:
    """Set the timers of some accounts: a work of a step each."""
    for account in accounts:
        alarm = state.absence.timer(account.number)
        alarm.until_ns = until_ns
        set_alarm(state, alarm, DUE_DEAD_MAN, account.number)
        state.emit(DeadManSet(account.account, next_report(account), until_ns))
        yield


def dead_man(state: State, number: int, deadline_ns: int) -> bool:
    """Cancel the orders of an account whose timer has come to its end; False if it was moved, or is off."""
    alarm = state.absence.timers[number]
    if not rings(alarm, deadline_ns):
        set_alarm(state, alarm, DUE_DEAD_MAN, number)
        return False
    alarm.until_ns = 0
    state.begin(_acting(state, state.account_list[number]))
    return True


def _acting(state: State, account: Account) -> Iterator[None]:
    """Cancel the orders of an account, newest first: a work of a step an order."""
    cancelled = 0
    for order in newest_of(state, [account]):
        if order is not None and order.leaves_lots:
            cancel(state, order, DEAD_MAN)
            cancelled += 1
        yield
    state.emit(DeadManSet(account.account, next_report(account), 0, True, cancelled))


def _set_grace(state: State, presence: Presence) -> None:
    """Have the end of the next grace due."""
    presence.alarm.until_ns = presence.next_ns()
    set_alarm(state, presence.alarm, DUE_ABSENCE, presence.number)
