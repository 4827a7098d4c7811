"""Tables in the chosen language: their headings, and the words of ours in their cells. What files say to programs stays English."""

from __future__ import annotations

from typing import Final

from gateway.words.chosen import chosen

FIGURE: Final = "figure"
"""A column of which each cell is the name of what stands beside it."""
LABELS: Final = ("compared", "kept", "measure", "note", "part", "scope", "used_of_cap", "value", "verdict")
"""Columns whose cells are words of ours."""
FATES: Final = ("change", "cause")
"""Columns whose cells say what became of an order under other rules, and by what."""
_UTC: Final = "_utc"
_YES_NO: Final = ("yes", "no")


def heading(name: str) -> str:
    """A column's name in the chosen language, its times as Moscow's; in English as it is, with spaces."""
    shown = f"{name.removesuffix(_UTC)}_moscow" if name.endswith(_UTC) else name
    return chosen().heading(shown.replace("_", " "))


def title(text: str) -> str:
    """A title, or another text of ours that stands alone, in the chosen language."""
    said = chosen().text(text)
    return said if said != text else chosen().read(text)


def cell(column: str, text: str) -> str:
    """A cell in the chosen language, if it is a word of ours; else as it is."""
    if chosen().is_english:
        return text
    if column == FIGURE:
        return heading(text)
    if column in FATES:
        return chosen().heading(text)
    return chosen().explained(text) if column in LABELS and text in _YES_NO else _labelled(column, text)


def _labelled(column: str, text: str) -> str:
    return chosen().text(text) if column in LABELS else text
