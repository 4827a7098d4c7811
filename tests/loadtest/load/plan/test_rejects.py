from __future__ import annotations

import pytest

from loadtest.load.plan.mixes import load_mix, parse_mix
from loadtest.load.plan.rejects import KINDS
from loadtest.load.plan.script import Script
from loadtest.load.plan.shapes import PlanError
from tests.loadtest.load.plan.seated import Seated


def mix_of(*kinds: str):
    return parse_mix(f'title = "t"\nabout = "a"\n[[part]]\nbehaviour = "rejects"\nweight = 1\nkinds = {list(kinds)}')


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_refused_by_the_check_or_rule_that_it_is_named_for(kind: str):
    venue = Seated()
    seat = venue.seat()
    script = Script(mix_of(kind), seat, 1, 10.0)
    for number in range(5):
        assert venue.send(seat, script.next(number, number * 2)[1], number * 2) == kind
    assert venue.trades == 0


def test_all_kinds_come_in_turn():
    venue = Seated()
    seat = venue.seat()
    script = Script(load_mix("rejects"), seat, 1, 10.0)
    for number in range(3 * len(KINDS)):
        venue.send(seat, script.next(number, 1.0)[1], 1.0)
    assert venue.replies == dict.fromkeys(KINDS, 3)


def test_a_seat_without_the_accounts_makes_the_others():
    venue = Seated()
    seat = venue.seat(1, accounts=("main",))
    script = Script(load_mix("rejects"), seat, 1, 10.0)
    for number in range(200):
        venue.send(seat, script.next(number, 1.0)[1], 1.0)
    assert set(venue.replies) == {
        "tick",
        "lot",
        "size",
        "notional",
        "band",
        "invalid",
        "fillability",
        "unknown_instrument",
        "unknown_order",
        "ANON-1",
    }


def test_what_nobody_can_make_is_an_unknown_order():
    venue = Seated()
    seat = venue.seat(1, accounts=("main",))
    assert venue.send(seat, Script(mix_of("RET-3"), seat, 1, 10.0).next(1, 0.0)[1], 0.0) == "unknown_order"


def test_an_unknown_kind_is_named():
    with pytest.raises(PlanError, match=r"rejects\.kinds: unknown kind 'luck'; known: tick, lot, size"):
        Script(mix_of("luck"), Seated().seat(), 1, 10.0)
