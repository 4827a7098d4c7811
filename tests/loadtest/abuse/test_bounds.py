"""The table of bounds: each row is tried, whether it says that the bound is kept or that it is not."""

from __future__ import annotations

from functools import cache

import pytest

from engine.build import is_compiled
from engine.vocabulary.limits import MAX_OPEN_ORDERS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT, MAX_SCHEDULED_CHANGES
from loadtest.abuse.bounds import BOUNDS, KNOWN, Bound, largest_factor
from loadtest.abuse.growth import Growth, growth_of
from loadtest.abuse.recipe import parse_recipe
from loadtest.abuse.survey import Survey

pytestmark = pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")


@cache
def measured(text: str) -> Growth:
    return growth_of(parse_recipe(text))


def test_how_far_a_recipe_can_grow() -> None:
    assert largest_factor(parse_recipe("hour: 10 stops/buys + 30 levels/bids")) == MAX_OPEN_ORDERS_PER_ACCOUNT / 40
    assert largest_factor(parse_recipe("hour: 10 pegs/own + 30 levels/bids")) == MAX_PEGS_PER_INSTRUMENT / 10
    # What is at its most stays.
    most = f"hour: {MAX_PEGS_PER_INSTRUMENT} pegs/own + 30 levels/bids"
    assert largest_factor(parse_recipe(most)) == MAX_OPEN_ORDERS_PER_ACCOUNT / 30
    assert largest_factor(parse_recipe("hour: 10 levels/bids + 2 changes/blocked")) == MAX_SCHEDULED_CHANGES / 2
    assert largest_factor(parse_recipe("hour: nothing")) == 1


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: f"{bound.name}-{bound.text}")
def test_a_bound_is_kept_or_known_not_to_be(bound: Bound) -> None:
    growth = measured(bound.text)
    assert growth.cost.fault == ""
    assert growth.cost.refused == 0, "a recipe whose orders are refused tries nothing"
    reached = bound.reached(growth)
    # A bound that is now kept: set `kept` in its row.
    assert (reached < bound.value) == bound.kept, f"{bound.figure}: {reached}, the bound is {bound.value}"


@pytest.mark.soak
def test_no_product_is_unknown() -> None:
    survey = Survey()
    found = [each for each in survey.run() if each.is_product]
    unknown = [each for each in found if not any(known.explains(each) for known in KNOWN)]
    assert survey.faults == []
    assert [f"{each.growth.work:.2f} {each.growth.recipe}" for each in unknown] == []
    # What nothing shows any more is mended: its row goes, and its recipe becomes one that is kept.
    assert [known.why for known in KNOWN if not any(known.explains(each) for each in found)] == []
