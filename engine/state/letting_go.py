"""How a venue's core lets go of its orders when it is no longer used.

The collector does not look into compiled orders, so that it has less to look through and each is made sooner: `acyclic` in
`engine/book/entities.py`. What counting references does not free, nothing does. Orders and what has them (accounts, owners, books)
name each other, so they are parted here; an order that ends is parted when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.book.entities import Account, Order, Owner
from engine.book.order_book import LimitOrderBook


def let_go(accounts: Iterable[Account], owners: Iterable[Owner], books: Iterable[LimitOrderBook]) -> None:
    """Part all orders from accounts, owners, books and each other. O(orders)."""
    for account in accounts:
        for order in account.open_orders.values():
            _part(order)
        account.open_orders.clear()
        account.used_ids.current.clear()
        account.used_ids.former.clear()
        for position in account.positions.values():
            position.reducing.clear()
    for owner in owners:
        owner.open_sides.clear()
    for book in books:
        forget(book)


def forget(book: LimitOrderBook) -> None:
    """Part all orders from a book."""
    for side in (book.bids, book.asks):
        # Those of a book that stands alone have no account to be found by.
        for order in list(side):
            _part(order)
        side.levels.clear()
        side.best = None
    for stops in (book.stops.buys, book.stops.sells):
        stops.orders.clear()
    for waiting in (book.pegs, book.market_orders, book.for_auction, book.for_entry, book.auction_limits):
        waiting.clear()


def _part(order: Order) -> None:
    order.level = order.previous = order.next = order.beside = None
    further = order.further
    if further is not None:
        further.other_leg = further.trail_group = None
        further.children = ()
