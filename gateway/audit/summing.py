"""How many rows one participant or address may fill: beyond, what it does is counted, and told as one row a minute.

So a flood neither fills the disk nor pushes out what others did. No sockets, no clock of its own: `now_ns` is handed in.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.audit.audit import SAME, Caller, Fact, plain

WINDOW_NS: Final = 60 * NS_PER_SECOND
"""A sum is told so long after its first."""
MAX_SHARES: Final = 4_096
"""Of which it is known how many rows they have left; who was heard longest ago begins anew."""
MAX_SUMS: Final = 1_024
"""Kinds by participant that are summed up at once; those beyond share one sum for each kind."""
MAX_ADDRESSES: Final = 256
"""That a sum tells apart, and of them named: the first by number."""
NAMED_ADDRESSES: Final = 5


class Allowance(NamedTuple):
    """So many rows at once, and one more each so often."""

    burst: int
    every_ns: int


OF_PARTICIPANT: Final = Allowance(60, 30 * NS_PER_SECOND)
"""Of a kind: 2,880 rows a day, less than a megabyte; the files of those who have logged in have room for 64 of these."""
OF_ADDRESS: Final = Allowance(20, WINDOW_NS)
"""Of a kind, of a stranger: who mistypes his key now and then is seen each time."""
OF_STRANGERS: Final = Allowance(200, 30 * NS_PER_SECOND)
"""Of a kind, of all strangers: many addresses bring no more. Four kinds, a sum a minute each, make 6 MB a day at most: the
files of strangers go back five days in the worst flood."""


class _Left:
    """What is left of an allowance."""

    __slots__ = ("at_ns", "rows")

    def __init__(self, allowance: Allowance, now_ns: int) -> None:
        self.rows = allowance.burst
        self.at_ns = now_ns
        """Since when the next one comes back."""

    def fill(self, allowance: Allowance, now_ns: int) -> bool:
        """Let come back what came back by now; whether there is one."""
        # A clock that goes back takes nothing away.
        self.at_ns = min(self.at_ns, now_ns)
        back = (now_ns - self.at_ns) // allowance.every_ns
        self.at_ns += back * allowance.every_ns
        self.rows = min(self.rows + back, allowance.burst)
        if self.rows == allowance.burst:
            self.at_ns = now_ns
        return self.rows > 0


class _Sum:
    """The same, so many times."""

    __slots__ = ("addresses", "count", "first_ns", "last_ns")

    def __init__(self, now_ns: int) -> None:
        self.first_ns = self.last_ns = now_ns
        self.count = 0
        self.addresses: Final[Counter[str]] = Counter()


class Shares:
    """Who may have a row still, and what was summed up instead."""

    def __init__(self) -> None:
        self._left: Final[dict[tuple[str, str, str], _Left]] = {}
        """By kind, participant, and the share of an address. The last one heard is the last one here."""
        self._sums: Final[dict[tuple[str, str], _Sum]] = {}
        """By kind and participant (empty: strangers); the oldest first."""

    def admit(self, kind: str, caller: Caller, now_ns: int) -> bool:
        """Whether what happened gets a row of its own; if not, it was added to a sum. O(1)."""
        participant = caller.participant
        if participant:
            allowances = [(self._of(kind, participant, "", OF_PARTICIPANT, now_ns), OF_PARTICIPANT)]
        else:
            allowances = [
                (self._of(kind, "", caller.share, OF_ADDRESS, now_ns), OF_ADDRESS),
                (self._of(kind, "", "", OF_STRANGERS, now_ns), OF_STRANGERS),
            ]
        if all(left.fill(allowance, now_ns) for left, allowance in allowances):
            for left, _ in allowances:
                left.rows -= 1
            return True
        self._add(kind, participant, caller.share, now_ns)
        return False

    def due(self, now_ns: int, *, all_of_them: bool = False) -> list[tuple[bool, dict[str, Fact]]]:
        """Take out the sums that are to be told by now: each with whether it is of a stranger."""
        told = [key for key, each in self._sums.items() if all_of_them or not 0 <= now_ns - each.first_ns < WINDOW_NS]
        return [
            (not participant, _facts(kind, participant, self._sums.pop((kind, participant))))
            for kind, participant in told
        ]

    def _of(self, kind: str, participant: str, share: str, allowance: Allowance, now_ns: int) -> _Left:
        key = (kind, participant, share)
        left = self._left.pop(key, None) or _Left(allowance, now_ns)
        if len(self._left) >= MAX_SHARES:
            del self._left[next(iter(self._left))]
        self._left[key] = left
        return left

    def _add(self, kind: str, participant: str, share: str, now_ns: int) -> None:
        key = (kind, participant)
        if key not in self._sums and len(self._sums) >= MAX_SUMS:
            key = (kind, "and others")
        found = self._sums.setdefault(key, _Sum(now_ns))
        found.count += 1
        found.last_ns = now_ns
        if share in found.addresses or len(found.addresses) < MAX_ADDRESSES:
            found.addresses[share] += 1


def _facts(kind: str, participant: str, found: _Sum) -> dict[str, Fact]:
    """A sum as its row: from which addresses most of it came, and how much from all others."""
    facts: dict[str, Fact] = {"kind": SAME, "of": kind}
    if participant:
        facts["participant"] = plain(participant)
    facts |= {"count": found.count, "from_ns": found.first_ns, "until_ns": found.last_ns}
    most = found.addresses.most_common(NAMED_ADDRESSES)
    facts["addresses"] = ", ".join(f"{address} {count}" for address, count in most)
    facts["others"] = found.count - sum(count for _, count in most)
    return facts
