"""Asking the hook: commands that it carries out or notes, and the recheck of open orders that may follow.

What changes the rules rechecks every open order, parked ones too, and cancels what may rest no longer. What changes the
records of somebody rechecks whom the hook names: all whose orders it could find forbidden.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Order
from engine.state.hook import Outcome, Recheck
from engine.state.state import State
from engine.trading.ending import cancel, newest_of
from engine.vocabulary.codes import BY_RULE
from engine.vocabulary.limits import CHANGE_STEPS
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
    """Emit what the hook reports, and begin to cancel what may rest no longer."""
    for event in outcome.events:
        state.emit(event)
    if outcome.recheck is not None:
        if outcome.recheck.everybody:
            # Rules were read and made anew, and everybody decided about.
            state.steps += CHANGE_STEPS + len(state.account_list)
        state.begin(_rechecking(state, outcome.recheck))


def _rechecking(state: State, recheck: Recheck) -> Iterator[None]:
    """Cancel what may rest no longer, newest first: a step for each open order that is rechecked."""
    if recheck.everybody:
        for order in newest_of(state, state.account_list):
            if order is not None:
                _recheck(state, order)
            yield
        return
    for order in _to_recheck(state, recheck):
        _recheck(state, order)
        yield


def _recheck(state: State, order: Order) -> None:
    """Cancel an order if it may rest no longer. The other leg of one that was cancelled has gone with it."""
    if order.leaves_lots:
        verdict = state.hook.recheck(order, state.time_ns)
        if verdict is not None:
            cancel(state, order, BY_RULE, verdict.first.rule, verdict.first.said)


def _to_recheck(state: State, recheck: Recheck) -> list[Order]:
    """The open orders of those named to recheck, newest first. O(instruments, and n log n in the orders).

    The take-profits and stops of brackets always are: they are not asked about before their entry has ended, so that any of
    them may be forbidden already.
    """
    found: dict[int, Order] = {}
    for name in recheck.accounts:
        for order in state.accounts[name].open_orders.values():
            found[order.entered] = order
    for book in state.book_list:
        for order in book.for_entry.values():
            found[order.entered] = order
    return [found[entered] for entered in sorted(found, reverse=True)]
