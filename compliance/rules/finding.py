"""What a rule finds in an order or a transfer: whether it passes, with the numbers of which all words are made."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.said import Said, said


class Finding:
    """What one rule found in one case. Subclasses carry the numbers that were compared; words are made when asked for."""

    def __init__(self, passed: bool) -> None:
        self.passed: Final = passed

    def refusal(self) -> Said:
        """What fails, and what would have been allowed, as the participant is told. Only of one that has not passed."""
        raise NotImplementedError

    def inputs(self) -> list[tuple[str, str]]:
        """What was looked at: name and value, as people read them."""
        raise NotImplementedError

    def arithmetic(self) -> str:
        """The comparison in one line, with its figures, whether it passed or not."""
        raise NotImplementedError


class WaitFinding(Finding):
    """For what something has to wait, which is refused by nobody; a subclass says why."""

    def __init__(self, until_ns: int, for_word: bool) -> None:
        super().__init__(True)
        self.until_ns: Final = until_ns
        """Nanoseconds since the epoch, UTC; 0: for no time."""
        self.for_word: Final = for_word
        """Whether it waits for a supervisor's word."""

    @property
    def waits(self) -> bool:
        """Whether it waits at all."""
        return self.for_word or self.until_ns != 0


PASSED: Final = Finding(True)
"""What a case that nobody asks about is given if it passes: on that path no numbers are kept."""


def called(intermediary: str) -> str | Said:
    """An intermediary's name, or that there is none, as a value of what is said."""
    return intermediary or said("intermediary.none")


def yes_no(value: bool) -> str:
    """A flag as people read it."""
    return "yes" if value else "no"


def may(allowed: bool) -> str:
    """Whether something is allowed, as a verb."""
    return "may" if allowed else "may not"
