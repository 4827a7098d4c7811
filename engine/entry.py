"""Entering an order: the checks in their order of precedence, then trading, then what is left rests or goes."""

from __future__ import annotations

from engine.book import LimitOrderBook
from engine.clearing import release, required, reserve
from engine.codes import (
    BUY,
    COLLAR,
    COMPLIANCE,
    CONTINUOUS,
    DUPLICATE_ID,
    FILLABILITY,
    FOK,
    FUNDS,
    GTC,
    INVALID,
    IOC_REST,
    LIMIT,
    LOT,
    MARKET,
    NO_REFERENCE,
    NOTIONAL,
    OK,
    ORDER_LIMITS,
    PERMISSION,
    PHASE,
    PHASES,
    POST_ONLY,
    REJECTED,
    SELL,
    SIZE,
    TICK,
    UNKNOWN_INSTRUMENT,
)
from engine.commands import NewOrder
from engine.events import Event, OrderAccepted, OrderRejected, OrderStatus
from engine.hook import Verdict
from engine.limits import MAX_CLIENT_ORDER_IDS_PER_DAY, MAX_OPEN_ORDERS_PER_ACCOUNT
from engine.matching import cancel, collar_ticks, match, order_notional, rest
from engine.orders import Account, Instrument, Order
from engine.state import State, next_report


class Problem:
    """Why a request can't be done: a reject code, words for people, and the rules if compliance said no."""

    def __init__(self, code: int, detail: str, verdict: Verdict | None = None) -> None:
        self.code = code
        self.detail = detail
        self.rule = ""
        self.title = ""
        self.rules: tuple[str, ...] = ()
        if verdict is not None:
            first = verdict.first
            self.detail = first.detail
            self.rule = first.rule
            self.title = first.title
            self.rules = verdict.rules


def enter(state: State, out: list[Event], command: NewOrder) -> None:
    """Carry out `NewOrder`. Emits OrderRejected; or OrderStatus for a resent request; or OrderAccepted, then a Trade
    for each fill, then BookAdded if the rest rests or OrderCancelled if it may not.
    """
    account = state.accounts.get(command.account)
    if account is None or account.participant != command.participant:
        detail = f"participant {command.participant} does not operate account {command.account}"
        _reject_stranger(state, out, command, detail)
        return
    earlier = account.client_ids.get(command.client_order_id)
    if earlier is not None:
        _answer_resent(state, out, command, earlier)
        return
    book = state.books.get(command.instrument)
    order = _new_order(state.seq, account, command, None if book is None else book.instrument)
    if len(account.client_ids) >= MAX_CLIENT_ORDER_IDS_PER_DAY:
        problem: Problem | None = Problem(
            ORDER_LIMITS, f"no more than {MAX_CLIENT_ORDER_IDS_PER_DAY} client order ids a day"
        )
    else:
        account.client_ids[command.client_order_id] = order
        problem = entry_problem(state, book, order)
    if problem is not None:
        _reject(state, out, order, problem)
        return
    assert book is not None
    state.emit(
        out,
        OrderAccepted(
            order.order_id,
            account.account,
            next_report(account),
            order.client_order_id,
            command.instrument,
            order.side,
            order.order_type,
            order.time_in_force,
            order.price_ticks,
            order.quantity_lots,
        ),
    )
    match(state, out, book, order)
    if order.leaves_lots:
        if order.order_type == MARKET:
            cancel(state, out, book, order, COLLAR)
        elif order.time_in_force == GTC:
            rest(state, out, book, order)
        else:
            cancel(state, out, book, order, IOC_REST)


def _new_order(order_id: int, account: Account, command: NewOrder, instrument: Instrument | None) -> Order:
    """The order a command asks for, nothing of it checked yet."""
    return Order(
        order_id,
        account,
        command.client_order_id,
        instrument,
        command.instrument,
        command.side,
        command.order_type,
        command.time_in_force,
        command.post_only,
        command.price_e8,
        command.quantity_e8,
    )


def entry_problem(state: State, book: LimitOrderBook | None, order: Order) -> Problem | None:
    """The first check that an order fails, from the instrument on; None: all passed, and its funds are reserved."""
    if book is None:
        return Problem(UNKNOWN_INSTRUMENT, f"no instrument {order.instrument_name} is listed")
    instrument = book.instrument
    account = order.account
    if len(account.open_orders) >= MAX_OPEN_ORDERS_PER_ACCOUNT:
        return Problem(ORDER_LIMITS, f"no more than {MAX_OPEN_ORDERS_PER_ACCOUNT} resting orders an account")
    if book.phase != CONTINUOUS:
        return Problem(PHASE, f"{instrument.instrument} is in phase {PHASES[book.phase]}: no orders are taken")
    problem = _terms_problem(book, order)
    if problem is not None:
        return problem
    problem = exposure_problem(book, order)
    if problem is not None:
        return problem
    verdict = state.hook.check(order, order.price_ticks, order.leaves_lots, state.time_ns)
    if verdict is not None:
        return Problem(COMPLIANCE, "", verdict)
    if not reserve(order, required(order, order.price_ticks, order.leaves_lots)):
        return funds_problem(order, required(order, order.price_ticks, order.leaves_lots))
    if order.post_only and book.crosses(order.side, order.price_ticks):
        return Problem(POST_ONLY, "a post-only order would trade at once")
    if order.time_in_force == FOK:
        lots = book.available_lots(order.side, order.price_ticks, order.quantity_lots)
        if lots < order.quantity_lots:
            return Problem(FILLABILITY, f"only {lots} of {order.quantity_lots} lots can be filled at once")
    return None


