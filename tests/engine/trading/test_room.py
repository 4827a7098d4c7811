"""How many orders may be open, at the venue's own bounds: icebergs fill an account, a book and the venue in a few commands."""

from __future__ import annotations

import pytest

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import (
    MAX_OPEN_ORDERS,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_OPEN_ORDERS_PER_BOOK,
    MAX_SHARED_ORDERS,
    MAX_SMALL_ACCOUNT,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import BookAdded, Event, OrderAccepted, OrderRejected, RequestRejected, Trade
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

PRICE = 100
PER_BOOK = MAX_OPEN_ORDERS_PER_BOOK // MAX_OPEN_ORDERS_PER_ACCOUNT
BOOKS = MAX_OPEN_ORDERS // MAX_OPEN_ORDERS_PER_BOOK
FULL = MAX_OPEN_ORDERS_PER_ACCOUNT


class Floor:
    """Books, and accounts that fill them with icebergs which show a lot."""

    def __init__(self, books: int) -> None:
        self.desk = Desk()
        # So that five accounts fill a book to the last part.
        self.desk.exchange.small_account = FULL
        self.number = 0
        self.books = [f"B{number}/RUB" for number in range(books)]
        for name in self.books:
            list_spot(self.desk, name)

    def order(self, account: str, book: str, lots: int, display: int = 0, life: int = codes.GTC) -> list[Event]:
        """A sell by a seller, a buy by a buyer; accounts are opened when they are first named."""
        if account not in self.desk.exchange.accounts:
            open_account(self.desk, account, RUB=10**12, **{name.split("/")[0]: 10**6 for name in self.books})
        self.number += 1
        kind = codes.ICEBERG if display else codes.LIMIT
        side = codes.BUY if account.startswith("buyer") else codes.SELL
        return self.desk.send(
            commands.NewOrder(
                account, account, f"o{self.number}", book, side, kind, life, PRICE * E8, lots * E8, display_e8=display * E8
            )
        )  # fmt: skip

    def fill(self, book: str, prefix: str) -> None:
        """Let as many accounts fill a book as it takes."""
        for number in range(PER_BOOK):
            assert isinstance(self.order(f"{prefix}{number}", book, FULL, 1)[0], OrderAccepted)


def refusal(events: list[Event]) -> str:
    (event,) = events
    assert isinstance(event, OrderRejected | RequestRejected) and event.code == codes.ORDER_LIMITS
    return event.detail


def test_the_bounds_are_those_of_the_venue() -> None:
    exchange = Exchange(PreTradeHook())
    assert exchange.max_open_per_account == MAX_OPEN_ORDERS_PER_ACCOUNT
    assert exchange.max_open_per_book == MAX_OPEN_ORDERS_PER_BOOK
    assert exchange.max_open == MAX_OPEN_ORDERS
    assert exchange.max_shared == MAX_SHARED_ORDERS
    assert exchange.small_account == MAX_SMALL_ACCOUNT


def test_an_account_has_so_many_parts() -> None:
    floor = Floor(1)
    assert "10000 open orders an account" in refusal(floor.order("seller", floor.books[0], FULL + 1, 1))
    floor.order("seller", floor.books[0], FULL, 1)
    assert "10000 open orders an account" in refusal(floor.order("seller", floor.books[0], 1))
    amend = commands.AmendOrder("seller", "seller", 0, "o2", 0, (FULL + 1) * E8)
    assert "10000 open orders an account" in refusal(floor.desk.send(amend))
    floor.desk.exchange.check()


def test_a_book_has_so_many_parts_and_no_order_makes_more_fills() -> None:
    floor = Floor(2)
    book, other = floor.books
    floor.fill(book, "seller")
    assert "50000 open orders a book" in refusal(floor.order("late", book, 1))
    assert isinstance(floor.order("late", other, 1)[0], OrderAccepted)
    # Who fills all sees the account's own bound first.
    assert "an account" in refusal(floor.order("seller0", book, 1))
    events = floor.order("buyer", book, MAX_OPEN_ORDERS_PER_BOOK + 1, life=codes.IOC)
    kinds = [type(event) for event in events]
    assert kinds.count(Trade) == MAX_OPEN_ORDERS_PER_BOOK
    assert len(events) <= 2 * MAX_OPEN_ORDERS_PER_BOOK + 2
    assert kinds.count(BookAdded) == MAX_OPEN_ORDERS_PER_BOOK - PER_BOOK
    assert floor.desk.exchange.open_parts == 1
    floor.desk.exchange.check()


@pytest.mark.parametrize("amended", [False, True])
def test_the_venue_has_so_many_parts(amended: bool) -> None:
    floor = Floor(BOOKS + 1)
    *books, last = floor.books
    for number, book in enumerate(books):
        floor.fill(book, f"seller{number}-")
    assert floor.desk.exchange.open_parts == MAX_OPEN_ORDERS
    assert "500000 open orders the venue" in refusal(floor.order("late", last, 1))
    floor.desk.send(commands.CancelOrder("seller0-0", "seller0-0", 0, "o1"))
    assert isinstance(floor.order("late", last, FULL - 1, 1)[0], OrderAccepted)
    if amended:
        amend = commands.AmendOrder("late", "late", 0, f"o{floor.number}", 0, (FULL + 1) * E8)
        assert "an account" in refusal(floor.desk.send(amend))
        amend = commands.AmendOrder("late", "late", 0, f"o{floor.number}", 0, FULL * E8)
        assert not isinstance(floor.desk.send(amend)[0], RequestRejected)
        assert "500000 open orders the venue" in refusal(floor.order("later", last, 1))
    floor.desk.exchange.check()


def test_those_who_fill_a_book_keep_no_small_account_out() -> None:
    floor = Floor(1)
    floor.desk.exchange.small_account = MAX_SMALL_ACCOUNT
    (book,) = floor.books
    kept = MAX_OPEN_ORDERS_PER_BOOK // 5
    for number in range((MAX_OPEN_ORDERS_PER_BOOK - kept) // FULL):
        assert isinstance(floor.order(f"seller{number}", book, FULL, 1)[0], OrderAccepted)
    assert "the last fifth is for accounts with no more than 500" in refusal(floor.order("seller9", book, 501, 1))
    for number in range(kept // MAX_SMALL_ACCOUNT):
        assert isinstance(floor.order(f"small-seller{number}", book, MAX_SMALL_ACCOUNT, 1)[0], OrderAccepted)
    assert "open orders a book" in refusal(floor.order("late-seller", book, 1))
