"""What is wrong with a rulebook, and where."""

from __future__ import annotations

from typing import Final


class Fault:
    """One thing that is wrong with a rulebook, and where."""

    def __init__(self, document: str, rule: str, key: str, text: str) -> None:
        self.document: Final = document
        self.rule: Final = rule
        """The rule's id, or its place from 1 if it has none; empty: the fault is of the document."""
        self.key: Final = key
        self.text: Final = text

    @property
    def message(self) -> str:
        """Place and words in one line."""
        place = f"rulebook {self.document}: rule {self.rule}" if self.rule else f"rulebook {self.document}"
        return f"{place}: {self.text}"


class RulebookError(ValueError):
    """What is wrong with a rulebook; the message is that of the first fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults: Final = faults
        """All of them, document by document, then those of the whole."""


class Place:
    """A document, or one rule of it, and where everything that is wrong with it is gathered."""

    def __init__(self, faults: list[Fault], document: str, rule: str = "") -> None:
        self.faults: Final = faults
        self.document: Final = document
        self.rule: Final = rule

    def fault(self, key: str, text: str) -> None:
        """Take note of a fault here."""
        self.faults.append(Fault(self.document, self.rule, key, text))

    def at(self, rule: str) -> Place:
        """A rule of the same document."""
        return Place(self.faults, self.document, rule)
