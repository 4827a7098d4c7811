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
from gateway.outbound.channels.outbox import Outbox, Outboxes
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


class Options(NamedTuple):
    """What a subscription asks of a channel beyond its name and key. Those with other options are others, and count on their own."""

    depth: int = 0
    """Levels of each side; 0: not given."""
    interval: str = ""
    """Empty: not given."""


PLAIN: Final = Options()


class Feed:
    """What subscriptions that ask alike get: a channel, or what it makes for those who gave some options."""

    def __init__(self, subscribers: Outboxes | None = None) -> None:
        self.subscribers: Final[Outboxes] = {} if subscribers is None else subscribers
        """In the order in which they came; of thousands, one goes at once."""
        self.seq = 0
        """Of the last message that was told, or would have been."""

    def leave(self, outbox: Outbox) -> None:
        """Tell someone nothing more who has been told until now."""
        del self.subscribers[outbox]

    def first(self) -> Message | None:
        """What a new subscriber is told first; None: nothing until something happens."""
        return None


class Follower(Feed):
    """Takes in events, and may have a message about each for those who get it."""

    events: ClassVar[tuple[type[Event], ...]] = ()
    """What it follows."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key: Final = key
        """Of the instrument or index; empty for the whole venue."""

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
    """One channel of one subject, and who gets it without options."""

    name: ClassVar[ChannelName]
    """In subscriptions."""
    kind: ClassVar[Kind] = INSTRUMENT
    is_public: ClassVar[bool] = True
    """Whether everybody may subscribe, without a login; else supervisors and operators alone."""
    precedes_reports: ClassVar[bool] = False
    """Whether its messages come before the reports and the reply of the command that made them; else they come after."""
    sums_up: ClassVar[bool] = False
    """Whether `sum_up` is called, after each turn that touched the instrument's book."""
    depths: ClassVar[tuple[int, ...]] = ()
    """What a subscription may name as `depth`: few, so that what is made for one is shared by all who ask alike."""
    intervals: ClassVar[tuple[str, ...]] = ()
    """And as `interval`."""
    needs_interval: ClassVar[bool] = False
    """Whether it must name one."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.key)

    def feed(self, options: Options) -> Feed:
        """What a subscription with options gets; they are some that the channel has. To be subscribed to before the turn ends."""
        assert options == PLAIN, f"{self.name} has no options"
        return self

    def state(self) -> State:
        """What a snapshot keeps of it, at the end of a turn: all on which `first` and later messages depend."""
        return (self.seq,)

    def restore(self, state: State) -> None:
        """Go on as it was when `state` was taken."""
        (self.seq,) = state

    def sum_up(self, out: list[Published]) -> None:
        """Add what the turn adds up to, for each of its feeds. Where nobody listens it counts as told: who comes later gets `first`."""
        message = self.end_turn()
        if message is not None:
            out.append((self.subscribers, message))

    def end_turn(self) -> Message | None:
        """What the turn adds up to for those who gave no options."""
        raise NotImplementedError


def options_problem(channel: type[Channel], depth: int | None, interval: str | None) -> str:
    """What is wrong with the options of a subscription, and which there are; empty: nothing is."""
    for what, given, known in (("depth", depth, channel.depths), ("interval", interval, channel.intervals)):
        if given is None or given in known:
            continue
        if not known:
            return f"{what}: {channel.name} has none"
        return f"{what}: {channel.name} has {', '.join(map(str, known))}"
    if channel.needs_interval and interval is None:
        return f"interval: {channel.name} needs one of {', '.join(channel.intervals)}"
    return ""


Published = tuple[Outboxes, Message]
"""A message and all who get it."""
