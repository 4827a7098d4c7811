"""The terms of an order: which fields make one, and its decimals as ticks and lots."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Instrument, Order
from engine.book.order_book import LimitOrderBook, static_band
from engine.book.stops import trailing_stop_ticks
from engine.money.reservations import affordable_lots
from engine.trading.bands import collar_from, collar_ticks
from engine.trading.pegs import peg_ticks
from engine.vocabulary.codes import (
    AT_CLOSE,
    AT_OPEN,
    BUY,
    DAY,
    FOK,
    FUTURE,
    GTC,
    GTD,
    ICEBERG,
    IOC,
    LIMIT,
    LOT,
    MARKET,
    NO_REFERENCE,
    ORDER_TYPES,
    PEG_MID,
    PEG_OWN,
    PEGGED,
    POST_ONLY_OFF,
    POST_ONLY_REPRICE,
    SELL,
    SIZE,
    STOP,
    STOP_LIMIT,
    STP_REJECT,
    TICK,
    TIMES_IN_FORCE,
    TRAILING_STOP,
)
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.problem import Problem, invalid

LASTING: Final = (GTC, DAY, GTD)
IMMEDIATE: Final = (IOC, FOK)
"""It must trade at once or go."""
FOR_AUCTIONS: Final = (AT_OPEN, AT_CLOSE)
"""It is for the opening or closing auction only."""
STOPS: Final = (STOP, STOP_LIMIT, TRAILING_STOP)


def terms_problem(order: Order, time_ns: int) -> Problem | None:
    """Check an order's fields, grid and size, and fill in its ticks and lots."""
    book: LimitOrderBook = order.book
    command = order.command
    instrument = book.instrument
    if is_plain(command):
        # Most orders: two grids and a size.
        if command.price_e8 <= 0 or command.price_e8 % instrument.tick_e8:
            return tick_problem(instrument, command.price_e8)
        if command.quantity_e8 <= 0 or command.quantity_e8 % instrument.lot_e8:
            return lot_problem(instrument, command.quantity_e8)
        order.price_ticks = order.reserve_ticks = command.price_e8 // instrument.tick_e8
        lots = command.quantity_e8 // instrument.lot_e8
        order.quantity_lots = order.leaves_lots = lots
        return None if instrument.min_lots <= lots <= instrument.max_lots else _size_problem(instrument)
    problem = invalid_fields(command, instrument, time_ns) or _unlimited(order) or _ticks(order)
    if problem is not None:
        return problem
    if command.funds:
        order.budget = command.funds
        if not order.price_ticks:
            return _no_reference()
        order.leaves_lots = max(affordable_lots(order, order.price_ticks, instrument.taker_fee_ppm), 1)
        return None
    problem = lot_problem(instrument, command.quantity_e8)
    if problem is None and command.display_e8:
        problem = lot_problem(instrument, command.display_e8)
    if problem is None and command.min_quantity_e8:
        problem = lot_problem(instrument, command.min_quantity_e8)
    if problem is not None:
        return problem
    order.quantity_lots = order.leaves_lots = command.quantity_e8 // instrument.lot_e8
    order.display_lots = command.display_e8 // instrument.lot_e8
    if not instrument.min_lots <= order.quantity_lots <= instrument.max_lots:
        return _size_problem(instrument)
    return _prices_to_follow(order)


def is_plain(command: NewOrder) -> bool:
    """Whether an order is a limit order, gtc, ioc or fok, with no further terms; side still to be checked."""
    return (
        command.order_type == LIMIT
        and GTC <= command.time_in_force <= FOK
        and BUY <= command.side <= SELL
        and command.self_trade == -1
        and command.peg == -1
        and not (
            command.post_only
            or command.min_quantity_e8
            or command.expire_ns
            or command.display_e8
            or command.stop_price_e8
            or command.trail_e8
            or command.trail_bps
            or command.peg_offset_e8
            or command.reduce_only
            or command.funds
        )
    )


def _size_problem(instrument: Instrument) -> Problem:
    low, high = instrument.min_lots * instrument.lot_e8, instrument.max_lots * instrument.lot_e8
    return Problem(SIZE, f"the quantity must be from {decimal_e8(low)} to {decimal_e8(high)}")


def invalid_fields(command: NewOrder, instrument: Instrument, time_ns: int) -> Problem | None:
    """Why an order's fields make no order; None: they do."""
    kind, life = command.order_type, command.time_in_force
    if command.side not in (BUY, SELL) or not 0 <= kind < len(ORDER_TYPES):
        return invalid("unknown side or order type")
    if not 0 <= life < len(TIMES_IN_FORCE) or not -1 <= command.self_trade <= STP_REJECT:
        return invalid("unknown time in force or self-trade mode")
    if not POST_ONLY_OFF <= command.post_only <= POST_ONLY_REPRICE:
        return invalid("unknown post-only mode")
    if (kind in STOPS or kind in (ICEBERG, PEGGED)) and life not in LASTING:
        return invalid(f"a {ORDER_TYPES[kind]} order must be gtc, day or gtd")
    if (life == GTD) != (command.expire_ns != 0) or (life == GTD and command.expire_ns <= time_ns):
        return invalid("gtd, and only gtd, needs an expire time in the future")
    if command.post_only and (kind not in (LIMIT, ICEBERG) or life not in LASTING):
        return invalid("post-only is for limit and iceberg orders that may rest")
    if command.reduce_only and instrument.kind != FUTURE:
        return invalid("reduce-only is for futures")
    if command.funds and instrument.kind == FUTURE:
        return invalid("no order by funds in a future")
    return _invalid_quantities(command) or _invalid_prices(command)


