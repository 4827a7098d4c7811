"""Commands that the hook carries out, at once or from their effective date on; and what it makes of the end of a day.

Whatever changes the rules or the records rechecks every open order, parked ones too, and cancels what may rest no longer.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.state.hook import Outcome
from engine.state.state import DUE_CHANGE, State
from engine.trading.changes import newest_first
from engine.trading.ending import cancel
from engine.vocabulary.codes import BY_RULE, COMPLIANCE, INVALID
from engine.vocabulary.limits import MAX_E8, MAX_SCHEDULED_CHANGES
from engine.vocabulary.messages.commands import (
    AuthoriseClient,
    Command,
    EffectiveFrom,
    LoadRulebook,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetParameter,
    UpdateAsset,
)
from engine.vocabulary.messages.events import ChangeEffective, ChangeScheduled, CommandRejected

# By the names that requests have for them.
_NAMES: Final[dict[type[Command], str]] = {
    LoadRulebook: "load_rulebook",
    RegisterInvestor: "register_investor",
    RegisterIntermediary: "register_intermediary",
    RecordTest: "record_test",
    RecordAcknowledgement: "record_acknowledgement",
    SetBlocked: "set_blocked",
    AuthoriseClient: "authorise_client",
    UpdateAsset: "update_asset",
    SetParameter: "set_parameter",
}


def consult(state: State, command: Command) -> bool:
    """Let the hook carry out or note a command; False if it refused.

    Emits CommandRejected; or the hook's events, then OrderCancelled for what may rest no longer, newest first.
    """
    refusal = ask(state, command).refusal
    if refusal:
        state.emit(CommandRejected(COMPLIANCE, refusal))
    return not refusal


def ask(state: State, command: Command) -> Outcome:
    """Let the hook carry out or note a command, and follow its outcome unless that is a refusal, which is left to emit."""
    outcome = state.hook.apply(command, state.time_ns)
    if not outcome.refusal:
        follow(state, outcome)
    return outcome


def follow(state: State, outcome: Outcome) -> None:
    """Emit what the hook reports, and cancel what may rest no longer. O(open orders) if there is something to recheck."""
    for event in outcome.events:
        state.emit(event)
    if not outcome.recheck:
        return
    for order in newest_first(state):
        # The other leg of one that was cancelled has gone with it.
        if not order.leaves_lots:
            continue
        verdict = state.hook.recheck(order, state.time_ns)
        if verdict is not None:
            cancel(state, order, BY_RULE, verdict.first.rule, verdict.first.detail)


def schedule_change(state: State, command: EffectiveFrom) -> None:
    """Keep a compliance command until its effective date. Emits ChangeScheduled or CommandRejected."""
    problem = ""
    if not state.time_ns < command.effective_ns <= MAX_E8:
        problem = "effective_ns must be in the future"
    elif len(state.changes) >= MAX_SCHEDULED_CHANGES:
        problem = f"no more than {MAX_SCHEDULED_CHANGES} changes may wait for their effective date"
    if problem:
        state.emit(CommandRejected(INVALID, problem))
        return
    state.changes[state.seq] = command
    state.schedule(command.effective_ns, DUE_CHANGE, state.seq)
    # What it is about is the first field of each of these commands.
    what = f"{_NAMES[type(command.change)]} {msgspec.structs.astuple(command.change)[0]}"
    state.emit(ChangeScheduled(state.seq, command.effective_ns, what))


def take_effect(state: State, change: int) -> None:
    """Carry out a command whose effective date has come. Emits ChangeEffective, then what `consult` emits."""
    command = state.changes.pop(change)
    state.emit(ChangeEffective(change))
    consult(state, _attributed(command))


def _attributed(command: EffectiveFrom) -> Command:
    """The command to carry out; reason and author of its schedule are its own, where it names none."""
    change = command.change
    if not change.by:
        change = msgspec.structs.replace(change, by=command.by)
    if not isinstance(change, (RecordTest, RecordAcknowledgement)) and not change.reason:
        change = msgspec.structs.replace(change, reason=command.reason)
    return change
