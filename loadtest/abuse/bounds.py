"""What one command may cost at most, and what is known to cost more: one table, compared with what is measured.

A row that is not kept is a known fault. Whoever mends it sets `kept`; the tests find a row that says the wrong thing, either
way. A bound that the core gains becomes a row here, with the recipe that tries hardest to pass it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.vocabulary.limits import (
    MAX_FRAME_BYTES,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_PEGS_PER_INSTRUMENT,
    MAX_REDUCE_ONLY_PER_POSITION,
    MAX_SHARED_ORDERS,
    PIECE_EVENTS,
)
from loadtest.abuse.growth import PRODUCT, Growth
from loadtest.abuse.recipe import Recipe, parse_recipe
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.survey import Finding

LINEAR_EVENTS: Final = 4 * MAX_OPEN_ORDERS_PER_ACCOUNT
"""Four events for each order that one account may have: it is changed, leaves its level, trades and rests again."""

MOST_OF_A_TICK: Final = PIECE_EVENTS + 2 * MAX_PEGS_PER_INSTRUMENT + 2
"""It ends with what passes `PIECE_EVENTS`: an order that expires may move every peg, two events each, beside its own two."""

EVENTS: Final = "events of one command"
ROW_BYTES: Final = "bytes of one row"
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
    """By how much a recipe can grow: every ingredient to its most, and orders to what one account may have in all.

    As when it is doubled, what is at its most stays, and the others grow beside it.
    """
    growing = [(INGREDIENTS[name], size) for name, size in recipe.parts if size < INGREDIENTS[name].most]
    sizes = [size for each, size in growing if each.is_order]
    factors = [each.most / size for each, size in growing if not each.is_order]
    if sizes:
        factors.append(MAX_OPEN_ORDERS_PER_ACCOUNT / sum(sizes))
    return min(factors, default=1.0)


def _rows(name: str, value: float, figure: str, kept: bool, *recipes: str) -> tuple[Bound, ...]:
    return tuple(Bound(name, value, figure, text, kept) for text in recipes)


class Known(NamedTuple):
    """A product that is known: what does the work again and again, and over what."""

    why: str
    drivers: tuple[str, ...]
    """Families of which each one does the work once more."""
    scanned: tuple[str, ...]
    """Families that the work goes over; none: of any kind."""
    triggers: tuple[str, ...]
    """Under which; none: under any."""
    text: str
    """The recipe that shows it best."""

    def explains(self, found: Finding) -> bool:
        """Whether a finding is this product, or this one among others."""
        if self.triggers and found.growth.recipe.trigger not in self.triggers:
            return False
        families = found.families
        if not any(family in self.drivers for family in families):
            return False
        if not self.scanned:
            return True
        expected = (*self.drivers, *self.scanned)
        return any(each in self.scanned for each in families) and all(each in expected for each in families)


_ASLEEP: Final = ("hour", "day")

KNOWN: Final[tuple[Known, ...]] = (
    Known(
        "each change of the touch by something that is due moves every peg, of which there may be a hundred",
        ("expiries", "schedule"),
        ("pegs",),
        _ASLEEP,
        "hour: 8 pegs/own + 8 expiries/bids",
    ),
    Known(
        "each change that takes effect has all orders rechecked of whom it concerns",
        ("changes",),
        (),
        _ASLEEP,
        "hour: 16 changes/owner + 16 levels/bids",
    ),
    Known(
        "each order by shares looks at the orders at the price that get shares, of which there may be five hundred",
        ("stops", "queue"),
        ("queue",),
        ("one share", "shares up", "own shares up"),
        "one share: 16 queue/others + 16 stops/shares",
    ),
)

_FRAME: Final = ("MAX_FRAME_BYTES", MAX_FRAME_BYTES, ROW_BYTES)
_EVENTS: Final = ("LINEAR_EVENTS", LINEAR_EVENTS, EVENTS)
_TICK: Final = ("MOST_OF_A_TICK", MOST_OF_A_TICK, EVENTS)
_LINEAR: Final = ("PRODUCT", PRODUCT, EXPONENT)

# As many pegs as there may be: then each order that expires costs what the one before did, and a tick ends within its bound.
_PEGS_AND_EXPIRIES: Final = f"hour: {MAX_PEGS_PER_INSTRUMENT} pegs/own + 32 expiries/bids"

# As many reduce-only orders of the whole position as there may be, and as many fills: each order is cut or ended once.
_FILLS_AND_REDUCING: Final = (
    f"series up: {MAX_REDUCE_ONLY_PER_POSITION} reducing/whole + 16 series/asks",
    f"series auction ends: {MAX_REDUCE_ONLY_PER_POSITION} reducing/whole + 16 series/asks",
)

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
        "sweep up: 16 lots/iceberg",
        _PEGS_AND_EXPIRIES,
        *_FILLS_AND_REDUCING,
    ),
    *_rows(
        *_EVENTS,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 levels/asks",
        "sweep up: 16 lots/iceberg",
        "shares up: 16 lots/shares + 16 queue/others",
        "best bid: 16 pegs/own",
        "sweep up: 16 pegs/own sells + 16 levels/asks",
        "sweep up: 16 pegs/opposite + 16 levels/asks",
        *_FILLS_AND_REDUCING,
    ),
    *_rows(
        *_TICK,
        True,
        _PEGS_AND_EXPIRIES,
        f"hour: {MAX_PEGS_PER_INSTRUMENT} pegs/own sells + 32 expiries/asks",
        f"day: {MAX_PEGS_PER_INSTRUMENT} pegs/own + 32 schedule/steps",
    ),
    *_rows(
        *_LINEAR,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 queue/asks",
        "sweep up: 16 stops/ladder + 16 levels/asks",
        "sweep down: 16 brackets/bids + 16 levels/bids",
        "kill venue: 16 pairs/buys + 16 quotes/bids",
        "uncross: 16 call/bids + 16 call/asks",
        _PEGS_AND_EXPIRIES,
        f"hour: {MAX_PEGS_PER_INSTRUMENT} pegs/ahead + 16 expiries/bids",
        "sweep up: 16 pegs/own sells + 16 levels/asks",
        "sweep up: 16 pegs/opposite + 16 levels/asks",
        "sweep up: 16 pegs/mid + 16 stops/ladder",
        # Products once, and mended.
        "best bid: 25 pegs/ahead",
        "sweep up: 8 trails/sells + 8 levels/asks",
        "auction: 16 at_open/bids + 16 elsewhere/bids",
        "into band: 16 stops/buys + 16 elsewhere/bids",
        "batch ends: 16 pairs/buys + 16 elsewhere/bids",
        "hour: 16 futures/marked + 16 levels/bids",
        "hour: 16 changes/blocked + 16 levels/bids",
        "mass cancel: 16 brackets/bids + 16 instruments/traded",
        "into halt: 16 stops/buys + 16 instruments/plain",
        "series down: 16 reducing/asks + 16 series/bids",
        "series up: 16 reducing/asks + 16 series/asks",
        "series up: 16 reducing/whole + 16 series/asks",
        *_FILLS_AND_REDUCING,
        "hour: 16 expiries/call + 16 call/asks",
        "sweep up: 16 levels/asks + 16 instruments/index",
        "sweep up: 16 levels/asks + 16 instruments/repeated",
        "into band: 16 levels/asks + 16 instruments/index",
        "auction: 16 at_open/bids + 16 levels/asks",
        "auction: 16 at_open/asks + 16 at_open/market",
        "auction: 16 at_open/market + 16 brackets/bids",
        "batch ends: 16 stops/buys + 16 brackets/bids",
        "into band: 16 stops/buys + 16 at_open/asks",
        "own shares up: 16 queue/others + 16 queue/shares",
        f"one share: {MAX_SHARED_ORDERS} queue/others + 16 stops/shares",
        "hour: 16 schedule/steps",
        "hour: 16 at_open/bids + 16 schedule/steps",
        "hour: 16 futures/expiring + 16 positions/long",
    ),
    *_rows(*_LINEAR, False, *(each.text for each in KNOWN)),
)
"""Each is tried by the tests."""
