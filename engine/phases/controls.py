"""What supervisor and operator set while the venue runs: trading rules, schedules, kill switches, limits, halts, corrections."""

from __future__ import annotations

from engine.book.entities import Future, Order
from engine.book.order_book import LimitOrderBook
from engine.clearing.closeout import close_out_by_command, set_margin_rules
from engine.clearing.corrections import bust, reprice
from engine.clearing.futures import mark_by_command, new_band, set_index_price
from engine.phases.phase_changes import enter_phase, may_enter, rules_changed, set_schedule
from engine.state.problem import Problem
from engine.state.protection import Limits
from engine.state.state import State
from engine.trading.changes import cancel_newest_first, newest_first
from engine.vocabulary.codes import (
    ALLOCATIONS,
    CANCEL_ONLY,
    CLOSED,
    INVALID,
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
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    BustTrade,
    CloseOut,
    Command,
    MarkFuture,
    RepriceTrade,
    SetIndexPrice,
    SetKillSwitch,
    SetLimits,
    SetMarginRules,
    SetMarketHalt,
    SetPhase,
    SetSchedule,
    SetTradingRules,
    SetVenueRules,
)
from engine.vocabulary.messages.events import RulesChanged
from engine.vocabulary.rounding import PPM


def control(state: State, command: Command) -> Problem | None:
    """Carry out a command that sets something while the venue runs; returns why it did nothing."""
    if type(command) is SetPhase:
        return _set_phase(state, command)
    if type(command) is SetTradingRules:
        return _set_trading_rules(state, command)
    if type(command) is SetSchedule:
        return _set_schedule(state, command)
    if type(command) is SetKillSwitch:
        return _set_kill_switch(state, command)
    if type(command) is SetLimits:
        return _set_limits(state, command)
    if type(command) is SetMarketHalt:
        return _set_market_halt(state, command)
    if type(command) is BustTrade:
        return bust(state, command.trade_id, command.reason)
    if type(command) is RepriceTrade:
        return reprice(state, command.trade_id, command.price_e8, command.reason)
    if type(command) is SetIndexPrice:
        return set_index_price(state, command)
    if type(command) is SetMarginRules:
        return set_margin_rules(state, command)
    if type(command) is CloseOut:
        return close_out_by_command(state, command)
    if type(command) is MarkFuture:
        return _mark(state, command)
    assert type(command) is SetVenueRules
    return _set_venue_rules(state, command)


def _set_venue_rules(state: State, command: SetVenueRules) -> Problem | None:
    if not 0 <= command.self_trade < len(SELF_TRADE_MODES):
        return Problem(INVALID, "unknown self-trade mode")
    state.self_trade = command.self_trade
    state.seed = command.seed
    state.emit(RulesChanged("venue_rules", "", SELF_TRADE_MODES[command.self_trade], "", command.by))
    return None


def _unknown(name: str) -> Problem:
    return Problem(UNSUPPORTED, f"unknown instrument {name}")


def _expired(book: LimitOrderBook) -> Problem | None:
    """Why nothing more can be done with a future; None for all that can still trade."""
    future = book.instrument.future
    if future is None or not future.expired:
        return None
    return Problem(UNSUPPORTED, f"{book.instrument.instrument} has expired")


def _mark(state: State, command: MarkFuture) -> Problem | None:
    book = state.books.get(command.instrument)
    if book is None:
        return _unknown(command.instrument)
    if book.instrument.future is None:
        return Problem(INVALID, f"{command.instrument} is no future")
    return _expired(book) or mark_by_command(state, book, command)


def _set_phase(state: State, command: SetPhase) -> Problem | None:
    book = state.books.get(command.instrument)
    if book is None:
        return _unknown(command.instrument)
    if not 0 <= command.phase < len(PHASES):
        return Problem(UNSUPPORTED, "unknown phase")
    problem = _expired(book)
    if problem is not None:
        return problem
    if not may_enter(book, command.phase):
        return Problem(UNSUPPORTED, "a future trades only with a static band and a reference price")
    enter_phase(state, book, command.phase, command.reason)
    return None


