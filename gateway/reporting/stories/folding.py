"""The set-up of a venue, hundreds of changes that nobody made by hand, folded into one line that can be unfolded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.reporting.stories.history import CARRIED_OUT, Entry

FEWEST: Final = 2
"""Changes in a row that are worth a line of their own in place of them."""


class SetUp:
    """Changes of the venue file that follow each other."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries: Final = entries
        self.counts: Final[dict[str, int]] = {}
        """How many of each kind, in the order of the first."""
        for entry in entries:
            self.counts[entry.what] = self.counts.get(entry.what, 0) + 1


def folded(entries: list[Entry]) -> Iterator[Entry | SetUp]:
    """The entries in order, with those that the venue file made in its own name folded where several follow each other.

    What an operator or a supervisor does bears a name, and what the clock does says so; the venue file has none.
    """
    run: list[Entry] = []
    for entry in entries:
        if not entry.by and not entry.second and entry.outcome == CARRIED_OUT:
            run.append(entry)
            continue
        yield from _end(run)
        run = []
        yield entry
    yield from _end(run)


def _end(run: list[Entry]) -> Iterator[Entry | SetUp]:
    if len(run) < FEWEST:
        yield from run
    else:
        yield SetUp(run)
