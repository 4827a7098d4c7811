"""What a command sets off after the incoming order is done: brackets, stops and their cascades, pegs, indicative prices.

A loop over queues, never a recursion: ten thousand stops that elect each other take ten thousand turns of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.book.stops import is_triggered
from engine.book.whereabouts import ELECTED, NOWHERE
from engine.money.margin import reducible_lots
from engine.money.reservations import reserve, take_over
from engine.state.state import State
from engine.trading.bands import collar_ticks
from engine.trading.consulting import look_again
from engine.trading.ending import cancel, drop_children, end_other_leg
from engine.trading.indicative import look_at_indicative
from engine.trading.pegs import follow_touch
from engine.trading.placing import place
from engine.trading.prevention import report_amended
from engine.trading.reducing import end_entries, hold, hold_all
from engine.vocabulary.codes import (
    BY_RULE,
    CONTINUOUS,
    LIMIT,
    MARKET,
    NO_FUNDS,
    NOTHING_TO_REDUCE,
    STOP_LIMIT,
)
from engine.vocabulary.limits import MAX_PEGS_PER_INSTRUMENT, PIECE_EVENTS
from engine.vocabulary.messages.events import StopTriggered

MANY_BOOKS: Final = PIECE_EVENTS // (2 * MAX_PEGS_PER_INSTRUMENT + 1)
"""Touched books beyond which leaving them is cut into pieces: as many as have a piece of events if all their pegs move."""


def work_off(state: State) -> None:
    """Work everything that the command, or something due, has set off, until nothing is left. Linear in what happens."""
    _work_off(state)
    look_again(state)


def _work_off(state: State) -> None:
    touched = state.touched
    book = state.touched_book
    if (
        book is not None
        and not (touched or state.entries or state.elected or state.moved or state.own_queues)
        and not (book.in_call or book.calm or book.pegs or book.stops.count)
    ):
        # One book; no call, no stops, no pegs: nothing can follow from the command.
        if state.printed:
            book.prints.clear()
            state.printed.clear()
        book.touched = False
        state.touched_book = None
        return
    while True:
        # Elected before pairs begin: a stop that begins to wait looks at the last trade, not at the prints before it.
        elected = elect(state)
        while state.entries:
            entries = list(state.entries)
            state.entries.clear()
            for entry in entries:
                activate(state, entry)
                elected += elect(state)
        look_at_begun_stops(state)
        state.elected.extend(elected)
        if state.elected:
            trigger(state, state.elected.popleft())
            continue
        if not state.moved:
            break
        end_entries(state)
    if state.to_hold:
        hold_all(state)
    state.own_queues.clear()
    book = state.touched_book
    if book is not None:
        touched.append(book)
        state.touched_book = None
    if len(touched) > 1:
        touched.sort(key=_number)
    if len(touched) > MANY_BOOKS:
        state.begin(_leaving(state))
        return
    for book in touched:
        follow_touch(state, book)
    for book in touched:
        _leave(state, book)
    touched.clear()


def _leave(state: State, book: LimitOrderBook) -> None:
    """Say what a touched book's call would uncross to, now that nothing more happens in it."""
    book.calm = False
    book.touched = False
    if book.in_call:
        look_at_indicative(state, book)


def _leaving(state: State) -> Iterator[None]:
    """Leave many touched books: a work of two steps each, so that pegs move before anything is published."""
    for book in state.touched:
        follow_touch(state, book)
        yield
    for book in state.touched:
        _leave(state, book)
        yield
    state.touched.clear()


def _number(book: LimitOrderBook) -> int:
    return book.instrument.number


def elect(state: State) -> list[Order]:
    """Let new prints, by instrument as listed and in order, elect stops: they go behind those that wait for their turn already.

    It looks at no book without new prints: it is asked after every stop of a cascade, however many books the command touched.
    """
    elected: list[Order] = []
    printed = state.printed
    if len(printed) > 1:
        printed.sort(key=_number)
    for book in printed:
        if book.stops.count:
            trades = book.in_call or book.phase == CONTINUOUS
            for price in book.prints:
                if not trades:
                    # The last of them has halted it: stops wait on, but trailing ones follow every print.
                    book.stops.follow(price)
                    continue
                for order in book.stops.elect(price):
                    order.where = ELECTED
                    elected.append(order)
        book.prints.clear()
    printed.clear()
    return elected


def trigger(state: State, order: Order) -> None:
    """Turn an elected stop into the order it is for: checked again, then worked like a new one."""
    if order.where != ELECTED:
        return
    book: LimitOrderBook = order.book
    if book.phase != CONTINUOUS and not book.in_call:
        # A halt came first: it waits on, and is elected when trading goes on.
        book.stops.add(order)
        return
    if not hold(state, order):
        return
    order.where = NOWHERE
    if order.order_type == STOP_LIMIT:
        order.order_type = LIMIT
    else:
        order.order_type = MARKET
        order.price_ticks = collar_ticks(book, order.side)
    order.reserve_ticks = order.price_ticks
    account = order.account
    account.report_seq += 1
    state.emit(
        StopTriggered(
            order.order_id,
            account.account,
            account.report_seq,
            order.client_order_id,
            order.instrument_name,
            order.side,
            order.order_type,
            order.price_ticks,
        ),
    )
    take_over(order)
    end_other_leg(state, order)
    if pass_again(state, order):
        place(state, order)


def pass_again(state: State, order: Order) -> bool:
    """Check compliance and funds of an open order whose terms have changed by themselves; it is cancelled if one fails."""
    verdict = state.hook.check(order, order.reserve_ticks, order.leaves_lots, state.time_ns)
    if verdict is not None:
        cancel(state, order, BY_RULE, verdict.first.rule, verdict.first.said)
        return False
    if not reserve(order, order.reserve_ticks, order.leaves_lots):
        cancel(state, order, NO_FUNDS)
        return False
    state.hook.reserve(order, order.reserve_ticks, order.leaves_lots)
    return True


def activate(state: State, entry: Order) -> None:
    """Turn a bracket's take-profit and stop into a pair, now that its entry has ended with a fill."""
    book: LimitOrderBook = entry.book
    if not entry.filled_lots:
        drop_children(state, entry)
        return
    limit, stop = entry.children
    entry.children = ()
    if not limit.leaves_lots:
        return
    for order in (limit, stop):
        lots = entry.filled_lots
        if order.reduce_only:
            lots = min(lots, reducible_lots(order.account, book.instrument, order.side))
        if not lots:
            cancel(state, order, NOTHING_TO_REDUCE)
            return
        if order.quantity_lots != lots:
            order.keep_asked()
            order.quantity_lots = order.leaves_lots = lots
            report_amended(state, order, False)
    book.unpark(limit)
    if not pass_again(state, limit):
        return
    book.unpark(stop)
    book.stops.add(stop)
    if not pass_again(state, stop):
        return
    # No print that is still to be worked elects it: it waits aside until all pairs have begun.
    book.stops.remove(stop)
    stop.where = NOWHERE
    state.begun.append(stop)
    place(state, limit)


def look_at_begun_stops(state: State) -> None:
    """Let the stops of pairs that have begun in this command wait, or trigger if the last trade has reached them."""
    for stop in state.begun:
        book: LimitOrderBook = stop.book
        if not stop.leaves_lots:
            continue
        trades = book.phase == CONTINUOUS and not book.in_call
        if trades and is_triggered(stop, book.last_trade_ticks):
            stop.where = ELECTED
            state.elected.append(stop)
        else:
            book.stops.add(stop)
    state.begun.clear()
