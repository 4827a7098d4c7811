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
from loadtest.abuse.survey import Finding

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


_INTO_CALL: Final = ("auction", "auction ends", "into band", "into halt", "batch ends")
_ASLEEP: Final = ("hour", "day")
_SWEEPS: Final = ("sweep up", "sweep down", "own sweep up", "market", "budget")

KNOWN: Final[tuple[Known, ...]] = (
    Known(
        "each change of the touch moves every peg, and reports it",
        ("expiries", "schedule", "stops", "pairs"),
        ("pegs",),
        (),
        "hour: 8 pegs/own + 8 expiries/bids",
    ),
    Known(
        "each peg looks for the touch through the levels where only pegs rest",
        ("pegs",),
        (),
        (),
        "best bid: 16 pegs/ahead",
    ),
    Known(
        "each print moves every trailing stop",
        ("trails",),
        (),
        (),
        "sweep up: 8 trails/sells + 8 levels/asks",
    ),
    Known(
        "each order that joins a call looks for own orders through all of its owner's",
        ("at_open", "stops", "pairs", "trails", "expiries"),
        (),
        _INTO_CALL,
        "auction: 16 at_open/bids + 16 elsewhere/bids",
    ),
    Known(
        "the same, for the stops that are elected as a volatility auction begins",
        ("stops", "pairs", "trails"),
        (),
        _INTO_CALL,
        "into band: 16 stops/buys + 16 elsewhere/bids",
    ),
    Known(
        "each future that is marked looks through all orders of the venue",
        ("futures",),
        (),
        _ASLEEP,
        "hour: 16 futures/marked + 16 levels/bids",
    ),
    Known(
        "each future that expires looks through all accounts with derivatives",
        ("futures",),
        ("positions",),
        _ASLEEP,
        "hour: 16 futures/expiring + 16 positions/long",
    ),
    Known(
        "each change that takes effect has all orders of the venue rechecked",
        ("changes",),
        (),
        _ASLEEP,
        "hour: 16 changes/blocked + 16 levels/bids",
    ),
    Known(
        "each expiry in a call computes the indicative price over all levels",
        ("expiries",),
        ("call",),
        (),
        "hour: 16 expiries/call + 16 call/asks",
    ),
    Known(
        "each print computes the market's index over all members",
        ("instruments",),
        (),
        (*_SWEEPS, "into band"),
        "sweep up: 16 levels/asks + 16 instruments/index",
    ),
    Known(
        "each bracket that ends looks at all books that the command has touched",
        ("brackets",),
        ("instruments",),
        (),
        "mass cancel: 16 brackets/bids + 16 instruments/traded",
    ),
    Known(
        "each stop that a halt leaves waiting looks at all books that were halted",
        ("stops", "pairs", "trails"),
        ("instruments",),
        ("into halt",),
        "into halt: 16 stops/buys + 16 instruments/plain",
    ),
    Known(
        "each fill of an account looks at all its reduce-only orders",
        ("reducing",),
        (),
        (),
        "series down: 16 reducing/asks + 16 series/bids",
    ),
    Known(
        "each order by shares looks at all orders at the price",
        ("stops", "queue"),
        ("queue",),
        ("one share", "shares up", "own shares up"),
        "one share: 16 queue/others + 16 stops/shares",
    ),
    Known(
        "each own order that goes is looked for from the head of the queue",
        ("queue",),
        (),
        ("own shares up",),
        "own shares up: 16 queue/others + 16 queue/shares",
    ),
    Known(
        "each step of a schedule reads the whole schedule",
        ("schedule",),
        (),
        _ASLEEP,
        "hour: 16 schedule/steps",
    ),
)

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
        "hour: 8 pegs/own + 8 expiries/bids",
        "sweep up: 16 lots/iceberg",
    ),
    *_rows(
        *_EVENTS,
        True,
        "mass cancel: 16 levels/bids",
        "sweep up: 16 levels/asks",
        "best bid: 16 pegs/own",
    ),
    *_rows(*_EVENTS, False, "hour: 8 pegs/own + 8 expiries/bids", "sweep up: 16 lots/iceberg"),
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
    *_rows(*_LINEAR, False, *(each.text for each in KNOWN)),
)
"""Each is tried by the tests."""
