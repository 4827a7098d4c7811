"""The prices at which a side has levels, in order. See `docs/decisions/price-ladder.md`."""

from __future__ import annotations

import bisect
from typing import Final

MAX_RUN: Final = 1_000
"""Keys in a run, beyond which it is cut in two: what comes or goes in the middle of so many moves 4 KB, in 0.1 us."""

# As constants a compiled module finds them at once.
_insort: Final = bisect.insort
_bisect_left: Final = bisect.bisect_left


class Ladder:
    """Distinct numbers that grow: one list as long as there are few, then runs, so that nothing moves far."""

    def __init__(self) -> None:
        self.runs: Final[list[list[int]]] = []
        """None is empty; every key is larger than all in the runs before."""
        self._lasts: Final[list[int]] = []
        """The last key of every run."""

    @property
    def last(self) -> int:
        """The largest; there must be one. O(1)."""
        return self._lasts[-1]

    def add(self, key: int) -> None:
        """Take in a key that is not there. O(log keys)."""
        runs, lasts = self.runs, self._lasts
        if not runs:
            runs.append([key])
            lasts.append(key)
            return
        place = len(runs) - 1
        if key > lasts[place]:
            runs[place].append(key)
            lasts[place] = key
        else:
            if place:
                place = _bisect_left(lasts, key)
            _insort(runs[place], key)
        if len(runs[place]) > MAX_RUN:
            self._cut(place)

    def _cut(self, place: int) -> None:
        run = self.runs[place]
        half = len(run) // 2
        self.runs.insert(place + 1, run[half:])
        self._lasts.insert(place, run[half - 1])
        del run[half:]

    def remove(self, key: int) -> None:
        """Let go of a key that is there. O(log keys), O(1) for the largest."""
        runs, lasts = self.runs, self._lasts
        place = len(runs) - 1
        if key != lasts[place]:
            if place:
                place = _bisect_left(lasts, key)
            run = runs[place]
            found = run.pop(_bisect_left(run, key))
        else:
            run = runs[place]
            found = run.pop()
        assert found == key, "it is not on the ladder"
        if not run:
            del runs[place]
            del lasts[place]
        elif key == lasts[place]:
            lasts[place] = run[-1]

    def check(self) -> None:
        """Assert that it is sound. O(keys)."""
        keys = [key for run in self.runs for key in run]
        assert keys == sorted(dict.fromkeys(keys))
        assert all(0 < len(run) <= MAX_RUN for run in self.runs)
        assert self._lasts == [run[-1] for run in self.runs]
