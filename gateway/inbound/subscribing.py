"""What one connection gets of the channels: its subscriptions, each with the options that it named."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import MAX_SUBSCRIPTIONS
from gateway.outbound.channels.channel import Feed, Options, options_problem
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import CHANNELS
from gateway.protocol.messages import Subscribe, Unsubscribe

Wanted = tuple[str, str, Options]
"""The name of a channel, its key, and the options."""


def wanted(request: Subscribe | Unsubscribe) -> Wanted:
    """What a request is about."""
    return request.channel, request.instrument or "", Options(request.depth or 0, request.interval or "")


def problem(request: Subscribe | Unsubscribe) -> str:
    """What makes a request malformed; empty: nothing does."""
    channel = CHANNELS[request.channel]
    if channel.kind.has_key != (request.instrument is not None):
        return f"instrument: {channel.kind.missing if channel.kind.has_key else f'{request.channel} has none'}"
    return options_problem(channel, request.depth, request.interval)


class Subscriptions:
    """Those of one connection, whose outbox stands on the list of each.

    The outbox is handed in: if the two knew each other, nobody else would free them (tests/gateway/server/test_no_cycles.py).
    """

    def __init__(self) -> None:
        self._feeds: Final[dict[Wanted, Feed]] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    def may_add(self, what: Wanted) -> bool:
        """Whether there is room for one that it does not get yet, or it gets that already."""
        return len(self._feeds) < MAX_SUBSCRIPTIONS or what in self._feeds

    def add(self, outbox: Outbox, what: Wanted, feed: Feed) -> None:
        """Get it from now on, if it does not yet."""
        if what not in self._feeds:
            self._feeds[what] = feed
            feed.subscribers[outbox] = None

    def drop(self, outbox: Outbox, what: Wanted) -> bool:
        """Get it no longer; False: it did not."""
        feed = self._feeds.pop(what, None)
        if feed is not None:
            feed.leave(outbox)
        return feed is not None

    def end(self, outbox: Outbox) -> None:
        """Get nothing any more."""
        for feed in self._feeds.values():
            feed.leave(outbox)
        self._feeds.clear()
