"""Entering an order: the checks in their order of precedence, then what it does."""

from __future__ import annotations

from engine.book.entities import Account, Order, OrderRecord
from engine.book.kept import read
from engine.book.order_book import OUT_OF_PLACE, LimitOrderBook
from engine.book.stops import is_triggered
from engine.book.used_id import UsedId
from engine.book.whereabouts import ELECTED, FOR_AUCTION
from engine.money.reservations import lacking, lower, notional, release, reserve
from engine.state.state import State, day_end_ns, next_report
from engine.trading.admission import admit, full_problem
from engine.trading.asking import funds_problem
from engine.trading.bands import band_problem
from engine.trading.pegs import come_in, peg_problem
from engine.trading.placing import place
from engine.trading.prevention import fillable_lots, meets_own, mode_of, own_crossed
from engine.trading.reducing import position_problem, reduce_only_problem
from engine.trading.room import only_lowers, open_order, parts_asked_for, parts_that_rest, room_problem
from engine.trading.terms import FOR_AUCTIONS, IMMEDIATE, LASTING, STOPS, terms_problem
from engine.vocabulary import kinds
from engine.vocabulary.codes import (
    AT_OPEN,
    BUY,
    CLOSING_AUCTION,
    CONTINUOUS,
    DAY,
    DUPLICATE_ID,
    FILLABILITY,
    FOK,
    GTC,
    ICEBERG,
    KILL_SWITCH,
    NOTIONAL,
    OK,
    OPENING_AUCTION,
    PEGGED,
    PERMISSION,
    PHASE,
    PHASES,
    POST_ONLY,
    POST_ONLY_REPRICE,
    REJECTED,
    SCOPE_INSTRUMENT,
    SCOPE_INVESTOR,
    SCOPE_PARTICIPANT,
    SCOPE_VENUE,
    SCOPES,
    SELF_TRADE,
    STP_REJECT,
)
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.messages.events import OrderRejected, OrderStatus
from engine.vocabulary.problem import Problem, unknown_instrument
from engine.vocabulary.said import said


def enter(state: State, command: NewOrder) -> None:
    """Carry out `NewOrder`. Emits OrderRejected; or OrderStatus for a resent request; or OrderAccepted, then what it does."""
    fields = kinds.fields_of(command)
    account = state.accounts.get(fields[1])
    participant: str = fields[0]
    if account is None or account.participant != participant:
        _reject_stranger(state, command)
        return
    ids = account.used_ids
    if ids.day != state.day:
        state.leftovers.begin(account, state.day)
    used = ids.find(fields[2]) if ids.former else ids.current.get(fields[2])
    if used is not None:
        answer_used_id(state, account, command, read(account, fields[2], used))
        return
    order = admit(state, account, command, state.seq, fields)
    if not isinstance(order, Order):
        reject(state, order, not_listed(order))
        return
    problem = entry_problem(state, order)
    if problem is not None:
        reject(state, order, problem)
        return
    accept(state, order)
    act(state, order)


def not_listed(order: OrderRecord) -> Problem:
    """The problem of an order whose instrument is not listed."""
    return unknown_instrument(order.instrument_name)


def entry_problem(state: State, order: Order) -> Problem | None:
    """The first check that an order of a listed instrument fails; None: all passed, and its funds are reserved."""
    return static_problem(state, order) or approval_problem(state, order)


def static_problem(
    state: State, order: Order, shape: Problem | None = None, begins_later: bool = False, ahead: int = 0
) -> Problem | None:
    """The first check that an order fails up to compliance; `shape` is what is wrong with the list it is part of.

    A bracket's take-profit and stop `begins_later`; `ahead`: parts of the orders of its list before it.
    """
    problem = gate_problem(state, order, ahead) or shape or terms_problem(order, state.time_ns)
    if problem is None:
        problem = exposure_problem(state, order)
    if problem is None and order.instrument.future is not None:
        return position_problem(order, order.leaves_lots, begins_later)
    return problem


def approval_problem(state: State, order: Order) -> Problem | None:
    """The first check that an order fails from compliance on; None: all passed, and its funds are reserved."""
    verdict = state.hook.check(order, order.reserve_ticks, order.leaves_lots, state.time_ns)
    if verdict is not None:
        return verdict.problem
    if not reserve(order, order.reserve_ticks, order.leaves_lots):
        return funds_problem(order, lacking(order, order.reserve_ticks, order.leaves_lots))
    state.hook.reserve(order, order.reserve_ticks, order.leaves_lots)
    return _trading_problem(state, order)


