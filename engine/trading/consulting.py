"""Asking the hook: commands that it carries out or notes, and the recheck of open orders that may follow.

Whatever changes the rules or the records rechecks every open order, parked ones too, and cancels what may rest no longer.
"""

from __future__ import annotations

from engine.state.hook import Outcome
from engine.state.state import State
from engine.trading.ending import cancel, newest_first
from engine.vocabulary.codes import BY_RULE
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.problem import Problem


def consult(state: State, command: Command) -> Problem | None:
    """Let the hook carry out or note a command; returns why it refused.

    Emits the hook's events, then OrderCancelled for what may rest no longer, newest first.
    """
    return ask(state, command).problem


def ask(state: State, command: Command) -> Outcome:
    """Let the hook carry out or note a command, and follow its outcome unless that is a refusal."""
    outcome = state.hook.apply(command, state.time_ns)
    if outcome.problem is None:
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
