"""Answers to subscriptions: the state of a channel, made at once or in pieces, then all that it tells from then on."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import BYTES_PER_STEP, MAX_SUBSCRIPTIONS, QUESTION_STEPS
from gateway.inbound.asking import Answer
from gateway.inbound.candles import CandleAnswers
from gateway.inbound.session import Session
from gateway.inbound.shared import Shared
from gateway.inbound.subscribing import wanted
from gateway.outbound.channels.book import Book, BookFeed, SnapshotInPieces
from gateway.outbound.channels.candles import Candles
from gateway.outbound.channels.channel import Feed
from gateway.outbound.channels.orders import Orders, QueueInPieces, QueueSum
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import Error, Message, Subscribe, Subscribed, Unsubscribe, Unsubscribed

Snapshot = SnapshotInPieces | QueueInPieces


class Joining:
    """Lets sessions join channels, and leave them. Candles are put together elsewhere."""

    def __init__(self, fanout: Fanout, candles: CandleAnswers) -> None:
        self._fanout: Final = fanout
        self._candles: Final = candles
        self._books: Final[Shared[SnapshotInPieces]] = Shared()
        """By instrument, options and codec."""
        self._sums: Final[Shared[QueueSum]] = Shared()
        """By instrument."""
        self._queues: Final[Shared[QueueInPieces]] = Shared()
        """By instrument and codec."""

    def subscribe(self, session: Session, query: Subscribe) -> list[Message] | Answer:
        """What answers a subscription at once; or the answer, of which nothing is made yet."""
        what = wanted(query)
        if not session.subscriptions.may_add(what):
            detail = f"a connection has at most {MAX_SUBSCRIPTIONS:,} subscriptions"
            return [Error(id=query.id, code="too_many", detail=detail)]
        name, key, options = what
        channel = self._fanout.channels.find(name, key)
        if channel is None:
            return [Error(id=query.id, code="unknown", detail=CHANNELS[name].kind.unknown.format(key))]
        if isinstance(channel, Book):
            return self._book(session, query, channel.feed(options))
        if isinstance(channel, Orders):
            return self._orders(session, query, channel)
        if isinstance(channel, Candles):
            return self._candles.subscribe(session, query, channel)
        feed = channel.feed(options)
        session.subscriptions.add(session, what, feed)
        first = feed.first()
        subscribed = _subscribed(query, feed.seq)
        return [subscribed] if first is None else [subscribed, first]

    def unsubscribe(self, session: Session, query: Unsubscribe) -> Message:
        """What answers the end of a subscription."""
        if not session.subscriptions.drop(session, wanted(query)):
            return Error(id=query.id, code="unknown", detail="there is no such subscription")
        return Unsubscribed(
            id=query.id, channel=query.channel, instrument=query.instrument, depth=query.depth, interval=query.interval
        )

    def _book(self, session: Session, query: Subscribe, feed: BookFeed) -> Answer:
        """The snapshot, and what the book told while it was made; from then on what it tells."""
        codec = session.codec
        key = feed.book.key, str(feed.options), codec.name
        making = self._books.join(key, lambda: SnapshotInPieces(feed, codec))
        try:
            return (yield from self._told(session, query, feed, making))
        finally:
            self._books.leave(key, making)

    def _orders(self, session: Session, query: Subscribe, orders: Orders) -> Answer:
        """The same of a queue, once it is summed."""
        codec, key = session.codec, (orders.key,)
        summing = self._sums.join(key, lambda: QueueSum(orders))
        try:
            steps = summing.make()
            while not summing.is_done:
                yield steps
                steps = summing.make()
            key_of_codec = orders.key, codec.name
            making = self._queues.join(key_of_codec, lambda: QueueInPieces(orders, codec))
            try:
                return steps + (yield from self._told(session, query, orders, making))
            finally:
                self._queues.leave(key_of_codec, making)
        finally:
            self._sums.leave(key, summing)

    def _told(self, session: Session, query: Subscribe, feed: Feed, making: Snapshot) -> Answer:
        """Have a snapshot made, and tell it with what came since."""
        steps = making.make()
        while not making.is_done:
            yield steps
            steps = making.make()
        frames = [session.codec.frame(_subscribed(query, making.seq)), making.frame, *making.frames]
        self._fanout.put(session, frames)
        session.subscriptions.add(session, wanted(query), feed)
        return steps + QUESTION_STEPS + sum(map(len, frames)) // BYTES_PER_STEP


def _subscribed(query: Subscribe, seq: int) -> Subscribed:
    return Subscribed(
        id=query.id,
        channel=query.channel,
        seq=seq,
        instrument=query.instrument,
        depth=query.depth,
        interval=query.interval,
    )
