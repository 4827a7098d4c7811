"""What an accepted order does: trade, rest, collect in a call, or wait."""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.indicative import NOTHING
from engine.book.order_book import LimitOrderBook
from engine.book.whereabouts import IN_CALL, OFF_PEG, ON_BOOK
from engine.state.state import DUE_BATCH, DUE_PHASE, State
from engine.trading import matching
from engine.trading.auction import end_call_orders, ends_with_auction
from engine.trading.ending import cancel
from engine.trading.market_index import index_ppm, renew_move
from engine.trading.matching import BAND, HALT, match
from engine.trading.prevention import note_joined, own_crossed, prevent
from engine.trading.reducing import hold
from engine.trading.room import open_order
from engine.vocabulary import kinds
from engine.vocabulary.codes import (
    COLLAR,
    CONTINUOUS,
    FOK,
    HALTED,
    IOC,
    IOC_REST,
    MARKET,
    OUTSIDE_BAND,
    PEGGED,
    VOLATILITY_AUCTION,
)
from engine.vocabulary.messages.events import BookChanged, MarketHalted, PhaseChanged


def place(state: State, order: Order) -> None:
    """Work an order that has passed its checks: trade what it can, then let its rest be where it belongs."""
    book: LimitOrderBook = order.book
    if book.in_call or book.phase != CONTINUOUS:
        # In a halt only a bracket's take-profit gets here, when its entry is cancelled: it rests until trading goes on.
        join_call(state, order)
        return
    stopped = match(state, order)
    if stopped == BAND and not book.calm and order.leaves_lots:
        start_volatility_auction(state, book)
        if order.order_type == MARKET or order.time_in_force in (IOC, FOK):
            cancel(state, order, OUTSIDE_BAND)
        else:
            join_call(state, order)
        return
    if stopped == HALT:
        halt_market(state)
    if not order.leaves_lots:
        return
    if stopped != matching.DONE:
        cancel(state, order, OUTSIDE_BAND)
    elif order.order_type == MARKET:
        cancel(state, order, COLLAR)
    elif order.time_in_force in (IOC, FOK):
        cancel(state, order, IOC_REST)
    else:
        rest(state, order)


def rest(state: State, order: Order) -> None:
    """Queue an order's leaves in the book."""
    book: LimitOrderBook = order.book
    state.queued += 1
    order.queued = state.queued
    book.side(order.side).add(order)
    if order.beside is None:
        open_order(state, order)
    state.emit(
        kinds.BOOK_ADDED(book.instrument.instrument, order.order_id, order.side, order.price_ticks, order.shown_lots),
    )


def join_call(state: State, order: Order) -> None:
    """Collect an order in a call; prevention acts on every own order that it crosses. Pegged orders stay off the book."""
    book: LimitOrderBook = order.book
    if order.order_type == PEGGED:
        park_peg(state, order)
        return
    own = own_crossed(state, order)
    while own is not None:
        if hold(state, own) and not prevent(state, own, order):
            return
        assert not own.leaves_lots, "it was to make way"
        own = own_crossed(state, order)
    if order.order_type == MARKET:
        order.queued = state.next_place()
        order.where = IN_CALL
        book.market_orders[order.order_id] = order
        book.indicative.changed = True
        if order.beside is None:
            open_order(state, order)
    else:
        if ends_with_auction(order):
            book.auction_limits[order.order_id] = order
        rest(state, order)
    note_joined(state, order)
    # A batch that was begun before another phase may be due at the very instant at which batch mode goes on.
    if book.phase == CONTINUOUS and book.batch_due_ns <= state.time_ns:
        set_batch_end(state, book)


def set_batch_end(state: State, book: LimitOrderBook) -> None:
    """Let what collects in batch mode be uncrossed at the next whole multiple of the batch's length."""
    batch_ns = book.instrument.batch_ns
    due_ns = (state.time_ns // batch_ns + 1) * batch_ns
    if due_ns != book.batch_due_ns:
        book.batch_due_ns = due_ns
        state.schedule(due_ns, DUE_BATCH, book.instrument.number)


def park_peg(state: State, order: Order) -> None:
    """Keep a pegged order off the book, without a price and a place."""
    order.where = OFF_PEG
    order.price_ticks = 0
    if order.beside is None:
        open_order(state, order)


def start_volatility_auction(state: State, book: LimitOrderBook, reason: str = "volatility", by: str = "") -> None:
    """Begin a volatility auction, and set when it ends. A random end is not announced."""
    instrument = book.instrument
    book.enter(VOLATILITY_AUCTION)
    book.auctions += 1
    book.until_ns = state.time_ns + instrument.volatility_ns + state.draw(book, instrument.auction_random_ns)
    state.schedule(book.until_ns, DUE_PHASE, instrument.number)
    state.touch(book)
    announced_ns = 0 if instrument.auction_random_ns else book.until_ns
    state.emit(PhaseChanged(instrument.instrument, VOLATILITY_AUCTION, reason, announced_ns, by))
    park_pegs(state, book)


def park_pegs(state: State, book: LimitOrderBook) -> None:
    """Take every pegged order off the book: in a call there is no touch to follow."""
    for order in book.pegs.values():
        if order.where == ON_BOOK:
            take_off(state, order)
            park_peg(state, order)


def take_off(state: State, order: Order) -> None:
    """Take an open order off the book, to come back elsewhere."""
    book: LimitOrderBook = order.book
    book.side(order.side).remove(order)
    state.emit(BookChanged(book.instrument.instrument, order.order_id, order.side, order.price_ticks, 0))


def halt_market(state: State) -> None:
    """Halt every instrument that trades: the index moved past its threshold, and starts anew from the last trades."""
    until_ns = state.time_ns + state.halt_ns
    state.emit(MarketHalted(index_ppm(state), until_ns))
    for book in state.book_list:
        if book.phase in (CONTINUOUS, VOLATILITY_AUCTION):
            leave_call(state, book)
            book.enter(HALTED)
            book.until_ns = until_ns
            state.schedule(until_ns, DUE_PHASE, book.instrument.number)
            state.touch(book)
            state.emit(PhaseChanged(book.instrument.instrument, HALTED, "market halt", until_ns))
    for book in state.market_index:
        book.reference_ticks = book.last_trade_ticks or book.reference_ticks
        renew_move(state, book)


def leave_call(state: State, book: LimitOrderBook) -> None:
    """A call ends without an uncross: what it collected for itself is cancelled, what it published is void."""
    book.indicative.published = NOTHING
    book.indicative.void()
    end_call_orders(state, book)
