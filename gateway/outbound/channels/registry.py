"""All channels: their list, and those of a venue as they come to be, fed with its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from engine.vocabulary.messages.events import Event
from gateway.candles.traded import KeptCandles
from gateway.outbound.channels.auction import Auction
from gateway.outbound.channels.book import Book
from gateway.outbound.channels.candles import Candles
from gateway.outbound.channels.changes import Changes
from gateway.outbound.channels.channel import INDEX, INSTRUMENT, VENUE, Channel, Follower, Kind, Published, Subject
from gateway.outbound.channels.drop_copy import DropCopy
from gateway.outbound.channels.heartbeat import Heartbeats
from gateway.outbound.channels.index import IndexPrices
from gateway.outbound.channels.marks import Marks
from gateway.outbound.channels.orders import Orders
from gateway.outbound.channels.pacing import Pacer
from gateway.outbound.channels.public_book import PublicBook
from gateway.outbound.channels.status import Status
from gateway.outbound.channels.ticker import Ticker
from gateway.outbound.channels.top import BestPrices
from gateway.outbound.channels.trades import Trades
from gateway.outbound.messages.mirrors import ChannelStates, State
from gateway.protocol.formats import Formats

CHANNELS: Final[dict[str, type[Channel]]] = {
    channel.name: channel
    for channel in (
        Trades,
        BestPrices,
        Ticker,
        Candles,
        Book,
        Orders,
        Status,
        Auction,
        Marks,
        IndexPrices,
        DropCopy,
        Changes,
        Heartbeats,
    )
}
"""By name. What one event or one turn brings on several channels of an instrument is told in this order."""

MAX_PASSED_A_TURN: Final = 64
"""Instruments whose minutes leave the 24 hours, and candles that end because time passes, told of between two turns: 10 us each."""
C = TypeVar("C", bound=Channel)


class _Route:
    """Whom the events of one type go to."""

    __slots__ = ("followers", "is_of_instrument", "key_of", "kind")

    def __init__(self, kind: Kind) -> None:
        self.kind: Final = kind
        self.key_of: Final = kind.key_of
        self.is_of_instrument: Final = kind is INSTRUMENT
        self.followers: Final[dict[str, list[Follower]]] = {}
        """By key, of those that are open: who takes in an event, one after the other."""

    def add(self, follower: Follower) -> None:
        """Let one more take in the events with its key."""
        self.followers.setdefault(follower.key, []).append(follower)


class Channels:
    """The channels of a venue. With each command `follow`, before its reports and after them; after each turn `end_turn`.

    Those of an instrument open when it is listed, those of an index with its first price.
    """

    def __init__(self, formats: Formats) -> None:
        self._formats: Final = formats
        self.pacer: Final = Pacer()
        """Those who have something to tell when their interval is over."""
        self._open: Final[dict[tuple[str, str], Channel]] = {}
        """By name and key."""
        self._preceding: Final[dict[type[Event], _Route]] = {}
        self._following: Final[dict[type[Event], _Route]] = {
            kind.opened_by: _Route(kind) for kind in (INSTRUMENT, INDEX) if kind.opened_by is not None
        }
        self._books: Final[dict[str, PublicBook]] = {}
        """By instrument."""
        self.kept: Final = KeptCandles()
        self._changed: Final[list[PublicBook]] = []
        """By the current command."""
        self._touched: Final[list[PublicBook]] = []
        """By the current turn."""
        self._start(VENUE, "")

    def find(self, name: str, key: str = "") -> Channel | None:
        """The channel of a name about an instrument or index; None: it is not open."""
        return self._open.get((name, key))

    def book(self, instrument: str) -> PublicBook:
        """What an instrument that is listed shows."""
        return self._books[instrument]

    def one(self, channel: type[C]) -> C:
        """The one channel of the whole venue that a class stands for."""
        found = self._open[channel.name, ""]
        assert isinstance(found, channel)
        return found

    def follow(self, command_seq: int, time_ns: int, events: Iterable[Event], precede: bool = False) -> list[Published]:
        """Take in the events of a command.

        Args:
            command_seq: its sequence number.
            time_ns: its time.
            events: in order.
            precede: for the channels that precede the reports of a command; else for all others.

        Returns:
            What is told of the events one by one; what a turn adds up to comes from `end_turn`.
        """
        out: list[Published] = []
        kept = self.kept
        if time_ns > kept.time_ns or time_ns < kept.complete_ns:
            kept.reach(time_ns, command_seq)
        routes = self._preceding if precede else self._following
        event: Any
        for event in events:
            route = routes.get(type(event))
            if route is None:
                continue
            # Nearly all are about an instrument.
            key = event.instrument if route.is_of_instrument else route.key_of(event)
            followers = route.followers.get(key)
            if followers is None:
                # The first event about it.
                self._start(route.kind, key)
                followers = route.followers[key]
            for follower in followers:
                message = follower.follow(event, command_seq, time_ns)
                if message is not None and follower.subscribers:
                    out.append((follower.subscribers, message))
        changed = self._changed
        if changed:
            for book in changed:
                book.end_command()
                self._touch(book)
            changed.clear()
        return out

    def pass_time(self, time_ns: int) -> list[Published]:
        """Let time pass in which nothing happened: no command of an earlier time comes. So much at once as a turn does: see `is_behind`."""
        self.kept.reach(time_ns)
        return self.end_turn()

    @property
    def is_behind(self) -> bool:
        """Whether more is to be told because time has passed."""
        return self.kept.is_behind

    def end_turn(self) -> list[Published]:
        """What the turn's commands and the time that has passed add up to, book after book as they were touched."""
        out: list[Published] = []
        for traded in self.kept.roll(MAX_PASSED_A_TURN):
            self._touch(self._books[traded.instrument])
        for book in self._touched:
            book.is_touched = False
            for channel in book.summaries:
                channel.sum_up(out)
        self._touched.clear()
        return out

    def _touch(self, book: PublicBook) -> None:
        if not book.is_touched:
            book.is_touched = True
            self._touched.append(book)

    def state(self) -> ChannelStates:
        """What a snapshot keeps of all channels, between two turns. O(channels)."""
        channels: dict[str, dict[str, State]] = {}
        for (name, key), channel in self._open.items():
            channels.setdefault(name, {})[key] = channel.state()
        books = {key: book.state() for key, book in self._books.items()}
        return ChannelStates(books, channels, self.kept.time_ns, self.kept.from_ns)

    def restore(self, states: ChannelStates, seq: int, time_ns: int) -> None:
        """Be as all was when `states` was taken, after command `seq` at a time. The formats are known, and the orders that rested were followed as if new."""
        self.end_turn()
        for key, state in states.books.items():
            self._books[key].restore(state)
        for name, by_key in states.channels.items():
            for key, state in by_key.items():
                if (name, key) not in self._open:
                    self._start(CHANNELS[name].kind, key)
                self._open[name, key].restore(state)
        from_ns = states.traded_from_ns if states.time_ns else time_ns
        self.kept.restore([book.traded for book in self._books.values()], seq, states.time_ns or time_ns, from_ns)

    def _start(self, kind: Kind, key: str) -> None:
        """Open the channels of a subject."""
        subject = Subject(key)
        if kind is INSTRUMENT:
            format_ = self._formats.instruments[key]
            subject = self._books[key] = PublicBook(format_, self._changed, self.kept, self.pacer)
        channels = [channel(subject) for channel in CHANNELS.values() if channel.kind is kind]
        if kind.opened_by is not None:
            self._following[kind.opened_by].followers[key] = []
        for event_type in subject.events:
            self._route(self._following, event_type, kind).add(subject)
        for channel in channels:
            self._open[channel.name, key] = channel
            routes = self._preceding if channel.precedes_reports else self._following
            for event_type in channel.events:
                self._route(routes, event_type, kind).add(channel)
        if isinstance(subject, PublicBook):
            subject.marks = self._open[Marks.name, key]
            subject.summaries.extend(channel for channel in channels if channel.sums_up)
            for side in subject.sides:
                side.heard_by = self._open[Book.name, key].subscribers

    @staticmethod
    def _route(routes: dict[type[Event], _Route], event_type: type[Event], kind: Kind) -> _Route:
        route = routes.setdefault(event_type, _Route(kind))
        assert route.kind is kind, f"{event_type.__name__} goes to channels of two kinds"
        return route
