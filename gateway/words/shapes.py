"""Sentences found by their shape: what stands between their values.

Most of what commands and rules tell is put together where the values are. A catalogue has the shape of such a sentence, `{0} is
no date: write {1}`; here the values are found again, and put into the sentence of another language. A value is left as it is,
unless it is a sentence of the catalogue itself. Time and memory are linear in the length of what is read, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"\{(\d+)\}")
MOST_DEEP: Final = 6
"""A sentence in a sentence, and so on; no text of ours goes further."""
_HEAD: Final = 3
"""Letters by which shapes that begin with a text are found."""
FEW: Final = 8
"""Letters of its own below which a shape would fit what others wrote, unless it is a piece that begins as no name does."""
OF_PIECES: Final = " ,;:("


def is_told_apart(text: str, few: int = FEW) -> bool:
    """Whether a text is known by its shape: it has letters enough of its own, or begins as a piece of a sentence."""
    own = _PLACE.sub("", text)
    if own == text:
        return few < FEW or " " in text.strip() or text[:1] in OF_PIECES
    return sum(map(str.isalpha, own)) >= few or text[0] in OF_PIECES


class Shape:
    """One shape: the texts between its values, and the sentence in the other language."""

    def __init__(self, english: str, other: str) -> None:
        parts = _PLACE.split(english)
        self.between: Final = parts[::2]
        self.places: Final = [int(place) for place in parts[1::2]]
        self.other: Final = other
        self.weight: Final = sum(map(len, self.between))
        """Letters that are the shape's own: of two that fit, the one with more of them is meant."""

    def values(self, sentence: str) -> list[str] | None:
        """The values of a sentence of this shape, in the order of their numbers; None: it has another shape."""
        first, last = self.between[0], self.between[-1]
        if len(sentence) < self.weight or not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        found: list[str] = []
        at, end = len(first), len(sentence) - len(last)
        for text in self.between[1:-1]:
            place = sentence.find(text, at, end)
            if place < 0:
                return None
            found.append(sentence[at:place])
            at = place + len(text)
        found.append(sentence[at:end])
        by_number = dict(zip(self.places, found, strict=True))
        return [by_number[number] for number in sorted(by_number)]


class Shapes:
    """Texts of a catalogue, whole ones and those with values.

    Args:
        texts: English ones, with what stands for each.
        few: with fewer letters of its own a shape is left out, and below `FEW` words that stand alone are known, too.
    """

    def __init__(self, texts: Mapping[str, str], few: int = FEW) -> None:
        self._whole: Final[dict[str, str]] = {}
        self._headed: Final[dict[str, list[Shape]]] = {}
        """Shapes by their first letters."""
        self._others: Final[list[Shape]] = []
        """Shapes that begin with a value, or with too few letters."""
        for english, other in texts.items():
            if not is_told_apart(english, few):
                continue
            if not _PLACE.search(english):
                self._whole[english] = other
                continue
            shape = Shape(english, other)
            head = shape.between[0][:_HEAD]
            (self._headed.setdefault(head, []) if len(head) == _HEAD else self._others).append(shape)
        begins = [Shape(key, text).between[0] for key, text in texts.items() if key[0] in OF_PIECES]
        self._begins: Final = sorted(
            {begin for begin in begins if len(begin) > 2}, key=lambda begin: (-len(begin), begin)
        )
        """How the pieces of sentences begin that stand behind a value, the longest first."""
        for shapes in (*self._headed.values(), self._others):
            shapes.sort(key=lambda shape: -shape.weight)

    def __bool__(self) -> bool:
        return bool(self._whole or self._headed or self._others)

    def say(self, sentence: str, depth: int = 0) -> str:
        """An English sentence in the other language; itself if there is none of its shape, or it is too deep in another one."""
        whole = self._whole.get(sentence)
        if whole is not None:
            return whole
        if depth == MOST_DEEP or " " not in sentence:
            return sentence
        best = self._best(sentence)
        if best is None:
            return sentence
        shape, values = best
        return shape.other.format(*(self._value(value, depth + 1) for value in values))

    def _value(self, value: str, depth: int) -> str:
        """A value, which may end in a piece of a sentence: `lev.north through north`."""
        said = self.say(value, depth)
        if said != value or depth == MOST_DEEP:
            return said
        for begin in self._begins:
            place = value.find(begin, 1)
            if place > 0:
                piece = self.say(value[place:], depth + 1)
                if piece != value[place:]:
                    return value[:place] + piece
        return value

    def _fits(self, shape: Shape, values: list[str]) -> bool:
        """Whether values may be those of a shape."""
        return True

    def _best(self, sentence: str) -> tuple[Shape, list[str]] | None:
        """The shape with the most letters of its own that a sentence has, and its values."""
        best: tuple[Shape, list[str]] | None = None
        for shapes in (self._headed.get(sentence[:_HEAD], ()), self._others):
            for shape in shapes:
                if best is not None and shape.weight <= best[0].weight:
                    break
                values = shape.values(sentence)
                if values is not None and self._fits(shape, values):
                    best = shape, values
                    break
        return best
