"""Every ingredient, and every pair of ingredients, under every trigger: which costs are products, and which are scans.

A product grows faster than the sizes. A scan grows with a size although nothing more happens: as many events, more work.

A pair is tried under a trigger if one of the two makes it dearer alone: what nothing sets off has no loop to multiply. It
is looked at closely where together it costs more than both apart. That is one run for each pair, and exact: steps are
counted, so what merely adds up leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from loadtest.abuse.growth import DOUBLINGS, SIZE, Growth, exponent, growth_of
from loadtest.abuse.measure import Cost, measure
from loadtest.abuse.recipe import Recipe
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.triggers import TRIGGERS

NOISE: Final = 4
"""Steps for each of an ingredient's size below which a pair is not looked at: a product of 16 by 16 takes 256 at least."""
MATTERS: Final = 0.5
"""From this exponent on a size matters to a cost."""


class Finding(NamedTuple):
    """A recipe whose cost grows as it should not."""

    growth: Growth
    parts: tuple[float, ...]
    """The exponent of work in each part alone, while the others stay."""

    @property
    def is_product(self) -> bool:
        """A product; else a scan."""
        return self.growth.is_product

    @property
    def families(self) -> tuple[str, ...]:
        """The families of what grows: of a product all, of a scan those whose own size matters; each once."""
        parts = zip(self.growth.recipe.parts, self.parts, strict=True)
        names = [name for (name, _), each in parts if self.is_product or each >= MATTERS]
        return tuple(sorted({name.partition("/")[0] for name in names}))


def is_scan(growth: Growth) -> bool:
    """Whether work grows, and what happens does not."""
    return growth.work >= MATTERS > growth.all_events


class Survey:
    """All triggers over chosen ingredients, alone and in pairs.

    Args:
        ingredients: which; all by default.
        triggers: which; all by default.
        told: called with each line of progress.
        size: of an ingredient at first.
    """

    def __init__(
        self,
        ingredients: Sequence[str] = tuple(INGREDIENTS),
        triggers: Sequence[str] = tuple(TRIGGERS),
        told: Callable[[str], None] | None = None,
        *,
        size: int = SIZE,
    ) -> None:
        self.ingredients: Final = tuple(ingredients)
        self.triggers: Final = tuple(triggers)
        self.told: Final = told
        self.size: Final = size
        self.measured: int = 0
        """Recipes measured so far."""
        self.faults: Final[list[tuple[Recipe, str]]] = []
        """What must never be, each with its recipe."""
        self._alone: Final[dict[tuple[str, str], Growth]] = {}
        """By trigger and ingredient."""
        self._nothing: Final[dict[str, int]] = {}
        """By trigger: what it costs on a venue without any ingredient."""
        self._costs: Final[dict[Recipe, Cost]] = {}

    def cost(self, recipe: Recipe) -> Cost:
        """Measure a recipe, once."""
        found = self._costs.get(recipe)
        if found is None:
            self.measured += 1
            found = self._costs[recipe] = measure(recipe)
            if found.fault:
                self.faults.append((recipe, found.fault))
        return found

    def run(self) -> Iterator[Finding]:
        """Products and scans, as they are found: of one ingredient first, then of pairs."""
        for trigger in self.triggers:
            self._nothing[trigger] = self.cost(Recipe(trigger)).work
            for name in self.ingredients:
                growth = growth_of(Recipe(trigger, ((name, self.size),)), self.cost)
                self._alone[trigger, name] = growth
                if growth.is_product or is_scan(growth):
                    yield Finding(growth, (growth.work,))
        pairs = list(combinations(self.ingredients, 2))
        # Where two are alike it matters which is ahead.
        pairs += [(second, first) for first, second in pairs if first.partition("/")[0] == second.partition("/")[0]]
        for number, (first, second) in enumerate(pairs):
            if self.told is not None and number % 50 == 0:
                self.told(f"{number} of {len(pairs)} pairs, {self.measured} recipes measured")
            for trigger in self.triggers:
                found = self._pair(trigger, first, second)
                if found is not None:
                    yield found

    def _pair(self, trigger: str, first: str, second: str) -> Finding | None:
        """What two ingredients do under a trigger that neither does alone; None: nothing of the kind."""
        recipe = Recipe(trigger, ((first, self.size), (second, self.size)))
        nothing = self._nothing[trigger]
        alone = [self._alone[trigger, name] for name in (first, second)]
        apart = [self.cost(growth.recipe.sized(2 * self.size)).work - nothing for growth in alone]
        if max(apart) <= NOISE * self.size:
            return None
        if self.cost(recipe.scaled(2)).work - nothing - sum(apart) <= NOISE * 2 * self.size:
            return None
        growth = growth_of(recipe, self.cost)
        if is_scan(growth) and not growth.is_product:
            return None if any(is_scan(each) for each in alone) else Finding(growth, self._in_each(recipe))
        if not growth.is_product:
            return None
        found = Finding(growth, self._in_each(recipe))
        if min(found.parts) >= MATTERS:
            return found
        # Where one size alone does not matter, it is the product that the other makes alone; or the smaller of the two counts.
        return None if any(each.is_product for each in alone) else found

    def _in_each(self, recipe: Recipe) -> tuple[float, ...]:
        """The exponents of work in the two parts, while the other stays at twice its size."""
        size, stays = self.size, 2 * self.size
        sizes = [[(size * factor, stays) for factor in DOUBLINGS], [(stays, size * factor) for factor in DOUBLINGS]]
        return tuple(exponent(*(self.cost(recipe.sized(*pair)).work for pair in each)) for each in sizes)
