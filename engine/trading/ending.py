"""How orders end, and what ends with them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from engine.book.entities import Account, Instrument, Order
from engine.book.order_book import LimitOrderBook
from engine.book.whereabouts import ON_BOOK
from engine.money.reservations import release
from engine.state.state import State, next_report
from engine.trading.room import close_order
from engine.vocabulary import kinds
from engine.vocabulary.codes import BUY, CANCELLED, ENTRY_ENDED, OTHER_LEG, PEGGED, SELL
from engine.vocabulary.said import NOTHING_SAID, Said


def _bring(state: State, order: Order) -> None:
    """Have the id of an order from an earlier day kept for this one, in which it ends."""
    ids = order.account.used_ids
    if ids.day != state.day:
        state.leftovers.begin(order.account, state.day)
    ids.bring(order.client_order_id, order)


_GATHERED_PER_STEP: Final = 8
"""Orders of an account that a step lists and sorts: 0.1 us each, compiled."""


def close(state: State, order: Order) -> None:
    """Take an order that has no leaves any more from the indexes of open orders, and note a bracket's entry."""
    ids = order.account.used_ids
    if ids.day != state.day or ids.former:
        _bring(state, order)
    state.ended.append(order)
    if order.beside is not None:
        close_order(state, order)
    if order.order_type == PEGGED:
        book: LimitOrderBook = order.book
        book.pegs.pop(order.order_id, None)
    further = order.further
    if further is not None:
        if further.deadline_ns:
            state.expiries.remove(order)
        if further.children:
            state.entries.append(order)


def cancel(state: State, order: Order, reason: int, rule: str = "", why: Said = NOTHING_SAID) -> None:
    """End an order, wherever it is: its leaves go, its reservation returns, the other leg of a pair ends with it."""
    book: LimitOrderBook = order.book
    displayed = 0
    if order.where == ON_BOOK:
        displayed = order.shown_lots
        book.side(order.side).remove(order)
    else:
        book.unpark(order)
    lots = order.leaves_lots
    further = order.further
    if further is not None and further.budget >= 0:
        # What is left of an order by funds is money, not lots.
        lots = 0
        order.quantity_lots = order.filled_lots
    order.leaves_lots = 0
    order.status = CANCELLED
    close(state, order)
    release(order)
    state.touch(book)
    account = order.account
    template, values = ("", ()) if why is NOTHING_SAID else (why.template, why.values)
    state.emit(
        kinds.ORDER_CANCELLED(
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
            "",
            template,
            values,
        ),
    )
    if further is not None:
        end_other_leg(state, order)


def end_other_leg(state: State, order: Order) -> None:
    """Cancel the other order of a pair, now that this one has traded, triggered or ended."""
    other = order.other_leg
    if other is not None:
        order.other_leg = None
        other.other_leg = None
        if other.leaves_lots:
            cancel(state, other, OTHER_LEG)


def drop_children(state: State, entry: Order) -> None:
    """Cancel a bracket's take-profit and stop: its entry ended without a fill."""
    for child in entry.children:
        child.other_leg = None
    for child in entry.children:
        if child.leaves_lots:
            cancel(state, child, ENTRY_ENDED)
    entry.children = ()


def cancel_newest_first(state: State, orders: list[Order], reason: int) -> int:
    """Cancel orders, newest first; returns how many this ended, not counting other legs that ended with them."""
    orders.sort(key=by_entry, reverse=True)
    cancelled = 0
    for order in orders:
        if order.leaves_lots:
            cancel(state, order, reason)
            cancelled += 1
    return cancelled


def cancelling(state: State, orders: list[Order], reason: int) -> Iterator[None]:
    """Cancel orders, newest first: a work of as many steps."""
    orders.sort(key=by_entry, reverse=True)
    for order in orders:
        if order.leaves_lots:
            cancel(state, order, reason)
        yield


def cancelling_of(state: State, accounts: list[Account], reason: int) -> Iterator[None]:
    """Cancel every open order of some accounts, newest first: a work of a step an order, and those of gathering them."""
    for order in newest_of(state, accounts):
        if order is not None and order.leaves_lots:
            cancel(state, order, reason)
        yield


def newest_of(state: State, accounts: list[Account]) -> Iterator[Order | None]:
    """Every open order of some accounts, newest first, however many: first None for each account that is looked at.

    So nothing is O(n log n) at once: each account's orders are sorted by themselves, and then merged.
    """
    newest: list[tuple[int, int]] = []
    runs: list[list[Order]] = []
    for account in accounts:
        run = list(account.open_orders.values())
        if run:
            run.sort(key=by_entry)
            newest.append((-run[-1].entered, len(runs)))
            runs.append(run)
            state.steps += len(run) // _GATHERED_PER_STEP
        yield None
    heapq.heapify(newest)
    while newest:
        _, place = newest[0]
        run = runs[place]
        yield run.pop()
        if run:
            heapq.heapreplace(newest, (-run[-1].entered, place))
        else:
            heapq.heappop(newest)


def by_entry(order: Order) -> int:
    """The order of entry."""
    return order.entered


def orders_in(account: Account, instrument: Instrument, side: int = -1) -> list[Order]:
    """An account's open orders in an instrument, of one side or (-1) both. O(open orders of its owner there)."""
    found: list[Order] = []
    for each in (BUY, SELL):
        if side in (-1, each):
            found += [order for order in account.owner.orders_on(instrument, each) if order.account is account]
    return found


def orders_of(accounts: list[Account]) -> list[Order]:
    """Every open order of some accounts, newest first. O(accounts, and n log n in their open orders)."""
    orders = [order for account in accounts for order in account.open_orders.values()]
    orders.sort(key=by_entry, reverse=True)
    return orders
