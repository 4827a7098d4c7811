"""What a client subscribes to: channels that streams and books read, over all links. Without I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from gateway.client.copies.book import LocalBook
from gateway.client.copies.local_copy import LocalCopy, OutOfStep
from gateway.client.copies.order_queue import LocalQueue
from gateway.client.copies.streams import Reader
from gateway.client.values.errors import ClientError, RequestFailed
from gateway.protocol import messages as m


class ChannelKey(NamedTuple):
    """What a subscription is about, and the options that it names."""

    channel: m.ChannelName
    about: str | None = None
    """The instrument or index."""
    depth: int | None = None
    interval: str | None = None


Started = Callable[[ClientError | None], None]
"""Called once, when a reader has what it waits for; or with what refused it."""

_TELL_STATE: Final = frozenset(("top", "ticker", "status", "auction", "marks", "index"))
"""Their first message is the state as of `subscribed`, which may have been told before."""
_KEPT: Final = m.BookSnapshot | m.BookUpdate | m.OrdersSnapshot | m.OrdersUpdate
"""Of which a copy is kept."""
_COPIES: Final = ChannelKey("drop_copy")


MAX_KEPT_CANDLES: Final = 100
"""Of each interval that is read: as many as the venue tells first."""


class Desk(Protocol):
    """What subscriptions need of their client."""

    def next_id(self) -> int:
        """A request id that was not used yet."""

    def ask(self, request: m.AnyRequest, done: Callable[[m.AnyMessage], None]) -> None:
        """Send a request of the client's own; `done` is called with the reply, unless the link is lost before."""


class Subscription:
    """One subscription, shared by all that read it."""

    def __init__(self) -> None:
        self.asked = 0
        """Id of the request to subscribe that is under way."""
        self.is_on = False
        self.is_first = False
        """Whether the next message is the first one of the subscription."""
        self.seq: int | None = None
        """Of the last message."""
        self.state: m.AnyChannelMessage | None = None
        """The last message, where it tells all there is."""
        self.streams: Final[list[Reader]] = []
        self.book: LocalCopy | None = None
        """The book or queue that is kept of it."""
        self.starting: Final[dict[int, tuple[Reader | None, Started]]] = {}
        """Those that wait for it to begin."""
        self.fresh: list[Reader] = []
        """Streams that began with the subscription, until its first message."""
        self.copied: dict[str, int] = {}
        """Of drop copies: the last report of each account on this link."""
        self.copied_before: dict[str, int] = {}
        """On earlier links."""

    @property
    def is_read(self) -> bool:
        """Whether anybody wants it."""
        return bool(self.streams) or self.book is not None

    def miss(self, messages: int) -> None:
        """Note that so many passed unseen; those who are new did not miss them."""
        for stream in self.streams:
            if stream not in self.fresh:
                stream.missed += messages


