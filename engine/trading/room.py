"""Room for what is open: in an account, in a book, in the venue. It bounds what a command that is never cut can do.

An order counts as one, an iceberg as many as it has parts: so an order that sweeps a book makes no more fills than the
book has parts. What is open is counted when it opens and when it ends, so that a check costs the same however much it is.
"""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.state.state import State
from engine.vocabulary.codes import AT_CLOSE, AT_OPEN, CONTINUOUS, FOK, IOC, MARKET, ORDER_LIMITS, SELL
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said


def parts_asked_for(command: NewOrder) -> int:
    """How many parts an iceberg has. Fields that make none are refused later: it counts as one."""
    return max(-(-command.quantity_e8 // command.display_e8), 1) if command.display_e8 > 0 else 1


def parts_that_rest(order: Order) -> int:
    """How many parts of a new order may be open when its command is done; 0: what does not trade at once is cancelled."""
    if order.time_in_force in (IOC, FOK):
        return 0
    if order.order_type == MARKET and order.time_in_force not in (AT_OPEN, AT_CLOSE):
        book: LimitOrderBook = order.book
        if book.phase == CONTINUOUS and not book.in_call:
            return 0
    return order.parts


def only_lowers(order: Order) -> bool:
    """Whether a new order only makes a position smaller, or at once sells what is held."""
    if order.instrument.future is not None:
        return order.reduce_only
    return order.side == SELL and not parts_that_rest(order)


def room_problem(state: State, order: Order, more: int) -> Problem | None:
    """Why so many more parts may not be open: in the account, else in the book, else in the venue. O(1)."""
    book: LimitOrderBook = order.book
    of_account = order.account.open_parts + more
    if of_account > state.max_open_per_account:
        what = said("room.account", state.max_open_per_account)
    elif book.open_parts + more > _room_for(state, of_account, state.max_open_per_book):
        what = said("room.book", state.max_open_per_book, state.small_account)
    elif state.open_parts + more > _room_for(state, of_account, state.max_open):
        what = said("room.venue", state.max_open, state.small_account)
    else:
        return None
    return Problem(ORDER_LIMITS, what)


def _room_for(state: State, of_account: int, most: int) -> int:
    """What of a bound an account may fill up to that would have so many parts open."""
    return most if of_account <= state.small_account else most - most // 5


def open_order(state: State, order: Order) -> None:
    """Count an order among the open ones, where it is not yet: of its account, its owner, its book, the venue. O(1)."""
    book: LimitOrderBook = order.book
    account, further = order.account, order.further
    parts = 1 if further is None else further.parts
    account.open_orders[order.order_id] = order
    account.open_parts += parts
    book.open_parts += parts
    state.open_parts += parts
    key = order.instrument.number * 2 + order.side
    open_sides = account.owner.open_sides
    beside = open_sides.get(key)
    if beside is None:
        beside = open_sides[key] = []
    order.beside = beside
    order.place_beside = len(beside)
    beside.append(order)
    if order.instrument.future is not None and order.reduce_only:
        number = order.instrument.number
        account.reduce_only[number] = account.reduce_only.get(number, 0) + 1


def close_order(state: State, order: Order) -> None:
    """Count an order among the open ones no longer. O(1)."""
    book: LimitOrderBook = order.book
    account, further = order.account, order.further
    parts = 1 if further is None else further.parts
    del account.open_orders[order.order_id]
    account.open_parts -= parts
    book.open_parts -= parts
    state.open_parts -= parts
    beside = order.beside
    assert beside is not None
    last = beside.pop()
    if last is not order:
        place = order.place_beside
        beside[place] = last
        last.place_beside = place
    order.beside = None
    if order.instrument.future is not None and order.reduce_only:
        account.reduce_only[order.instrument.number] -= 1


def parts_as_amended(order: Order, leaves_lots: int, display_lots: int, kept: bool) -> int:
    """How many parts an order would have: what it would show, no more than now if its place is `kept`, and those to come."""
    if not display_lots:
        return 1
    shown = min(display_lots, leaves_lots)
    if kept:
        shown = min(shown, order.shown_lots)
    return 1 - (shown - leaves_lots) // display_lots


def set_parts(state: State, order: Order, parts: int) -> None:
    """Count an open order for so many parts from now on."""
    more = parts - order.parts
    if more:
        book: LimitOrderBook = order.book
        order.parts = parts
        order.account.open_parts += more
        book.open_parts += more
        state.open_parts += more
