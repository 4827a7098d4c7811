"""Changing and ending orders: amend, cancel, mass cancel."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Account, Order
from engine.book.order_book import LimitOrderBook
from engine.book.stops import is_triggered
from engine.book.whereabouts import ELECTED, IN_CALL, NOWHERE, ON_BOOK, WAITING_STOP
from engine.money.reservations import lacking, reserve
from engine.state.state import State, next_report
from engine.trading.asking import find_open, funds_problem, own_account, refuse, refuse_stranger, unknown_order
from engine.trading.bands import band_problem
from engine.trading.ending import by_entry, cancel, orders_in
from engine.trading.entry import kill_problem, rate_problem, value_problem
from engine.trading.pegs import come_in, peg_ticks
from engine.trading.placing import place
from engine.trading.prevention import report_amended
from engine.trading.reducing import position_problem
from engine.trading.room import parts_as_amended, room_problem, set_parts
from engine.trading.terms import lot_problem, stop_reserve_ticks, tick_problem
from engine.vocabulary.codes import (
    AMENDED_AWAY,
    BUY,
    BY_REQUEST,
    CONTINUOUS,
    ICEBERG,
    MARKET,
    MASS_CANCEL,
    PEGGED,
    PHASE,
    PHASES,
    POST_ONLY,
    SELL,
    SIZE,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.messages.commands import AmendOrder, CancelOrder, MassCancel
from engine.vocabulary.messages.events import BookChanged, MassCancelled
from engine.vocabulary.problem import Problem, invalid, unknown_instrument
from engine.vocabulary.said import said


class NewTerms:
    """What an amend would make of an order."""

    def __init__(self, order: Order) -> None:
        self.price_ticks: int = order.peg_limit_ticks if order.order_type == PEGGED else order.price_ticks
        self.quantity_lots: int = order.quantity_lots
        self.stop_ticks: int = order.stop_ticks
        self.display_lots: int = order.display_lots


def amend(state: State, command: AmendOrder) -> None:
    """Carry out `AmendOrder`. Emits RequestRejected; or OrderCancelled if nothing is left; or OrderAmended and what follows."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, command.order_id, command.client_order_id)
        return
    order = find_open(account, command.order_id, command.client_order_id)
    if order is None:
        refuse(state, account, command.order_id, command.client_order_id, unknown_order())
        return
    terms = NewTerms(order)
    parts = order.parts
    problem = _gate(state, order) or _grid(order, command, terms)
    if problem is None:
        if terms.quantity_lots <= order.filled_lots:
            cancel(state, order, AMENDED_AWAY)
            return
        leaves_lots = terms.quantity_lots - order.filled_lots
        parts = parts_as_amended(order, leaves_lots, terms.display_lots, _keeps_place(order, terms))
        problem = room_problem(state, order, parts - order.parts) if parts > order.parts else None
        problem = problem or _limits(state, order, terms) or _approve(state, order, terms)
    if problem is not None:
        refuse(state, account, order.order_id, order.client_order_id, problem)
        return
    set_parts(state, order, parts)
    if order.where == WAITING_STOP:
        _amend_stop(state, order, terms)
    elif _keeps_place(order, terms) and order.where == ON_BOOK:
        _shrink(state, order, terms)
    elif order.where == ON_BOOK or (order.order_type == PEGGED and not _keeps_place(order, terms)):
        _requeue(state, order, terms)
    else:
        _amend_parked(state, order, terms)


def _gate(state: State, order: Order) -> Problem | None:
    """Check kill switches, the participant's rate, and the phase."""
    book: LimitOrderBook = order.book
    problem = kill_problem(state, order.account, order.instrument_name) or rate_problem(
        state, order.account, order.reduce_only
    )
    if problem is not None:
        return problem
    if book.phase != CONTINUOUS and not book.in_call:
        return Problem(PHASE, said("phase.cancel_instead", book.instrument.instrument, PHASES[book.phase]))
    return None


def _grid(order: Order, command: AmendOrder, terms: NewTerms) -> Problem | None:
    """Check that the amended fields are ones the order has, and on the grid; fill in the new terms."""
    book: LimitOrderBook = order.book
    instrument = book.instrument
    kind = order.order_type
    if order.other_leg is not None or order.children or order.where == ELECTED:
        return invalid(said("amend.hangs_together"))
    if not (command.price_e8 or command.quantity_e8 or command.stop_price_e8 or command.display_e8):
        return invalid(said("amend.nothing"))
    if command.price_e8 and kind in (MARKET, STOP, TRAILING_STOP):
        return invalid(said("amend.no_price"))
    if command.stop_price_e8 and kind not in (STOP, STOP_LIMIT):
        return invalid(said("amend.no_stop"))
    if command.display_e8 and kind != ICEBERG:
        return invalid(said("amend.no_display"))
    if command.display_e8 > (command.quantity_e8 or order.quantity_lots * instrument.lot_e8):
        return invalid(said("display.quantity"))
    for price_e8 in (command.price_e8, command.stop_price_e8):
        problem = tick_problem(instrument, price_e8) if price_e8 else None
        if problem is not None:
            return problem
    for quantity_e8 in (command.quantity_e8, command.display_e8):
        problem = lot_problem(instrument, quantity_e8) if quantity_e8 else None
        if problem is not None:
            return problem
    terms.price_ticks = command.price_e8 // instrument.tick_e8 or terms.price_ticks
    terms.quantity_lots = command.quantity_e8 // instrument.lot_e8 or terms.quantity_lots
    terms.stop_ticks = command.stop_price_e8 // instrument.tick_e8 or terms.stop_ticks
    terms.display_lots = command.display_e8 // instrument.lot_e8 or terms.display_lots
    return None


