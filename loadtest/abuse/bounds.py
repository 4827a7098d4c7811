"""What one command may cost at most, and what is known to cost more: one table, compared with what is measured.

A row that is not kept is a known fault. Whoever mends it sets `kept`; the tests find a row that says the wrong thing, either
way. A bound that the core gains becomes a row here, with the recipe that tries hardest to pass it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.vocabulary.limits import MAX_FRAME_BYTES, MAX_OPEN_ORDERS_PER_ACCOUNT
from loadtest.abuse.growth import PRODUCT, Growth
from loadtest.abuse.recipe import Recipe, parse_recipe
from loadtest.abuse.surroundings import INGREDIENTS

LINEAR_EVENTS: Final = 4 * MAX_OPEN_ORDERS_PER_ACCOUNT
"""Four events for each order that one account may have: it is changed, leaves its level, trades and rests again."""

EVENTS: Final = "events"
ROW_BYTES: Final = "bytes of the row"
EXPONENT: Final = "exponent of the work"


class Bound(NamedTuple):
    """A bound on one command, a recipe that tries to pass it, and whether it is kept."""

    name: str
    value: float
    figure: str
    text: str
    """The recipe, small: it is measured at its size, twice and four times that, and followed from there by its exponents."""
    kept: bool

    @property
    def recipe(self) -> Recipe:
        """The recipe that tries to pass it."""
        return parse_recipe(self.text)

    def reached(self, growth: Growth) -> float:
        """What the recipe reaches when there is as much of its ingredients as there may be."""
        if self.figure == EXPONENT:
            return growth.work
        _, events, row_bytes = growth.at(largest_factor(growth.recipe))
        return events if self.figure == EVENTS else row_bytes


def largest_factor(recipe: Recipe) -> float:
    """By how much a recipe can grow: every ingredient to its most, and orders to what one account may have in all."""
    sizes = [size for name, size in recipe.parts if INGREDIENTS[name].is_order]
    factors = [INGREDIENTS[name].most / size for name, size in recipe.parts if not INGREDIENTS[name].is_order]
    if sizes:
        factors.append(MAX_OPEN_ORDERS_PER_ACCOUNT / sum(sizes))
    return min(factors, default=1.0)


def _rows(name: str, value: float, figure: str, kept: bool, *recipes: str) -> tuple[Bound, ...]:
    return tuple(Bound(name, value, figure, text, kept) for text in recipes)


_FRAME: Final = ("MAX_FRAME_BYTES", MAX_FRAME_BYTES, ROW_BYTES)
_EVENTS: Final = ("LINEAR_EVENTS", LINEAR_EVENTS, EVENTS)
_LINEAR: Final = ("PRODUCT", PRODUCT, EXPONENT)

BOUNDS: Final[tuple[Bound, ...]] = (
    *_rows(
        *_FRAME,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 levels/asks",
        "sweep up: 16 stops/ladder + 16 levels/asks",
        "best bid: 16 pegs/own",
        "auction ends: 16 levels/asks",
        "uncross: 16 call/bids + 16 call/asks",
    ),
    *_rows(
        *_FRAME,
        False,
        "hour: 16 pegs/own + 16 expiries/bids",
        "sweep up: 16 lots/iceberg",
    ),
    *_rows(
        *_EVENTS,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 levels/asks",
        "best bid: 16 pegs/own",
    ),
    *_rows(*_EVENTS, False, "hour: 16 pegs/own + 16 expiries/bids", "sweep up: 16 lots/iceberg"),
    *_rows(
        *_LINEAR,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 queue/asks",
        "sweep up: 16 stops/ladder + 16 levels/asks",
        "sweep down: 16 brackets/bids + 16 levels/bids",
        "kill venue: 16 pairs/buys + 16 quotes/bids",
        "uncross: 16 call/bids + 16 call/asks",
    ),
    *_rows(
        *_LINEAR,
        False,
        "hour: 16 pegs/own + 16 expiries/bids",
        "sweep up: 16 trails/sells + 16 levels/asks",
        "series down: 16 reducing/asks + 16 series/bids",
        "best bid: 16 pegs/ahead",
        "hour: 16 changes/blocked + 16 levels/bids",
        "hour: 16 futures/marked + 16 levels/bids",
        "auction: 16 at_open/bids + 16 elsewhere/bids",
        "into band: 16 stops/buys + 16 elsewhere/bids",
        "into halt: 16 stops/buys + 16 instruments/plain",
        "sweep up: 16 levels/asks + 16 instruments/index",
        "one share: 16 queue/others + 16 stops/shares",
        "own shares up: 16 queue/others + 16 queue/shares",
        "hour: 16 expiries/call + 16 call/asks",
    ),
)
