"""How a cost grows as a recipe is doubled: the exponent of n in it. 1 is linear; a product of two sizes shows as 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from loadtest.abuse.measure import Cost, measure
from loadtest.abuse.recipe import Recipe

SIZE: Final = 16
"""Of every ingredient at first: enough to be seen above what a command costs anyhow, little enough for thousands of recipes."""
DOUBLINGS: Final = (1, 2, 4)
PRODUCT: Final = 1.4
"""From this exponent on a cost is called a product."""
UNCLEAR: Final = 1.1
"""From this exponent on a cost may be a product beside a large linear part, and comes near 2 only as it grows: it is doubled
further, as far as there may be so much. What is n log n comes down meanwhile."""
LARGEST: Final = 32
"""No recipe is made so many times as large, and larger."""

Measure = Callable[[Recipe], Cost]


class Growth(NamedTuple):
    """How the costs of a recipe's command grow with its ingredients."""

    recipe: Recipe
    """At its largest."""
    cost: Cost
    """Of the largest."""
    work: float
    """The exponent of steps, or of time where there are no steps."""
    events: float
    row_bytes: float
    all_events: float = 0.0
    """Of the ticks together that carry on what a command leaves, as steps are."""

    @property
    def is_product(self) -> bool:
        """Whether work or events grow faster than the sizes."""
        return max(self.work, self.events) >= PRODUCT

    def at(self, factor: float) -> tuple[int, int, int]:
        """Work, events and bytes if every size were so many times as large, as the exponents say."""
        cost = self.cost
        return (
            round(cost.work * factor ** max(self.work, 0)),
            round(cost.events * factor ** max(self.events, 0)),
            round(cost.row_bytes * factor ** max(self.row_bytes, 0)),
        )


def exponent(first: int, second: int, third: int) -> float:
    """The exponent of n in a cost at n, 2n and 4n, what does not depend on n left out; 0 if it does not grow."""
    begun, grown = second - first, third - second
    if grown <= 0:
        return 0.0
    if begun <= 0:
        # It began to grow late: what does not depend on n can't be told from what does.
        return math.log2(third / max(second, 1))
    return math.log2(grown / begun)


def growth_of(recipe: Recipe, measured: Measure = measure) -> Growth:
    """Measure a recipe at its size, twice and four times that, and at larger sizes while it is unclear how it grows."""
    first, second, third = [measured(recipe.scaled(factor)) for factor in DOUBLINGS]
    largest = DOUBLINGS[-1]
    while True:
        growth = Growth(
            recipe.scaled(largest),
            third,
            exponent(first.work, second.work, third.work),
            exponent(first.events, second.events, third.events),
            exponent(first.row_bytes, second.row_bytes, third.row_bytes),
            exponent(first.happened, second.happened, third.happened),
        )
        largest *= 2
        if growth.is_product or growth.work < UNCLEAR or largest >= LARGEST or not recipe.may_be(largest):
            return growth
        first, second, third = second, third, measured(recipe.scaled(largest))
