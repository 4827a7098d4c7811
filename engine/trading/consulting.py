"""Asking the hook: commands that it carries out or notes, and the recheck of open orders that may follow.

What changes the rules rechecks every open order, parked ones too, and cancels what may rest no longer. What changes the
records of somebody rechecks whom the hook names: all whose orders it could find forbidden. What says that investors share a
beneficial owner keeps them from trading with each other from then on.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Order, Owner
from engine.book.whereabouts import FOR_ENTRY, IN_CALL, ON_BOOK
from engine.state.hook import Links, Outcome, Recheck
from engine.state.state import State
from engine.trading.ending import cancel, newest_of
from engine.trading.prevention import own_crossed
from engine.vocabulary.codes import BY_RULE, SELF_TRADE_PREVENTED
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
    if outcome.links:
        state.begin(_parting(state, _link(state, outcome.links)))
    if outcome.recheck is not None:
        if outcome.recheck.everybody:
            # Rules were read and made anew, and everybody decided about.
            state.steps += CHANGE_STEPS + len(state.account_list)
        state.begin(_rechecking(state, outcome.recheck))


def doubt(state: State, command: Command) -> Problem | None:
    """Ask the hook why it would refuse a command that waits for a second approval; None: it would carry it out now."""
    # It may be a rulebook, which is read here, and again once it is approved.
    state.steps += CHANGE_STEPS
    return state.hook.doubt(command, state.time_ns)


def look_again(state: State) -> None:
    """Begin to cancel what may rest no longer since a command has traded or corrected."""
    recheck = state.hook.unsettled()
    if recheck is not None:
        state.begin(_rechecking(state, recheck))


def _link(state: State, links: Links) -> list[Owner]:
    """Note who shares a beneficial owner with whom; returns those who do with somebody more."""
    grown: list[Owner] = []
    for name, others in links.items():
        owner = state.owner(name)
        if any(other not in owner.linked for other in others):
            grown.append(owner)
        owner.linked = {other: state.owner(other) for other in others}
    # They were made for those who were linked before.
    state.own_queues.clear()
    return grown


def _parting(state: State, owners: list[Owner]) -> Iterator[None]:
    """Cancel orders that would trade with one that is own only now, newest first: what a call has collected may cross.

    A step for each open order, and what it takes to look for one that it crosses.
    """
    orders: dict[int, Order] = {}
    for owner in owners:
        for account in owner.accounts:
            for order in account.open_orders.values():
                orders[order.entered] = order
    for entered in sorted(orders, reverse=True):
        order = orders[entered]
        if order.leaves_lots and order.where in (IN_CALL, ON_BOOK) and own_crossed(state, order) is not None:
            cancel(state, order, SELF_TRADE_PREVENTED)
        yield


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
    """Cancel an order if it may rest no longer. The other leg of one that was cancelled has gone with it.

    The take-profit and the stop of a bracket that wait for its entry are asked about when they begin: they can't trade before.
    """
    if order.leaves_lots and order.where != FOR_ENTRY:
        verdict = state.hook.recheck(order, state.time_ns)
        if verdict is not None:
            cancel(state, order, BY_RULE, verdict.first.rule, verdict.first.said)


def _to_recheck(state: State, recheck: Recheck) -> list[Order]:
    """The open orders of those named to recheck, newest first. O(n log n) in the orders."""
    found: dict[int, Order] = {}
    for name in recheck.accounts:
        for order in state.accounts[name].open_orders.values():
            found[order.entered] = order
    return [found[entered] for entered in sorted(found, reverse=True)]
