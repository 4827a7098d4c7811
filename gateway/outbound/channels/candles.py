"""Channel `candles`: of each interval the one that runs, as it changes, and each once more when it is over.

`seq` is twice the number of trades of the instrument since the venue's first day, and one more once the candle of the last of them
is over: it follows from the trades and the venue's time alone, for each interval. What changed within one turn is one message.

An interval without trades has no candle: a venue with thousands of instruments would tell of nothing most of the time.

A feed is there while somebody gets it. It begins with a candle that whoever answers the subscription has put together, of what is
kept and of the journal.
"""

from __future__ import annotations

from typing import Final

from gateway.candles.candle import Candle
from gateway.candles.intervals import INTERVALS
from gateway.candles.running import Running
from gateway.outbound.channels.channel import Feed, Options, Published, Subject
from gateway.outbound.channels.public_book import BookChannel, PublicBook
from gateway.protocol import messages
from gateway.protocol.formats import InstrumentFormat


def bar(candle: Candle, format_: InstrumentFormat, *, closed: bool) -> messages.CandleBar:
    """A candle as it is told."""
    return messages.CandleBar(
        start=candle.start_ns,
        open=format_.price[candle.open],
        high=format_.price[candle.high],
        low=format_.price[candle.low],
        close=format_.price[candle.close],
        volume=format_.quantity.text(candle.volume_lots),
        turnover=format_.money.text(candle.tick_lots * format_.unit),
        trades=candle.trades,
        closed=closed,
    )


class CandleFeed(Feed):
    """The candles of one interval."""

    def __init__(self, book: PublicBook, interval: str) -> None:
        super().__init__()
        self.interval: Final = interval
        self.running: Final = Running(INTERVALS[interval])
        self.is_begun = False
        self._book: Final = book

    def begin(self, last: Candle | None) -> None:
        """Go on from the last candle there is, with all of its trades; None: nothing has traded yet. Once only."""
        assert not self.is_begun
        self.is_begun = True
        traded = self._book.traded
        self.running.candle = last
        self.seq = 2 * traded.trades
        if self.running.is_over(traded.kept.time_ns):
            self.running.candle = None
            self.seq += 1
        traded.followed.append(self.running)
        traded.kept.await_end(self.running, traded)

    def end(self) -> None:
        """Nobody gets it any more."""
        if self.is_begun:
            self._book.traded.followed.remove(self.running)

    def tell(self, out: list[Published]) -> None:
        """Add what is over, and what runs if it has changed."""
        running, traded = self.running, self._book.traded
        if running.is_over(traded.kept.time_ns):
            running.close(traded.trades)
        for candle, trades in running.over:
            self._tell(out, candle, 2 * trades + 1)
        running.over.clear()
        if running.candle is not None:
            if self.seq < 2 * traded.trades:
                self._tell(out, running.candle, 2 * traded.trades)
            traded.kept.await_end(running, traded)

    def _tell(self, out: list[Published], candle: Candle, seq: int) -> None:
        book, closed = self._book, seq % 2 == 1
        told = bar(candle, book.format, closed=closed)
        message = messages.Candle(
            instrument=book.key,
            interval=self.interval,
            seq=seq,
            prev_seq=self.seq,
            time=candle.start_ns + self.running.interval_ns if closed else book.traded.last_ns,
            start=told.start,
            open=told.open,
            high=told.high,
            low=told.low,
            close=told.close,
            volume=told.volume,
            turnover=told.turnover,
            trades=told.trades,
            closed=closed,
        )
        self.seq = seq
        out.append((self.subscribers, message))


class Candles(BookChannel):
    """The candles of one instrument, of all intervals that somebody gets."""

    name = "candles"
    sums_up = True
    intervals = tuple(INTERVALS)
    needs_interval = True

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._feeds: Final[dict[str, CandleFeed]] = {}

    def feed(self, options: Options) -> CandleFeed:
        """That of an interval. If it is new it begins with its first snapshot."""
        feed = self._feeds.get(options.interval)
        if feed is None:
            feed = self._feeds[options.interval] = CandleFeed(self.book, options.interval)
        return feed

    def snapshot(self, feed: CandleFeed, candles: list[Candle]) -> messages.CandleSnapshot:
        """What a new subscriber of a feed is told first: the last candles there are. A new feed begins with them."""
        if not feed.is_begun:
            feed.begin(candles[-1] if candles else None)
        traded, interval_ns = self.book.traded, feed.running.interval_ns
        now_ns, time_ns = traded.kept.time_ns, traded.last_ns or self.book.listed_ns
        if candles and feed.seq % 2:
            time_ns = candles[-1].start_ns + interval_ns
        bars = [bar(each, self.format, closed=each.start_ns + interval_ns <= now_ns) for each in candles]
        return messages.CandleSnapshot(
            instrument=self.key, interval=feed.interval, seq=feed.seq, time=time_ns, candles=bars
        )

    def sum_up(self, out: list[Published]) -> None:
        """What the turn, or the time that has passed, brought each feed; those that nobody gets any more end."""
        if not self._feeds:
            return
        for interval, feed in list(self._feeds.items()):
            if feed.subscribers:
                feed.tell(out)
            else:
                feed.end()
                del self._feeds[interval]
