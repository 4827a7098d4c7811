"""Why something can't be done: the one form that a refusal has, from the check that finds it to the event that says it."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import INVALID, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT


class Problem:
    """A reject code, words for people, and the rules if compliance said no."""

    def __init__(self, code: int, detail: str, rule: str = "", title: str = "", rules: tuple[str, ...] = ()) -> None:
        self.code: Final = code
        self.detail: Final = detail
        """What was wrong, and what would have been allowed."""
        self.rule: Final = rule
        """The rule that decides."""
        self.title: Final = title
        self.rules: Final = rules
        """All rules that failed, the deciding one first."""


def invalid(detail: str) -> Problem:
    """The problem of a request whose fields make no sense."""
    return Problem(INVALID, detail)


def unknown_instrument(name: str) -> Problem:
    """The problem of whatever is about an instrument that is not listed."""
    return Problem(UNKNOWN_INSTRUMENT, f"no instrument {name} is listed")


def unknown_account(name: str) -> Problem:
    """The problem of whatever is about an account that is not open; of one's own it is a missing permission."""
    return Problem(UNKNOWN_ACCOUNT, f"unknown account {name}")
