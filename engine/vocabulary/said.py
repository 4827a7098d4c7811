"""How the core says something to people: by the id of a template and its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.vocabulary.messages.said import Said, Values

__all__ = ["NOTHING_SAID", "Said", "Values", "listed", "said", "said_again"]

NOTHING_SAID: Final = Said("")
"""No sentence."""


def said(template: str, *values: str | int | Said) -> Said:
    """A sentence, or a part of one. The template is a literal wherever this is called: tests look it up in the catalogue."""
    return Said(template, values)


def listed(names: Sequence[str]) -> Said:
    """Names as one value, such as those that are allowed."""
    return Said("list.names", tuple(names))


def said_again(template: str, values: Values) -> Said:
    """A sentence of which an event has the parts."""
    return Said(template, values)
