"""Phases: moved by a command, by the daily schedule, or by the end of a volatility auction or halt."""

from __future__ import annotations

import heapq

from engine.auction import uncross
from engine.book import LimitOrderBook
from engine.codes import (
    AT_CLOSE,
    AT_OPEN,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    EXPIRED,
    HALTED,
    OPENING_AUCTION,
    PRE_OPEN,
    VOLATILITY_AUCTION,
)
from engine.effective import follow, take_effect
from engine.ending import cancel
from engine.events import DayEnded, Event, PhaseChanged
from engine.limits import MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND
from engine.placing import join_call, leave_call, park_pegs, start_volatility_auction
from engine.state import DUE_BATCH, DUE_CHANGE, DUE_DAY, DUE_EXPIRY, DUE_PHASE, DUE_STEP, State, day_end_ns

AUCTIONS = (OPENING_AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION)


def enter_phase(state: State, out: list[Event], book: LimitOrderBook, phase: int, reason: str) -> None:
    """Move an instrument to a phase: uncross what must be, say so, and let what waited for the phase join it."""
    was_call = book.in_call
    crossed = book.bids.best is not None and book.crosses(book.bids.side, book.bids.best.price_ticks)
    state.touch(book)
    if (book.phase in AUCTIONS and phase in (CONTINUOUS, CLOSED)) or (
        phase == CONTINUOUS and book.phase != CONTINUOUS and (crossed or book.market_orders)
    ):
        uncross(state, out, book, False)
        book.calm = True
    elif was_call and phase not in (book.phase, PRE_OPEN) and phase not in AUCTIONS:
        leave_call(state, out, book)
    book.until_ns = 0
    if phase == VOLATILITY_AUCTION:
        start_volatility_auction(state, out, book, reason)
        return
    book.phase = phase
    if phase in AUCTIONS:
        book.auctions += 1
    state.emit(out, PhaseChanged(book.instrument.instrument, phase, reason))
    if book.in_call:
        park_pegs(state, out, book)
    elif phase == CONTINUOUS:
        look_at_stops(book)
    wanted = AT_OPEN if phase == OPENING_AUCTION else AT_CLOSE if phase == CLOSING_AUCTION else -1
    for order in [order for order in book.for_auction.values() if order.time_in_force == wanted]:
        book.unpark(order)
        join_call(state, out, book, order)


def look_at_stops(book: LimitOrderBook) -> None:
    """Let stops that the last trade is at or through be elected, although nothing traded now: they waited in a call."""
    if book.last_trade_ticks and not book.prints:
        book.prints.append(book.last_trade_ticks)


def run_due(state: State, out: list[Event], time_ns: int) -> bool:
    """Do the earliest thing due by a time; False if there is none."""
    while state.due and state.due[0][0] <= time_ns:
        deadline_ns, kind, index = heapq.heappop(state.due)
        state.time_ns = max(state.time_ns, deadline_ns)
        if _run(state, out, deadline_ns, kind, index):
            return True
    return False


def _run(state: State, out: list[Event], deadline_ns: int, kind: int, index: int) -> bool:
    """Do one due thing; False if it holds no longer."""
    if kind == DUE_DAY:
        end_day(state, out)
        return True
    if kind == DUE_EXPIRY:
        order = state.expiring.get(index)
        if order is None:
            return False
        cancel(state, out, state.books[order.instrument_name], order, EXPIRED)
        return True
    if kind == DUE_CHANGE:
        take_effect(state, out, index)
        return True
    book = state.book_list[index]
    if kind == DUE_PHASE:
        if book.until_ns != deadline_ns:
            return False
        if book.phase == HALTED:
            start_volatility_auction(state, out, book)
        else:
            enter_phase(state, out, book, CONTINUOUS, "auction end")
        return True
    if kind == DUE_BATCH:
        if book.batch_due_ns != deadline_ns:
            return False
        book.batch_due_ns = 0
        if book.phase != CONTINUOUS or not book.instrument.batch_ns:
            return False
        uncross(state, out, book, True)
        state.touch(book)
        return True
    if state.schedule_steps.get(index) != deadline_ns:
        return False
    _step(state, out, book, deadline_ns)
    return True


def end_day(state: State, out: list[Event]) -> None:
    """Begin the trading day of the current time: client order ids are free again but for those of open orders."""
    for account in state.accounts.values():
        if account.client_ids:
            account.client_ids = {order.client_order_id: order for order in account.open_orders.values()}
        if account.transfers:
            account.transfers = {}
    for limits in state.limits.values():
        limits.orders = limits.trades = 0
    state.day_trades = {}
    # Orders that ended before their time have left their deadlines behind.
    kept = [entry for entry in state.due if entry[1] != DUE_EXPIRY or entry[2] in state.expiring]
    state.due.clear()
    state.due.extend(kept)
    heapq.heapify(state.due)
    start_day(state)
    state.emit(out, DayEnded(state.day))
    follow(state, out, state.hook.day_ended(state.time_ns))


def start_day(state: State) -> None:
    """Set the trading day from the time, and when it ends."""
    state.day = (state.time_ns + MOSCOW_OFFSET_NS) // NS_PER_DAY
    state.schedule(day_end_ns(state), DUE_DAY, 0)


def set_schedule(state: State, book: LimitOrderBook, steps: tuple[tuple[int, int], ...]) -> None:
    """Put a daily schedule in force from the next of its steps on."""
    index = book.instrument.index
    state.schedule_steps.pop(index, None)
    if not steps:
        state.schedules.pop(index, None)
        return
    state.schedules[index] = steps
    _schedule_after(state, book, state.time_ns, 0)


def _schedule_after(state: State, book: LimitOrderBook, time_ns: int, delay_ns: int) -> None:
    """Set the deadline of the first step after a time, `delay_ns` later than the schedule says."""
    index = book.instrument.index
    midnight = (time_ns + MOSCOW_OFFSET_NS) // NS_PER_DAY * NS_PER_DAY - MOSCOW_OFFSET_NS
    steps = state.schedules[index]
    second = (time_ns - midnight) // NS_PER_SECOND
    later = [at for at, _ in steps if at > second]
    deadline = midnight + (later[0] if later else steps[0][0]) * NS_PER_SECOND + (0 if later else NS_PER_DAY)
    state.schedule_steps[index] = deadline + delay_ns
    state.schedule(deadline + delay_ns, DUE_STEP, index)


def _step(state: State, out: list[Event], book: LimitOrderBook, deadline_ns: int) -> None:
    """Enter the phase whose time has come: the last step at or before the deadline, of today or of the day before."""
    index = book.instrument.index
    steps = state.schedules[index]
    second = (deadline_ns + MOSCOW_OFFSET_NS) % NS_PER_DAY // NS_PER_SECOND
    due = [phase for at, phase in steps if at <= second]
    phase = due[-1] if due else steps[-1][1]
    if phase != book.phase:
        enter_phase(state, out, book, phase, "schedule")
    delay_ns = state.draw(book, book.instrument.auction_random_ns) if phase in AUCTIONS else 0
    _schedule_after(state, book, deadline_ns, delay_ns)


def rules_changed(state: State, out: list[Event], book: LimitOrderBook, was_call: bool) -> None:
    """What a change of an instrument's rules does at once: leaving batch mode ends its call with an uncross."""
    if was_call and not book.in_call and book.phase == CONTINUOUS:
        uncross(state, out, book, True)
        book.calm = True
        look_at_stops(book)
    elif book.in_call:
        park_pegs(state, out, book)
    state.touch(book)
