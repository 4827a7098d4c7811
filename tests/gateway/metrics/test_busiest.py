from __future__ import annotations

import random

import pytest

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.metrics.busiest import SLOT_NS, BusiestSecond

START_NS = 1_800_000_000 * NS_PER_SECOND


class Spent:
    """A clock of what was spent, turned by the test."""

    def __init__(self) -> None:
        self.ns = 5_000

    def __call__(self) -> int:
        return self.ns


def test_the_busiest_second_is_found_when_it_is_over_and_when_asked():
    spent = Spent()
    busiest = BusiestSecond(spent)
    for tenth, messages in enumerate((3, 5, 7)):
        spent.ns += 100 * messages
        busiest.count(START_NS + tenth * SLOT_NS, messages)
    # The tenth that is filled is looked at when it is over, or when somebody asks.
    assert busiest.messages == 8
    busiest.settle(START_NS + 2 * SLOT_NS)
    assert busiest.messages == 15
    busiest.count(START_NS + 30 * SLOT_NS, 9)
    busiest.settle(START_NS + 90 * SLOT_NS)
    assert busiest.messages == 15


def test_it_knows_what_was_spent_in_that_second():
    spent = Spent()
    busiest = BusiestSecond(spent)
    for tenth in range(100):
        # Dear and few, then cheap and many for 20 tenths, then dear again.
        is_rush = 40 <= tenth < 60
        messages, cost_ns = (50, 20) if is_rush else (10, 1_000)
        spent.ns += messages * cost_ns
        busiest.count(START_NS + tenth * SLOT_NS, messages)
    assert busiest.messages == 500
    # The first tenth's mark is taken after its first messages, and the last look after the next tenth's: equally late.
    assert busiest.spent_ns == pytest.approx(500 * 20, rel=1.1)
    assert busiest.spent_ns >= 450 * 20


def test_what_came_before_a_pause_is_not_in_the_second_after_it():
    spent = Spent()
    busiest = BusiestSecond(spent)
    busiest.count(START_NS, 10)
    spent.ns += 1_000_000
    for tenth in (25, 26):
        busiest.count(START_NS + tenth * SLOT_NS, 8)
        spent.ns += 80
    busiest.settle(START_NS + 26 * SLOT_NS)
    assert (busiest.messages, busiest.spent_ns) == (16, 160)


def test_a_clock_that_was_set_back_counts_where_it_is():
    busiest = BusiestSecond(Spent())
    busiest.settle(START_NS + 50 * SLOT_NS)
    busiest.count(START_NS, 4)
    busiest.settle(START_NS)
    assert busiest.messages == 4


@pytest.mark.parametrize("seed", range(5))
def test_it_is_never_above_a_sliding_second_and_hardly_below(seed):
    chance = random.Random(seed)
    times, now = [], START_NS
    for _ in range(3_000):
        now += chance.choice((0, 100_000, 1_000_000, 20_000_000, 300_000_000 if chance.random() < 0.02 else 0))
        times.append(now)
    busiest = BusiestSecond(Spent())
    sliding = largest_tenth = 0
    for number, time_ns in enumerate(times):
        busiest.count(time_ns, 1)
        recent = [each for each in times[max(0, number - 2_000) : number + 1] if each > time_ns - NS_PER_SECOND]
        sliding = max(sliding, len(recent))
        largest_tenth = max(largest_tenth, sum(each > time_ns - SLOT_NS for each in recent))
    busiest.settle(now)
    assert sliding - largest_tenth <= busiest.messages <= sliding
