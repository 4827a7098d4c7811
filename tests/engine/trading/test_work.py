"""Work is bounded: pegs that a touch moves, and what a clock tick does of all that is due."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT, NS_PER_SECOND, PIECE_EVENTS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderCancelled, OrderRejected
from tests.support.engine.desk import E8, Desk, list_spot, open_account

FIRMS = MAX_PEGS_PER_INSTRUMENT // MAX_PEGS_PER_ACCOUNT


def desk_with_firms(count: int) -> Desk:
    desk = Desk()
    list_spot(desk)
    for number in range(count):
        open_account(desk, f"f{number}", RUB=10**14, BTC=10**9)
    return desk


def peg(account: str, name: str) -> commands.NewOrder:
    return commands.NewOrder(
        account, account, name, "BTC/RUB", codes.BUY, codes.PEGGED, codes.GTC, 0, E8, peg=codes.PEG_OWN
    )


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
    assert len(first) <= 2 + 3 * MAX_PEGS_PER_INSTRUMENT
    assert 3 * MAX_PEGS_PER_INSTRUMENT <= len(moved) <= 2 + 4 * MAX_PEGS_PER_INSTRUMENT


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
    most_of_one = 2 + 4 * MAX_PEGS_PER_INSTRUMENT
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
