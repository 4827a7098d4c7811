"""Channels: what is told once for all who get it, at once (`raw`) or summed up ten times a second."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from gateway.deribit.callers.caller import Subscriber
from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.rpc import notification

TICK_SECONDS: Final = 0.1
MAX_CHANNELS_PER_CONNECTION: Final = 500
RAW: Final = "raw"
INTERVALS: Final = (RAW, "100ms", "agg2")
"""`agg2` is the other name of a hundred milliseconds."""


class Feed:
    """One channel.

    Args:
        feeds: all there are.
        channel: its name.
        is_raw: whether each change is told by itself.
        owner: of one's own: whose it is.
    """

    def __init__(self, feeds: Feeds, channel: str, is_raw: bool, owner: object = None) -> None:
        self.channel: Final = channel
        self.owner: Final = owner
        """Of one's own: whose; None: everybody's."""
        self.subscribers: Final[dict[Subscriber, None]] = {}
        self._feeds: Final = feeds
        self._is_raw: Final = is_raw

    @property
    def first_units(self) -> int:
        """What a new subscriber pays for what it is told first, beside what a channel costs."""
        return 0

    def begin(self) -> None:
        """Somebody gets it."""

    def end(self) -> None:
        """Nobody gets it any more."""

    def first(self) -> object | None:
        """What a new subscriber is told; None: nothing."""
        return None

    def collect(self) -> object | None:
        """What is to be told since the last time; None: nothing."""
        raise NotImplementedError

    def changed(self) -> None:
        """There is something to tell."""
        if self._is_raw:
            self.tell()
        else:
            self._feeds.wait(self)

    def tell(self) -> None:
        """Tell it."""
        data = self.collect()
        if data is None:
            return
        text = notification(self.channel, data)
        for subscriber in list(self.subscribers):
            subscriber.send(text)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell one more, from what the others know on."""
        if self.subscribers:
            self.tell()
        else:
            self.begin()
        self.subscribers[subscriber] = None
        data: Any = self.first()
        if data is not None:
            subscriber.send(notification(self.channel, data))


class Feeds:
    """All channels that somebody gets."""

    def __init__(self) -> None:
        self._feeds: Final[dict[tuple[str, object], Feed]] = {}
        """By channel and, of one's own, whose."""
        self._by_subscriber: Final[dict[Subscriber, dict[str, Feed]]] = {}
        self._waiting: dict[Feed, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def find(self, channel: str, owner: object) -> Feed | None:
        """The feed of a channel, if somebody gets it."""
        return self._feeds.get((channel, owner))

    def subscribe(self, subscriber: Subscriber, feed: Feed) -> None:
        """Tell a subscriber a channel from now on, if it is not told it yet. Raises `Failure`: it has or owes too much."""
        mine = self._by_subscriber.setdefault(subscriber, {})
        if feed.channel in mine:
            return
        if len(mine) >= MAX_CHANNELS_PER_CONNECTION:
            raise Failure(
                13017, "subscription_failed", reason=f"a connection gets at most {MAX_CHANNELS_PER_CONNECTION} channels"
            )
        if feed.first_units:
            subscriber.caller.asker.charge(feed.first_units)
        mine[feed.channel] = feed
        self._feeds[feed.channel, feed.owner] = feed
        feed.subscribe(subscriber)

    def unsubscribe(self, subscriber: Subscriber, channel: str) -> bool:
        """Tell it no longer; False: it was not told."""
        feed = self._by_subscriber.get(subscriber, {}).pop(channel, None)
        if feed is None:
            return False
        del feed.subscribers[subscriber]
        if not feed.subscribers:
            feed.end()
            self._waiting.pop(feed, None)
            del self._feeds[feed.channel, feed.owner]
        return True

    def channels_of(self, subscriber: Subscriber) -> list[str]:
        """What it is told."""
        return list(self._by_subscriber.get(subscriber, ()))

    def drop(self, subscriber: Subscriber) -> None:
        """It is gone."""
        for channel in self.channels_of(subscriber):
            self.unsubscribe(subscriber, channel)
        self._by_subscriber.pop(subscriber, None)

    def wait(self, feed: Feed) -> None:
        """Something of a feed waits for the next tick."""
        self._waiting[feed] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def end(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()

    def _tick(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, {}
        for feed in waiting:
            feed.tell()
