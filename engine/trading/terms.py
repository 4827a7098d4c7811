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
from engine.vocabulary.said import said

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
    if order.is_plain:
        # Most orders: two grids and a size.
        price_e8: int = command.price_e8
        if price_e8 <= 0 or price_e8 % instrument.tick_e8:
            return tick_problem(instrument, price_e8)
        quantity_e8: int = command.quantity_e8
        if quantity_e8 <= 0 or quantity_e8 % instrument.lot_e8:
            return lot_problem(instrument, quantity_e8)
        order.price_ticks = order.reserve_ticks = price_e8 // instrument.tick_e8
        lots = quantity_e8 // instrument.lot_e8
        order.quantity_lots = order.leaves_lots = lots
        # From here on it follows from the order.
        order.asked = None
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


def _size_problem(instrument: Instrument) -> Problem:
    low, high = instrument.min_lots * instrument.lot_e8, instrument.max_lots * instrument.lot_e8
    return Problem(SIZE, said("size.range", decimal_e8(low), decimal_e8(high)))


def invalid_fields(command: NewOrder, instrument: Instrument, time_ns: int) -> Problem | None:
    """Why an order's fields make no order; None: they do."""
    kind, life = command.order_type, command.time_in_force
    if command.side not in (BUY, SELL) or not 0 <= kind < len(ORDER_TYPES):
        return invalid(said("terms.side_or_type"))
    if not 0 <= life < len(TIMES_IN_FORCE) or not -1 <= command.self_trade <= STP_REJECT:
        return invalid(said("terms.time_in_force"))
    if not POST_ONLY_OFF <= command.post_only <= POST_ONLY_REPRICE:
        return invalid(said("terms.post_only_mode"))
    if (kind in STOPS or kind in (ICEBERG, PEGGED)) and life not in LASTING:
        return invalid(said("terms.rests", ORDER_TYPES[kind]))
    if (life == GTD) != (command.expire_ns != 0) or (life == GTD and command.expire_ns <= time_ns):
        return invalid(said("terms.gtd"))
    if command.post_only and (kind not in (LIMIT, ICEBERG) or life not in LASTING):
        return invalid(said("terms.post_only"))
    if command.reduce_only and instrument.kind != FUTURE:
        return invalid(said("terms.reduce_only"))
    if command.funds and instrument.kind == FUTURE:
        return invalid(said("terms.funds_in_a_future"))
    return _invalid_quantities(command) or _invalid_prices(command)


def _invalid_quantities(command: NewOrder) -> Problem | None:
    kind, life = command.order_type, command.time_in_force
    if command.funds and (kind != MARKET or life not in (GTC, IOC) or command.quantity_e8 or command.funds < 0):
        return invalid(said("terms.funds"))
    if command.min_quantity_e8 and (life != IOC or command.funds or command.min_quantity_e8 > command.quantity_e8):
        return invalid(said("terms.min_quantity"))
    if (kind == ICEBERG) != (command.display_e8 != 0):
        return invalid(said("terms.display"))
    if command.display_e8 > command.quantity_e8:
        return invalid(said("display.quantity"))
    return None


def _invalid_prices(command: NewOrder) -> Problem | None:
    kind = command.order_type
    if kind in (MARKET, STOP, TRAILING_STOP) and command.price_e8:
        return invalid(said("terms.no_price", ORDER_TYPES[kind]))
    if (kind in (STOP, STOP_LIMIT)) != (command.stop_price_e8 != 0):
        return invalid(said("terms.stop_price"))
    if command.trail_e8 < 0 or command.trail_bps < 0 or command.trail_bps >= 10_000:
        return invalid(said("terms.trail"))
    trails = (command.trail_e8 != 0) + (command.trail_bps != 0)
    if trails != (1 if kind == TRAILING_STOP else 0):
        return invalid(said("terms.one_trail"))
    if kind == PEGGED:
        return None if PEG_OWN <= command.peg <= PEG_MID else invalid(said("terms.peg_to"))
    has_peg = command.peg != -1 or command.peg_offset_e8 != 0
    return invalid(said("terms.peg")) if has_peg else None


def _unlimited(order: Order) -> Problem | None:
    """Why a pegged order has no worst price: it asks for none, and there is no static band."""
    if order.order_type != PEGGED or order.command.price_e8 or static_band(order.book) != (0, 0):
        return None
    return invalid(said("terms.peg_limit"))


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
            return Problem(TICK, said("price.offset", decimal_e8(instrument.tick_e8)))
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
    return Problem(NO_REFERENCE, said("reference.none"))


def tick_problem(instrument: Instrument, price_e8: int) -> Problem | None:
    """Why a price is not on the instrument's grid."""
    if price_e8 <= 0 or price_e8 % instrument.tick_e8:
        return Problem(TICK, said("price.tick_of", decimal_e8(instrument.tick_e8)))
    return None


def lot_problem(instrument: Instrument, quantity_e8: int) -> Problem | None:
    """Why a quantity is not on the instrument's grid."""
    if quantity_e8 <= 0 or quantity_e8 % instrument.lot_e8:
        return Problem(LOT, said("quantity.lot_of", decimal_e8(instrument.lot_e8)))
    return None