def _invalid_quantities(command: NewOrder) -> Problem | None:
    kind, life = command.order_type, command.time_in_force
    if command.funds and (kind != MARKET or life not in (GTC, IOC) or command.quantity_e8 or command.funds < 0):
        return invalid("funds are for market orders, gtc or ioc, instead of a quantity")
    if command.min_quantity_e8 and (life != IOC or command.funds or command.min_quantity_e8 > command.quantity_e8):
        return invalid("a minimum quantity is for ioc orders, and no more than their quantity")
    if (kind == ICEBERG) != (command.display_e8 != 0):
        return invalid("a display quantity, and only it, makes an iceberg")
    if command.display_e8 > command.quantity_e8:
        return invalid("the display quantity must not exceed the quantity")
    return None


def _invalid_prices(command: NewOrder) -> Problem | None:
    kind = command.order_type
    if kind in (MARKET, STOP, TRAILING_STOP) and command.price_e8:
        return invalid(f"a {ORDER_TYPES[kind]} order has no limit price")
    if (kind in (STOP, STOP_LIMIT)) != (command.stop_price_e8 != 0):
        return invalid("stop and stop_limit orders, and no others, need a stop price")
    if command.trail_e8 < 0 or command.trail_bps < 0 or command.trail_bps >= 10_000:
        return invalid("a trail must be positive, and below 10000 basis points")
    trails = (command.trail_e8 != 0) + (command.trail_bps != 0)
    if trails != (1 if kind == TRAILING_STOP else 0):
        return invalid("a trailing stop, and no other order, needs one trail, absolute or in basis points")
    if kind == PEGGED:
        return None if PEG_OWN <= command.peg <= PEG_MID else invalid("a pegged order needs what to peg to")
    has_peg = command.peg != -1 or command.peg_offset_e8 != 0
    return invalid("only a pegged order has a peg and an offset") if has_peg else None


def _unlimited(order: Order) -> Problem | None:
    """Why a pegged order has no worst price: it asks for none, and there is no static band."""
    if order.order_type != PEGGED or order.command.price_e8 or static_band(order.book) != (0, 0):
        return None
    return invalid("a pegged order needs a limit price here: there is no static band")


def _ticks(order: Order) -> Problem | None:
    """Check that prices are on the grid and turn them into ticks."""
    book: LimitOrderBook = order.book
    command, instrument = order.command, book.instrument
    kind = order.order_type
    if kind in (LIMIT, STOP_LIMIT, ICEBERG) or (kind == PEGGED and command.price_e8):
        problem = tick_problem(instrument, command.price_e8)
        if problem is not None:
            return problem
    if kind in (STOP, STOP_LIMIT):
        problem = tick_problem(instrument, command.stop_price_e8)
        if problem is not None:
            return problem
    for offset_e8 in (command.peg_offset_e8, command.trail_e8):
        if offset_e8 % instrument.tick_e8:
            return Problem(TICK, f"an offset must be a multiple of the tick size {decimal_e8(instrument.tick_e8)}")
    order.stop_ticks = command.stop_price_e8 // instrument.tick_e8
    if kind == MARKET:
        order.price_ticks = collar_ticks(book, order.side)
    elif kind == PEGGED:
        order.peg_limit_ticks = command.price_e8 // instrument.tick_e8
    else:
        order.price_ticks = command.price_e8 // instrument.tick_e8
    order.reserve_ticks = order.price_ticks
    return None


def _prices_to_follow(order: Order) -> Problem | None:
    """Set the prices that depend on the market: collars, trails, pegs; and the price at which the order reserves."""
    book: LimitOrderBook = order.book
    kind = order.order_type
    if kind == MARKET and not order.price_ticks:
        return _no_reference()
    if kind == TRAILING_STOP:
        order.trail_best_ticks = book.last_trade_ticks or book.reference_ticks
        if not order.trail_best_ticks:
            return _no_reference()
        order.stop_ticks = trailing_stop_ticks(order)
    if kind in (STOP, TRAILING_STOP):
        order.reserve_ticks = stop_reserve_ticks(order, order.stop_ticks)
    elif kind == PEGGED:
        # The worst it may ever get: nothing is asked again when it moves.
        low, high = static_band(book)
        order.reserve_ticks = order.peg_limit_ticks or (high if order.side == BUY else low)
        order.price_ticks = peg_ticks(order, book.touch_to_follow())
    return None


def stop_reserve_ticks(order: Order, stop_ticks: int) -> int:
    """The price at which a stop that will be a market order reserves: the upper static band, else a collar above its stop."""
    book: LimitOrderBook = order.book
    if order.side != BUY:
        return max(stop_ticks, 1)
    _, high = static_band(book)
    return high or collar_from(book, stop_ticks, BUY)


def _no_reference() -> Problem:
    return Problem(NO_REFERENCE, "no trade and no reference price yet: there is nothing to measure from")


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
