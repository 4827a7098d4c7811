"""Circular transfers: what goes from A to B, on to others, and back to A.

A circle is closed by its last transfer, and its transfers follow each other in time, all of one asset, all within the window. It has
two investors to `MAX_INVESTORS`, none of them twice. Of several transfers between the same two, the latest that fits is taken; so each
closing transfer tells a way round once. What went round is the least of its transfers.

The search goes back from the closing transfer, short ways first, and looks at no more than `MAX_STEPS` pairs of investors for each: how
many searches ended so is counted. Memory follows the transfers of the window, the pairs of investors, and no more than `MAX_CIRCLES`
different ways round.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.reporting.searches.moves import Move

MAX_INVESTORS: Final = 5
MAX_STEPS: Final = 500
MAX_CIRCLES: Final = 1_000
_FEW: Final = 64
"""Transfers between the same two in one direction that are kept, however old."""


class Circle:
    """All that went round one way."""

    def __init__(self, investors: tuple[str, ...], asset: str) -> None:
        self.investors: Final = investors
        """In the order of the transfers, the first by name first."""
        self.asset: Final = asset
        self.times: int = 0
        self.amount: int = 0
        """That went round, over all times: parts of a transfer may count in several."""
        self.largest: int = 0
        self.evidence: tuple[int, ...] = ()
        """Sequence numbers of the transfers of the largest, in order."""
        self.quickest_ns: int = -1
        self.first_seq: int = 0
        """Of the first transfer of the first."""
        self.last_seq: int = 0
        """Of the last transfer of the last."""


Arrivals = dict[str, list[Move]]
"""Of one investor and asset: by sender, in order."""


class Circles:
    """Finds them.

    Args:
        within_hours: from the first transfer of a circle to its last.
    """

    def __init__(self, within_hours: int) -> None:
        self.found: Final[dict[tuple[tuple[str, ...], str], Circle]] = {}
        self.unlisted: int = 0
        """Circles that were found beyond `MAX_CIRCLES` different ones."""
        self.cut_short: int = 0
        """Searches that reached `MAX_STEPS`: they may have missed some."""
        self._within_ns: Final = within_hours * 3_600 * NS_PER_SECOND
        self._arrivals: Final[dict[tuple[str, str], Arrivals]] = {}

    def take(self, move: Move) -> None:
        """Take a transfer between two investors, and note the circles that it closes."""
        assert move.sender != move.receiver
        self._search(move)
        by_sender = self._arrivals.setdefault((move.receiver, move.asset), {})
        moves = by_sender.setdefault(move.sender, [])
        moves.append(move)
        oldest_ns = move.time_ns - self._within_ns
        if len(moves) > _FEW and moves[len(moves) // 2].time_ns < oldest_ns:
            del moves[: bisect_left(moves, oldest_ns, key=_time)]

    def _search(self, closing: Move) -> None:
        """Go back from a transfer, way by way."""
        oldest_ns = closing.time_ns - self._within_ns
        ways: deque[list[Move]] = deque([[closing]])
        steps = 0
        while ways:
            way = ways.popleft()
            earliest = way[0]
            for sender, moves in self._arrivals.get((earliest.sender, closing.asset), {}).items():
                steps += 1
                if steps > MAX_STEPS:
                    self.cut_short += 1
                    return
                if any(each.receiver == sender for each in way[:-1]):
                    continue
                place = bisect_left(moves, earliest.number, key=_number)
                if place == 0 or moves[place - 1].time_ns < oldest_ns:
                    continue
                longer = [moves[place - 1], *way]
                if sender == closing.receiver:
                    self._note(longer)
                elif len(longer) < MAX_INVESTORS:
                    ways.append(longer)

    def _note(self, path: list[Move]) -> None:
        names = [each.sender for each in path]
        first = names.index(min(names))
        key = (tuple(names[first:] + names[:first]), path[0].asset)
        circle = self.found.get(key)
        if circle is None:
            if len(self.found) >= MAX_CIRCLES:
                self.unlisted += 1
                return
            circle = self.found[key] = Circle(*key)
            circle.first_seq = path[0].seq
        round_ = min(each.amount for each in path)
        took_ns = path[-1].time_ns - path[0].time_ns
        circle.times += 1
        circle.amount += round_
        circle.last_seq = path[-1].seq
        if round_ > circle.largest:
            circle.largest = round_
            circle.evidence = tuple(each.seq for each in path)
        if circle.quickest_ns < 0 or took_ns < circle.quickest_ns:
            circle.quickest_ns = took_ns


def _number(move: Move) -> int:
    return move.number


def _time(move: Move) -> int:
    return move.time_ns
