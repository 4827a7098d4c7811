"""Pass-through: what came to an investor from one other and left to a third soon after.

Each arrival of an asset from another investor is a lot. A departure of the same asset to another investor uses up lots that came
within the window before it, the earliest first; those that came from the receiver itself are left out, since what goes back is
no pass-through (a circle may be). What a deposit, a purchase or an own account brought is no lot: it came from no investor here. Memory
follows the transfers of the window and the threes of investors.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.reporting.searches.moves import Move

MAX_EVIDENCE: Final = 10
"""Pairs of transfers that are named of one investor and asset."""
MAX_NAMED: Final = 5
"""Senders and receivers that are named."""


class Lot:
    """What is left of one arrival."""

    __slots__ = ("left", "move")

    def __init__(self, move: Move) -> None:
        self.move: Final = move
        self.left: int = move.amount


class Passed:
    """All that came to one investor of one asset, and what of it passed on."""

    def __init__(self) -> None:
        self.lots: Final[deque[Lot]] = deque()
        self.came_in: int = 0
        self.passed_on: int = 0
        self.quickest_ns: int = -1
        self.first_seq: int = 0
        """Of the first arrival that was passed on."""
        self.last_seq: int = 0
        """Of the last departure that passed something on."""
        self.senders: Final[dict[str, int]] = {}
        """What of theirs passed on."""
        self.receivers: Final[dict[str, int]] = {}
        self.evidence: Final[list[tuple[int, int, int]]] = []
        """Arrival, departure, amount; no more than `MAX_EVIDENCE`, the first ones."""
        self.pairs: int = 0
        """How many there are."""


class PassThrough:
    """Finds it.

    Args:
        within_hours: from an arrival to a departure.
    """

    def __init__(self, within_hours: int) -> None:
        self.found: Final[dict[tuple[str, str], Passed]] = {}
        """By investor and asset."""
        self._within_ns: Final = within_hours * 3_600 * NS_PER_SECOND

    def take(self, move: Move) -> None:
        """A transfer between two investors."""
        assert move.sender != move.receiver
        self._depart(move)
        found = self.found.get((move.receiver, move.asset))
        if found is None:
            found = self.found[(move.receiver, move.asset)] = Passed()
        found.came_in += move.amount
        self._forget(found, move.time_ns)
        found.lots.append(Lot(move))

    def _depart(self, move: Move) -> None:
        found = self.found.get((move.sender, move.asset))
        if found is None:
            return
        self._forget(found, move.time_ns)
        rest = move.amount
        for lot in found.lots:
            if not rest:
                break
            if lot.left and lot.move.sender != move.receiver:
                used = min(lot.left, rest)
                lot.left -= used
                rest -= used
                _note(found, lot.move, move, used)

    def _forget(self, found: Passed, time_ns: int) -> None:
        """Forget the lots at the front that nothing can use up any more."""
        lots = found.lots
        while lots and (not lots[0].left or time_ns - lots[0].move.time_ns > self._within_ns):
            lots.popleft()


def _note(found: Passed, arrival: Move, departure: Move, amount: int) -> None:
    found.passed_on += amount
    took_ns = departure.time_ns - arrival.time_ns
    if found.quickest_ns < 0 or took_ns < found.quickest_ns:
        found.quickest_ns = took_ns
    found.first_seq = found.first_seq or arrival.seq
    found.last_seq = departure.seq
    found.senders[arrival.sender] = found.senders.get(arrival.sender, 0) + amount
    found.receivers[departure.receiver] = found.receivers.get(departure.receiver, 0) + amount
    found.pairs += 1
    if len(found.evidence) < MAX_EVIDENCE:
        found.evidence.append((arrival.seq, departure.seq, amount))
