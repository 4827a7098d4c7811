"""A recipe: how much of which ingredients, and the command that is then measured. Its text makes the same venue again."""

from __future__ import annotations

from typing import NamedTuple

from engine.vocabulary.messages.commands import Sequenced
from loadtest.abuse.desk import MAKERS, Desk
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.triggers import TRIGGERS


class RecipeError(Exception):
    """A text that is no recipe, and why."""


class Recipe(NamedTuple):
    """What is prepared and measured."""

    trigger: str
    parts: tuple[tuple[str, int], ...] = ()
    """Ingredients with their sizes, in the order in which they are added."""
    accounts: int = 1
    """Over how many accounts the orders are spread."""

    def __str__(self) -> str:
        parts = " + ".join(f"{size} {name}" for name, size in self.parts)
        return f"{self.trigger}: {parts or 'nothing'}, {self.accounts} accounts"

    def scaled(self, factor: int) -> Recipe:
        """The same with so many times as much of every ingredient, but of those of which there is as much as may be."""
        return self._replace(
            parts=tuple((name, size * factor if size < INGREDIENTS[name].most else size) for name, size in self.parts)
        )

    def may_be(self, factor: int) -> bool:
        """Whether there may be so many times as much of what grows."""
        return all(size <= INGREDIENTS[name].most for name, size in self.scaled(factor).parts)

    def sized(self, *sizes: int) -> Recipe:
        """The same with other sizes."""
        return self._replace(parts=tuple((name, size) for (name, _), size in zip(self.parts, sizes, strict=True)))

    def prepare(self) -> tuple[Desk, Sequenced]:
        """A venue with all that, and the command that is to be measured. O(sizes)."""
        desk = Desk(self.accounts)
        for name, size in self.parts:
            INGREDIENTS[name].add(desk, size)
        return desk, TRIGGERS[self.trigger].make(desk)


def parse_recipe(text: str) -> Recipe:
    """The recipe that a text stands for, as `str` writes it; without accounts it is one.

    Raises:
        RecipeError: it is none, and the message says what is wrong.
    """
    trigger, colon, rest = text.partition(":")
    if not colon or trigger.strip() not in TRIGGERS:
        raise RecipeError(f"{trigger.strip()!r} is no trigger; a recipe is TRIGGER: SIZE INGREDIENT + ..., N accounts")
    parts: list[tuple[str, int]] = []
    ingredients, _, accounts = rest.partition(",")
    for part in ingredients.split("+"):
        size, _, name = part.strip().partition(" ")
        if part.strip() == "nothing":
            continue
        if not size.isdecimal() or name.strip() not in INGREDIENTS:
            raise RecipeError(f"{part.strip()!r} is no ingredient with its size")
        parts.append((name.strip(), int(size)))
    count = accounts.strip().removesuffix("accounts").strip() or "1"
    if not count.isdecimal() or not 1 <= int(count) <= len(MAKERS):
        raise RecipeError(f"{accounts.strip()!r}: from 1 to {len(MAKERS)} accounts")
    return Recipe(trigger.strip(), tuple(parts), int(count))
