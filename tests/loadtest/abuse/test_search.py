"""The climb: it follows from its seed, keeps its size, and gets higher."""

from __future__ import annotations

import itertools

import pytest

from engine.build import is_compiled
from loadtest.abuse.measure import Cost
from loadtest.abuse.recipe import Recipe
from loadtest.abuse.search import FIGURES, LEAST_SIZE, MOST_PARTS, PATIENCE, Climb
from loadtest.abuse.surroundings import INGREDIENTS


def flat(recipe: Recipe) -> Cost:
    return Cost(events=0, row_bytes=0, steps=1, time_ns=0)


def peak(recipe: Recipe) -> Cost:
    """Highest where many pegs meet as many expiries by the clock."""
    pegs = sum(size for name, size in recipe.parts if name.startswith("pegs"))
    expiries = sum(size for name, size in recipe.parts if name.startswith("expiries"))
    height = pegs * expiries + pegs + expiries
    return Cost(events=height * (3 if recipe.trigger == "hour" else 1), row_bytes=0, steps=1, time_ns=0)


def test_what_is_drawn_follows_from_the_seed() -> None:
    def drawn(seed: int) -> list[str]:
        climb = Climb(seed, 80, "events", measured=flat)
        return [str(climb.step()[0]) for _ in range(40)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_every_recipe_keeps_to_the_size() -> None:
    climb = Climb(3, 200, "work", measured=flat)
    for _ in range(300):
        recipe, _ = climb.step()
        sizes = [size for _, size in recipe.parts]
        assert 1 <= len(sizes) <= MOST_PARTS
        assert len({name for name, _ in recipe.parts}) == len(sizes)
        assert sum(sizes) <= 200 + MOST_PARTS * LEAST_SIZE
        # Smaller only where there may be no more of something.
        at_most = any(size == INGREDIENTS[name].most for name, size in recipe.parts)
        assert at_most or sum(sizes) >= 200 - MOST_PARTS
        assert all(LEAST_SIZE <= size <= INGREDIENTS[name].most for name, size in recipe.parts)


def test_it_climbs() -> None:
    climb = Climb(5, 100, "events", measured=peak)
    heights = [climb.step()[1].events for _ in range(6_000)]
    recipe, cost = climb.worst(1)[0]
    assert cost.events == max(heights) > 3 * 45 * 45
    assert recipe.trigger == "hour"
    assert [found.events for _, found in climb.worst(5)] == sorted([c.events for _, c in climb.worst(5)], reverse=True)


def test_the_first_climbs_begin_where_they_are_told() -> None:
    start = Recipe("hour", (("pegs/own", 1), ("expiries/bids", 3)))
    climb = Climb(1, 100, "events", starts=[start], measured=peak)
    recipe, _ = climb.step()
    assert recipe == start.sized(25, 75)
    for _ in range(2_000):
        climb.step()
    assert climb.worst(1)[0][1].events > 3 * 45 * 45


def test_a_climb_that_is_stuck_begins_elsewhere() -> None:
    climb = Climb(1, 100, "events", measured=flat)
    recipes = [climb.step()[0] for _ in range(PATIENCE * 4)]
    begun = [recipes[number] for number in range(0, len(recipes), PATIENCE + 1)]
    assert all(set(a.parts).isdisjoint(b.parts) for a, b in itertools.pairwise(begun))


@pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")
def test_a_short_climb_on_the_real_venue() -> None:
    for figure in FIGURES:
        climb = Climb(1, 24, figure)
        for _ in range(25):
            climb.step()
        assert climb.faults == []
        assert FIGURES[figure](climb.worst(1)[0][1]) > 0
