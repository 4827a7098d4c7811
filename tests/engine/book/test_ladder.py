"""The ladder of prices against a sorted set, at sizes at which it is one run, is cut, and is many."""

from __future__ import annotations

import random

import pytest

from engine.book.ladder import MAX_RUN, Ladder


def keys(ladder: Ladder) -> list[int]:
    return [key for run in ladder.runs for key in run]


@pytest.mark.parametrize("most", [1, 3, 40, 3 * MAX_RUN])
def test_it_has_what_a_sorted_set_has(most: int) -> None:
    chance = random.Random(most)
    ladder, there = Ladder(), list[int]()
    # Grows to its size, stays there a while, and goes.
    for grows in (0.9, 0.5, 0.05):
        for number in range(2 * most + 50):
            if there and (len(there) >= most or chance.random() >= grows):
                place = chance.randrange(len(there))
                key = ladder.last if chance.random() < 0.3 else there[place]
                there.remove(key)
                ladder.remove(key)
            else:
                key = chance.randrange(-10 * most - 10, 10 * most + 10)
                if key not in there:
                    there.append(key)
                    ladder.add(key)
            if number % (most // 8 + 1) == 0:
                ladder.check()
                assert keys(ladder) == sorted(there)
    for number, key in enumerate(there):
        ladder.remove(key)
        if number % (most // 40 + 1) == 0:
            ladder.check()
    assert ladder.runs == []


def test_a_long_one_is_cut_into_runs_of_bounded_length() -> None:
    for order in (range(10 * MAX_RUN), range(10 * MAX_RUN, 0, -1)):
        ladder = Ladder()
        for key in order:
            ladder.add(key)
        ladder.check()
        assert 10 <= len(ladder.runs) <= 21


def test_what_is_not_there_is_not_removed() -> None:
    ladder = Ladder()
    for key in (1, 3, 5):
        ladder.add(key)
    with pytest.raises(AssertionError, match="not on the ladder"):
        ladder.remove(2)
