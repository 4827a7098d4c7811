"""The largest row that one command can make, as `engine/vocabulary/limits.py` derives it, and runs that try to pass it."""

from __future__ import annotations

import pytest

from engine.record.rows import encode_events
from engine.vocabulary import codes
from engine.vocabulary.limits import (
    MAX_FRAME_BYTES,
    MAX_INSTRUMENTS,
    MAX_NAME_CHARS,
    MAX_OPEN_ORDERS,
    MAX_OPEN_ORDERS_PER_BOOK,
    MAX_TEMPLATE_CHARS,
    MAX_TEXT_CHARS,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    MarginCalled,
    OrderAmended,
    OrderCancelled,
    PhaseChanged,
    StopTriggered,
    Trade,
)
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

WIDE = "\U00010400"
"""A letter of four bytes."""
NAME = WIDE * MAX_NAME_CHARS
TEXT = WIDE * MAX_TEXT_CHARS
TEMPLATE = "T" * MAX_TEMPLATE_CHARS
MOST = 2**63 - 1
LEAST = -(2**63)
ORDER = (MOST, NAME, MOST, NAME, NAME, codes.SELL)
"""Order id, account, report number, client order id, instrument and side."""
PARTS = 600
PRICE = 1_000


def size_of(*events: Event) -> int:
    return len(encode_events(events)) - len(encode_events([]))


# What each part that is open in a book when a command comes can add to its row at most.
TRIGGERED = size_of(StopTriggered(*ORDER, codes.STOP_LIMIT, MOST))
BEGUN = size_of(OrderAmended(*ORDER, MOST, MOST, MOST, MOST, False))
ADDED = size_of(BookAdded(NAME, MOST, codes.SELL, MOST, MOST))
CUT = size_of(
    OrderAmended(*ORDER, MOST, MOST, MOST, MOST, True),
    BookChanged(NAME, MOST, codes.SELL, MOST, MOST),
)
TRADED = size_of(
    Trade(
        MOST, NAME, MOST, MOST, codes.SELL,
        MOST, NAME, MOST, NAME, MOST, MOST, LEAST,
        MOST, NAME, MOST, NAME, MOST, MOST, LEAST,
    )
)  # fmt: skip
CANCELLED = size_of(OrderCancelled(*ORDER, MOST, MOST, MOST, MOST, 1, NAME, "", TEMPLATE, (TEXT,)))
CALLED = size_of(MarginCalled(NAME, MOST, NAME, MOST, MOST))
PER_PART = TRIGGERED + BEGUN + ADDED + max(TRADED, CANCELLED + CUT) + CUT + CALLED
# What a market-wide halt ends in other books.
PER_ORDER_ELSEWHERE = size_of(OrderCancelled(*ORDER, MOST, MOST, MOST, MOST, 1))
PER_INSTRUMENT = size_of(PhaseChanged(NAME, 1, NAME, MOST))


def test_the_largest_row_fits_in_a_frame_as_derived() -> None:
    book = PER_PART * MAX_OPEN_ORDERS_PER_BOOK
    halt = PER_ORDER_ELSEWHERE * (MAX_OPEN_ORDERS - MAX_OPEN_ORDERS_PER_BOOK) + PER_INSTRUMENT * MAX_INSTRUMENTS
    # The figures of the derivation.
    assert 7_900 < PER_PART < 8_000 and 835 < PER_ORDER_ELSEWHERE < 845
    assert 390_000_000 < book < 400_000_000 and 380_000_000 < halt < 390_000_000
    assert book + halt < MAX_FRAME_BYTES


def long_name(number: int) -> str:
    return f"{number:04}".ljust(MAX_NAME_CHARS, WIDE)


