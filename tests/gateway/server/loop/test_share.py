"""The share that strangers have of the loop's time."""

from __future__ import annotations

from engine.vocabulary.limits import (
    STRANGERS_BURST_NS,
    STRANGERS_FIRST_NS,
    STRANGERS_PART,
    STRANGERS_PIECE_NS,
    STRANGERS_QUIET_NS,
)
from gateway.server.loop.share import Share


class Clock:
    def __init__(self) -> None:
        self.ns = 5

    def __call__(self) -> int:
        return self.ns


def beside_others(clock: Clock) -> Share:
    """A share of which nothing is left, while participants are there."""
    share = Share(clock)
    share.have_others_come = True
    assert share.is_left()
    share.spend(STRANGERS_FIRST_NS)
    return share


def test_one_part_in_so_many_comes_back_and_what_is_spent_too_much_is_owed():
    clock = Clock()
    share = beside_others(clock)
    spent_ns = passes = 0
    for _ in range(10_000):
        clock.ns += 100_000
        share.have_others_come = True
        if share.is_left():
            share.spend(2_000_000)
            spent_ns += 2_000_000
            passes += 1
    assert 0 <= spent_ns - 10_000 * 100_000 // STRANGERS_PART < 2_000_000
    assert passes > 10


def test_a_little_is_saved_up_and_no_more():
    clock = Clock()
    share = beside_others(clock)
    assert not share.is_left()
    clock.ns += 100 * STRANGERS_BURST_NS * STRANGERS_PART
    share.have_others_come = True
    assert share.is_left()
    share.spend(STRANGERS_BURST_NS)
    assert not share.is_left()


def test_where_no_participant_is_heard_nothing_is_spent():
    clock = Clock()
    share = beside_others(clock)
    share.spend(STRANGERS_FIRST_NS)
    clock.ns += STRANGERS_QUIET_NS - 1
    assert not share.is_left()
    clock.ns += 1
    assert share.is_left()
    share.spend(STRANGERS_FIRST_NS)
    # As soon as one is, it counts again: what was owed before is owed still.
    share.have_others_come = True
    assert not share.is_left()
    assert 0.9 * STRANGERS_FIRST_NS < share.wait_s() * 1e9 / STRANGERS_PART <= STRANGERS_FIRST_NS + STRANGERS_PIECE_NS


def test_it_tells_when_a_piece_is_back():
    clock = Clock()
    share = beside_others(clock)
    clock.ns += int(share.wait_s() * 1e9)
    share.have_others_come = True
    assert share.is_left()
    share.spend(STRANGERS_PIECE_NS)
    assert not share.is_left()