def gate_problem(state: State, order: Order, ahead: int) -> Problem | None:
    """Check kill switches, limits and the phase."""
    book: LimitOrderBook = order.book
    account = order.account
    kind = order.order_type
    more = ahead + 1
    if kind == ICEBERG:
        order.parts = parts_asked_for(order.command)
        more = ahead + order.parts
    problem = kill_problem(state, account, order.instrument_name) if state.killed else None
    if problem is not None:
        return problem
    # Counted whatever refuses it.
    too_fast = rate_problem(state, account, only_lowers(order)) if state.limits else None
    if state.open_parts + more > state.plenty and parts_that_rest(order):
        problem = room_problem(state, order, more)
        if problem is not None:
            return problem
    if kind == PEGGED:
        problem = peg_problem(order)
    if problem is None and account.reduce_only:
        problem = reduce_only_problem(order)
    if problem is not None or too_fast is not None:
        return problem or too_fast
    if state.room.is_crowded and order.is_nameless:
        return full_problem(state, account)
    if not book.in_call:
        if book.phase == CONTINUOUS:
            return None
        return Problem(PHASE, said("phase.no_orders", book.instrument.instrument, PHASES[book.phase]))
    if order.time_in_force in IMMEDIATE or order.post_only or order.command.funds:
        return Problem(PHASE, said("phase.collects", PHASES[book.phase]))
    return None


def rate_problem(state: State, account: Account, lowers: bool) -> Problem | None:
    """Count a new order or an amend against the participant's limits; `lowers`: it only lowers an exposure."""
    limits = state.limits.get(account.participant)
    return None if limits is None else limits.count_order(state.time_ns, lowers)


def kill_problem(state: State, account: Account, instrument: str) -> Problem | None:
    """Whether a kill switch stops an account in an instrument."""
    for scope, key in (
        (SCOPE_VENUE, ""),
        (SCOPE_INSTRUMENT, instrument),
        (SCOPE_PARTICIPANT, account.participant),
        (SCOPE_INVESTOR, account.investor),
    ):
        if f"{SCOPES[scope]}:{key}" in state.killed:
            if not key:
                return Problem(KILL_SWITCH, said("kill_switch.venue"))
            return Problem(KILL_SWITCH, said("kill_switch.on", SCOPES[scope], key))
    return None


def exposure_problem(state: State, order: Order) -> Problem | None:
    """Check the value, and that the price is inside the static band."""
    instrument = order.instrument
    budget = order.budget
    value = budget if budget >= 0 else notional(instrument, order.reserve_ticks, order.quantity_lots)
    if value > instrument.max_notional or state.limits:
        problem = value_problem(state, order, value)
        if problem is not None:
            return problem
    if not instrument.static_ppm or not (order.is_plain or order.command.price_e8):
        return None
    price = order.peg_limit_ticks if order.order_type == PEGGED else order.price_ticks
    return band_problem(order.book, price) if price else None


def value_problem(state: State, order: Order, value: int) -> Problem | None:
    """Check a value against the instrument's and the participant's largest."""
    instrument = order.instrument
    most = instrument.max_notional
    limits = state.limits.get(order.account.participant)
    if limits is not None and limits.max_order_value:
        most = min(most, limits.max_order_value)
    if value > most:
        quote = instrument.quote
        return Problem(NOTIONAL, said("notional.most", decimal(most, quote.scale), quote.asset))
    return None


def _trading_problem(state: State, order: Order) -> Problem | None:
    """Check post-only, fillability and self-trade `reject`, as far as the order would trade now."""
    if order.is_plain and order.time_in_force == GTC and state.self_trade != STP_REJECT:
        # Whatever it meets, it may trade and may rest.
        return None
    book: LimitOrderBook = order.book
    if order.order_type in STOPS or (order.time_in_force in FOR_AUCTIONS and not _auction_runs(order)):
        return None
    if book.in_call:
        if order.order_type != PEGGED and mode_of(state, order) == STP_REJECT:
            return None if own_crossed(state, order) is None else Problem(SELF_TRADE, said("self_trade.meets"))
        return None
    crosses = order.post_only and book.crosses(order.side, order.price_ticks)
    if crosses and (order.post_only != POST_ONLY_REPRICE or not _reprice_from_touch(state, order)):
        return Problem(POST_ONLY, said("post_only.trades"))
    command = order.command
    mode = mode_of(state, order)
    if mode != STP_REJECT and order.time_in_force in LASTING:
        return None
    if order.time_in_force == FOK or command.min_quantity_e8:
        least = command.min_quantity_e8 // order.instrument.lot_e8 or order.quantity_lots
        if fillable_lots(state, order, order.quantity_lots) < least:
            # How many there are is not said: hidden quantity is among them, and who is refused has paid nothing to learn it.
            return Problem(FILLABILITY, said("fillability.least", least))
    if mode == STP_REJECT and order.price_ticks and meets_own(state, order):
        return Problem(SELF_TRADE, said("self_trade.meets"))
    return None


