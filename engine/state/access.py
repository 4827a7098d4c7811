"""Who may log in: participants and their keys, and when the next key ends by itself."""

from __future__ import annotations

from collections import deque
from typing import Final

from sortedcontainers import SortedDict

from engine.state.absence import Alarm
from engine.vocabulary.access import COMMANDING, MAX_ENDED_KEYS, STAFF


class Key:
    """A public key of a participant. Whoever holds it sees by `has_ended` that it is in force no longer."""

    def __init__(
        self, number: int, participant: Participant, key: str, public_key: str, scopes: tuple[str, ...]
    ) -> None:
        self.number: Final = number
        """Of all keys that ever were, in order."""
        self.participant: Final = participant
        self.key: Final = key
        """Its name, of no other key of the participant that is in force."""
        self.public_key: Final = public_key
        self.scopes: Final = scopes
        """In the order of `SCOPES`."""
        self.addresses: tuple[str, ...] = ()
        self.expires_ns: int = 0
        """When it ends, nanoseconds since the epoch, UTC; 0: when somebody ends it."""
        self.is_replaced: bool = False
        """Whether another has come in its place: then that is why it ends."""
        self.since_ns: int = 0
        self.by: str = ""
        """Who registered it; empty: the venue file."""
        self.has_ended: bool = False

    @property
    def is_lasting(self) -> bool:
        """Whether an operator or supervisor can do all that the role may, for as long as nobody ends it."""
        role = self.participant.role
        return role in STAFF and not self.expires_ns and COMMANDING[role] in self.scopes


class Participant:
    """Who may log in, as what, and with which keys."""

    def __init__(self, participant: str, role: str) -> None:
        self.participant: Final = participant
        self.role: Final = role
        self.filed: str = ""
        """The public key that the venue file gave last; empty: it gave none. It is new no more, whatever has become of it."""
        self.keys: Final[dict[str, Key]] = {}
        """Those in force, by name, in the order in which they came."""
        self.ended: Final[deque[str]] = deque(maxlen=MAX_ENDED_KEYS)
        """The public keys that ended last, the oldest first."""


class Access:
    """All of them."""

    def __init__(self) -> None:
        self.of: Final[dict[str, Participant]] = {}
        """By name, in the order in which they came."""
        self.by_public: Final[dict[str, Key]] = {}
        """Keys in force: no two have the same public key."""
        self.last_number: int = 0
        """Of the key that was registered last."""
        self.expiring: Final[SortedDict[tuple[int, int], Key]] = SortedDict()
        """Keys that end by themselves, by time and number."""
        self.alarm: Final = Alarm()
        """When the next one does."""
        self.lasting: Final[dict[str, int]] = dict.fromkeys(STAFF, 0)
        """How many lasting keys there are, by role."""

    def add(self, key: Key) -> None:
        """Have a key in force."""
        key.participant.keys[key.key] = key
        self.by_public[key.public_key] = key
        if key.expires_ns:
            self.expiring[key.expires_ns, key.number] = key
        self.lasting[key.participant.role] = self.lasting.get(key.participant.role, 0) + key.is_lasting

    def remove(self, key: Key) -> None:
        """Have it in force no longer, and remember it."""
        participant = key.participant
        self.lasting[participant.role] -= key.is_lasting
        if key.expires_ns:
            del self.expiring[key.expires_ns, key.number]
        del self.by_public[key.public_key]
        del participant.keys[key.key]
        participant.ended.append(key.public_key)
        key.has_ended = True

    def end_at(self, key: Key, time_ns: int) -> None:
        """Have a key that another one replaces end by a time, or before."""
        self.lasting[key.participant.role] -= key.is_lasting
        if key.expires_ns:
            del self.expiring[key.expires_ns, key.number]
        key.expires_ns = min(key.expires_ns or time_ns, time_ns)
        key.is_replaced = True
        self.expiring[key.expires_ns, key.number] = key

    def next_ns(self) -> int:
        """When the next key ends by itself; 0: none does."""
        return self.expiring.peekitem(0)[0][0] if self.expiring else 0

    def check(self) -> None:
        """Assert that each key is found by its name, by itself and by its time, and no other is. O(keys)."""
        keys = [key for each in self.of.values() for key in each.keys.values()]
        assert {key.public_key: key for key in keys} == self.by_public and len(self.by_public) == len(keys)
        assert sorted([key.number for key in keys if key.expires_ns]) == sorted(
            [key.number for key in self.expiring.values()]
        )
        for (until_ns, number), key in self.expiring.items():
            assert (key.expires_ns, key.number) == (until_ns, number) and not key.has_ended
        for role, count in self.lasting.items():
            assert count == sum([key.is_lasting for key in keys if key.participant.role == role])
        assert self.alarm.until_ns == self.next_ns()