class Hall:
    """A book full of orders whose names are as long as they may be, and the accounts that have them."""

    def __init__(self, **listing: int) -> None:
        self.desk = Desk()
        self.name = f"B/{'R' * (MAX_NAME_CHARS - 2)}"
        list_spot(self.desk, self.name, max_notional=10**18, collar_ppm=900_000, **listing)
        self.number = 0
        self.accounts = [long_name(9_000 + number) for number in range(4)]
        base, quote = self.name.split("/")
        for account in self.accounts:
            open_account(self.desk, account, **{base: 10**9, quote: 10**17})

    def order(
        self, who: int, side: int, price: int, lots: int = 1, *, stop: int = 0, display: int = 0, life: int = codes.GTC
    ) -> list[Event]:
        kind = codes.STOP_LIMIT if stop else codes.ICEBERG if display else codes.LIMIT
        self.number += 1
        account = self.accounts[who]
        return self.desk.send(
            commands.NewOrder(
                account, account, long_name(self.number), self.name, side, kind, life, price * E8, lots * E8,
                display_e8=display * E8, stop_price_e8=stop * E8,
            )
        )  # fmt: skip


def bounded(events: list[Event], parts: int) -> float:
    """How much of what so many parts may cost a command's events take."""
    taken = len(encode_events(events)) / (parts * PER_PART)
    assert taken < 1
    return taken


def count(events: list[Event], kind: type[Event]) -> int:
    return sum(type(event) is kind for event in events)


@pytest.mark.parametrize("icebergs", [0, 1, 7])
def test_a_sweep_makes_a_trade_for_each_part_and_shows_each_once(icebergs: int) -> None:
    hall = Hall()
    for _ in range(icebergs):
        hall.order(0, codes.SELL, PRICE, PARTS // 10, display=1)
    rest = PARTS - icebergs * (PARTS // 10)
    for number in range(rest):
        hall.order(number % 2, codes.SELL, PRICE + number % 50)
    assert hall.desk.exchange.open_parts == PARTS
    events = hall.order(3, codes.BUY, PRICE + 100, PARTS + 1, life=codes.IOC)
    assert count(events, Trade) == PARTS
    assert count(events, BookAdded) == icebergs * (PARTS // 10 - 1)
    assert bounded(events, PARTS) > 0.1


def test_a_cascade_makes_no_more_than_three_events_for_each_stop() -> None:
    """Stops that each rest or trade: half of them sell to the other half, which was elected by the same print."""
    hall = Hall()
    for number in range(PARTS // 2):
        hall.order(0, codes.BUY, PRICE + number % 20, stop=PRICE)
    for number in range(PARTS // 2):
        hall.order(1, codes.SELL, PRICE - number % 20, stop=PRICE)
    hall.order(2, codes.SELL, PRICE)
    events = hall.order(3, codes.BUY, PRICE, life=codes.IOC)
    assert count(events, StopTriggered) == PARTS
    assert count(events, BookAdded) == PARTS // 2 and count(events, Trade) == PARTS // 2 + 1
    assert len(events) <= 3 * (PARTS + 2) + 2
    assert bounded(events, PARTS) > 0.1


def test_an_uncross_makes_no_more_trades_than_orders() -> None:
    hall = Hall(reference=PRICE)
    hall.desk.send(commands.SetPhase(hall.name, codes.OPENING_AUCTION))
    for number in range(PARTS // 2):
        hall.order(0, codes.BUY, PRICE + number % 7, 1 + number % 3)
        hall.order(1, codes.SELL, PRICE - number % 7, 1 + number % 2)
    events = hall.desk.send(commands.SetPhase(hall.name, codes.CONTINUOUS))
    assert PARTS // 2 < count(events, Trade) < PARTS
    bounded(events, PARTS)


def test_an_order_that_is_decremented_by_each_stop_makes_three_events_for_each() -> None:
    hall = Hall()
    hall.desk.send(commands.SetVenueRules(codes.DECREMENT, ""))
    hall.order(0, codes.SELL, PRICE + 1, 10 * PARTS)
    for _ in range(PARTS):
        hall.order(0, codes.BUY, PRICE + 1, stop=PRICE)
    hall.order(2, codes.SELL, PRICE)
    events = hall.order(3, codes.BUY, PRICE, life=codes.IOC)
    assert count(events, StopTriggered) == count(events, OrderCancelled) == count(events, BookChanged) == PARTS
    assert bounded(events, PARTS) > 0.2