def _reprice_from_touch(state: State, order: Order) -> bool:
    """Move a post-only order to one tick from the opposite touch; False if there is no such price, or it may not have it."""
    book: LimitOrderBook = order.book
    best = book.opposite(order.side).best
    assert best is not None
    price = best.price_ticks + (-1 if order.side == BUY else 1)
    if price < 1 or band_problem(book, price) is not None:
        return False
    if value_problem(state, order, notional(book.instrument, price, order.quantity_lots)) is not None:
        return False
    order.price_ticks = order.reserve_ticks = price
    lower(order)
    state.hook.true_up(order)
    return True


def accept(state: State, order: Order) -> None:
    """Report an order accepted, and have it expire if it does."""
    account = order.account
    deadline_ns: int = 0 if order.is_plain else order.command.expire_ns
    if order.time_in_force == DAY:
        deadline_ns = day_end_ns(state)
    if deadline_ns:
        state.expiries.add(order, deadline_ns)
    account.report_seq += 1
    state.emit(
        kinds.ORDER_ACCEPTED(
            order.order_id,
            account.account,
            account.report_seq,
            order.client_order_id,
            order.instrument.instrument,
            order.side,
            order.order_type,
            order.time_in_force,
            order.price_ticks,
            order.quantity_lots if order.is_plain else order.command.quantity_e8 and order.quantity_lots,
            0 if order.further is None else order.stop_ticks,
        ),
    )


def act(state: State, order: Order) -> None:
    """Let an accepted order do what it does: trade, rest, or wait for a price, an auction or a touch."""
    book: LimitOrderBook = order.book
    state.touch(book)
    if order.is_plain:
        place(state, order)
    elif order.order_type in STOPS:
        open_order(state, order)
        if not book.in_call and is_triggered(order, book.last_trade_ticks):
            order.where = ELECTED
            state.elected.append(order)
        else:
            book.stops.add(order)
    elif order.time_in_force in FOR_AUCTIONS and not _auction_runs(order):
        open_order(state, order)
        order.where = FOR_AUCTION
        book.for_auction[order.order_id] = order
    elif order.order_type == PEGGED:
        if not book.pegs:
            # Nobody has looked since the last peg ended.
            book.pegs_followed = OUT_OF_PLACE
        book.pegs[order.order_id] = order
        come_in(state, order)
    else:
        place(state, order)


def _auction_runs(order: Order) -> bool:
    book: LimitOrderBook = order.book
    return book.phase == (OPENING_AUCTION if order.time_in_force == AT_OPEN else CLOSING_AUCTION)


def reject(state: State, order: OrderRecord, problem: Problem) -> None:
    """Report a reject; the order's id is used up, its reservation returned."""
    assert problem.code != OK
    if isinstance(order, Order):
        release(order)
    order.status = REJECTED
    order.leaves_lots = 0
    order.reject_code = problem.code
    order.reject_rule = problem.rule
    if not order.is_nameless:
        state.ended.append(order)
    command = order.command
    state.emit(
        OrderRejected(
            order.order_id,
            order.account.account,
            next_report(order.account),
            order.client_order_id,
            order.instrument_name,
            problem.code,
            "",
            problem.rule,
            "",
            problem.rules,
            command.side,
            command.price_e8,
            command.quantity_e8,
            problem.said.template,
            problem.said.values,
        ),
    )


def _reject_stranger(state: State, command: NewOrder) -> None:
    """Reject an order for an account that is not the sender's: nobody but the sender learns of it."""
    why = said("participant.not_operator", command.participant, command.account)
    _emit_reject(state, command, state.seq, 0, Problem(PERMISSION, why))


def _emit_reject(state: State, command: NewOrder, order_id: int, report_seq: int, problem: Problem) -> None:
    """Report the reject of an order that was never admitted."""
    event = OrderRejected(
        order_id,
        command.account,
        report_seq,
        command.client_order_id,
        command.instrument,
        problem.code,
        side=command.side,
        price_e8=command.price_e8,
        quantity_e8=command.quantity_e8,
        template=problem.said.template,
        values=problem.said.values,
    )
    state.emit(event)


def reject_duplicate(state: State, account: Account, command: NewOrder, used: UsedId, order_id: int) -> None:
    """Reject a client order id that was used today for something else."""
    why = said("id.used", command.client_order_id, used.used_for)
    _emit_reject(state, command, order_id, next_report(account), Problem(DUPLICATE_ID, why))


def answer_used_id(state: State, account: Account, command: NewOrder, used: UsedId) -> None:
    """Answer a client order id used earlier today: with the order's status if it was the same, else with a reject."""
    if isinstance(used, OrderRecord) and used.command == command:
        report_status(state, used)
    else:
        reject_duplicate(state, account, command, used, state.seq)


def report_status(state: State, order: OrderRecord) -> None:
    """Report an order as it stands; not a report with a number (P5)."""
    status = OrderStatus(
        order.order_id,
        order.account.account,
        order.client_order_id,
        order.instrument_name,
        order.status,
        order.side,
        order.price_ticks,
        order.quantity_lots,
        order.filled_lots,
        order.leaves_lots,
        order.reject_code,
        order.reject_rule,
    )
    state.emit(status)
