"""Answers with candles: pages of any time, and the last ones for those who subscribe, who get what follows without a gap."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from engine.vocabulary.limits import QUESTION_STEPS, ROW_STEPS
from gateway.candles.intervals import INTERVALS
from gateway.candles.traded import FOR_EVER
from gateway.inbound.asking import Answer
from gateway.inbound.history.candles import NotThere, Page, Wanted, page
from gateway.inbound.history.past import Past
from gateway.inbound.session import Session
from gateway.inbound.subscribing import wanted
from gateway.metrics.counters import Counters
from gateway.outbound.channels.candles import Candles, bar
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import (
    CandleBar,
    CandleHistory,
    CandleHistoryReply,
    Error,
    Message,
    Subscribe,
    Subscribed,
)

FIRST_CANDLES: Final = 100
"""Those that a subscription begins with: 500 steps, 20 KB of JSON."""
_UNAVAILABLE: Final = "the index of the journal is not there yet: it is being built"

Answered = Generator[int, None, tuple[Message, int]]
"""Yields the steps of each piece; returns the answer, and the steps of the last piece."""


class CandleAnswers:
    """Answers what is asked about candles.

    Args:
        fanout: has the channels.
        counters: of the venue.
    """

    def __init__(self, fanout: Fanout, counters: Counters) -> None:
        self._fanout: Final = fanout
        self._counters: Final = counters
        self.past: Past[Any] | None = None
        """The journal; None: there is none."""

    def history(self, session: Session, query: CandleHistory) -> Answered:
        """A page of candles."""
        channel = self._find(query.instrument)
        if channel is None:
            return _unknown(query.id, query.instrument), ROW_STEPS
        interval_ns, is_newest = INTERVALS[query.interval], query.sort == "newest"
        end_ns = FOR_EVER if query.to_time is None else query.to_time + 1
        asked = Wanted(interval_ns, query.from_time or 0, end_ns, is_newest, query.limit)
        try:
            found = yield from self._page(session, channel, asked)
        except NotThere:
            return Error(id=query.id, code="unavailable", detail=_UNAVAILABLE), ROW_STEPS
        now_ns = self._fanout.channels.kept.time_ns
        bars = [bar(each, channel.format, closed=each.start_ns + interval_ns <= now_ns) for each in found.candles]
        if is_newest:
            bars.reverse()
        reply = CandleHistoryReply(
            id=query.id, instrument=query.instrument, interval=query.interval, candles=bars, more=found.more
        )
        return reply, found.steps + _steps(bars)

    def subscribe(self, session: Session, query: Subscribe, channel: Candles) -> Answer:
        """The last candles, behind the reply; from then on what comes."""
        what = wanted(query)
        interval = what[2].interval
        try:
            found = yield from self._page(session, channel, Wanted(INTERVALS[interval], limit=FIRST_CANDLES))
        except NotThere:
            self._counters.errors["unavailable"] += 1
            self._fanout.send(session, Error(id=query.id, code="unavailable", detail=_UNAVAILABLE))
            return ROW_STEPS
        # All in one piece: what is told from now on comes behind it.
        feed = channel.feed(what[2])
        snapshot = channel.snapshot(feed, found.candles)
        session.subscriptions.add(session, what, feed)
        subscribed = Subscribed(
            id=query.id, channel=query.channel, seq=feed.seq, instrument=channel.key, interval=interval
        )
        for message in (subscribed, snapshot):
            self._fanout.send(session, message)
        return found.steps + _steps(snapshot.candles)

    def _find(self, instrument: str) -> Candles | None:
        channel = self._fanout.channels.find(Candles.name, instrument)
        return channel if isinstance(channel, Candles) else None

    def _page(self, session: Session, channel: Candles, asked: Wanted) -> Generator[int, None, Page]:
        return (yield from page(channel.book.traded, asked, self.past, session))


def _unknown(request_id: int, name: str) -> Error:
    return Error(id=request_id, code="unknown", detail=CHANNELS[Candles.name].kind.unknown.format(name))


def _steps(bars: list[CandleBar]) -> int:
    return QUESTION_STEPS + len(bars) * ROW_STEPS
