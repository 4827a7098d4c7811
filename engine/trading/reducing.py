"""What a position allows: the position limit, and reduce-only orders, which never trade past what they reduce.

A fill only notes the positions that it changes. Within the command a reduce-only order is held to its position when it is about
to trade, and all others once, at the end: so a command cuts an order at most once, beside those that trade, however many fills it has.
"""

from __future__ import annotations

from typing import Final

from engine.book.entities import Account, Instrument, Level, Order, Position
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.money.margin import lots_of, open_lots, reducible_lots
from engine.state.state import State
from engine.trading.ending import by_entry, cancel
from engine.trading.prevention import cut
from engine.trading.room import parts_that_rest
from engine.vocabulary.codes import BUY, NOTHING_TO_REDUCE, ORDER_LIMITS, POSITION_LIMIT, REDUCE_ONLY
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import MAX_REDUCE_ONLY_PER_POSITION
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said

MOST_REDUCE_ONLY: Final = MAX_REDUCE_ONLY_PER_POSITION + 2
"""The orders of one command don't count for each other, and a bracket has three."""


def position_problem(order: Order, leaves_lots: int, begins_later: bool) -> Problem | None:
    """Why a future's order may not have so many leaves: the position limit, or that it does not reduce a position.

    One that only reduces is held to its position, whatever else is open: no limit is passed by it.
    An order that `begins_later`, when a bracket's entry has made the position, has nothing to reduce yet.
    """
    instrument = order.instrument
    assert instrument.future is not None
    most = instrument.future.max_position_lots
    more = leaves_lots - order.covered_lots
    if most and more > 0 and not order.reduce_only:
        lots = lots_of(order.account, instrument)
        open_side = open_lots(order.account, instrument, order.side)
        if (lots if order.side == BUY else -lots) + open_side + more > most:
            return Problem(POSITION_LIMIT, said("position.most", decimal_e8(most * instrument.lot_e8)))
    if order.reduce_only and not begins_later:
        lots = reducible_lots(order.account, instrument, order.side)
        if leaves_lots > lots:
            return Problem(REDUCE_ONLY, said("reduce_only.position", decimal_e8(lots * instrument.lot_e8)))
    return None


def reduce_only_problem(order: Order) -> Problem | None:
    """Whether the account has as many open reduce-only orders of the instrument as it may; one that never rests needs no room."""
    count = order.account.reduce_only.get(order.instrument.number, 0)
    if count < MAX_REDUCE_ONLY_PER_POSITION or not order.reduce_only or not parts_that_rest(order):
        return None
    most = MAX_REDUCE_ONLY_PER_POSITION
    return Problem(ORDER_LIMITS, said("reduce_only.most", most))


def note_positions(state: State, instrument: Instrument, first: Account, second: Account) -> None:
    """Note that two accounts' positions have changed: before the command ends, reduce-only orders are held to them."""
    for account in (first, second):
        position = account.positions.get(instrument.number)
        if position is not None and position.reducing and not position.noted:
            position.noted = True
            state.moved.append(position)


def note_fill(state: State, maker: Order, taker: Order) -> None:
    """As `note_positions`, after a fill, which has taken no reduce-only order past its position."""
    for order in (maker, taker):
        if order.reduce_only:
            lots = lots_of(order.account, order.instrument)
            assert lots <= 0 if order.side == BUY else lots >= 0, "a reduce-only order traded past its position"
    note_positions(state, taker.instrument, maker.account, taker.account)


def hold(state: State, order: Order) -> bool:
    """Hold an order that is about to trade to its position, if it is reduce-only: it is cut or, with nothing to reduce, cancelled.

    False if that ends it.
    """
    if not order.reduce_only:
        return True
    lots = reducible_lots(order.account, order.instrument, order.side)
    if order.leaves_lots > lots:
        if not lots:
            cancel(state, order, NOTHING_TO_REDUCE)
            return False
        cut(state, order, order.leaves_lots - lots)
    return True