def _reserve_ticks(order: Order, terms: NewTerms) -> int:
    """The price at which the amended order would reserve."""
    if order.order_type in (STOP, TRAILING_STOP):
        return stop_reserve_ticks(order, terms.stop_ticks)
    if order.order_type == PEGGED:
        return terms.price_ticks or order.reserve_ticks
    return terms.price_ticks


def _limits(state: State, order: Order, terms: NewTerms) -> Problem | None:
    """Check size and value of an amend that makes the order larger, the static band of one that moves its price, and positions."""
    book: LimitOrderBook = order.book
    instrument = book.instrument
    price = _reserve_ticks(order, terms)
    if _grows(order, price, terms.quantity_lots - order.filled_lots):
        if terms.quantity_lots > instrument.max_lots:
            high = decimal_e8(instrument.max_lots * instrument.lot_e8)
            return Problem(SIZE, said("size.most", high))
        problem = value_problem(state, order, price * terms.quantity_lots * instrument.unit)
        if problem is not None:
            return problem
    moved = terms.price_ticks != (order.peg_limit_ticks if order.order_type == PEGGED else order.price_ticks)
    outside = band_problem(book, terms.price_ticks) if moved else None
    if outside is not None:
        return outside
    return (
        None if instrument.future is None else position_problem(order, terms.quantity_lots - order.filled_lots, False)
    )


def _grows(order: Order, reserve_ticks: int, leaves_lots: int) -> bool:
    """Whether an amend raises quantity or value: then compliance looks again."""
    return leaves_lots > order.leaves_lots or reserve_ticks * leaves_lots > order.reserve_ticks * order.leaves_lots


def _approve(state: State, order: Order, terms: NewTerms) -> Problem | None:
    """Check compliance, funds and post-only of an amend; None: all passed, and its funds are reserved."""
    leaves_lots = terms.quantity_lots - order.filled_lots
    price = _reserve_ticks(order, terms)
    grows = _grows(order, price, leaves_lots)
    if grows:
        verdict = state.hook.check(order, price, leaves_lots, state.time_ns)
        if verdict is not None:
            return verdict.problem
    problem = _resting_problem(order, terms, price)
    if problem is not None:
        if grows:
            # A short counts at the band of now from here on, which may not be that of its entry.
            state.hook.true_up(order)
        return problem
    reserve(order, price, leaves_lots)
    if grows:
        state.hook.reserve(order, price, leaves_lots)
    order.reserve_ticks = price
    return None


def _resting_problem(order: Order, terms: NewTerms, price: int) -> Problem | None:
    """Check funds and post-only of an amend that reserves at a price."""
    book: LimitOrderBook = order.book
    wanted = lacking(order, price, terms.quantity_lots - order.filled_lots)
    if wanted:
        return funds_problem(order, wanted)
    if order.post_only and terms.price_ticks != order.price_ticks and order.where == ON_BOOK:
        if book.in_call:
            return Problem(PHASE, said("amend.post_only_in_call"))
        if book.crosses(order.side, terms.price_ticks):
            return Problem(POST_ONLY, said("post_only.trades"))
    return None


def _keeps_place(order: Order, terms: NewTerms) -> bool:
    """Whether an amend leaves an order where it is in its queue, or its rank if it waits off the book."""
    if terms.quantity_lots > order.quantity_lots:
        return False
    if order.order_type == PEGGED:
        return terms.price_ticks == order.peg_limit_ticks
    if terms.stop_ticks != order.stop_ticks:
        return False
    if terms.display_lots > order.display_lots:
        # More shown ahead of those behind it would jump their queue: a part of one lot could hold a place for all the rest.
        shown = min(terms.display_lots, terms.quantity_lots - order.filled_lots)
        return terms.price_ticks == order.price_ticks and shown <= order.shown_lots
    return terms.price_ticks == order.price_ticks


def _shrink(state: State, order: Order, terms: NewTerms) -> None:
    """Lower the quantity, or change what is shown, in place: the order keeps its priority."""
    book: LimitOrderBook = order.book
    state.touch(book)
    order.keep_asked()
    before = order.shown_lots
    removed = order.quantity_lots - terms.quantity_lots
    order.quantity_lots = terms.quantity_lots
    side = book.side(order.side)
    if removed:
        side.shrink(order, removed)
    if terms.display_lots != order.display_lots:
        order.display_lots = terms.display_lots
        side.conceal(order)
    report_amended(state, order, True)
    if order.shown_lots != before:
        name = book.instrument.instrument
        state.emit(BookChanged(name, order.order_id, order.side, order.price_ticks, order.shown_lots))


