"""The indicative price of a call of many levels: by the clock, and how often at most, counted in computations and levels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.exchange import Exchange
from engine.vocabulary import codes
from engine.vocabulary.limits import (
    INDICATIVE_NS_PER_LEVEL,
    INDICATIVE_WAIT_NS,
    MAX_INSTANT_LEVELS,
    NS_PER_SECOND,
    PIECE_STEPS,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    BookAdded,
    Event,
    Indicative,
    MassCancelled,
    OrderAccepted,
    OrderCancelled,
    Uncrossed,
)
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

BOOK = "BTC/RUB"
MIDDLE = 100_000
MS = 1_000_000


def desk_in_call(levels: int, phase: int = codes.OPENING_AUCTION) -> Desk:
    """A book in a call with so many levels: bids from 100 000 down, and one ask above them all."""
    desk = Desk()
    list_spot(desk, BOOK, reference=MIDDLE)
    desk.send(commands.SetPhase(BOOK, phase))
    for account in ("a", "b"):
        open_account(desk, account, RUB=10**17, BTC=10**9)
    enter(desk, "b", codes.SELL, 2 * MIDDLE)
    for number in range(levels - 1):
        enter(desk, "a", codes.BUY, MIDDLE - number, after_ns=0)
    return desk


def enter(
    desk: Desk, account: str, side: int, price: int, *, name: str = BOOK, after_ns: int = MS, until_ns: int = 0
) -> list[Event]:
    number = len(desk.history)
    force = codes.GTD if until_ns else codes.GTC
    order = commands.NewOrder(
        account, account, f"o{number}", name, side, codes.LIMIT, force, price * E8, E8, expire_ns=until_ns
    )
    return desk.send(order, after_ns)


def settle(desk: Desk) -> None:
    """Let every wait end."""
    desk.send(commands.Tick(), 3_600 * NS_PER_SECOND)


def waits(desk: Desk) -> int:
    """When the wait of the call ends; 0: none goes on."""
    return desk.exchange.books[BOOK].indicative.due_ns


class Counted:
    """When the clock had a book's price computed since, and over how many levels in all."""

    def __init__(self, exchange: Exchange) -> None:
        self.indicative = exchange.books[BOOK].indicative
        self.due_ns = self.indicative.due_ns
        self.not_before_ns = self.indicative.not_before_ns
        self.times: list[int] = []
        self.levels = 0

    def look(self) -> None:
        """Take in what the last command did: a computation moves the time of the next."""
        not_before_ns = self.indicative.not_before_ns
        if not_before_ns != self.not_before_ns:
            self.times.append(self.due_ns)
            self.levels += (not_before_ns - self.due_ns) // INDICATIVE_NS_PER_LEVEL
        self.due_ns, self.not_before_ns = self.indicative.due_ns, not_before_ns


def test_up_to_so_many_levels_each_command_publishes():
    desk = desk_in_call(MAX_INSTANT_LEVELS - 1)
    assert [type(event) for event in enter(desk, "b", codes.SELL, MIDDLE)] == [OrderAccepted, BookAdded, Indicative]
    assert not waits(desk)


