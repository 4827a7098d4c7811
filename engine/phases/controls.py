"""What supervisor and operator set while the venue runs: phases, trading rules, schedules, kill switches, limits, halts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Future
from engine.book.order_book import LimitOrderBook
from engine.clearing.futures import changing_band, expired_problem
from engine.phases.advancing import mark_problem
from engine.phases.phase_changes import enter_phase, follow_schedule, may_enter, rules_changed
from engine.state.protection import Limits
from engine.state.saying import setting_changed
from engine.state.state import State
from engine.trading.ending import cancelling, cancelling_of
from engine.trading.market_index import set_members
from engine.vocabulary.codes import (
    ALLOCATIONS,
    CANCEL_NEWEST,
    CANCEL_ONLY,
    CLOSED,
    KILLED,
    PHASES,
    PRICE_TIME,
    RATE_OF_ADDRESS,
    RATE_SCOPES,
    SCOPE_INSTRUMENT,
    SCOPE_INVESTOR,
    SCOPE_PARTICIPANT,
    SCOPE_VENUE,
    SCOPES,
    SELF_TRADE_MODES,
    UNSUPPORTED,
)
from engine.vocabulary.limits import (
    DEFAULT_VOLATILITY_NS,
    MAX_BURST_UNITS,
    MAX_SCHEDULE_STEPS,
    MAX_UNITS_PER_SECOND,
    MIN_UNITS_PER_SECOND,
    NS_PER_DAY,
    NS_PER_SECOND,
)
from engine.vocabulary.messages.commands import (
    SetKillSwitch,
    SetLimits,
    SetMarketHalt,
    SetPhase,
    SetRates,
    SetSchedule,
    SetTradingRules,
    SetVenueRules,
)
from engine.vocabulary.problem import Problem, invalid, unknown_instrument
from engine.vocabulary.rounding import PPM
from engine.vocabulary.said import NOTHING_SAID, said
from engine.vocabulary.stated import stated, stated_text


def set_venue_rules(state: State, command: SetVenueRules) -> Problem | None:
    """Carry out `SetVenueRules`. Emits RulesChanged."""
    self_trade = stated(command.self_trade, CANCEL_NEWEST if command.replace else state.self_trade)
    if not 0 <= self_trade < len(SELF_TRADE_MODES):
        return invalid(said("self_trade.unknown"))
    problem = mark_problem(state, command.test)
    if problem is not None:
        return problem
    state.is_test = state.is_test or command.test is True
    state.self_trade = self_trade
    state.seed = stated_text(command.seed, "" if command.replace else state.seed)
    state.emit(setting_changed("venue_rules", "", said("setting.self_trade", SELF_TRADE_MODES[self_trade]), command.by))
    return None


def set_phase(state: State, command: SetPhase) -> Problem | None:
    """Carry out `SetPhase`. Emits what leaving the phase does, PhaseChanged, and what joins the phase."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    if not 0 <= command.phase < len(PHASES):
        return Problem(UNSUPPORTED, said("phase.unknown"))
    problem = expired_problem(book)
    if problem is not None:
        return problem
    if not may_enter(book, command.phase):
        return Problem(UNSUPPORTED, said("future.needs_band_and_reference"))
    enter_phase(state, book, command.phase, command.reason, command.by)
    return None


