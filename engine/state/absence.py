"""Who is absent, or may be: connections whose end cancels orders, and dead man's timers."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Account


class Alarm:
    """A time at which something is to happen, moved as often as anybody likes.

    What is due can't be taken back. So an entry that comes too early sets another one, and one is only added for a time before all
    those there are. All but the first are a power of two of nanoseconds away, so that there are never more than some forty.
    """

    def __init__(self) -> None:
        self.until_ns: int = 0
        """When it happens, nanoseconds since the epoch, UTC; 0: not at all."""
        self.entries: Final[list[int]] = []
        """What stands among what is due because of it: deadlines, the next one last."""

    def entry_for(self, now_ns: int) -> int:
        """When to have it due as well, so that it is due in time; 0: it is."""
        until_ns, entries = self.until_ns, self.entries
        if not until_ns or (entries and entries[-1] <= until_ns):
            return 0
        if not entries or until_ns <= now_ns:
            return until_ns
        return now_ns + (1 << ((until_ns - now_ns).bit_length() - 1))


class Armed:
    """A connection whose end is to cancel orders."""

    def __init__(self, connection: int, accounts: tuple[str, ...], grace_ns: int) -> None:
        self.connection: Final = connection
        self.accounts: Final = accounts
        """Empty: all of its participant."""
        self.grace_ns: Final = grace_ns
        self.until_ns: int = 0
        """When the grace ends; 0: the connection is there."""


class Presence:
    """The armed connections of a participant."""

    def __init__(self, participant: str, number: int) -> None:
        self.participant: Final = participant
        self.number: Final = number
        """Its place in the list of all of them."""
        self.connections: Final[dict[int, Armed]] = {}
        """By number."""
        self.alarm: Final = Alarm()
        """When the next grace ends."""

    def next_ns(self) -> int:
        """When the next grace ends; 0: none runs. O(connections)."""
        found = 0
        for each in self.connections.values():
            if each.until_ns and (not found or each.until_ns < found):
                found = each.until_ns
        return found


class Absence:
    """All of it."""

    def __init__(self) -> None:
        self.operated: Final[dict[str, list[Account]]] = {}
        """The accounts of each participant, in order of opening."""
        self.presences: Final[list[Presence]] = []
        self.of: Final[dict[str, Presence]] = {}
        """By participant."""
        self.timers: Final[dict[int, Alarm]] = {}
        """Dead man's timers that were ever set, by the account's number."""
        self.last_connection: int = 0
        """The largest number that was ever armed."""

    def presence(self, participant: str) -> Presence:
        """A participant's armed connections, noted when first asked for."""
        found = self.of.get(participant)
        if found is None:
            found = self.of[participant] = Presence(participant, len(self.presences))
            self.presences.append(found)
        return found

    def timer(self, number: int) -> Alarm:
        """An account's timer, made when first asked for."""
        found = self.timers.get(number)
        if found is None:
            found = self.timers[number] = Alarm()
        return found