def end_entries(state: State) -> None:
    """Cancel the reduce-only entries of brackets that have nothing left to reduce: by account, instrument, then entry.

    They go before others are held: the pairs that begin then may trade, and change positions again. Each ends once.
    O(positions that changed since it was last called, and their reduce-only orders).
    """
    moved = list(state.moved)
    state.moved.clear()
    moved.sort(key=_by_account)
    for position in moved:
        position.noted = False
        if not position.to_hold:
            position.to_hold = True
            state.to_hold.append(position)
        for order in _in_order(position):
            if order.children and not reducible_lots(order.account, order.instrument, order.side):
                cancel(state, order, NOTHING_TO_REDUCE)


def hold_all(state: State) -> None:
    """Hold every open reduce-only order to its position where that has changed: by account, instrument, then entry.

    O(positions that changed, and their reduce-only orders).
    """
    positions = state.to_hold + [position for position in state.moved if not position.to_hold]
    state.to_hold.clear()
    state.moved.clear()
    positions.sort(key=_by_account)
    for position in positions:
        position.noted = position.to_hold = False
        for order in _in_order(position):
            if order.leaves_lots:
                hold(state, order)


def _in_order(position: Position) -> list[Order]:
    """The open reduce-only orders of a position, in order of entry."""
    orders = list(position.reducing.values())
    orders.sort(key=by_entry)
    return orders


def _by_account(position: Position) -> tuple[int, int]:
    return (position.account.number, position.instrument.number)


def excess_in(instrument: Instrument) -> list[tuple[Order, int]]:
    """Of the reduce-only orders in a future's call: with how many lots fewer each takes part in a second uncross.

    Those of an account take part with no more than its position together, the first in priority first.
    O(positions), and O(n log n) in their reduce-only orders.
    """
    future = instrument.future
    assert future is not None
    found: list[tuple[Order, int]] = []
    for position in future.positions.values():
        if not position.reducing:
            continue
        orders = [order for order in position.reducing.values() if order.where in (ON_BOOK, IN_CALL)]
        orders.sort(key=_by_priority)
        left = abs(position.lots)
        for order in orders:
            lots = 0
            if reducible_lots(position.account, instrument, order.side):
                lots = min(order.leaves_lots, left)
                left -= lots
            if lots < order.leaves_lots:
                found.append((order, order.leaves_lots - lots))
    return found


def _by_priority(order: Order) -> tuple[int, int, int]:
    """As in an uncross: by price, market orders before limits, then by time."""
    return (-order.price_ticks if order.side == BUY else order.price_ticks, int(order.where == ON_BOOK), order.queued)


def reducible_at(level: Level, most: int) -> dict[int, int]:
    """What each reduce-only order among the first `most` at a price finds to reduce, by order id. O(`most`)."""
    found: dict[int, int] = {}
    order = level.head
    while order is not None and most > 0:
        if order.reduce_only:
            found[order.order_id] = reducible_lots(order.account, order.instrument, order.side)
        most -= 1
        order = order.next
    return found


def end_idle(state: State, level: Level, most: int) -> bool:
    """Cancel the reduce-only orders among the first `most` at a price that have nothing left to reduce, in time order.

    True if there were any. O(`most`).
    """
    idle: list[Order] = []
    order = level.head
    while order is not None and most > 0:
        if order.reduce_only and not reducible_lots(order.account, order.instrument, order.side):
            idle.append(order)
        most -= 1
        order = order.next
    for each in idle:
        cancel(state, each, NOTHING_TO_REDUCE)
    return len(idle) > 0


def check_reduce_only(account: Account) -> None:
    """Assert that an account's open reduce-only orders are counted, and no more than there may be. O(its open orders)."""
    found = dict.fromkeys(account.reduce_only, 0)
    for order in account.open_orders.values():
        if order.reduce_only:
            found[order.instrument.number] += 1
    assert found == account.reduce_only
    assert all(count <= MOST_REDUCE_ONLY for count in found.values())
