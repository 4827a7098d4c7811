"""Changing and ending orders: amend, cancel, mass cancel."""

from __future__ import annotations

from engine.book import LimitOrderBook
from engine.clearing import notional, paying_asset, required, reserve
from engine.codes import (
    AMENDED_AWAY,
    BY_REQUEST,
    COMPLIANCE,
    CONTINUOUS,
    INVALID,
    MASS_CANCEL,
    NOTIONAL,
    PERMISSION,
    PHASE,
    PHASES,
    POST_ONLY,
    SIZE,
    UNKNOWN_INSTRUMENT,
    UNKNOWN_ORDER,
)
from engine.commands import AmendOrder, CancelOrder, MassCancel
from engine.entry import Problem, decimal, decimal_e8, funds_problem, lot_problem, tick_problem
from engine.events import BookChanged, Event, MassCancelled, OrderAmended, RequestRejected
from engine.matching import cancel, match, rest
from engine.orders import Account, Order
from engine.state import State, forget_open, next_report


def amend(state: State, out: list[Event], command: AmendOrder) -> None:
    """Carry out `AmendOrder`. Emits RequestRejected; or OrderCancelled if nothing is left; or OrderAmended with what
    follows: BookChanged, trades if it now crosses, BookAdded if it queues anew.
    """
    account = _own_account(state, command.participant, command.account)
    if account is None:
        _refuse_stranger(state, out, command.participant, command.account, command.order_id, command.client_order_id)
        return
    order = find_open(account, command.order_id, command.client_order_id)
    if order is None:
        problem = _unknown_order()
        _refuse(state, out, account, command.order_id, command.client_order_id, problem)
        return
    assert order.instrument is not None
    book = state.books[order.instrument.instrument]
    price_ticks, quantity_lots = order.price_ticks, order.quantity_lots
    invalid = _new_terms_problem(book, order, command)
    if invalid is None:
        if command.price_e8:
            price_ticks = command.price_e8 // book.instrument.tick_e8
        if command.quantity_e8:
            quantity_lots = command.quantity_e8 // book.instrument.lot_e8
        if quantity_lots <= order.filled_lots:
            cancel(state, out, book, order, AMENDED_AWAY)
            return
        invalid = _amend_problem(state, book, order, price_ticks, quantity_lots)
    if invalid is not None:
        _refuse(state, out, account, order.order_id, order.client_order_id, invalid)
    elif price_ticks == order.price_ticks and quantity_lots <= order.quantity_lots:
        _shrink(state, out, book, order, quantity_lots)
    else:
        _requeue(state, out, book, order, price_ticks, quantity_lots)


def _new_terms_problem(book: LimitOrderBook, order: Order, command: AmendOrder) -> Problem | None:
    """Check the phase and the grid of an amend."""
    if book.phase != CONTINUOUS:
        return Problem(PHASE, f"{book.instrument.instrument} is in phase {PHASES[book.phase]}: cancel instead")
    if not command.price_e8 and not command.quantity_e8:
        return Problem(INVALID, "an amend must give a price or a quantity")
    problem = tick_problem(book.instrument, command.price_e8) if command.price_e8 else None
    if problem is None and command.quantity_e8:
        problem = lot_problem(book.instrument, command.quantity_e8)
    return problem


def _amend_problem(
    state: State, book: LimitOrderBook, order: Order, price_ticks: int, quantity_lots: int
) -> Problem | None:
    """Check size, value, compliance, funds and post-only of an amend; None: all passed, and its funds are reserved."""
    instrument = book.instrument
    leaves_lots = quantity_lots - order.filled_lots
    grows = leaves_lots > order.leaves_lots or price_ticks * leaves_lots > order.price_ticks * order.leaves_lots
    if grows:
        if quantity_lots > instrument.max_lots:
            high = decimal_e8(instrument.max_lots * instrument.lot_e8)
            return Problem(SIZE, f"the quantity must not exceed {high}")
        if notional(instrument, price_ticks, quantity_lots) > instrument.max_notional:
            limit = decimal(instrument.max_notional, instrument.quote.scale)
            return Problem(NOTIONAL, f"the value must not exceed {limit} {instrument.quote.asset}")
        verdict = state.hook.check(order, price_ticks, leaves_lots, state.time_ns)
        if verdict is not None:
            return Problem(COMPLIANCE, "", verdict)
    needed = required(order, price_ticks, leaves_lots)
    problem: Problem | None = None
    if needed - order.reserved > order.account.balance(paying_asset(order)).available:
        problem = funds_problem(order, needed)
    elif order.post_only and price_ticks != order.price_ticks and book.crosses(order.side, price_ticks):
        problem = Problem(POST_ONLY, "a post-only order would trade at once")
    if problem is None:
        reserve(order, needed)
    elif grows:
        state.hook.true_up(order)
    return problem