def _set_trading_rules(state: State, command: SetTradingRules) -> Problem | None:
    book = state.books.get(command.instrument)
    if book is None:
        return _unknown(command.instrument)
    for ppm in (command.static_ppm, command.dynamic_ppm):
        if not 0 <= ppm < PPM:
            return Problem(INVALID, "a band must be from 0 to below 1000000 millionths")
    for length_ns in (command.volatility_ns, command.auction_random_ns, command.batch_ns):
        if not 0 <= length_ns <= NS_PER_DAY:
            return Problem(INVALID, "a length of time must be from 0 to a day")
    if not 0 <= command.allocation < len(ALLOCATIONS):
        return Problem(INVALID, "unknown allocation")
    instrument = book.instrument
    future = instrument.future
    if future is not None and not command.static_ppm and instrument.static_ppm and _needs_band(book, future):
        return Problem(INVALID, "a future that trades or has positions or open orders needs its static band")
    was_call = book.in_call
    instrument.static_ppm = command.static_ppm
    instrument.dynamic_ppm = command.dynamic_ppm
    instrument.volatility_ns = command.volatility_ns
    instrument.auction_random_ns = command.auction_random_ns
    instrument.allocation = command.allocation
    instrument.batch_ns = command.batch_ns
    state.emit(RulesChanged("trading_rules", command.instrument, ALLOCATIONS[command.allocation], "", command.by))
    if future is not None:
        new_band(book)
    rules_changed(state, book, was_call)
    return None


def _needs_band(book: LimitOrderBook, future: Future) -> bool:
    """Whether a future trades, or somebody has a position or an open order in it."""
    if book.phase not in (CLOSED, CANCEL_ONLY):
        return True
    for position in future.positions.values():
        if position.lots or position.carried or position.buy_lots or position.sell_lots:
            return True
    return False


def _set_schedule(state: State, command: SetSchedule) -> Problem | None:
    book = state.books.get(command.instrument)
    if book is None:
        return _unknown(command.instrument)
    problem = _expired(book)
    if problem is not None:
        return problem
    before = -1
    for second, phase in command.steps:
        if not before < second < NS_PER_DAY // NS_PER_SECOND or not 0 <= phase < len(PHASES):
            return Problem(INVALID, "a schedule is (second of the day, phase) in increasing order")
        before = second
    set_schedule(state, book, command.steps)
    state.emit(RulesChanged("schedule", command.instrument, f"{len(command.steps)} steps", "", command.by))
    return None


def _set_kill_switch(state: State, command: SetKillSwitch) -> Problem | None:
    """Turn a kill switch; turned on, it cancels the orders of its scope, newest first."""
    if not 0 <= command.scope < len(SCOPES):
        return Problem(INVALID, "unknown scope")
    if command.scope == SCOPE_VENUE and command.key:
        return Problem(INVALID, "the venue's kill switch has no key")
    if command.scope == SCOPE_INSTRUMENT and command.key not in state.books:
        return _unknown(command.key)
    key = f"{SCOPES[command.scope]}:{command.key}"
    if not command.on:
        state.killed.pop(key, None)
    else:
        state.killed[key] = True
    state.emit(RulesChanged("kill_switch", key, "on" if command.on else "off", command.reason, command.by))
    if command.on:
        chosen = [order for order in newest_first(state) if _in_scope(order, command.scope, command.key)]
        cancel_newest_first(state, chosen, KILLED)
    return None


def _in_scope(order: Order, scope: int, key: str) -> bool:
    if scope == SCOPE_PARTICIPANT:
        return order.account.participant == key
    if scope == SCOPE_INVESTOR:
        return order.account.investor == key
    return scope == SCOPE_VENUE or order.instrument_name == key


def _set_limits(state: State, command: SetLimits) -> Problem | None:
    if command.orders_per_second < 0 or command.max_order_value < 0 or command.max_order_to_trade < 0:
        return Problem(INVALID, "limits must not be negative")
    limits = state.limits.get(command.participant)
    if limits is None:
        limits = Limits(0, 0, 0)
        state.limits[command.participant] = limits
    limits.orders_per_second = command.orders_per_second
    limits.max_order_value = command.max_order_value
    limits.max_order_to_trade = command.max_order_to_trade
    state.emit(RulesChanged("limits", command.participant, "", "", command.by))
    return None


def _set_market_halt(state: State, command: SetMarketHalt) -> Problem | None:
    if not 0 <= command.threshold_ppm < PPM or not 0 <= command.halt_ns <= NS_PER_DAY:
        return Problem(INVALID, "the threshold must be below 1000000 millionths, the halt at most a day")
    for name in command.instruments:
        if name not in state.books:
            return _unknown(name)
        if state.books[name].instrument.future is not None:
            return Problem(INVALID, f"{name} is a future: its marks, not its trades, are its reference")
    state.halt_threshold_ppm = command.threshold_ppm
    state.halt_ns = command.halt_ns
    state.index.clear()
    state.index.extend([state.books[name] for name in command.instruments])
    state.emit(RulesChanged("market_halt", "", f"{command.threshold_ppm} ppm", "", command.by))
    return None
