"""Pegged orders: the price each follows to, and how they move.

A peg is checked and reserved once, at the worst price that it may get. So a move needs no check; it is bounded to one
tick from the opposite touch, so it never trades; and moves change no touch that pegs follow. One pass over the pegs of a
book is enough, whatever a command did: two events a peg.
"""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.order_book import OUT_OF_PLACE, LimitOrderBook
from engine.book.whereabouts import NOWHERE, ON_BOOK
from engine.money.margin import worst_ticks
from engine.state.state import State
from engine.trading.placing import park_peg, place, rest, take_off
from engine.vocabulary.codes import BUY, CONTINUOUS, ORDER_LIMITS, PEG_MID, PEG_OWN
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said


def peg_problem(order: Order) -> Problem | None:
    """Whether an instrument has as many pegs as it may, in all or of this account. O(its pegs)."""
    book: LimitOrderBook = order.book
    if len(book.pegs) >= MAX_PEGS_PER_INSTRUMENT:
        return Problem(ORDER_LIMITS, said("pegged.book", MAX_PEGS_PER_INSTRUMENT))
    if sum([peg.account is order.account for peg in book.pegs.values()]) >= MAX_PEGS_PER_ACCOUNT:
        return Problem(ORDER_LIMITS, said("pegged.account", MAX_PEGS_PER_ACCOUNT))
    return None


def peg_ticks(order: Order, touch: tuple[int, int]) -> int:
    """The price a pegged order follows to at a touch, no worse than its limit; 0: there is none."""
    command = order.command
    limit = order.reserve_ticks
    own, other = touch
    if order.side != BUY:
        own, other = other, own
    if command.peg == PEG_MID:
        total = own + other
        price = (total // 2 if order.side == BUY else -(-total // 2)) if own and other else 0
    else:
        price = own if command.peg == PEG_OWN else other
    if not price:
        return 0
    price = max(price + command.peg_offset_e8 // order.instrument.tick_e8, 1)
    if order.side == BUY:
        return min(price, limit)
    if order.instrument.future is not None:
        # It counts at the upper static band: no higher.
        price = min(price, worst_ticks(order, limit))
    return max(price, limit)


def come_in(state: State, order: Order) -> None:
    """Let a peg that was entered or amended trade at its price as any incoming order; without one it waits off the book."""
    if order.price_ticks:
        order.where = NOWHERE
        place(state, order)
    else:
        park_peg(state, order)


def follow_touch(state: State, book: LimitOrderBook) -> None:
    """Let the pegs of a touched book follow its touch, by turn, each once. O(1) if it is the same, else O(pegs)."""
    if not book.pegs:
        return
    if book.phase != CONTINUOUS and not book.in_call:
        # Pegs stay where they are while nothing trades.
        book.pegs_followed = OUT_OF_PLACE
        return
    touch = book.touch_to_follow()
    if touch == book.pegs_followed:
        return
    for order in book.pegs.values():
        _move(state, order, _beside(order, peg_ticks(order, touch)))
    book.pegs_followed = touch


def _beside(order: Order, price_ticks: int) -> int:
    """A price, but no nearer than one tick to the opposite touch, pegs included; 0: there is none."""
    book: LimitOrderBook = order.book
    best = book.opposite(order.side).best
    if best is None or not price_ticks:
        return price_ticks
    if order.side == BUY:
        return min(price_ticks, best.price_ticks - 1)
    price = max(price_ticks, best.price_ticks + 1)
    too_high = order.instrument.future is not None and price > worst_ticks(order, order.reserve_ticks)
    return 0 if too_high else price


def _move(state: State, order: Order, price_ticks: int) -> None:
    """Take a peg to its price, 0: off the book; it stays in its place if it is there."""
    on_book = order.where == ON_BOOK
    if price_ticks == (order.price_ticks if on_book else 0):
        return
    if on_book:
        take_off(state, order)
    if price_ticks:
        order.price_ticks = price_ticks
        rest(state, order)
    else:
        park_peg(state, order)
