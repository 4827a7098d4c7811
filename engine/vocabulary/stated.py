"""What a command that changes a record says of one of its fields: a value, or nothing. What is left out stays as it is."""

from __future__ import annotations


def stated(given: int | None, before: int) -> int:
    """A number: as given, else as it was."""
    return before if given is None else given


def stated_flag(given: bool | None, before: bool) -> bool:
    """Yes or no: as given, else as it was."""
    return before if given is None else given


def stated_text(given: str | None, before: str) -> str:
    """A text: as given, else as it was."""
    return before if given is None else given
