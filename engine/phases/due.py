"""What happens by itself when its time has come: phases, expiries, marks, settlements, ends of grace, effective dates, proposals,
what has waited to leave an account, who is absent, the day's end.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from engine.book.order_book import LimitOrderBook
from engine.clearing.carrying import time_came
from engine.clearing.closeout import end_grace
from engine.clearing.futures import begin_averaging, final_ticks, mark_by_clock, marking
from engine.phases.absence import dead_man, grace_ended
from engine.phases.access import key_expires
from engine.phases.approval import lapse
from engine.phases.effective import take_effect
from engine.phases.phase_changes import end_day, enter_phase, follow_schedule, step
from engine.state.state import (
    DUE_ABSENCE,
    DUE_BATCH,
    DUE_CHANGE,
    DUE_DAY,
    DUE_DEAD_MAN,
    DUE_EXPIRY,
    DUE_INDICATIVE,
    DUE_KEY,
    DUE_MARGIN,
    DUE_MARK,
    DUE_PHASE,
    DUE_PROPOSAL,
    DUE_SETTLEMENT,
    State,
)
from engine.trading.auction import uncross
from engine.trading.ending import cancel, cancelling
from engine.trading.indicative import indicative_due
from engine.trading.placing import start_volatility_auction
from engine.vocabulary.codes import BUY, CLOSED, CONTINUOUS, EXPIRED, HALTED, SETTLED
from engine.vocabulary.limits import CHANGE_STEPS


def run_due(state: State, time_ns: int) -> bool:
    """Do the earliest thing due by a time; False if there is none."""
    while True:
        deadline_ns, kind, number = state.due[0]
        expiry_ns, waiting_ns = state.expiries.next_ns, state.waiting_times.next_ns
        # After all else that is due at that instant.
        if waiting_ns <= time_ns and waiting_ns < min(deadline_ns, expiry_ns):
            state.time_ns = max(state.time_ns, waiting_ns)
            time_came(state, state.waiting_times.first())
            return True
        if expiry_ns <= time_ns and (expiry_ns, DUE_EXPIRY) < (deadline_ns, kind):
            state.time_ns = max(state.time_ns, expiry_ns)
            cancel(state, state.expiries.first(), EXPIRED)
            return True
        if deadline_ns > time_ns:
            return False
        heapq.heappop(state.due)
        state.time_ns = max(state.time_ns, deadline_ns)
        if _run(state, deadline_ns, kind, number):
            return True


def _run(state: State, deadline_ns: int, kind: int, number: int) -> bool:
    """Do one due thing; False if it holds no longer."""
    if kind == DUE_DAY:
        end_day(state)
        return True
    if kind == DUE_MARGIN:
        return end_grace(state, number, deadline_ns)
    if kind == DUE_CHANGE:
        # It may carry a rulebook, which is read even if it is refused then.
        state.steps += CHANGE_STEPS
        take_effect(state, number)
        return True
    if kind == DUE_PROPOSAL:
        return lapse(state, number)
    if kind == DUE_ABSENCE:
        return grace_ended(state, number, deadline_ns)
    if kind == DUE_DEAD_MAN:
        return dead_man(state, number, deadline_ns)
    if kind == DUE_KEY:
        return key_expires(state, deadline_ns)
    book = state.book_list[number]
    if kind == DUE_MARK:
        return mark_by_clock(state, book)
    if kind == DUE_INDICATIVE:
        return indicative_due(state, book, deadline_ns)
    if kind == DUE_SETTLEMENT:
        return _settle(state, book, deadline_ns)
    if kind == DUE_PHASE:
        if book.until_ns != deadline_ns:
            return False
        if book.phase == HALTED:
            start_volatility_auction(state, book)
        else:
            enter_phase(state, book, CONTINUOUS, "auction end")
        return True
    if kind == DUE_BATCH:
        return _end_batch(state, book, deadline_ns)
    if state.schedule_steps.get(number) != deadline_ns:
        return False
    step(state, book, deadline_ns)
    return True


def _end_batch(state: State, book: LimitOrderBook, deadline_ns: int) -> bool:
    """Uncross what a batch collected; False if there is nothing: then nothing ends."""
    if book.batch_due_ns != deadline_ns:
        return False
    book.batch_due_ns = 0
    if book.phase != CONTINUOUS or not book.instrument.batch_ns:
        return False
    bid = book.bids.best
    if not book.market_orders and (bid is None or not book.crosses(BUY, bid.price_ticks)):
        return False
    uncross(state, book, True)
    state.touch(book)
    return True


def _settle(state: State, book: LimitOrderBook, deadline_ns: int) -> bool:
    """Begin to average a future's number, or, at its expiry, cancel its orders, close it and mark it for the last time."""
    future = book.instrument.future
    assert future is not None
    if deadline_ns != future.expiry_ns:
        begin_averaging(state, book)
        return False
    state.begin(_settling(state, book))
    return True


def _settling(state: State, book: LimitOrderBook) -> Iterator[None]:
    """Cancel a future's orders, close it and mark it for the last time: a work of a step an order, and what marking takes."""
    future = book.instrument.future
    assert future is not None
    for _ in cancelling(state, book.open_orders(), SETTLED):
        yield
    follow_schedule(state, book, ())
    enter_phase(state, book, CLOSED, "expired")
    future.expired = True
    ticks = final_ticks(state, book)
    if ticks:
        for _ in marking(state, book, ticks, True):
            yield