def _requeue(state: State, order: Order, terms: NewTerms) -> None:
    """Leave the book and come back at another price or with more: priority is lost, and the order may trade.

    A peg does so from off the book, too, if there is a price for it.
    """
    book: LimitOrderBook = order.book
    state.touch(book)
    was_on_book = order.where == ON_BOOK
    if was_on_book:
        book.side(order.side).remove(order)
    old_price_ticks = order.price_ticks
    _set_terms(order, terms)
    _renew_rank(state, order)
    if order.order_type == PEGGED:
        order.price_ticks = peg_ticks(order, book.touch_to_follow())
    report_amended(state, order, False)
    if was_on_book:
        name = book.instrument.instrument
        state.emit(BookChanged(name, order.order_id, order.side, old_price_ticks, 0))
    if order.order_type == PEGGED:
        come_in(state, order)
    else:
        place(state, order)


def _renew_rank(state: State, order: Order) -> None:
    """Let an order come after all that wait already for the same: a stop price, an auction, a touch to follow."""
    book: LimitOrderBook = order.book
    state.entered += 1
    order.renewed = state.entered
    for waiting in (book.pegs, book.for_auction):
        if order.order_id in waiting:
            del waiting[order.order_id]
            waiting[order.order_id] = order


def _set_terms(order: Order, terms: NewTerms) -> None:
    order.keep_asked()
    if order.order_type == PEGGED:
        order.peg_limit_ticks = terms.price_ticks
    elif order.order_type != MARKET:
        order.price_ticks = terms.price_ticks
    order.quantity_lots = terms.quantity_lots
    order.leaves_lots = terms.quantity_lots - order.filled_lots
    order.display_lots = terms.display_lots


def _amend_stop(state: State, order: Order, terms: NewTerms) -> None:
    """Change a stop that waits; it may trigger at once."""
    book: LimitOrderBook = order.book
    kept = _keeps_place(order, terms)
    book.stops.remove(order)
    order.where = NOWHERE
    _set_terms(order, terms)
    order.stop_ticks = terms.stop_ticks
    if not kept:
        _renew_rank(state, order)
    report_amended(state, order, kept)
    state.touch(book)
    if not book.in_call and is_triggered(order, book.last_trade_ticks):
        order.where = ELECTED
        state.elected.append(order)
    else:
        book.stops.add(order)


def _amend_parked(state: State, order: Order, terms: NewTerms) -> None:
    """Change an order off the book: a peg, one for an auction, or a collected market order."""
    book: LimitOrderBook = order.book
    kept = _keeps_place(order, terms)
    leaves_lots = order.leaves_lots
    _set_terms(order, terms)
    if not kept:
        _renew_rank(state, order)
    if order.where == IN_CALL and (not kept or order.leaves_lots != leaves_lots):
        book.indicative.changed = True
        if not kept:
            order.queued = state.next_place()
    state.touch(book)
    report_amended(state, order, kept)


def cancel_one(state: State, command: CancelOrder) -> None:
    """Carry out `CancelOrder`: always passes if the order is open. Emits OrderCancelled or RequestRejected."""
    fields: tuple[str, str, int, str] = fields_of(command)
    participant, name, order_id, client_order_id = fields
    account = own_account(state, participant, name)
    if account is None:
        refuse_stranger(state, participant, name, order_id, client_order_id)
        return
    order = find_open(account, order_id, client_order_id)
    if order is None:
        refuse(state, account, order_id, client_order_id, unknown_order())
        return
    cancel(state, order, BY_REQUEST)


def cancel_many(state: State, command: MassCancel) -> None:
    """Carry out `MassCancel`. Emits OrderCancelled per order, newest first, then MassCancelled; or RequestRejected.

    O(n log n) in the orders of its owner in the instrument that it names, or of its account.
    """
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, "")
        return
    if command.instrument and command.instrument not in state.books:
        refuse(state, account, 0, "", unknown_instrument(command.instrument))
        return
    if command.instrument:
        instrument, owner = state.instruments[command.instrument], account.owner
        chosen = orders_in(account, instrument, max(command.side, -1))
        state.steps += len(owner.orders_on(instrument, BUY)) + len(owner.orders_on(instrument, SELL))
    else:
        chosen = [order for order in account.open_orders.values() if command.side < 0 or order.side == command.side]
        state.steps += len(account.open_orders)
    state.begin(_cancelling_all(state, account, chosen))


def _cancelling_all(state: State, account: Account, orders: list[Order]) -> Iterator[None]:
    """Cancel orders of an account, newest first, and report how many: a work of as many steps."""
    orders.sort(key=by_entry, reverse=True)
    cancelled = 0
    for order in orders:
        # The other leg of one that was cancelled has gone with it.
        if order.leaves_lots:
            cancel(state, order, MASS_CANCEL)
            cancelled += 1
        yield
    state.emit(MassCancelled(account.account, next_report(account), cancelled))
