"""Phases: moved by a command, by the daily schedule, or by the end of a volatility auction or halt."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from engine.book.order_book import LimitOrderBook
from engine.state.state import DUE_DAY, DUE_STEP, State, day_end_ns
from engine.trading.auction import uncross
from engine.trading.consulting import follow
from engine.trading.placing import join_call, leave_call, park_pegs, set_batch_end, start_volatility_auction
from engine.vocabulary.codes import (
    AT_CLOSE,
    AT_OPEN,
    CANCEL_ONLY,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    HALTED,
    OPENING_AUCTION,
    PHASES,
    PRE_OPEN,
    VOLATILITY_AUCTION,
)
from engine.vocabulary.days import midnight_ns, moscow_day, time_of_day_ns
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.events import DayEnded, PhaseChanged

AUCTIONS = (OPENING_AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION)
MAX_PHASE: Final = len(PHASES) - 1


def enter_phase(state: State, book: LimitOrderBook, phase: int, reason: str, by: str = "") -> None:
    """Move an instrument to a phase: uncross what must be, say so, and let what waited for the phase join it."""
    was_call = book.in_call
    crossed = book.bids.best is not None and book.crosses(book.bids.side, book.bids.best.price_ticks)
    state.touch(book)
    if (book.phase in AUCTIONS and phase in (CONTINUOUS, CLOSED)) or (
        phase == CONTINUOUS and book.phase != CONTINUOUS and (crossed or book.market_orders)
    ):
        uncross(state, book, False)
        book.calm = True
    elif was_call and phase not in (book.phase, PRE_OPEN) and phase not in AUCTIONS:
        leave_call(state, book)
    book.until_ns = 0
    if phase == VOLATILITY_AUCTION:
        start_volatility_auction(state, book, reason, by)
        return
    book.enter(phase)
    if phase in AUCTIONS:
        book.auctions += 1
    state.emit(PhaseChanged(book.instrument.instrument, phase, reason, 0, by))
    if book.in_call:
        park_pegs(state, book)
    elif phase == CONTINUOUS:
        look_at_stops(state, book)
    if phase not in (OPENING_AUCTION, CLOSING_AUCTION):
        return
    wanted = AT_OPEN if phase == OPENING_AUCTION else AT_CLOSE
    for order in [order for order in book.for_auction.values() if order.time_in_force == wanted]:
        book.unpark(order)
        join_call(state, order)


def look_at_stops(state: State, book: LimitOrderBook) -> None:
    """Let stops that the last trade is at or through be elected, although nothing traded now: they waited in a call."""
    if book.last_trade_ticks and not book.prints:
        book.prints.append(book.last_trade_ticks)
        state.printed.append(book)


def may_enter(book: LimitOrderBook, phase: int) -> bool:
    """Whether an instrument can be moved to a phase: a future trades only with a static band and a reference price."""
    if book.instrument.future is None or phase in (CLOSED, HALTED, CANCEL_ONLY):
        return True
    return book.instrument.static_ppm != 0 and book.reference_ticks != 0


def end_day(state: State) -> None:
    """Begin the trading day of the current time: client order ids are free again but for those of open orders."""
    for limits in state.limits.values():
        limits.orders = limits.trades = 0
    state.leftovers.end_day(state.day_trades)
    state.day_trades = []
    state.first_trade = state.trades + 1
    state.kept_ids -= state.ended_ids + len(state.ended)
    state.ended_ids = -len(state.ended)
    state.room.is_crowded = False
    start_day(state)
    state.emit(DayEnded(state.day))
    follow(state, state.hook.day_ended(state.time_ns))


def start_day(state: State) -> None:
    """Set the trading day from the time, and when it ends."""
    state.day = moscow_day(state.time_ns)
    state.schedule(day_end_ns(state), DUE_DAY, 0)


def follow_schedule(state: State, book: LimitOrderBook, steps: tuple[tuple[int, int], ...]) -> None:
    """Put a daily schedule in force from the next of its steps on."""
    index = book.instrument.number
    state.schedule_steps.pop(index, None)
    if not steps:
        state.schedules.pop(index, None)
        return
    state.schedules[index] = steps
    _schedule_after(state, book, state.time_ns, 0)


def _schedule_after(state: State, book: LimitOrderBook, time_ns: int, delay_ns: int) -> None:
    """Set the deadline of the first step after a time, `delay_ns` later than the schedule says."""
    index = book.instrument.number
    midnight = midnight_ns(moscow_day(time_ns))
    steps = state.schedules[index]
    second = (time_ns - midnight) // NS_PER_SECOND
    after = _steps_begun(steps, second)
    today = after < len(steps)
    deadline = midnight + steps[after if today else 0][0] * NS_PER_SECOND + (0 if today else NS_PER_DAY)
    state.schedule_steps[index] = deadline + delay_ns
    state.schedule(deadline + delay_ns, DUE_STEP, index)


def _steps_begun(steps: tuple[tuple[int, int], ...], second: int) -> int:
    """How many steps of a day are at or before a second of it. O(log steps)."""
    return bisect_right(steps, (second, MAX_PHASE))


def step(state: State, book: LimitOrderBook, deadline_ns: int) -> None:
    """Enter the phase whose time has come: the last step at or before the deadline, of today or of the day before."""
    index = book.instrument.number
    steps = state.schedules[index]
    second = time_of_day_ns(deadline_ns) // NS_PER_SECOND
    # Before the first step of a day the last one holds: index -1.
    phase = steps[_steps_begun(steps, second) - 1][1]
    if phase != book.phase and may_enter(book, phase):
        enter_phase(state, book, phase, "schedule")
    delay_ns = state.draw(book, book.instrument.auction_random_ns) if phase in AUCTIONS else 0
    _schedule_after(state, book, deadline_ns, delay_ns)


def rules_changed(state: State, book: LimitOrderBook, was_call: bool) -> None:
    """What a change of an instrument's rules does at once: leaving batch mode ends its call with an uncross.

    A batch that has begun ends by the new length; its old deadline then means nothing.
    """
    if book.batch_due_ns and book.instrument.batch_ns:
        set_batch_end(state, book)
    if was_call and not book.in_call and book.phase == CONTINUOUS:
        uncross(state, book, True)
        book.calm = True
        look_at_stops(state, book)
    elif book.in_call:
        park_pegs(state, book)
    state.touch(book)
