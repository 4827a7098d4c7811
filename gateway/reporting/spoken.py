"""Tables in the chosen language: their headings, and the words of ours in their cells. What files say to programs stays English."""

from __future__ import annotations

from typing import Final

from gateway.words.chosen import chosen

FIGURE: Final = "figure"
"""A column of which each cell is the name of what stands beside it."""
LABELS: Final = ("compared", "kept", "measure", "note", "part", "scope", "used_of_cap", "verdict")
"""Columns whose cells are words of ours."""
_UTC: Final = "_utc"


def heading(name: str) -> str:
    """A column's name in the chosen language, its times as Moscow's; in English as it is, with spaces."""
    shown = f"{name.removesuffix(_UTC)}_moscow" if name.endswith(_UTC) else name
    return chosen().heading(shown.replace("_", " "))


def cell(column: str, text: str) -> str:
    """A cell in the chosen language, if it is a word of ours; else as it is."""
    if chosen().is_english:
        return text
    if column == FIGURE:
        return heading(text)
    return chosen().text(text) if column in LABELS else text