def test_with_more_the_price_is_published_a_millisecond_after_the_first_command():
    desk = desk_in_call(MAX_INSTANT_LEVELS)
    settle(desk)
    first = enter(desk, "b", codes.SELL, MIDDLE)
    first_ns = desk.time_ns
    second = enter(desk, "b", codes.SELL, MIDDLE, after_ns=MS // 2)
    for events in (first, second):
        assert [type(event) for event in events] == [OrderAccepted, BookAdded]
    assert desk.exchange.next_due_ns() == first_ns + INDICATIVE_WAIT_NS
    assert desk.send_at(first_ns + INDICATIVE_WAIT_NS - 1, commands.Tick()) == []
    # Both orders count: it is what an uncross would do now.
    assert desk.send_at(first_ns + INDICATIVE_WAIT_NS, commands.Tick()) == [Indicative(BOOK, MIDDLE, 1, -1)]
    assert not waits(desk)
    desk.exchange.check()


def test_the_next_wait_is_as_long_as_there_were_levels():
    desk = desk_in_call(MAX_INSTANT_LEVELS + 1)
    settle(desk)
    enter(desk, "b", codes.SELL, MIDDLE)
    computed_ns = desk.exchange.next_due_ns()
    levels = MAX_INSTANT_LEVELS + 2
    desk.send_at(computed_ns, commands.Tick())
    enter(desk, "b", codes.SELL, MIDDLE, after_ns=0)
    assert waits(desk) == computed_ns + INDICATIVE_NS_PER_LEVEL * levels
    # An order that waits for nobody does not begin or change a wait.
    enter(desk, "b", codes.SELL, MIDDLE)
    assert waits(desk) == computed_ns + INDICATIVE_NS_PER_LEVEL * levels


@pytest.mark.parametrize("phase", [codes.CONTINUOUS, codes.HALTED, codes.CLOSED, codes.CANCEL_ONLY])
def test_the_end_of_a_call_makes_its_wait_void(phase):
    desk = desk_in_call(MAX_INSTANT_LEVELS + 1)
    settle(desk)
    enter(desk, "b", codes.SELL, MIDDLE)
    due_ns = waits(desk)
    ended = desk.send(commands.SetPhase(BOOK, phase), 0)
    assert (type(ended[0]) is Uncrossed) == (phase in (codes.CONTINUOUS, codes.CLOSED))
    assert not waits(desk)
    assert desk.send_at(due_ns, commands.Tick()) == []


def test_another_phase_that_is_a_call_begins_another_wait_that_is_no_shorter():
    desk = desk_in_call(MAX_INSTANT_LEVELS + 1, phase=codes.PRE_OPEN)
    settle(desk)
    enter(desk, "b", codes.SELL, MIDDLE)
    due_ns = waits(desk)
    desk.send_at(due_ns, commands.Tick())
    not_before_ns = due_ns + INDICATIVE_NS_PER_LEVEL * (MAX_INSTANT_LEVELS + 2)
    for phase in (codes.OPENING_AUCTION, codes.CLOSING_AUCTION, codes.PRE_OPEN):
        desk.send(commands.SetPhase(BOOK, phase), 0)
        assert waits(desk) == not_before_ns
    assert desk.send_at(not_before_ns, commands.Tick()) == []


def test_a_call_that_gets_smaller_publishes_at_once():
    desk = desk_in_call(MAX_INSTANT_LEVELS + 1)
    settle(desk)
    enter(desk, "b", codes.SELL, MIDDLE)
    due_ns = waits(desk)
    gone = desk.send(commands.MassCancel("a", "a", BOOK), 0)
    # Nothing was published, so that nothing is to be taken back.
    assert [type(event) for event in gone] == [OrderCancelled] * MAX_INSTANT_LEVELS + [MassCancelled]
    assert enter(desk, "a", codes.BUY, MIDDLE, after_ns=0)[-1] == Indicative(BOOK, MIDDLE, 1, 0)
    # The wait goes on, and at its end there is nothing to compute.
    assert waits(desk) == due_ns
    assert desk.send_at(due_ns, commands.Tick()) == [] and not desk.exchange.steps
    assert desk.exchange.books[BOOK].indicative.not_before_ns < due_ns


def test_market_orders_count_as_levels():
    desk = desk_in_call(2)
    made = 0
    for number in range(MAX_INSTANT_LEVELS + 10):
        order = commands.NewOrder("a", "a", f"m{number}", BOOK, codes.BUY, codes.MARKET, codes.GTC, 0, E8)
        made += any(type(event) is Indicative for event in desk.send(order, 0))
    assert made <= MAX_INSTANT_LEVELS
    assert waits(desk)


def commands_of_every_kind(desk: Desk) -> Iterator[commands.AnyCommand]:
    """What changes a call: new orders that cross, amends, cancels, quotes."""
    number = 0
    while True:
        number += 1
        price = (MIDDLE - number % 7) * E8
        yield commands.NewOrder("b", "b", f"x{number}", BOOK, codes.SELL, codes.LIMIT, codes.GTC, price, 2 * E8)
        yield commands.AmendOrder("b", "b", 0, f"x{number}", price, E8)
        yield commands.MassQuote("b", "b", f"q{number}", BOOK, (), (((MIDDLE + number % 5) * E8, E8),))
        yield commands.CancelOrder("b", "b", 0, f"x{number}")


@pytest.mark.parametrize("gap_ns", [0, 20_000, MS])
def test_whatever_is_sent_one_book_takes_a_hundredth_of_the_time(gap_ns):
    """2 000 levels are computed once in 200 ms at most, however many commands change them meanwhile."""
    levels, count = 2_000, 2_000
    desk = desk_in_call(levels)
    settle(desk)
    counted = Counted(desk.exchange)
    begun_ns, published = desk.time_ns, 0
    stream = commands_of_every_kind(desk)
    for _ in range(count):
        events = desk.send(next(stream), gap_ns)
        published += sum(type(event) is Indicative for event in events)
        counted.look()
    passed_ns = desk.time_ns - begun_ns
    most = passed_ns // (INDICATIVE_NS_PER_LEVEL * levels) + 1
    assert published <= len(counted.times) <= most
    assert counted.levels <= passed_ns // INDICATIVE_NS_PER_LEVEL + 2 * levels
    assert passed_ns < 2 * INDICATIVE_WAIT_NS or counted.times
    assert all(
        after - before >= INDICATIVE_NS_PER_LEVEL * levels
        for before, after in zip(counted.times, counted.times[1:], strict=False)
    )


def test_what_expires_at_one_instant_in_a_call_is_computed_once():
    desk = desk_in_call(MAX_INSTANT_LEVELS + 1)
    until_ns = desk.time_ns + 3_600 * NS_PER_SECOND
    for number in range(500):
        enter(desk, "b", codes.SELL, MIDDLE + number, until_ns=until_ns, after_ns=0)
    desk.send_at(until_ns - NS_PER_SECOND, commands.Tick())
    counted = Counted(desk.exchange)
    events = desk.send_at(until_ns + NS_PER_SECOND, commands.Tick())
    assert [type(event) for event in events] == [OrderCancelled] * 500 + [Indicative]
    counted.look()
    assert len(counted.times) == 1


def test_what_expires_in_a_small_call_counts_the_levels_computed_each_time():
    """Each order that expires has the price computed at once: a tick does so many of them that it takes no longer than others."""
    desk = desk_in_call(MAX_INSTANT_LEVELS)
    until_ns = desk.time_ns + 3_600 * NS_PER_SECOND
    for _ in range(1_000):
        enter(desk, "b", codes.SELL, 2 * MIDDLE, until_ns=until_ns, after_ns=0)
    ticks = 0
    while desk.exchange.next_due_ns() <= until_ns:
        events = desk.send_at(until_ns, commands.Tick())
        assert len(events) <= PIECE_STEPS // MAX_INSTANT_LEVELS + 1
        ticks += 1
    assert ticks > 1


def test_a_call_that_has_become_small_again_does_not_shorten_the_next_wait():
    """To and fro over the bound: the clock computes no more often than if it had stayed above."""
    desk = desk_in_call(MAX_INSTANT_LEVELS)
    settle(desk)
    counted = Counted(desk.exchange)
    begun_ns = desk.time_ns
    for number in range(2_000):
        # One level more, and one less: at once below the bound, by the clock above it.
        enter(desk, "b", codes.SELL, MIDDLE, after_ns=10_000)
        counted.look()
        desk.send(commands.MassCancel("b", "b", BOOK, codes.SELL), 10_000)
        counted.look()
        if number % 2:
            enter(desk, "b", codes.SELL, 2 * MIDDLE, after_ns=10_000)
            counted.look()
    passed_ns = desk.time_ns - begun_ns
    assert len(counted.times) <= passed_ns // (INDICATIVE_NS_PER_LEVEL * MAX_INSTANT_LEVELS) + 1
    # Nor do the waits pile up.
    assert len(desk.exchange.due) < 20


def test_a_tick_computes_so_many_levels_and_leaves_the_other_books_to_the_next():
    """Large calls of which all are due at one instant: their levels count towards what a tick may do."""
    levels = 4_000
    names = [f"C{number}/RUB" for number in range(2 + PIECE_STEPS // levels)]
    desk = Desk()
    for name in names:
        list_spot(desk, name, reference=MIDDLE)
        desk.send(commands.SetPhase(name, codes.OPENING_AUCTION))
        open_account(desk, name, RUB=10**17)
    open_account(desk, "b", **{name.partition("/")[0]: 100 for name in names})
    for name in names:
        for number in range(levels):
            enter(desk, name, codes.BUY, MIDDLE - number, name=name, after_ns=0)
    settle(desk)
    for name in names:
        enter(desk, "b", codes.SELL, MIDDLE, name=name, after_ns=0)
    due_ns = desk.exchange.next_due_ns()
    ticks: list[int] = []
    while desk.exchange.next_due_ns() == due_ns:
        ticks.append(len(desk.send_at(due_ns, commands.Tick())))
        assert desk.exchange.steps < PIECE_STEPS + levels + 2
    # By instrument: all but the last two in the first tick.
    assert ticks == [len(names) - 2, 2]
