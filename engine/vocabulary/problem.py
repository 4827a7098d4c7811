"""Why something can't be done: the one form that a refusal has, from the check that finds it to the event that says it."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import INVALID, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT
from engine.vocabulary.said import Said, said


class Problem:
    """A reject code, what is said to people, and the rules if compliance said no."""

    def __init__(self, code: int, what: Said, rule: str = "", rules: tuple[str, ...] = ()) -> None:
        self.code: Final = code
        self.said: Final = what
        """What was wrong, and what would have been allowed."""
        self.rule: Final = rule
        """The rule that decides."""
        self.rules: Final = rules
        """All rules that failed, the deciding one first."""


def invalid(what: Said) -> Problem:
    """The problem of a request whose fields make no sense."""
    return Problem(INVALID, what)


def unknown_instrument(name: str) -> Problem:
    """The problem of whatever is about an instrument that is not listed."""
    return Problem(UNKNOWN_INSTRUMENT, said("instrument.unknown", name))


def unknown_account(name: str) -> Problem:
    """The problem of whatever is about an account that is not open; of one's own it is a missing permission."""
    return Problem(UNKNOWN_ACCOUNT, said("account.unknown", name))
