"""All that mirrors tell, heard by one connection."""

from __future__ import annotations

import msgspec

from engine.exchange import Exchange
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.orders import Orders
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.fanout import Fanout
from gateway.outbound.messages.mirrors import Mirrors
from gateway.protocol.wire import MSGPACK
from gateway.snapshots.standing import standing
from tests.support.gateway.feeds.queues import begun


def copied(fanout: Fanout, exchange: Exchange) -> Fanout:
    """Mirrors made again from what was kept of others, and from the core."""
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(fanout.state()), type=Mirrors)
    made = Fanout()
    numbers = {each.account: each.report_seq for each in exchange.account_list}
    made.restore(kept, exchange.seq, standing(exchange), numbers)
    return made


class Listened:
    """Mirrors, and one connection that hears all there is to hear: every channel, every account, every copy."""

    def __init__(self, fanout: Fanout) -> None:
        self.fanout = fanout
        self.outbox = Outbox(MSGPACK)
        self.participants: set[str] = set()

    def join(self) -> None:
        """Hear what has come to be, too."""
        for name, by_key in self.fanout.channels.state().channels.items():
            for key in by_key:
                channel = self.fanout.channels.find(name, key)
                assert channel is not None
                if isinstance(channel, Orders) and self.outbox not in channel.subscribers:
                    channel.subscribers[self.outbox] = None
                    begun(channel, MSGPACK).end()
                channel.subscribers[self.outbox] = None
        for participant in self.fanout.reports.accounts.keys() - self.participants:
            self.participants.add(participant)
            self.fanout.listen(self.outbox, participant)

    def firsts(self) -> list[object]:
        """What a new subscriber is told first on each channel."""
        channels = self.fanout.channels
        return [
            (name, key, channel.first())
            for name, by_key in channels.state().channels.items()
            for key in by_key
            if (channel := channels.find(name, key)) is not None
        ]

    def firsts_of_copies(self) -> list[object]:
        """The same, told by channels that were made anew from what each says of itself."""
        channels = self.fanout.channels
        found = []
        for name, by_key in channels.state().channels.items():
            for key, state in by_key.items():
                channel = channels.find(name, key)
                copy = type(channel)(channel.book if isinstance(channel, BookChannel) else Subject(key))
                copy.restore(state)
                found.append((name, key, copy.first()))
        return found

    def last_reports(self) -> list[tuple[str, int]]:
        reports = self.fanout.reports
        return [(name, reports.last_seq(name)) for name in reports.owners]
