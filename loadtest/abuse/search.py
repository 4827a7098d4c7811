"""The climb: mixtures of ingredients are changed at random, and kept where their command costs more.

The number of things in a venue is fixed, so that what is found is a bad mixture and not merely a large one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from loadtest.abuse.desk import MAKERS
from loadtest.abuse.measure import Cost, measure
from loadtest.abuse.recipe import Recipe
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.triggers import TRIGGERS

FIGURES: Final[dict[str, Callable[[Cost], int]]] = {
    "events": lambda cost: cost.events,
    "bytes": lambda cost: cost.row_bytes,
    "work": lambda cost: cost.work,
}
"""What is climbed: by name, the figure of a cost."""
MOST_PARTS: Final = 4
LEAST_SIZE: Final = 4
PATIENCE: Final = 60
"""Changes in a row that bring nothing, before the climb begins anew elsewhere."""


class Climb:
    """One climb after another over recipes with so many things in all.

    Args:
        seed: what is drawn follows from it, and nothing else.
        size: how many things the ingredients of a recipe are in all.
        figure: a key of `FIGURES`.
        starts: mixtures known to be bad, from which the first climbs begin.
        measured: measures a recipe.
    """

    def __init__(
        self,
        seed: int,
        size: int,
        figure: str,
        *,
        starts: Sequence[Recipe] = (),
        measured: Callable[[Recipe], Cost] = measure,
    ) -> None:
        self.chance: Final = random.Random(seed)
        self.size: Final = size
        self.figure: Final = FIGURES[figure]
        self.measured: Final = measured
        self.best: Final[dict[str, tuple[Recipe, Cost]]] = {}
        """The worst recipe of each trigger."""
        self.faults: Final[list[tuple[Recipe, str]]] = []
        """What must never be."""
        self._starts: Final = list(reversed(starts))
        self._here: Recipe | None = None
        self._height: int = -1
        self._tries: int = 0

    def step(self) -> tuple[Recipe, Cost]:
        """Try one recipe: a change of the one held, or, when that brings nothing any more, a new one."""
        if self._here is None or self._tries >= PATIENCE:
            recipe = self._fitted(self._starts.pop()) if self._starts else self._drawn()
            self._height, self._tries = -1, 0
        else:
            recipe = self._changed(self._here)
        cost = self.measured(recipe)
        height = self.figure(cost)
        self._tries += 1
        if height > self._height:
            self._here, self._height, self._tries = recipe, height, 0
        if cost.fault:
            self.faults.append((recipe, cost.fault))
        known = self.best.get(recipe.trigger)
        if known is None or height > self.figure(known[1]):
            self.best[recipe.trigger] = (recipe, cost)
        return recipe, cost

    def worst(self, count: int) -> list[tuple[Recipe, Cost]]:
        """The worst recipes found, of one trigger each, the worst first."""
        return sorted(self.best.values(), key=lambda found: -self.figure(found[1]))[:count]

    # ── what is drawn ──────────────────────────────────────────────────────────────────────────────────────────────

    def _drawn(self) -> Recipe:
        chance = self.chance
        names = chance.sample(list(INGREDIENTS), chance.randint(1, MOST_PARTS))
        trigger = chance.choice(list(TRIGGERS))
        return self._fitted(Recipe(trigger, tuple((name, chance.randint(1, 8)) for name in names), self._accounts()))

    def _accounts(self) -> int:
        return self.chance.choice((1, len(MAKERS)))

    def _changed(self, recipe: Recipe) -> Recipe:
        """One thing another: trigger, accounts, a size, an ingredient, one more, one fewer, the order."""
        chance = self.chance
        parts = list(recipe.parts)
        place = chance.randrange(len(parts))
        name, size = parts[place]
        roll = chance.randrange(7)
        if roll == 0:
            recipe = recipe._replace(trigger=chance.choice(list(TRIGGERS)))
        elif roll == 1:
            recipe = recipe._replace(accounts=self._accounts())
        elif roll == 2:
            parts[place] = (name, max(round(size * chance.choice((0.3, 0.7, 1.5, 3.0))), 1))
        elif roll == 3:
            parts[place] = (self._another(parts), size)
        elif roll == 4 and len(parts) < MOST_PARTS:
            parts.append((self._another(parts), size))
        elif roll == 5 and len(parts) > 1:
            del parts[place]
        else:
            chance.shuffle(parts)
        return self._fitted(recipe._replace(parts=tuple(parts)))

    def _another(self, parts: list[tuple[str, int]]) -> str:
        used = [name for name, _ in parts]
        return self.chance.choice([name for name in INGREDIENTS if name not in used])

    def _fitted(self, recipe: Recipe) -> Recipe:
        """The same mixture with the size of the search in all, and no ingredient beyond what there may be of it."""
        total = sum(size for _, size in recipe.parts)
        sizes = [max(size * self.size // total, LEAST_SIZE) for _, size in recipe.parts]
        return recipe.sized(*(min(s, INGREDIENTS[name].most) for s, (name, _) in zip(sizes, recipe.parts, strict=True)))
