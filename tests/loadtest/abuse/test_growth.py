"""The tool finds what is known: exponents, faults, and the products and scans that were seen on a running venue."""

from __future__ import annotations

import math
import sys

import pytest

from engine.build import is_compiled
from engine.vocabulary.limits import PIECE_EVENTS
from loadtest.abuse import measure as measuring
from loadtest.abuse.bounds import MOST_OF_A_TICK
from loadtest.abuse.growth import PRODUCT, exponent, growth_of
from loadtest.abuse.measure import Cost, measure
from loadtest.abuse.recipe import Recipe, parse_recipe
from loadtest.abuse.survey import Survey

needs_steps = pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")


@pytest.mark.parametrize("power", [1, 1.5, 2, 3])
def test_an_exponent_is_that_of_the_growing_part(power: float) -> None:
    figures = [round(500 + 3 * size**power) for size in (16, 32, 64)]
    assert exponent(*figures) == pytest.approx(power, abs=0.02)


def test_what_does_not_grow_has_no_exponent() -> None:
    assert exponent(7, 7, 7) == 0
    assert exponent(9, 8, 7) == 0
    assert exponent(7, 7, 28) == 2


def test_a_product_beside_a_linear_part_is_one() -> None:
    costs = [100 * size + size * size for size in (16, 32, 64)]
    assert exponent(*costs) > 1.3
    assert exponent(*(100 * size * math.log2(size) for size in (16, 32, 64))) < PRODUCT


def test_growth_is_that_of_all_ingredients_together() -> None:
    def counted(recipe: Recipe) -> Cost:
        (_, first), (_, second) = recipe.parts
        return Cost(events=5 + first, row_bytes=10 * second, steps=first * second, time_ns=0)

    growth = growth_of(Recipe("hour", (("levels/bids", 4), ("queue/asks", 8))), counted)
    assert (growth.work, growth.events, growth.row_bytes) == (2, 1, 1)
    assert growth.is_product
    assert growth.recipe.parts == (("levels/bids", 16), ("queue/asks", 32))
    assert growth.at(10) == (51_200, 210, 3_200)


@needs_steps
def test_steps_are_the_same_each_time_and_tracing_ends() -> None:
    recipe = parse_recipe("best bid: 7 pegs/own")
    traced = sys.gettrace()
    first, second = measure(recipe, 1), measure(recipe)
    assert sys.gettrace() is traced
    assert first._replace(time_ns=0) == second
    assert first.time_ns > 0
    assert first.steps > 100 and first.events > 7


@needs_steps
def test_what_goes_on_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MOST_STEPS", 100)
    cost = measure(parse_recipe("best bid: 7 pegs/own"), 1)
    assert cost.fault == "given up after 100 steps"
    assert cost.time_ns == 0


def test_an_exception_and_a_row_that_no_frame_holds_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MAX_FRAME_BYTES", 500)
    assert measure(parse_recipe("best bid: 17 pegs/own")).fault.endswith("and a frame holds 500")
    recipe = parse_recipe("best bid: nothing")
    desk, sequenced = recipe.prepare()
    monkeypatch.setattr(Recipe, "prepare", lambda self: (desk, type(sequenced)(0, 0, sequenced.command)))
    assert measure(recipe).fault.startswith("AssertionError")


def found_by(ingredients: str, *triggers: str) -> set[tuple[str, tuple[str, ...], str]]:
    """What multiplies and what is scanned: the kind, the families, the trigger."""
    survey = Survey(tuple(ingredients.split(", ")), triggers, size=8)
    found = set()
    for each in survey.run():
        kind = "product" if each.is_product else "scan"
        found.add((kind, each.families, each.growth.recipe.trigger))
    assert survey.faults == []
    return found


# What was seen on a running venue, and more of the kind: what is found, its families, the trigger, what to look among.
SEEN = [
    ("product", ("expiries", "pegs"), "hour", "pegs/own, expiries/bids, queue/bids"),
    ("product", ("changes", "levels"), "hour", "changes/owner, levels/bids, queue/asks"),
    # One after the other they count, so that the smaller size does.
    ("product", ("queue", "stops"), "one share", "queue/others, stops/shares"),
    ("scan", ("queue",), "own call order", "elsewhere/bids, queue/icebergs"),
    ("scan", ("levels",), "parameter", "levels/bids, accounts/holders"),
    ("scan", ("accounts",), "freeze", "accounts/holders, levels/bids"),
]

# What was seen, and has been mended since: the trigger, and what it went over.
MENDED = [
    ("sweep up", "trails/sells, levels/asks, queue/bids"),
    ("hour", "changes/blocked, levels/bids, futures/marked"),
    ("series down", "reducing/asks, series/bids, queue/bids"),
    ("series up", "reducing/whole, series/asks, queue/bids"),
    ("own call order", "elsewhere/bids, accounts/holders"),
    ("block", "levels/bids, accounts/holders"),
    ("mark", "levels/bids, queue/bids"),
    ("sweep up", "instruments/index, levels/asks, queue/bids"),
    ("hour", "expiries/call, call/asks, queue/bids"),
    ("hour", "futures/expiring, positions/long, queue/bids"),
    ("own shares up", "queue/shares, queue/others"),
    ("batch ends", "schedule/steps, levels/bids"),
]


@needs_steps
@pytest.mark.parametrize(("kind", "families", "trigger", "ingredients"), SEEN)
def test_what_was_seen_is_found(kind: str, families: tuple[str, ...], trigger: str, ingredients: str) -> None:
    assert (kind, families, trigger) in found_by(ingredients, trigger)


@needs_steps
@pytest.mark.parametrize(("trigger", "ingredients"), MENDED)
def test_what_is_mended_is_not_found(trigger: str, ingredients: str) -> None:
    assert found_by(ingredients, trigger) == set()


@needs_steps
def test_what_ticks_leave_is_measured_too() -> None:
    """A tick ends after so many events: work is of all, events and bytes of the largest."""
    few, many = (measure(parse_recipe(f"hour: 100 pegs/own + {size} expiries/bids")) for size in (32, 128))
    assert PIECE_EVENTS <= few.events <= MOST_OF_A_TICK and PIECE_EVENTS <= many.events <= MOST_OF_A_TICK
    assert few.row_bytes == pytest.approx(many.row_bytes, rel=0.1)
    assert few.refused == many.refused == 0
    assert 3.5 < many.steps / few.steps < 4.5


@needs_steps
def test_no_recipe_grows_beyond_what_there_may_be() -> None:
    sizes: list[int] = []

    def counted(recipe: Recipe) -> Cost:
        ((_, size),) = recipe.parts
        sizes.append(size)
        return Cost(events=size, row_bytes=size, steps=100 * size + round(size**1.5), time_ns=0)

    growth_of(Recipe("best bid", (("pegs/ahead", 16),)), counted)
    assert sizes == [16, 32, 64]
    assert parse_recipe("hour: 100 pegs/own + 8 levels/bids").scaled(4).parts == (
        ("pegs/own", 100),
        ("levels/bids", 32),
    )


@needs_steps
def test_what_is_linear_is_not_found() -> None:
    assert (
        found_by("levels/asks, queue/bids, quotes/bids, stops/ladder", "sweep up", "mass cancel", "best bid") == set()
    )
