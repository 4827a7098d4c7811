"""The shape of a channel: what can be subscribed to, by its name and, for most, by what it is about.

A channel follows events and counts its messages from them alone, so that `seq` goes on after a restart and whoever
listens. Sessions and subscriptions know what the list in `gateway.outbound.channels.registry` has. How to add one:
docs/EXTENDING.md.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, Final, NamedTuple

from engine.vocabulary.messages.events import Event, IndexPriceSet, InstrumentListed
from gateway.outbound.channels.outbox import Outboxes
from gateway.outbound.messages.mirrors import State
from gateway.protocol.messages import ChannelName, Message


class Kind(NamedTuple):
    """What the channels of one name are told apart by."""

    key_of: Callable[[Any], str]
    """The key of an event that such a channel follows."""
    opened_by: type[Event] | None = None
    """What opens those of a key, if it is the first of its type with that key; None: there is one, from the beginning."""
    missing: str = ""
    """What is said to a request that names none."""
    unknown: str = ""
    """What is said where nothing of that name, `{}`, is known."""

    @property
    def has_key(self) -> bool:
        """Whether a subscription names one, in its field `instrument`."""
        return self.opened_by is not None


VENUE: Final = Kind(lambda event: "")
"""There is one for the whole venue."""
INSTRUMENT: Final = Kind(attrgetter("instrument"), InstrumentListed, "missing", "no instrument {} is listed")
"""There is one for each instrument."""
INDEX: Final = Kind(
    attrgetter("index"), IndexPriceSet, "the name of the index is missing", "no price of an index {} was stated yet"
)
"""There is one for each index."""


class Follower:
    """Takes in events, and may have a message about each for those who get it."""

    events: ClassVar[tuple[type[Event], ...]] = ()
    """What it follows."""

    def __init__(self, key: str) -> None:
        self.key: Final = key
        """Of the instrument or index; empty for the whole venue."""
        self.subscribers: Final[Outboxes] = {}
        """In the order in which they came; of thousands, one goes at once."""

    def follow(self, event: Any, command_seq: int, time_ns: int) -> Message | None:
        """Take in one of `events` of a command; returns its message, None if there is none or nobody to tell it."""
        raise NotImplementedError


class Subject(Follower):
    """What channels are about, and what they share of it. It takes events in before the channels do, and tells nothing."""

    def state(self) -> State:
        """What a snapshot keeps of it: all that does not follow from the core."""
        return ()

    def restore(self, state: State) -> None:
        """Be as it was when `state` was taken. What follows from the core it has taken in before."""


class Channel(Follower):
    """One channel of one subject, and who gets it."""

    name: ClassVar[ChannelName]
    """In subscriptions."""
    kind: ClassVar[Kind] = INSTRUMENT
    is_public: ClassVar[bool] = True
    """Whether everybody may subscribe, without a login; else supervisors and operators alone."""
    precedes_reports: ClassVar[bool] = False
    """Whether its messages come before the reports and the reply of the command that made them; else they come after."""
    sums_up: ClassVar[bool] = False
    """Whether `end_turn` is called, after each turn that touched the instrument's book."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.key)
        self.seq = 0
        """Of the last message that was told, or would have been."""

    def first(self) -> Message | None:
        """What a new subscriber is told first; None: nothing until something happens."""
        return None

    def state(self) -> State:
        """What a snapshot keeps of it, at the end of a turn: all on which `first` and later messages depend."""
        return (self.seq,)

    def restore(self, state: State) -> None:
        """Go on as it was when `state` was taken."""
        (self.seq,) = state

    def end_turn(self) -> Message | None:
        """What the turn adds up to. Where nobody listens it counts as told: who comes later gets `first`."""
        raise NotImplementedError
