"""Matching: an incoming order against the other side, in price-time priority, at the maker's price."""

from __future__ import annotations

from engine.book import LimitOrderBook
from engine.clearing import notional, release, settle
from engine.codes import BUY, CANCELLED, FILLED, PARTIALLY_FILLED
from engine.events import BookAdded, Event, OrderCancelled, Trade
from engine.orders import Order
from engine.state import State, forget_open, next_report


def match(state: State, out: list[Event], book: LimitOrderBook, taker: Order) -> None:
    """Trade an order with all it crosses, best price first, then first come first served. O(fills)."""
    opposite = book.opposite(taker.side)
    sign = opposite.sign
    limit = taker.price_ticks
    while taker.leaves_lots:
        level = opposite.best
        if level is None or (level.price_ticks - limit) * sign < 0:
            return
        maker = level.head
        assert maker is not None
        lots = min(maker.leaves_lots, taker.leaves_lots)
        if lots == maker.leaves_lots:
            opposite.remove(maker)
            maker.leaves_lots = 0
        else:
            opposite.reduce(maker, lots)
        _fill(state, out, book, maker, taker, level.price_ticks, lots)


def _fill(
    state: State, out: list[Event], book: LimitOrderBook, maker: Order, taker: Order, price_ticks: int, lots: int
) -> None:
    """Settle one fill and report it. The maker has already left the book or been reduced."""
    instrument = book.instrument
    taker.leaves_lots -= lots
    taker.filled_lots += lots
    maker.filled_lots += lots
    maker_fee = settle(maker, price_ticks, lots, instrument.maker_fee_ppm)
    taker_fee = settle(taker, price_ticks, lots, instrument.taker_fee_ppm)
    maker.status = PARTIALLY_FILLED if maker.leaves_lots else FILLED
    taker.status = PARTIALLY_FILLED if taker.leaves_lots else FILLED
    if not maker.leaves_lots:
        forget_open(maker)
    book.last_trade_ticks = price_ticks
    state.trades += 1
    state.emit(
        out,
        Trade(
            state.trades,
            instrument.instrument,
            price_ticks,
            lots,
            taker.side,
            maker.order_id,
            maker.account.account,
            next_report(maker.account),
            maker.client_order_id,
            maker.filled_lots,
            maker.leaves_lots,
            maker_fee,
            taker.order_id,
            taker.account.account,
            next_report(taker.account),
            taker.client_order_id,
            taker.filled_lots,
            taker.leaves_lots,
            taker_fee,
        ),
    )


def rest(state: State, out: list[Event], book: LimitOrderBook, order: Order) -> None:
    """Queue an order's leaves in the book."""
    book.side(order.side).add(order)
    order.account.open_orders[order.order_id] = order
    state.emit(
        out,
        BookAdded(book.instrument.instrument, order.order_id, order.side, order.price_ticks, order.leaves_lots),
    )


def cancel(
    state: State, out: list[Event], book: LimitOrderBook, order: Order, reason: int, rule: str = "", detail: str = ""
) -> None:
    """End an order, resting or not: its leaves go, its reservation returns."""
    displayed = 0
    if order.level is not None:
        displayed = order.leaves_lots
        book.side(order.side).remove(order)
    forget_open(order)
    lots = order.leaves_lots
    order.leaves_lots = 0
    order.status = CANCELLED
    release(order)
    account = order.account
    state.emit(
        out,
        OrderCancelled(
            order.order_id,
            account.account,
            next_report(account),
            order.client_order_id,
            book.instrument.instrument,
            order.side,
            order.price_ticks,
            order.filled_lots,
            lots,
            displayed,
            reason,
            rule,
            detail,
        ),
    )


def collar_ticks(book: LimitOrderBook, side: int) -> int:
    """The worst price a market order may get, a collar away from the last trade, else the reference; 0: neither.

    Rounded towards that price, never past the collar; at least one tick.
    """
    anchor = book.last_trade_ticks or book.reference_ticks
    if not anchor:
        return 0
    distance = anchor * book.instrument.collar_ppm // 1_000_000
    return anchor + distance if side == BUY else max(anchor - distance, 1)


def order_notional(order: Order) -> int:
    """The value of the whole order at its limit, in quote minor units."""
    assert order.instrument is not None
    return notional(order.instrument, order.price_ticks, order.quantity_lots)