def set_trading_rules(state: State, command: SetTradingRules) -> Problem | None:
    """Carry out `SetTradingRules`. Emits RulesChanged and, where batch mode ends, an uncross."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    instrument, anew = book.instrument, command.replace
    static_ppm = stated(command.static_ppm, 0 if anew else instrument.static_ppm)
    dynamic_ppm = stated(command.dynamic_ppm, 0 if anew else instrument.dynamic_ppm)
    volatility_ns = stated(command.volatility_ns, DEFAULT_VOLATILITY_NS if anew else instrument.volatility_ns)
    auction_random_ns = stated(command.auction_random_ns, 0 if anew else instrument.auction_random_ns)
    allocation = stated(command.allocation, PRICE_TIME if anew else instrument.allocation)
    batch_ns = stated(command.batch_ns, 0 if anew else instrument.batch_ns)
    for ppm in (static_ppm, dynamic_ppm):
        if not 0 <= ppm < PPM:
            return invalid(said("band.range"))
    for length_ns in (volatility_ns, auction_random_ns, batch_ns):
        if not 0 <= length_ns <= NS_PER_DAY:
            return invalid(said("length.range"))
    if not 0 <= allocation < len(ALLOCATIONS):
        return invalid(said("allocation.unknown"))
    future = instrument.future
    if future is not None and not static_ppm and instrument.static_ppm and _needs_band(book, future):
        return invalid(said("future.keeps_band"))
    was_call = book.in_call
    instrument.static_ppm = static_ppm
    instrument.dynamic_ppm = dynamic_ppm
    instrument.volatility_ns = volatility_ns
    instrument.auction_random_ns = auction_random_ns
    instrument.allocation = allocation
    instrument.batch_ns = batch_ns
    book.enter(book.phase)
    state.emit(
        setting_changed(
            "trading_rules", command.instrument, said("setting.allocation", ALLOCATIONS[allocation]), command.by
        )
    )
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
        return invalid(said("schedule.most", MAX_SCHEDULE_STEPS))
    before = -1
    for second, phase in command.steps:
        if not before < second < NS_PER_DAY // NS_PER_SECOND or not 0 <= phase < len(PHASES):
            return invalid(said("schedule.order"))
        before = second
    follow_schedule(state, book, command.steps)
    state.emit(setting_changed("schedule", command.instrument, said("schedule.steps", len(command.steps)), command.by))
    return None


def set_kill_switch(state: State, command: SetKillSwitch) -> Problem | None:
    """Carry out `SetKillSwitch`: turned on, it cancels the orders of its scope, newest first."""
    if not 0 <= command.scope < len(SCOPES):
        return invalid(said("scope.unknown"))
    if command.scope == SCOPE_VENUE and command.key:
        return invalid(said("kill_switch.venue_key"))
    key = f"{SCOPES[command.scope]}:{command.key}"
    problem = _unknown_key(state, command.scope, command.key)
    # What is on can be lifted, whatever it names.
    if problem is not None and (command.on or key not in state.killed):
        return problem
    if not command.on:
        state.killed.pop(key, None)
    else:
        state.killed[key] = True
    how = said("kill_switch.set_on") if command.on else said("kill_switch.set_off")
    state.emit(setting_changed("kill_switch", key, how, command.by, command.reason))
    if command.on:
        state.begin(_stopping(state, command.scope, command.key))
    return None


def _unknown_key(state: State, scope: int, key: str) -> Problem | None:
    """Why nothing is called so that a kill switch could stop. O(accounts) for a participant."""
    if scope == SCOPE_INSTRUMENT and key not in state.books:
        return unknown_instrument(key)
    if scope == SCOPE_INVESTOR and (key not in state.owners or not state.owners[key].accounts):
        return invalid(said("investor.no_account", key))
    return _unknown_participant(state, key) if scope == SCOPE_PARTICIPANT else None


def _unknown_participant(state: State, name: str) -> Problem | None:
    """Why a participant is not known here: it operates no account."""
    for account in state.account_list:
        if account.participant == name:
            return None
    return invalid(said("participant.no_account", name))


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
    limits = state.limits.get(command.participant)
    before = Limits(0, 0, 0) if limits is None or command.replace else limits
    orders_per_second = stated(command.orders_per_second, before.orders_per_second)
    max_order_value = stated(command.max_order_value, before.max_order_value)
    max_order_to_trade = stated(command.max_order_to_trade, before.max_order_to_trade)
    if orders_per_second < 0 or max_order_value < 0 or max_order_to_trade < 0:
        return invalid(said("limits.negative"))
    problem = _unknown_participant(state, command.participant)
    if problem is not None:
        return problem
    if limits is None:
        limits = state.limits[command.participant] = before
    limits.orders_per_second = orders_per_second
    limits.max_order_value = max_order_value
    limits.max_order_to_trade = max_order_to_trade
    state.emit(setting_changed("limits", command.participant, NOTHING_SAID, command.by))
    return None


def set_rates(state: State, command: SetRates) -> Problem | None:
    """Carry out `SetRates`: the core keeps them, and the gateway goes by them. Emits RulesChanged."""
    if not 0 <= command.scope < len(RATE_SCOPES):
        return invalid(said("rates.scope"))
    rate, burst = command.units_per_second, command.burst
    if (rate is None) != (burst is None):
        return invalid(said("rates.both"))
    key = f"{RATE_SCOPES[command.scope]}:{command.name}"
    if command.name and key not in state.rates:
        if command.scope == RATE_OF_ADDRESS:
            return invalid(said("rates.address"))
        problem = _unknown_participant(state, command.name)
        if problem is not None:
            return problem
    if rate is None or burst is None:
        state.rates.pop(key, None)
    else:
        least = MIN_UNITS_PER_SECOND
        if not least <= rate <= MAX_UNITS_PER_SECOND or not least <= burst <= MAX_BURST_UNITS:
            return invalid(said("rates.range", least, MAX_UNITS_PER_SECOND, MAX_BURST_UNITS))
        state.rates[key] = (rate, burst)
    how = said("rates.filed") if rate is None else said("rates.are", stated(rate, 0), stated(burst, 0))
    state.emit(setting_changed("rates", key, how, command.by, command.reason))
    return None


def set_market_halt(state: State, command: SetMarketHalt) -> Problem | None:
    """Carry out `SetMarketHalt`. Emits RulesChanged."""
    if not 0 <= command.threshold_ppm < PPM or not 0 <= command.halt_ns <= NS_PER_DAY:
        return invalid(said("halt.range"))
    for name in command.instruments:
        if name not in state.books:
            return unknown_instrument(name)
        if state.books[name].instrument.future is not None:
            return invalid(said("halt.future", name))
    state.halt_threshold_ppm = command.threshold_ppm
    state.halt_ns = command.halt_ns
    set_members(state, [state.books[name] for name in command.instruments])
    state.emit(setting_changed("market_halt", "", said("halt.threshold", command.threshold_ppm), command.by))
    return None
