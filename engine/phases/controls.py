"""What supervisor and operator set while the venue runs: phases, trading rules, schedules, kill switches, limits, halts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Future
from engine.book.order_book import LimitOrderBook
from engine.clearing.futures import changing_band, expired_problem
from engine.phases.phase_changes import enter_phase, follow_schedule, may_enter, rules_changed
from engine.state.protection import Limits
from engine.state.state import State
from engine.trading.ending import cancelling, cancelling_of
from engine.trading.market_index import set_members
from engine.vocabulary.codes import (
    ALLOCATIONS,
    CANCEL_ONLY,
    CLOSED,
    KILLED,
    PHASES,
    SCOPE_INSTRUMENT,
    SCOPE_INVESTOR,
    SCOPE_PARTICIPANT,
    SCOPE_VENUE,
    SCOPES,
    SELF_TRADE_MODES,
    UNSUPPORTED,
)
from engine.vocabulary.limits import MAX_SCHEDULE_STEPS, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    SetKillSwitch,
    SetLimits,
    SetMarketHalt,
    SetPhase,
    SetSchedule,
    SetTradingRules,
    SetVenueRules,
)
from engine.vocabulary.messages.events import RulesChanged
from engine.vocabulary.problem import Problem, invalid, unknown_instrument
from engine.vocabulary.rounding import PPM


def set_venue_rules(state: State, command: SetVenueRules) -> Problem | None:
    """Carry out `SetVenueRules`. Emits RulesChanged."""
    if not 0 <= command.self_trade < len(SELF_TRADE_MODES):
        return invalid("unknown self-trade mode")
    state.self_trade = command.self_trade
    state.seed = command.seed
    state.emit(RulesChanged("venue_rules", "", SELF_TRADE_MODES[command.self_trade], "", command.by))
    return None


def set_phase(state: State, command: SetPhase) -> Problem | None:
    """Carry out `SetPhase`. Emits what leaving the phase does, PhaseChanged, and what joins the phase."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    if not 0 <= command.phase < len(PHASES):
        return Problem(UNSUPPORTED, "unknown phase")
    problem = expired_problem(book)
    if problem is not None:
        return problem
    if not may_enter(book, command.phase):
        return Problem(UNSUPPORTED, "a future trades only with a static band and a reference price")
    enter_phase(state, book, command.phase, command.reason)
    return None


def set_trading_rules(state: State, command: SetTradingRules) -> Problem | None:
    """Carry out `SetTradingRules`. Emits RulesChanged and, where batch mode ends, an uncross."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    for ppm in (command.static_ppm, command.dynamic_ppm):
        if not 0 <= ppm < PPM:
            return invalid("a band must be from 0 to below 1000000 millionths")
    for length_ns in (command.volatility_ns, command.auction_random_ns, command.batch_ns):
        if not 0 <= length_ns <= NS_PER_DAY:
            return invalid("a length of time must be from 0 to a day")
    if not 0 <= command.allocation < len(ALLOCATIONS):
        return invalid("unknown allocation")
    instrument = book.instrument
    future = instrument.future
    if future is not None and not command.static_ppm and instrument.static_ppm and _needs_band(book, future):
        return invalid("a future that trades or has positions or open orders needs its static band")
    was_call = book.in_call
    instrument.static_ppm = command.static_ppm
    instrument.dynamic_ppm = command.dynamic_ppm
    instrument.volatility_ns = command.volatility_ns
    instrument.auction_random_ns = command.auction_random_ns
    instrument.allocation = command.allocation
    instrument.batch_ns = command.batch_ns
    book.enter(book.phase)
    state.emit(RulesChanged("trading_rules", command.instrument, ALLOCATIONS[command.allocation], "", command.by))
    if future is not None:
        state.begin(_in_new_band(state, book, was_call))
    else:
        rules_changed(state, book, was_call)
    return None


def _in_new_band(state: State, book: LimitOrderBook, was_call: bool) -> Iterator[None]:
    """Cover a future anew, then do what its new rules do at once: a work of a step a position, and an open order."""
    for _ in changing_band(book):
        yield
    rules_changed(state, book, was_call)


def _needs_band(book: LimitOrderBook, future: Future) -> bool:
    """Whether a future trades, or somebody has a position or an open order in it."""
    if book.phase not in (CLOSED, CANCEL_ONLY):
        return True
    for position in future.positions.values():
        if position.lots or position.carried or position.buy_lots or position.sell_lots:
            return True
    return False


def set_schedule(state: State, command: SetSchedule) -> Problem | None:
    """Carry out `SetSchedule`. Emits RulesChanged."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    problem = expired_problem(book)
    if problem is not None:
        return problem
    if len(command.steps) > MAX_SCHEDULE_STEPS:
        return invalid(f"a schedule has no more than {MAX_SCHEDULE_STEPS} steps")
    before = -1
    for second, phase in command.steps:
        if not before < second < NS_PER_DAY // NS_PER_SECOND or not 0 <= phase < len(PHASES):
            return invalid("a schedule is (second of the day, phase) in increasing order")
        before = second
    follow_schedule(state, book, command.steps)
    state.emit(RulesChanged("schedule", command.instrument, f"{len(command.steps)} steps", "", command.by))
    return None