def _terms_problem(book: LimitOrderBook, order: Order) -> Problem | None:
    """Check tick and lot, and turn the order's decimals into ticks and lots."""
    instrument = book.instrument
    if order.side not in (BUY, SELL) or order.order_type not in (LIMIT, MARKET):
        return Problem(INVALID, "unknown side or order type")
    if not GTC <= order.time_in_force <= FOK:
        return Problem(INVALID, "unknown time in force")
    if order.order_type == MARKET:
        if order.price_e8 or order.post_only:
            return Problem(INVALID, "a market order has no price and can't be post-only")
        order.price_ticks = collar_ticks(book, order.side)
    else:
        problem = tick_problem(instrument, order.price_e8)
        if problem is not None:
            return problem
        if order.post_only and order.time_in_force != GTC:
            return Problem(INVALID, "a post-only order can't be immediate")
        order.price_ticks = order.price_e8 // instrument.tick_e8
    problem = lot_problem(instrument, order.quantity_e8)
    if problem is not None:
        return problem
    order.quantity_lots = order.quantity_e8 // instrument.lot_e8
    order.leaves_lots = order.quantity_lots
    return None


def tick_problem(instrument: Instrument, price_e8: int) -> Problem | None:
    """Why a price is not on the instrument's grid."""
    if price_e8 <= 0 or price_e8 % instrument.tick_e8:
        return Problem(TICK, f"the price must be a positive multiple of the tick size {decimal_e8(instrument.tick_e8)}")
    return None


def lot_problem(instrument: Instrument, quantity_e8: int) -> Problem | None:
    """Why a quantity is not on the instrument's grid."""
    if quantity_e8 <= 0 or quantity_e8 % instrument.lot_e8:
        return Problem(LOT, f"the quantity must be a positive multiple of the lot size {decimal_e8(instrument.lot_e8)}")
    return None


def exposure_problem(book: LimitOrderBook, order: Order) -> Problem | None:
    """Check size, notional and, for market orders, that there is a collar."""
    instrument = book.instrument
    if not instrument.min_lots <= order.quantity_lots <= instrument.max_lots:
        low, high = instrument.min_lots * instrument.lot_e8, instrument.max_lots * instrument.lot_e8
        return Problem(SIZE, f"the quantity must be from {decimal_e8(low)} to {decimal_e8(high)}")
    if order_notional(order) > instrument.max_notional:
        limit = decimal(instrument.max_notional, instrument.quote.scale)
        return Problem(NOTIONAL, f"the value must not exceed {limit} {instrument.quote.asset}")
    if not order.price_ticks:
        return Problem(NO_REFERENCE, "no trade and no reference price yet: a market order has no collar")
    return None


def funds_problem(order: Order, needed: int) -> Problem:
    """What was needed and what there is."""
    assert order.instrument is not None
    asset = order.instrument.quote if order.side == BUY else order.instrument.base
    balance = order.account.balance(asset)
    wanted = decimal(needed - order.reserved, asset.scale)
    return Problem(FUNDS, f"needs {wanted} {asset.asset}, available {decimal(balance.available, asset.scale)}")


def _reject(state: State, out: list[Event], order: Order, problem: Problem) -> None:
    """Report a reject; the order's id is used up, its reservation returned."""
    assert problem.code != OK
    release(order)
    order.status = REJECTED
    order.leaves_lots = 0
    order.reject_code = problem.code
    order.reject_rule = problem.rule
    state.emit(
        out,
        OrderRejected(
            order.order_id,
            order.account.account,
            next_report(order.account),
            order.client_order_id,
            order.instrument_name,
            problem.code,
            problem.detail,
            problem.rule,
            problem.title,
            problem.rules,
        ),
    )


def _reject_stranger(state: State, out: list[Event], command: NewOrder, detail: str) -> None:
    """Reject an order for an account that is not the sender's: nobody but the sender learns of it."""
    event = OrderRejected(
        state.seq, command.account, 0, command.client_order_id, command.instrument, PERMISSION, detail
    )
    state.emit(out, event)


def _answer_resent(state: State, out: list[Event], command: NewOrder, order: Order) -> None:
    """Answer a client order id used before today: with the order's status, or a reject if the content differs."""
    same = (
        order.instrument_name == command.instrument
        and order.side == command.side
        and order.order_type == command.order_type
        and order.time_in_force == command.time_in_force
        and order.price_e8 == command.price_e8
        and order.quantity_e8 == command.quantity_e8
        and order.post_only == command.post_only
    )
    account = order.account
    if not same:
        detail = (
            f"client order id {command.client_order_id} was used today for order {order.order_id}, of other content"
        )
        event = OrderRejected(
            state.seq,
            account.account,
            next_report(account),
            command.client_order_id,
            command.instrument,
            DUPLICATE_ID,
            detail,
        )
        state.emit(out, event)
        return
    status = OrderStatus(
        order.order_id,
        account.account,
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
    state.emit(out, status)


def decimal(amount: int, scale: int) -> str:
    """An amount in minor units as a decimal string, all its decimals shown."""
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


def decimal_e8(value: int) -> str:
    """A value scaled by 10**8 as a decimal string without trailing zeros."""
    text = decimal(value, 8).rstrip("0")
    return text.rstrip(".")
