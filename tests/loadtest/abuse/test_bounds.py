"""The table of bounds: each row is tried, whether it says that the bound is kept or that it is not."""

from __future__ import annotations

import pytest

from engine.build import is_compiled
from engine.vocabulary.limits import MAX_OPEN_ORDERS_PER_ACCOUNT, MAX_SCHEDULED_CHANGES
from loadtest.abuse.bounds import BOUNDS, Bound, largest_factor
from loadtest.abuse.growth import growth_of
from loadtest.abuse.recipe import parse_recipe
from loadtest.abuse.survey import Survey

pytestmark = pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")


def test_how_far_a_recipe_can_grow() -> None:
    assert largest_factor(parse_recipe("hour: 10 pegs/own + 30 levels/bids")) == MAX_OPEN_ORDERS_PER_ACCOUNT / 40
    assert largest_factor(parse_recipe("hour: 10 pegs/own + 2 changes/blocked")) == MAX_SCHEDULED_CHANGES / 2
    assert largest_factor(parse_recipe("hour: nothing")) == 1


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: f"{bound.name}-{bound.text}")
def test_a_bound_is_kept_or_known_not_to_be(bound: Bound) -> None:
    growth = growth_of(bound.recipe)
    assert growth.cost.fault == ""
    assert growth.cost.refused == 0, "a recipe whose orders are refused tries nothing"
    reached = bound.reached(growth)
    # A bound that is now kept: set `kept` in its row.
    assert (reached < bound.value) == bound.kept, f"{bound.figure}: {reached}, the bound is {bound.value}"


def families_of(bound: Bound) -> tuple[str, ...]:
    return tuple(sorted({name.partition("/")[0] for name, _ in bound.recipe.parts}))


@pytest.mark.soak
def test_no_product_is_unknown() -> None:
    known = {families_of(bound) for bound in BOUNDS if not bound.kept}
    survey = Survey()
    found = [each for each in survey.run() if each.is_product]
    unknown = [f"{each.growth.work:.2f} {each.growth.recipe}" for each in found if each.families not in known]
    assert survey.faults == []
    assert unknown == []