def _shrink(state: State, out: list[Event], book: LimitOrderBook, order: Order, quantity_lots: int) -> None:
    """Lower the quantity in place: the order keeps its priority."""
    removed = order.quantity_lots - quantity_lots
    order.quantity_lots = quantity_lots
    if removed:
        book.side(order.side).reduce(order, removed)
    _report_amended(state, out, book, order, True)
    if removed:
        _report_displayed(state, out, book, order, order.leaves_lots)


def _requeue(
    state: State, out: list[Event], book: LimitOrderBook, order: Order, price_ticks: int, quantity_lots: int
) -> None:
    """Leave the book and come back at another price or with more: priority is lost, and the order may trade."""
    book.side(order.side).remove(order)
    forget_open(order)
    old_price_ticks = order.price_ticks
    order.price_ticks = price_ticks
    order.quantity_lots = quantity_lots
    order.leaves_lots = quantity_lots - order.filled_lots
    _report_amended(state, out, book, order, False)
    name = book.instrument.instrument
    state.emit(out, BookChanged(name, order.order_id, order.side, old_price_ticks, 0))
    match(state, out, book, order)
    if order.leaves_lots:
        rest(state, out, book, order)


def _report_amended(state: State, out: list[Event], book: LimitOrderBook, order: Order, kept_priority: bool) -> None:
    state.emit(
        out,
        OrderAmended(
            order.order_id,
            order.account.account,
            next_report(order.account),
            order.client_order_id,
            book.instrument.instrument,
            order.side,
            order.price_ticks,
            order.quantity_lots,
            order.filled_lots,
            order.leaves_lots,
            kept_priority,
        ),
    )


def _report_displayed(state: State, out: list[Event], book: LimitOrderBook, order: Order, lots: int) -> None:
    name = book.instrument.instrument
    state.emit(out, BookChanged(name, order.order_id, order.side, order.price_ticks, lots))


def cancel_one(state: State, out: list[Event], command: CancelOrder) -> None:
    """Carry out `CancelOrder`: always passes if the order rests. Emits OrderCancelled or RequestRejected."""
    account = _own_account(state, command.participant, command.account)
    if account is None:
        _refuse_stranger(state, out, command.participant, command.account, command.order_id, command.client_order_id)
        return
    order = find_open(account, command.order_id, command.client_order_id)
    if order is None:
        _refuse(state, out, account, command.order_id, command.client_order_id, _unknown_order())
        return
    assert order.instrument is not None
    cancel(state, out, state.books[order.instrument.instrument], order, BY_REQUEST)


def cancel_many(state: State, out: list[Event], command: MassCancel) -> None:
    """Carry out `MassCancel`. Emits OrderCancelled per order, newest first, then MassCancelled; or RequestRejected."""
    account = _own_account(state, command.participant, command.account)
    if account is None:
        _refuse_stranger(state, out, command.participant, command.account, 0, "")
        return
    if command.instrument and command.instrument not in state.books:
        problem = Problem(UNKNOWN_INSTRUMENT, f"no instrument {command.instrument} is listed")
        _refuse(state, out, account, 0, "", problem)
        return
    chosen = [
        order
        for order in account.open_orders.values()
        if (not command.instrument or order.instrument_name == command.instrument)
        and (command.side < 0 or order.side == command.side)
    ]
    chosen.sort(key=_by_order_id, reverse=True)
    for order in chosen:
        cancel(state, out, state.books[order.instrument_name], order, MASS_CANCEL)
    state.emit(out, MassCancelled(account.account, next_report(account), len(chosen)))


def _by_order_id(order: Order) -> int:
    return order.order_id


def newest_first(state: State) -> list[Order]:
    """Every resting order of the venue, newest first."""
    orders = [order for account in state.accounts.values() for order in account.open_orders.values()]
    orders.sort(key=_by_order_id, reverse=True)
    return orders


def find_open(account: Account, order_id: int, client_order_id: str) -> Order | None:
    """The account's resting order of this id, or, if the id is 0, of this client order id."""
    if order_id:
        return account.open_orders.get(order_id)
    order = account.client_ids.get(client_order_id)
    return order if order is not None and order.order_id in account.open_orders else None


def _own_account(state: State, participant: str, name: str) -> Account | None:
    """The account, if this participant operates it."""
    account = state.accounts.get(name)
    return account if account is not None and account.participant == participant else None


def _unknown_order() -> Problem:
    return Problem(UNKNOWN_ORDER, "no such order rests: it never did, or it is filled or cancelled")


def _refuse(
    state: State, out: list[Event], account: Account, order_id: int, client_order_id: str, problem: Problem
) -> None:
    """Report a request that did nothing."""
    state.emit(
        out,
        RequestRejected(
            account.account,
            next_report(account),
            order_id,
            client_order_id,
            problem.code,
            problem.detail,
            problem.rule,
            problem.title,
            problem.rules,
        ),
    )


def _refuse_stranger(
    state: State, out: list[Event], participant: str, account: str, order_id: int, client_order_id: str
) -> None:
    """Refuse a request for an account that is not the sender's: nobody but the sender learns of it."""
    detail = f"participant {participant} does not operate account {account}"
    state.emit(out, RequestRejected(account, 0, order_id, client_order_id, PERMISSION, detail))
