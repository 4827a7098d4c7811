"""Room for what is open: in an account, in a book, in the venue. It bounds what a command that is never cut can do.

An order counts as one, an iceberg as many as it has parts: so an order that sweeps a book makes no more fills than the
book has parts. What is open is counted when it opens and when it ends, so that a check costs the same however much it is.
"""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.state.state import State
from engine.vocabulary.codes import AT_CLOSE, AT_OPEN, CONTINUOUS, FOK, ICEBERG, IOC, MARKET, ORDER_LIMITS
from engine.vocabulary.problem import Problem


def entry_room_problem(state: State, order: Order, ahead: int) -> Problem | None:
    """Check that there is room for a new order behind `ahead` parts of its own list."""
    parts = parts_that_rest(order)
    return room_problem(state, order, ahead + parts) if parts else None


def parts_that_rest(order: Order) -> int:
    """How many parts of a new order may be open when its command is done; 0: what does not trade at once is cancelled."""
    if order.order_type == ICEBERG:
        command = order.command
        # Fields that make no iceberg are refused later: it counts as one.
        order.parts = max(-(-command.quantity_e8 // command.display_e8), 1) if command.display_e8 > 0 else 1
    if order.time_in_force in (IOC, FOK):
        return 0
    if order.order_type == MARKET and order.time_in_force not in (AT_OPEN, AT_CLOSE):
        book: LimitOrderBook = order.book
        if book.phase == CONTINUOUS and not book.in_call:
            return 0
    return order.parts


def room_problem(state: State, order: Order, more: int) -> Problem | None:
    """Why so many more parts may not be open: in the account, else in the book, else in the venue. O(1)."""
    book: LimitOrderBook = order.book
    if more <= 0:
        return None
    if order.account.open_parts + more > state.max_open_per_account:
        most, where = state.max_open_per_account, "an account"
    elif book.open_parts + more > state.max_open_per_book:
        most, where = state.max_open_per_book, "a book"
    elif state.open_parts + more > state.max_open:
        most, where = state.max_open, "the venue"
    else:
        return None
    return Problem(ORDER_LIMITS, f"no more than {most} open orders {where}, an iceberg counted by its parts")


def open_order(state: State, order: Order) -> None:
    """Count an order among the open ones, if it is not yet. O(1)."""
    if order.beside is None:
        order.account.open_order(order)
        _count(state, order, order.parts)


def close_order(state: State, order: Order) -> None:
    """Count an order among the open ones no longer, if it was one. O(1)."""
    if order.beside is not None:
        order.account.close_order(order)
        _count(state, order, -order.parts)


def set_parts(state: State, order: Order, parts: int) -> None:
    """Count an open order for so many parts from now on."""
    if parts != order.parts:
        _count(state, order, parts - order.parts)
        order.parts = parts


def _count(state: State, order: Order, parts: int) -> None:
    book: LimitOrderBook = order.book
    order.account.open_parts += parts
    book.open_parts += parts
    state.open_parts += parts