class Subscriptions:
    """All of a client's."""

    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk
        self._all: Final[dict[ChannelKey, Subscription]] = {}
        self._is_up = False

    # ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_settled(self) -> bool:
        """Whether none waits for its answer."""
        return not any(each.asked for each in self._all.values())

    def begin(self) -> None:
        """There is a new link: subscribe to all again."""
        self._is_up = True
        for key, each in self._all.items():
            self._ask(key, each)

    def lost(self) -> None:
        """The link is lost, and every subscription with it."""
        self._is_up = False
        for each in self._all.values():
            each.asked = 0
            each.is_on = False
            if each.book is not None:
                each.book.is_current = False

    def abandon(self, error: ClientError | None, closed: ClientError) -> None:
        """Nothing comes any more: streams end with the error, if any; who waits for something gets `closed`."""
        for each in self._all.values():
            for _, started in each.starting.values():
                started(closed)
            for stream in each.streams:
                stream.end(error)
            if each.book is not None:
                each.book.end(closed)
        self._all.clear()

    # ── readers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, key: ChannelKey, stream: Reader, number: int, started: Started) -> None:
        """Let a stream read a channel; `number` names the wait for it."""
        each = self._all.setdefault(key, Subscription())
        each.streams.append(stream)
        if each.is_on:
            if each.state is not None:
                stream.put(each.state)
            started(None)
            return
        each.starting[number] = stream, started
        self._ask(key, each)

    def follow(self, key: ChannelKey, number: int, started: Started) -> LocalCopy:
        """Keep the book or queue of an instrument, with the options that are asked for; it has started once its first snapshot is there."""
        each = self._all.setdefault(key, Subscription())
        if each.book is None:
            name = key.about or ""
            each.book = LocalQueue(name) if key.channel == "orders" else LocalBook(name, key.depth, key.interval)
        if each.book.is_current:
            started(None)
        else:
            each.starting[number] = None, started
            self._ask(key, each)
        return each.book

    def leave(self, key: ChannelKey, stream: Reader) -> None:
        """A stream reads no longer. What passes while nobody listens is not missed."""
        each = self._all.get(key)
        if each is None or stream not in each.streams:
            return
        each.streams.remove(stream)
        for number, (waiting, started) in list(each.starting.items()):
            if waiting is stream:
                del each.starting[number]
                started(ClientError("the stream was closed"))
        if not each.is_read:
            self._drop(key, each)

    def waits(self, number: int) -> bool:
        """Whether a reader still waits under a number."""
        return any(number in each.starting for each in self._all.values())

    def expire(self, number: int) -> Started | None:
        """Give up a wait, whose time is over; returns whom to tell."""
        for key, each in list(self._all.items()):
            if number in each.starting:
                stream, started = each.starting.pop(number)
                if stream is not None:
                    self.leave(key, stream)
                elif each.book is not None and each.book.seq < 0 and not each.starting:
                    each.book = None
                    self._drop(key, each)
                return started
        return None

    def _drop(self, key: ChannelKey, each: Subscription) -> None:
        del self._all[key]
        if self._is_up and (each.is_on or each.asked):
            self._end(key)

    def _end(self, key: ChannelKey) -> None:
        """Have the venue send it no longer."""
        channel, about, depth, interval = key
        number = self._desk.next_id()
        request = m.Unsubscribe(id=number, channel=channel, instrument=about, depth=depth, interval=interval)
        self._desk.ask(request, _ignore)

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, key: ChannelKey, each: Subscription) -> None:
        if self._is_up and not each.asked and not each.is_on:
            channel, about, depth, interval = key
            each.asked = self._desk.next_id()
            request = m.Subscribe(id=each.asked, channel=channel, instrument=about, depth=depth, interval=interval)
            self._desk.ask(request, partial(self._answered, key, each, each.asked))

    def _answered(self, key: ChannelKey, each: Subscription, number: int, reply: m.AnyMessage) -> None:
        if each.asked != number or self._all.get(key) is not each:
            return
        each.asked = 0
        if not isinstance(reply, m.Subscribed):
            refusal = RequestFailed.of(reply) if isinstance(reply, m.Error | m.Rejected) else ClientError("refused")
            self._refused(key, each, refusal)
            return
        each.is_on = each.is_first = True
        each.fresh = [stream for stream, _ in each.starting.values() if stream is not None]
        if key == _COPIES:
            # `seq` is that of a command; what counts is each account's own.
            each.copied_before.update(each.copied)
            each.copied = {}
        else:
            self._continue(key, each, reply.seq)
        if each.book is None:
            self._started(each)

    def _continue(self, key: ChannelKey, each: Subscription, seq: int) -> None:
        """Count what was missed since an earlier link; of a state, its first message will say."""
        if each.seq is not None and seq < each.seq:
            # The venue has lost its last moments.
            each.seq = None
        if key.channel in _TELL_STATE:
            return
        if each.seq is not None:
            each.miss(seq - each.seq)
        each.seq = seq

    def _refused(self, key: ChannelKey, each: Subscription, refusal: ClientError) -> None:
        """Nobody gets it: who waited may try again, and who had it before learns why it ends."""
        del self._all[key]
        waited = [stream for stream, _ in each.starting.values()]
        for _, started in each.starting.values():
            started(refusal)
        for stream in each.streams:
            if stream not in waited:
                stream.end(refusal)
        if each.book is not None and each.book.seq >= 0:
            each.book.end(refusal)

    def _started(self, each: Subscription) -> None:
        starting = list(each.starting.values())
        each.starting.clear()
        for _, started in starting:
            started(None)

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, message: m.AnyChannelMessage) -> None:
        """Take in a message of a channel."""
        key = ChannelKey(message.channel, message.about, *message.options)
        each = self._all.get(key)
        if each is None or not each.is_on:
            return
        if isinstance(message, _KEPT):
            self._take_book(key, each, message)
            return
        if isinstance(message, m.CandleSnapshot | m.Candle):
            _take_candle(each, message)
            return
        is_state = each.is_first and message.channel in _TELL_STATE
        each.is_first = False
        if each.seq is not None and message.seq <= each.seq:
            # Told before, but to those who are new.
            for stream in each.fresh:
                stream.put(message)
            each.fresh = []
            return
        # Those of one turn may be summed up in one message; it says which one it follows. The state tells the last one.
        before: int = message.seq - 1 if is_state else getattr(message, "prev_seq", message.seq - 1)
        missed = 0 if each.seq is None else max(before - each.seq, 0)
        each.miss(missed)
        each.fresh = []
        each.seq = message.seq
        each.state = message if message.channel in _TELL_STATE else None
        for stream in each.streams:
            stream.put(message)

    def copy(self, report: Any) -> None:
        """Take in a report of another's account: a drop copy. Its account's number says whether one is missing."""
        each = self._all.get(_COPIES)
        if each is None or not each.is_on:
            return
        seq = getattr(report, "seq", None)
        missed = 0
        if seq is not None:
            account = report.account
            last = each.copied.get(account)
            if last is not None and seq <= last:
                return
            if last is None:
                # The first one on this link: lower numbers than before, if the venue has lost its last moments.
                last = each.copied_before.get(account, seq - 1)
            missed = max(seq - last - 1, 0)
            each.copied[account] = seq
        for stream in each.streams:
            stream.missed += missed
            stream.put(report)

    def _take_book(self, key: ChannelKey, each: Subscription, message: m.AnyChannelMessage) -> None:
        book = each.book
        if book is None or (not book.is_current and isinstance(message, m.BookUpdate | m.OrdersUpdate)):
            return
        try:
            book.apply(message)
        except OutOfStep:
            book.resyncs += 1
            book.is_current = False
            each.is_on = False
            self._end(key)
            self._ask(key, each)
        else:
            self._started(each)


def _take_candle(each: Subscription, message: m.CandleSnapshot | m.Candle) -> None:
    """Tell all that read it; who comes later is told the last ones, as the venue would."""
    each.is_first, each.fresh = False, []
    state = each.state
    if isinstance(message, m.CandleSnapshot):
        each.state = msgspec.structs.replace(message, candles=list(message.candles))
    elif isinstance(state, m.CandleSnapshot):
        if message.prev_seq != each.seq:
            each.miss(1)
        told = m.CandleBar(**{name: getattr(message, name) for name in m.CandleBar.__struct_fields__})
        if state.candles and state.candles[-1].start == told.start:
            state.candles.pop()
        state.candles.append(told)
        del state.candles[:-MAX_KEPT_CANDLES]
    each.seq = message.seq
    for stream in each.streams:
        stream.put(message)


def _ignore(reply: m.AnyMessage) -> None:
    """Whatever it is: nobody reads it any more."""
