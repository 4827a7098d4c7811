"""What a detector found."""

from __future__ import annotations

from typing import Final

MAX_SEQS: Final = 60
"""Sequence numbers that a finding names: the last ones. A venue takes 200."""
MAX_NAMES: Final = 20
"""Investors, accounts and instruments, of each: what a venue takes."""


class Finding:
    """A pattern, with its evidence. The same thing found again has the same key.

    Args:
        key: what it is about.
        seqs: commands that show it; of many the last ones are kept.
        first_seq: where the pattern begins.
        figures: what was measured, by name, as text.
        note: a sentence for people.
    """

    def __init__(
        self,
        key: str,
        *,
        investors: list[str],
        accounts: list[str],
        instruments: list[str],
        seqs: list[int],
        first_seq: int,
        figures: dict[str, str],
        note: str,
    ) -> None:
        self.key: Final = key
        self.investors: Final = _once(investors)
        self.accounts: Final = _once(accounts)
        self.instruments: Final = _once(instruments)
        self.seqs: Final = tuple(sorted(dict.fromkeys(seqs))[-MAX_SEQS:])
        self.first_seq: Final = first_seq
        self.figures: Final = figures
        self.note: Final = note


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(names))[:MAX_NAMES])
