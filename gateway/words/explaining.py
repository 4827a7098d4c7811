"""What is made of figures, in another language: comparisons of several clauses, each with names among its figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gateway.words.shapes import MOST_DEEP, Shape, Shapes

FEW_OF_FIGURES: Final = 4
"""Letters that make a shape of what is made of figures: what rules explain, and rows of what happened."""
_CLAUSE: Final = "; "
_LESS: Final = " - "
_REMAINING: Final = " remaining "
_EITHER: Final = re.compile(r" (or|and) (?=[^;]*[<>])")
"""Between two comparisons."""
_COMPARED: Final = re.compile(r"(\D+) (\d[^;]*)")
"""A name, and the figure that it has with what follows."""


_VERBS: Final = ("is", "are", "may")
_HARD_SPACE: Final = "\u00a0"


class Figures(Shapes):
    """Texts of a catalogue of what is made of figures."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        # What a limit leaves is put together of any number of terms: see `_clause`.
        super().__init__({_bound(key): text for key, text in texts.items() if _REMAINING not in key}, FEW_OF_FIGURES)
        self._remaining: Final = texts.get(_REMAINING.strip(), _REMAINING.strip())

    def say(self, sentence: str, depth: int = 0) -> str:
        """A text as a whole, or else clause by clause; what has no translation stays."""
        if not self:
            return sentence
        if not depth:
            return self.say(_bound(sentence), 1).replace(_HARD_SPACE, " ")
        clauses = sentence.split(_CLAUSE)
        best = self._best(sentence) if len(clauses) > 1 and depth < MOST_DEEP else None
        if best is not None and any(_CLAUSE in text for text in best[0].between):
            return super().say(sentence, depth)
        if depth == MOST_DEEP or len(clauses) == 1:
            said = super().say(sentence, depth)
            return said if said != sentence or depth == MOST_DEEP else self._clause(sentence)
        apart = [self.say(each, depth + 1) for each in clauses]
        if all(before != after for before, after in zip(clauses, apart, strict=True)):
            return _CLAUSE.join(apart)
        said = super().say(sentence, depth)
        return said if said != sentence else _CLAUSE.join(apart)

    def _fits(self, shape: Shape, values: list[str]) -> bool:
        """Several clauses are a value only where nothing of the shape's own comes behind them, unless it has clauses of its own."""
        if any(_CLAUSE in text for text in shape.between):
            return True
        ends = not any(map(str.isalpha, shape.between[-1]))
        last = shape.places[-1]
        return not any(
            (_CLAUSE in value and not (ends and place == last)) or value.endswith(_CLAUSE.strip())
            for place, value in enumerate(values)
        )

    def _clause(self, clause: str) -> str:
        """One clause that is no sentence: what a limit leaves, or comparisons, each of a name."""
        taken, equals, left = clause.partition(" = ")
        if _REMAINING in left:
            limit, *terms = taken.split(_LESS)
            left = left.replace(_REMAINING, f" {self._remaining} ")
            return f"{_LESS.join([limit, *(self._term(each) for each in terms)])}{equals}{left}"
        parts = _EITHER.split(clause)
        if len(parts) == 1 and _COMPARED.fullmatch(clause) is None:
            return clause
        return " ".join(self._word(each) if place % 2 else self._named(each) for place, each in enumerate(parts))

    def _term(self, term: str) -> str:
        """`1250.40 used`: a figure with its name behind it."""
        amount, _, name = term.partition(" ")
        return f"{amount} {self._word(name)}"

    def _named(self, comparison: str) -> str:
        """`net assets 10.00 < 20.00`: a name with its figures behind it."""
        found = _COMPARED.fullmatch(comparison)
        return comparison if found is None else f"{self._word(found[1])} {found[2]}"

    def _word(self, word: str) -> str:
        return super().say(word, 1)


def _bound(text: str) -> str:
    """A text in which a verb and its `not` stand together: no value ends between them."""
    for verb in _VERBS:
        text = text.replace(f"{verb} not", f"{verb}{_HARD_SPACE}not")
    return text
