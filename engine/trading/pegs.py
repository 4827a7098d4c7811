"""Pegged orders: the price each follows to, and how they move."""

from __future__ import annotations

from engine.book.entities import NOWHERE, ON_BOOK, Order
from engine.book.order_book import OUT_OF_PLACE, LimitOrderBook
from engine.money.reservations import reserve
from engine.state.state import State
from engine.trading.ending import cancel
from engine.trading.placing import park_peg, place
from engine.trading.prevention import report_amended
from engine.vocabulary.codes import BUY, BY_RULE, CONTINUOUS, NO_FUNDS, ORDER_LIMITS, PEG_MID, PEG_OWN
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT
from engine.vocabulary.messages.events import BookChanged
from engine.vocabulary.problem import Problem


def peg_problem(order: Order) -> Problem | None:
    """Whether an instrument has as many pegs as it may, in all or of this account. O(its pegs)."""
    book: LimitOrderBook = order.book
    if len(book.pegs) >= MAX_PEGS_PER_INSTRUMENT:
        return Problem(ORDER_LIMITS, f"no more than {MAX_PEGS_PER_INSTRUMENT} pegged orders an instrument")
    if sum([peg.account is order.account for peg in book.pegs.values()]) >= MAX_PEGS_PER_ACCOUNT:
        return Problem(
            ORDER_LIMITS, f"no more than {MAX_PEGS_PER_ACCOUNT} pegged orders of an account in an instrument"
        )
    return None


def touch_to_follow(book: LimitOrderBook) -> tuple[int, int]:
    """The best bid and ask that are not pegged, 0: none; in a call, or where nothing trades, there is nothing to follow."""
    if book.in_call or book.phase != CONTINUOUS:
        return (0, 0)
    return (book.bids.best_unpegged(), book.asks.best_unpegged())


def peg_ticks(order: Order, touch: tuple[int, int]) -> int:
    """The price a pegged order follows to at a touch, no worse than its limit; 0: there is none."""
    command = order.command
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
    price += command.peg_offset_e8 // order.instrument.tick_e8
    limit = order.peg_limit_ticks
    if limit:
        price = min(price, limit) if order.side == BUY else max(price, limit)
    return max(price, 1)


def reprice_pegs(state: State) -> bool:
    """Let each pegged order of the touched books follow its price, by rank; True if one moved."""
    moved = False
    for book in list(state.touched):
        if book.pegs and _follow(state, book):
            moved = True
    return moved


def _follow(state: State, book: LimitOrderBook) -> bool:
    """Let the pegged orders of a book follow its touch; True if one moved. O(1) if the touch did not, else O(pegs)."""
    touch = touch_to_follow(book)
    if touch == book.pegs_in_place:
        return False
    moved = False
    for order in list(book.pegs.values()):
        if order.leaves_lots and _reprice(state, order, touch):
            moved = True
            # It may have traded.
            touch = touch_to_follow(book)
    book.pegs_in_place = OUT_OF_PLACE if moved else touch
    return moved


def _reprice(state: State, order: Order, touch: tuple[int, int]) -> bool:
    """Move one pegged order to its price; False if it is where it belongs."""
    book: LimitOrderBook = order.book
    if book.phase != CONTINUOUS and not book.in_call:
        return False
    on_book = order.where == ON_BOOK
    price = 0 if book.in_call else peg_ticks(order, touch)
    if price == (order.price_ticks if on_book else 0):
        return False
    name = book.instrument.instrument
    old = order.price_ticks
    if not price:
        book.side(order.side).remove(order)
        park_peg(state, order)
        state.emit(BookChanged(name, order.order_id, order.side, old, 0))
        return True
    order.price_ticks = price
    if not _pass(state, order, old):
        return True
    if on_book:
        _take_off(order, old)
    report_amended(state, order, False)
    if on_book:
        state.emit(BookChanged(name, order.order_id, order.side, old, 0))
    order.where = NOWHERE
    place(state, order)
    return True


def _pass(state: State, order: Order, old_ticks: int) -> bool:
    """Check a peg that moves, by the rules only if it would cost more; if it may not, it is cancelled where it rests."""
    price = order.price_ticks
    order.price_ticks = old_ticks
    # A short that is sold for more is worth more; a sale of what is held is not.
    costs_more = price > order.reserve_ticks and (order.side == BUY or order.instrument.future is not None)
    if costs_more:
        verdict = state.hook.check(order, price, order.leaves_lots, state.time_ns)
        if verdict is not None:
            cancel(state, order, BY_RULE, verdict.first.rule, verdict.first.detail)
            return False
    if not reserve(order, price, order.leaves_lots):
        cancel(state, order, NO_FUNDS)
        return False
    if costs_more:
        state.hook.reserve(order, price, order.leaves_lots)
    order.price_ticks = order.reserve_ticks = price
    return True


def _take_off(order: Order, old_ticks: int) -> None:
    """Take a peg off the level where it rests; its price is the new one already."""
    book: LimitOrderBook = order.book
    price = order.price_ticks
    order.price_ticks = old_ticks
    book.side(order.side).remove(order)
    order.price_ticks = price
