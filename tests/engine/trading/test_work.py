"""Work is bounded: pegs that a touch moves, and what a clock tick does of all that is due."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from engine.book.entities import Order
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT, NS_PER_SECOND, PIECE_EVENTS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
)
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

FIRMS = MAX_PEGS_PER_INSTRUMENT // MAX_PEGS_PER_ACCOUNT


def desk_with_firms(count: int) -> Desk:
    desk = Desk()
    list_spot(desk)
    for number in range(count):
        open_account(desk, f"f{number}", RUB=10**14, BTC=10**9)
    return desk


def peg(account: str, name: str, side: int = codes.BUY, to: int = codes.PEG_OWN, offset: int = 0) -> commands.NewOrder:
    limit = (1_000 if side == codes.BUY else 1) * E8
    return commands.NewOrder(
        account, account, name, "BTC/RUB", side, codes.PEGGED, codes.GTC, limit, E8,
        peg=to, peg_offset_e8=offset * E8,
    )  # fmt: skip


def bid(account: str, name: str, price: int, expire_ns: int = 0) -> commands.NewOrder:
    force = codes.GTD if expire_ns else codes.GTC
    return commands.NewOrder(
        account, account, name, "BTC/RUB", codes.BUY, codes.LIMIT, force, price * E8, E8, expire_ns=expire_ns
    )


def rejection(events: list[Event]) -> str:
    (event,) = events
    assert isinstance(event, OrderRejected) and event.code == codes.ORDER_LIMITS
    return event.detail


def full_of_pegs() -> Desk:
    """A book with as many pegs as it may have, that follow a bid of the first firm."""
    desk = desk_with_firms(FIRMS + 1)
    for firm in range(FIRMS):
        for number in range(MAX_PEGS_PER_ACCOUNT):
            assert isinstance(desk.send(peg(f"f{firm}", f"p{number}"))[0], OrderAccepted)
    return desk


def test_an_instrument_has_so_many_pegs_and_an_account_so_many_of_them():
    desk = desk_with_firms(FIRMS + 1)
    for number in range(MAX_PEGS_PER_ACCOUNT):
        assert isinstance(desk.send(peg("f0", f"p{number}"))[0], OrderAccepted)
    assert "of an account in an instrument" in rejection(desk.send(peg("f0", "one more")))
    desk = full_of_pegs()
    assert f"{MAX_PEGS_PER_INSTRUMENT} pegged orders an instrument" in rejection(desk.send(peg(f"f{FIRMS}", "late")))
    # One that ends makes room.
    desk.send(commands.CancelOrder("f0", "f0", 0, "p3"))
    assert isinstance(desk.send(peg(f"f{FIRMS}", "later"))[0], OrderAccepted)


def test_a_change_of_the_touch_moves_all_pegs_in_a_bounded_number_of_events():
    desk = full_of_pegs()
    first = desk.send(bid("f0", "b1", 90))
    moved = desk.send(bid("f0", "b2", 91))
    assert len(first) == 2 + MAX_PEGS_PER_INSTRUMENT
    assert len(moved) == 2 + 2 * MAX_PEGS_PER_INSTRUMENT


PEGS = {
    "to its own touch": (codes.PEG_OWN, 0, 0),
    "ahead of its own touch, each on a level of its own": (codes.PEG_OWN, 1, 1),
    "behind its own touch": (codes.PEG_OWN, -1, -1),
    "to the opposite touch": (codes.PEG_OPPOSITE, 0, 0),
    "through the opposite touch": (codes.PEG_OPPOSITE, 5, 3),
    "to the mid": (codes.PEG_MID, 0, 0),
}
LEVELS = 120


def a_ladder_and_pegs(to: int, offset: int, step: int, sides: tuple[int, ...]) -> tuple[Desk, set[int]]:
    """A ladder of one lot a level on both sides, and as many pegs as may be, entered while it is a call."""
    desk = desk_with_firms(FIRMS)
    open_account(desk, "ladder", RUB=10**14, BTC=10**9)
    desk.send(commands.SetPhase("BTC/RUB", codes.PRE_OPEN))
    for number in range(LEVELS):
        for side, price in ((codes.BUY, 299 - number), (codes.SELL, 310 + number)):
            desk.send(
                commands.NewOrder(
                    "ladder", "ladder", f"{side}.{number}", "BTC/RUB", side, codes.LIMIT, codes.GTC, price * E8, E8
                )
            )
    pegs = set()
    for number in range(MAX_PEGS_PER_INSTRUMENT):
        side = sides[number % len(sides)]
        away = (offset + step * (number // len(sides))) * (1 if side == codes.BUY else -1)
        account = f"f{number // MAX_PEGS_PER_ACCOUNT}"
        (accepted,) = desk.send(peg(account, f"p{number}", side, to, away))
        assert isinstance(accepted, OrderAccepted)
        pegs.add(accepted.order_id)
    return desk, pegs


def moves_of(events: list[Event], pegs: set[int]) -> Counter[int]:
    """How often the book told of each peg."""
    shown = [event for event in events if isinstance(event, BookAdded | BookChanged)]
    return Counter(event.order_id for event in shown if event.order_id in pegs)


@pytest.mark.parametrize("sides", [(codes.BUY,), (codes.SELL,), (codes.BUY, codes.SELL)])
@pytest.mark.parametrize("pegged", PEGS)
def test_whatever_a_command_does_to_a_ladder_each_peg_moves_once(pegged: str, sides: tuple[int, ...]) -> None:
    desk, pegs = a_ladder_and_pegs(*PEGS[pegged], sides)
    open_account(desk, "taker", RUB=10**14, BTC=10**9)
    taker = ("taker", "taker")

    def limit(name: str, side: int, price: int, lots: int, stop: int = 0) -> commands.NewOrder:
        kind = codes.STOP_LIMIT if stop else codes.LIMIT
        return commands.NewOrder(
            *taker, name, "BTC/RUB", side, kind, codes.GTC, price * E8, lots * E8, stop_price_e8=stop * E8
        )

    moved = 0
    for command in (
        commands.SetPhase("BTC/RUB", codes.CONTINUOUS),
        limit("one level", codes.BUY, 310, 1 + MAX_PEGS_PER_INSTRUMENT),
        *(limit(f"s{number}", codes.SELL, 250, 1, 320 + number) for number in range(20)),
        limit("levels that elect", codes.BUY, 360, LEVELS + MAX_PEGS_PER_INSTRUMENT),
        limit("back", codes.SELL, 290, LEVELS + MAX_PEGS_PER_INSTRUMENT),
        commands.MassCancel("ladder", "ladder", "BTC/RUB", codes.SELL),
        commands.MassCancel(*taker, "", -1),
        commands.SetPhase("BTC/RUB", codes.CLOSING_AUCTION),
        commands.SetPhase("BTC/RUB", codes.CONTINUOUS),
    ):
        before = {each: order for each in pegs if (order := find(desk, each)) is not None}
        moves = moves_of(desk.send(command), pegs)
        assert all(count <= 2 for count in moves.values()), f"{command}: {moves}"
        moved += len([order for order in before.values() if order.order_id in moves])
        desk.exchange.check()
    assert moved >= MAX_PEGS_PER_INSTRUMENT


def test_a_command_that_changes_many_touches_moves_the_pegs_of_one_book_after_the_other_in_pieces():
    desk = desk_with_firms(FIRMS)
    open_account(desk, "owner", RUB=10**14)
    names = [f"C{number}/RUB" for number in range(25)]
    for name in names:
        list_spot(desk, name)
        for price in (90, 80):
            account = "owner" if price == 90 else "f0"
            order = commands.NewOrder(
                account, account, f"{name} {price}", name, codes.BUY, codes.LIMIT, codes.GTC, price * E8, E8
            )
            desk.send(order)
        for number in range(MAX_PEGS_PER_INSTRUMENT):
            order = peg(f"f{number // MAX_PEGS_PER_ACCOUNT}", f"{name} p{number}")
            desk.send(msgspec.structs.replace(order, instrument=name))
    time_ns = desk.time_ns
    pieces = [desk.send_at(time_ns, commands.MassCancel("owner", "owner", "", -1))]
    while desk.exchange.is_unfinished:
        pieces.append(desk.send_at(time_ns, commands.Tick()))
    assert len(pieces) == 2
    assert all(len(piece) < PIECE_EVENTS + 2 * MAX_PEGS_PER_INSTRUMENT for piece in pieces)
    moves = [event for piece in pieces for event in piece if isinstance(event, BookAdded)]
    assert [event.instrument for event in moves] == [name for name in names for _ in range(MAX_PEGS_PER_INSTRUMENT)]
    assert {event.price_ticks for event in moves} == {80}
    desk.exchange.check()


def find(desk: Desk, order_id: int) -> Order | None:
    return next((each for name in desk.exchange.accounts.values() if (each := name.open_orders.get(order_id))), None)


def due_at_once(bids: int) -> tuple[Desk, int]:
    """All pegs of a book on bids that expire at one instant or two, the best first: each expiry moves them all."""
    desk = full_of_pegs()
    until_ns = desk.time_ns + 3_600 * NS_PER_SECOND
    for number in range(bids):
        desk.send(bid("f0", f"g{number}", 100 - number, until_ns - (number < 20)))
    return desk, until_ns


@pytest.mark.parametrize("bids", [60])
def test_what_is_due_at_one_instant_is_done_in_pieces_before_anything_else(bids):
    desk, until_ns = due_at_once(bids)
    pieces: list[list[Event]] = []
    while desk.exchange.next_due_ns() <= until_ns:
        pieces.append(desk.send_at(until_ns, commands.Tick()))
    other, _ = due_at_once(bids)
    # A command that is no tick finds it all due, and has all of it done first: the same, in one.
    whole = other.send_at(until_ns, commands.SetMarginRules(NS_PER_SECOND))
    assert [event for piece in pieces for event in piece] == whole[: other.exchange.due_events]
    assert sum(type(event) is OrderCancelled for event in whole) == bids
    assert len(pieces) > 1
    most_of_one = 2 + 2 * MAX_PEGS_PER_INSTRUMENT
    assert all(PIECE_EVENTS <= len(piece) < PIECE_EVENTS + most_of_one for piece in pieces[:-1])
    assert desk.exchange.snapshot() != other.exchange.snapshot()
    desk.send_at(until_ns, commands.SetMarginRules(NS_PER_SECOND))
    seqs = desk.exchange.seq, other.exchange.seq
    assert seqs[0] - seqs[1] == len(pieces)
    desk.exchange.check()


def test_a_tick_that_leaves_something_is_of_the_time_of_the_last_thing_it_did():
    desk, until_ns = due_at_once(60)
    desk.send_at(until_ns + 5, commands.Tick())
    assert until_ns - 1 <= desk.exchange.time_ns <= until_ns
    while desk.exchange.next_due_ns() <= until_ns:
        desk.send_at(until_ns + 5, commands.Tick())
    assert desk.exchange.time_ns == until_ns + 5


@pytest.mark.parametrize("mode", [codes.CANCEL_OLDEST, codes.STP_REJECT])
@pytest.mark.parametrize("force", [codes.FOK, codes.GTC])
def test_what_an_order_looks_at_before_it_is_refused_is_counted(force, mode):
    """So that a batch of such orders ends, although each has one event."""
    looked = 40
    desk = desk_with_firms(2)
    for number in range(looked):
        desk.send(bid("f0", f"b{number}", 100 if number % 2 else 100 - number))
    # One of its own, behind all others.
    desk.send(bid("f1", "own", 10))
    terms = (codes.SELL, codes.LIMIT, force, 10 * E8, 1_000 * E8)
    events = desk.send(commands.NewOrder("f1", "f1", "much", "BTC/RUB", *terms, self_trade=mode))
    if force == codes.FOK or mode == codes.STP_REJECT:
        assert [type(event) for event in events] == [OrderRejected]
        assert desk.exchange.steps >= looked


def test_the_parts_of_icebergs_beside_reduce_only_orders_are_counted():
    parts = 50
    desk = desk_with_firms(3)
    desk.send(
        commands.ListInstrument(
            "F", codes.FUTURE, "BTC", "RUB", E8, E8, E8, 10**6 * E8, 10**12, 50_000, 100 * E8,
            underlying="BTC", expiry_ns=desk.time_ns + 10**15,
        )
    )  # fmt: skip
    desk.send(commands.SetTradingRules("F", 500_000))
    desk.send(commands.SetPhase("F", codes.CONTINUOUS))

    def order(account: str, side: int, lots: int, kind: int = codes.LIMIT, **terms: Any) -> list[Event]:
        name = f"o{desk.exchange.seq}"
        terms = {"time_in_force": codes.GTC, **terms}
        return desk.send(
            commands.NewOrder(
                account, account, name, "F", side, kind, price_e8=100 * E8, quantity_e8=lots * E8, **terms
            )
        )

    order("f0", codes.BUY, parts)
    order("f2", codes.SELL, parts)
    order("f0", codes.SELL, parts, codes.ICEBERG, display_e8=E8)
    order("f0", codes.SELL, 1, reduce_only=True)
    assert isinstance(order("f1", codes.BUY, 1_000, time_in_force=codes.FOK)[-1], OrderRejected)
    assert desk.exchange.steps >= parts
