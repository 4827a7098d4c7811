"""One fill: both sides settled, recorded and reported."""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.book.records import TradeRecord
from engine.money.reservations import affordable_lots, release, settle
from engine.state.state import State, next_report
from engine.trading.ending import close, end_other_leg
from engine.trading.market_index import renew_move
from engine.trading.reducing import note_fill
from engine.vocabulary import kinds
from engine.vocabulary.codes import BUY, FILLED, PARTIALLY_FILLED


def fill(state: State, maker: Order, taker: Order, price_ticks: int, lots: int) -> None:
    """Settle and report a fill whose lots have already left both orders' leaves and the book."""
    book: LimitOrderBook = maker.book
    instrument = book.instrument
    taker.filled_lots += lots
    maker.filled_lots += lots
    maker_fee = settle(maker, price_ticks, lots, instrument.maker_fee_ppm)
    taker_fee = settle(taker, price_ticks, lots, instrument.taker_fee_ppm)
    further = taker.further
    if further is not None and further.budget >= 0:
        # An order by funds has the quantity it got, and what its budget still allows at this price.
        taker.quantity_lots = taker.filled_lots
        taker.leaves_lots = affordable_lots(taker, price_ticks, instrument.taker_fee_ppm)
    maker.status = PARTIALLY_FILLED if maker.leaves_lots else FILLED
    taker.status = PARTIALLY_FILLED if taker.leaves_lots else FILLED
    if not maker.leaves_lots:
        _finish(state, maker)
    if not taker.leaves_lots:
        _finish(state, taker)
    _print(state, book, price_ticks)
    state.trades += 1
    record = _recorded(state, maker, taker, price_ticks, lots)
    if taker.side == BUY:
        record.buy_fee, record.sell_fee = taker_fee, maker_fee
    else:
        record.buy_fee, record.sell_fee = maker_fee, taker_fee
    state.emit(
        kinds.TRADE(
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
    if maker.further is not None:
        end_other_leg(state, maker)
    if further is not None:
        end_other_leg(state, taker)
    if instrument.future is not None:
        note_fill(state, maker, taker)


def _print(state: State, book: LimitOrderBook, price_ticks: int) -> None:
    """Note a fill's price: stops, bands and the market's index look at it."""
    book.last_trade_ticks = price_ticks
    if book.index_weight:
        renew_move(state, book)
    prints = book.prints
    if not prints:
        state.printed.append(book)
        prints.append(price_ticks)
    elif prints[-1] != price_ticks:
        prints.append(price_ticks)


def _finish(state: State, order: Order) -> None:
    """A filled order is open no longer; what rounding or a cheaper price left reserved returns."""
    close(state, order)
    if order.reserved:
        release(order)


def _recorded(state: State, maker: Order, taker: Order, price_ticks: int, lots: int) -> TradeRecord:
    """Keep a trade for corrections, if the day has room for it, and count it for limits; its fees are still to be noted."""
    instrument = taker.instrument
    maker_ppm, taker_ppm = instrument.maker_fee_ppm, 0 if taker.close_out else instrument.taker_fee_ppm
    made = (maker.account, maker.order_id, maker.client_order_id)
    took = (taker.account, taker.order_id, taker.client_order_id)
    if taker.side == BUY:
        record = TradeRecord(instrument, took, made, price_ticks, lots, time_ns=state.time_ns)
        record.buy_ppm, record.sell_ppm = taker_ppm, maker_ppm
    else:
        record = TradeRecord(instrument, made, took, price_ticks, lots, time_ns=state.time_ns)
        record.buy_ppm, record.sell_ppm = maker_ppm, taker_ppm
    if len(state.day_trades) < state.room.trades:
        state.day_trades.append(record)
    if state.limits:
        for order in (maker, taker):
            limits = state.limits.get(order.account.participant)
            if limits is not None:
                limits.trades += 1
    return record
