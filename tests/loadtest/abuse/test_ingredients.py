"""Every ingredient adds what it says, and every trigger does what it is for: otherwise nothing would be found."""

from __future__ import annotations

import pytest

from engine.vocabulary.messages.events import CommandRejected, OrderRejected, RequestRejected
from loadtest.abuse.desk import Desk
from loadtest.abuse.orders import ORDERS
from loadtest.abuse.recipe import Recipe, RecipeError, parse_recipe
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.triggers import TRIGGERS

SIZE = 9


def open_orders(desk: Desk) -> int:
    return sum(len(account.open_orders) for account in desk.exchange.accounts.values())


@pytest.mark.parametrize("name", INGREDIENTS)
def test_an_ingredient_is_taken_as_it_is_meant(name: str) -> None:
    desk = Desk()
    before = len(desk.exchange.accounts) + len(desk.exchange.books) + len(desk.exchange.due) + open_orders(desk)
    INGREDIENTS[name].add(desk, SIZE)
    assert desk.refused == 0
    desk.exchange.check()
    after = len(desk.exchange.accounts) + len(desk.exchange.books) + len(desk.exchange.due) + open_orders(desk)
    # One iceberg of many lots, one schedule of many steps, and an index that names one instrument many times.
    least = 1 if name.startswith("lots/") or name == "schedule/steps" else 0 if name == "instruments/repeated" else SIZE
    assert after - before >= least


@pytest.mark.parametrize("name", ORDERS)
def test_orders_rest_or_wait_until_a_trigger(name: str) -> None:
    desk = Desk()
    before = open_orders(desk)
    trades = desk.exchange.trades
    INGREDIENTS[name].add(desk, SIZE)
    expected = {"pairs": 2 * SIZE, "brackets": 3 * SIZE, "lots": 1}.get(name.partition("/")[0], SIZE)
    assert open_orders(desk) - before == expected
    if not name.startswith("reducing"):
        assert desk.exchange.trades == trades


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_is_carried_out(name: str) -> None:
    desk, sequenced = Recipe(name, (("series/bids", 2), ("queue/asks", 2))).prepare()
    assert desk.refused == 0
    events = desk.exchange.apply(sequenced)
    refused = [event for event in events if type(event) in (CommandRejected, RequestRejected)]
    # It can't be filled, which is what it is for: all that rests is looked at first.
    refused += [event for event in events if type(event) is OrderRejected and name not in ("fok", "elsewhere")]
    assert refused == []
    desk.exchange.check()


def test_a_recipe_is_its_text() -> None:
    recipe = Recipe("sweep up", (("pegs/own sells", 3), ("levels/asks", 40)), 1)
    assert str(recipe) == "sweep up: 3 pegs/own sells + 40 levels/asks, 1 accounts"
    assert parse_recipe(str(recipe)) == recipe
    assert parse_recipe(str(Recipe("hour"))) == Recipe("hour")
    assert parse_recipe("hour: 2 levels/bids") == Recipe("hour", (("levels/bids", 2),))


@pytest.mark.parametrize(
    "text", ["", "hour", "never: nothing", "hour: levels/bids", "hour: 3 nosuch", "hour: nothing, 5 accounts"]
)
def test_what_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_recipe(text)
