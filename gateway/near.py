"""Names that are near one that is not known, for whoever mistyped it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from gateway.printable import some_of

MAX_NEAR: Final = 5
MIN_PART_CHARS: Final = 3
"""Of a name that stands in a longer one, as north in broker-north; shorter ones stand in many by chance."""


def did_you_mean(near: list[str]) -> str:
    """The end of a sentence about an unknown name; empty: there is none near it."""
    return f"; did you mean {', '.join(near)}?" if near else ""


def instead(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name of something that has the known ones: those near it, else some of them."""
    names = list(known)
    return did_you_mean(near(name, names)) or f"; it has {some_of(names)}"


def near(name: str, known: Iterable[str]) -> list[str]:
    """The names that resemble one: those that differ in capitals alone, else that contain it, else a few letters away, else contained in it."""
    plain = name.casefold()
    folded: dict[str, list[str]] = {}
    for each in known:
        folded.setdefault(each.casefold(), []).append(each)
    same = folded.get(plain, [])
    holding = sorted((each for each in folded if plain and plain in each), key=len)
    alike = holding or get_close_matches(plain, folded, n=MAX_NEAR)
    alike = alike or sorted(
        (each for each in folded if len(each) >= MIN_PART_CHARS and each in plain), key=len, reverse=True
    )
    return (same or [name for each in alike for name in folded[each]])[:MAX_NEAR]
