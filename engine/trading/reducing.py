"""What a position allows: the position limit, and reduce-only orders, which never are larger than what they reduce."""

from __future__ import annotations

from engine.book.entities import Account, Instrument, Order
from engine.money.margin import lots_of, open_lots, reducible_lots
from engine.state.state import State
from engine.trading.ending import by_entry, cancel
from engine.trading.prevention import cut
from engine.vocabulary.codes import BUY, NOTHING_TO_REDUCE, POSITION_LIMIT, REDUCE_ONLY
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.problem import Problem


def position_problem(order: Order, leaves_lots: int, begins_later: bool) -> Problem | None:
    """Why a future's order may not have so many leaves: the position limit, or that it does not reduce a position.

    An order that `begins_later`, when a bracket's entry has made the position, has nothing to reduce yet.
    """
    instrument = order.instrument
    assert instrument.future is not None
    most = instrument.future.max_position_lots
    more = leaves_lots - order.covered_lots
    if most and more > 0:
        lots = lots_of(order.account, instrument)
        open_side = open_lots(order.account, instrument, order.side)
        if (lots if order.side == BUY else -lots) + open_side + more > most:
            detail = f"the position must not exceed {decimal_e8(most * instrument.lot_e8)}, open orders filled"
            return Problem(POSITION_LIMIT, detail)
    if order.command.reduce_only and not begins_later:
        lots = reducible_lots(order.account, instrument, order.side)
        if leaves_lots > lots:
            detail = f"there is a position of {decimal_e8(lots * instrument.lot_e8)} to reduce"
            return Problem(REDUCE_ONLY, detail)
    return None


def obey_positions(state: State, instrument: Instrument, first: Account, second: Account) -> None:
    """Cut or cancel the reduce-only orders of two accounts whose positions have changed, in order of entry.

    O(orders that are too large now).
    """
    orders: list[Order] = []
    for account in (first, second):
        position = account.positions.get(instrument.number)
        if position is not None and position.sizes:
            # All are of the side that reduces, or have nothing to reduce: the first that is small enough ends it.
            for _, order_id in reversed(position.sizes):
                order = position.reducing[order_id]
                if order.leaves_lots <= reducible_lots(account, instrument, order.side):
                    break
                orders.append(order)
    orders.sort(key=by_entry)
    for order in orders:
        lots = reducible_lots(order.account, instrument, order.side)
        if order.leaves_lots > lots:
            if lots:
                cut(state, order, order.leaves_lots - lots)
            else:
                cancel(state, order, NOTHING_TO_REDUCE)