def set_kill_switch(state: State, command: SetKillSwitch) -> Problem | None:
    """Carry out `SetKillSwitch`: turned on, it cancels the orders of its scope, newest first."""
    if not 0 <= command.scope < len(SCOPES):
        return invalid("unknown scope")
    if command.scope == SCOPE_VENUE and command.key:
        return invalid("the venue's kill switch has no key")
    if command.scope == SCOPE_INSTRUMENT and command.key not in state.books:
        return unknown_instrument(command.key)
    key = f"{SCOPES[command.scope]}:{command.key}"
    if not command.on:
        state.killed.pop(key, None)
    else:
        state.killed[key] = True
    state.emit(RulesChanged("kill_switch", key, "on" if command.on else "off", command.reason, command.by))
    if command.on:
        state.begin(_stopping(state, command.scope, command.key))
    return None


def _stopping(state: State, scope: int, key: str) -> Iterator[None]:
    """Cancel the open orders that a kill switch stops, newest first; of a participant or the venue O(accounts)."""
    if scope == SCOPE_INSTRUMENT:
        return cancelling(state, state.books[key].open_orders(), KILLED)
    accounts = state.account_list
    if scope == SCOPE_INVESTOR:
        accounts = state.owners[key].accounts if key in state.owners else []
    elif scope == SCOPE_PARTICIPANT:
        accounts = [account for account in accounts if account.participant == key]
    return cancelling_of(state, accounts, KILLED)


def set_limits(state: State, command: SetLimits) -> Problem | None:
    """Carry out `SetLimits`. Emits RulesChanged."""
    if command.orders_per_second < 0 or command.max_order_value < 0 or command.max_order_to_trade < 0:
        return invalid("limits must not be negative")
    limits = state.limits.get(command.participant)
    if limits is None:
        limits = Limits(0, 0, 0)
        state.limits[command.participant] = limits
    limits.orders_per_second = command.orders_per_second
    limits.max_order_value = command.max_order_value
    limits.max_order_to_trade = command.max_order_to_trade
    state.emit(RulesChanged("limits", command.participant, "", "", command.by))
    return None


def set_market_halt(state: State, command: SetMarketHalt) -> Problem | None:
    """Carry out `SetMarketHalt`. Emits RulesChanged."""
    if not 0 <= command.threshold_ppm < PPM or not 0 <= command.halt_ns <= NS_PER_DAY:
        return invalid("the threshold must be below 1000000 millionths, the halt at most a day")
    for name in command.instruments:
        if name not in state.books:
            return unknown_instrument(name)
        if state.books[name].instrument.future is not None:
            return invalid(f"{name} is a future: its marks, not its trades, are its reference")
    state.halt_threshold_ppm = command.threshold_ppm
    state.halt_ns = command.halt_ns
    set_members(state, [state.books[name] for name in command.instruments])
    state.emit(RulesChanged("market_halt", "", f"{command.threshold_ppm} ppm", "", command.by))
    return None
