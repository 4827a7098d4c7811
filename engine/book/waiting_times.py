"""What waits to leave an account for a time, found by the time and forgotten when it ends (COOL-1)."""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedDict

from engine.book.expiries import NEVER
from engine.book.movement import Movement


class WaitingTimes:
    """What waits for a time, found by it and the oldest first: nothing stays of what ended before its time, however much does."""

    def __init__(self) -> None:
        self.next_ns: int = NEVER
        """The earliest time."""
        self._at: Final[SortedDict[tuple[int, int], Movement]] = SortedDict()
        """By time and number."""

    def add(self, movement: Movement) -> None:
        """Have something wait for its time. O(log n)."""
        key = _key(movement)
        self._at[key] = movement
        self.next_ns = min(self.next_ns, key[0])

    def remove(self, movement: Movement) -> None:
        """Forget it: it waits for a time no longer, or has ended. O(log n)."""
        del self._at[_key(movement)]
        self.next_ns = self._at.peekitem(0)[0][0] if self._at else NEVER

    def first(self) -> Movement:
        """What has waited long enough first; there must be one."""
        found: Movement = self._at.peekitem(0)[1]
        return found

    def are_of(self, movements: dict[int, Movement]) -> bool:
        """Whether this is what of some movements waits for a time. O(movements)."""
        timed = {_key(each): each for each in movements.values() if each.until_ns}
        return len(self._at) == len(timed) and all(self._at.get(key) is each for key, each in timed.items())


def _key(movement: Movement) -> tuple[int, int]:
    # Later than this nothing happens: a time that far away is as good as any other.
    return (min(movement.until_ns, NEVER - 1), movement.movement)
