"""Matching: an incoming order against the other side, best price first, at the resting order's price."""

from __future__ import annotations

from typing import Final

from engine.book.allocation import allocate
from engine.book.entities import Level, Order
from engine.book.order_book import LimitOrderBook
from engine.money.reservations import affordable_lots
from engine.state.state import State
from engine.trading.bands import dynamic_band
from engine.trading.fills import fill
from engine.trading.market_index import index_moved
from engine.trading.prevention import prevent
from engine.trading.reducing import end_idle, hold, reducible_at
from engine.vocabulary import kinds
from engine.vocabulary.codes import PRICE_TIME

DONE: Final = 0
"""It trades no more: nothing crosses, or nothing is left of it."""
BAND: Final = 1
"""The next trade would be outside the dynamic band."""
HALT: Final = 2
"""A print moved the market index past its threshold."""

_ALL: Final[dict[int, int]] = {}
"""Of shares: every order may take all that it shows."""


def match(state: State, taker: Order) -> int:
    """Trade an order with all it crosses, inside the dynamic band; returns why it stopped. O(fills)."""
    book: LimitOrderBook = taker.book
    opposite = book.opposite(taker.side)
    limit = opposite.key(taker.price_ticks)
    level = opposite.best
    if level is None or level.key < limit:
        return DONE
    low, high = dynamic_band(book)
    by_time = book.instrument.allocation == PRICE_TIME
    future = book.instrument.future is not None
    owner = taker.account.owner
    while taker.leaves_lots:
        level = opposite.best
        if level is None or level.key < limit:
            return DONE
        price = level.price_ticks
        wanted = _wanted(taker, price)
        if not wanted:
            return DONE
        maker = level.head
        assert maker is not None
        # An own order is no trade: it is met before the band is, and by shares before any other that gets one.
        if by_time:
            if future and not hold(state, maker):
                continue
            if owner.is_own(maker):
                if not prevent(state, maker, taker):
                    return DONE
                continue
        elif _meets_own_first(state, level, taker):
            if not taker.leaves_lots:
                return DONE
            continue
        elif future and end_idle(state, level, state.max_shared):
            # So what has nothing to reduce does not meet the band.
            continue
        if high and not low <= price <= high:
            return BAND
        if by_time:
            trade(state, maker, taker, price, min(maker.shown_lots, wanted))
        else:
            reducible = reducible_at(level, state.max_shared) if future else _ALL
            for each, share in allocate(level, wanted, book.instrument.allocation, state.max_shared, reducible):
                # Others of its account may have left less of its position than its share; what it can't take goes round again.
                if not future or hold(state, each):
                    trade(state, each, taker, price, min(share, each.shown_lots))
                if state.halt_threshold_ppm and index_moved(state, book):
                    return HALT
        if state.halt_threshold_ppm and index_moved(state, book):
            return HALT
    return DONE


def trade(state: State, maker: Order, taker: Order, price: int, lots: int) -> None:
    """One fill of an incoming order with a resting one; an iceberg then shows its next part."""
    book: LimitOrderBook = maker.book
    refreshed = book.side(maker.side).fill(maker, lots)
    taker.leaves_lots -= lots
    fill(state, maker, taker, price, lots)
    if refreshed and maker.leaves_lots:
        maker.queued = state.next_place()
        state.emit(kinds.BOOK_ADDED(book.instrument.instrument, maker.order_id, maker.side, price, maker.shown_lots))


def _wanted(taker: Order, price: int) -> int:
    """How many lots an incoming order wants at a price."""
    further = taker.further
    if further is None or further.budget < 0:
        return taker.leaves_lots
    book: LimitOrderBook = taker.book
    return affordable_lots(taker, price, book.instrument.taker_fee_ppm)


def _meets_own_first(state: State, level: Level, taker: Order) -> bool:
    """Let prevention act on the own orders among those at a price that get shares; True if there was one.

    The queue moves up as they go. O(orders that get shares, and own orders that go).
    """
    owner = taker.account.owner
    others = 0
    met = False
    order = level.head if any(owner.own_orders_on(taker.instrument, 1 - taker.side)) else None
    while order is not None and others < state.max_shared:
        after = order.next
        if owner.is_own(order):
            met = True
            if not hold(state, order):
                order = after
                continue
            if not prevent(state, order, taker) or not _wanted(taker, level.price_ticks):
                break
        else:
            others += 1
        order = after
    return met
