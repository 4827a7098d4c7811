"""Candles: open, high, low and close of the trades of each interval, at the prices that stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.limits import NS_PER_DAY
from gateway.session.tape import Print


class Candle:
    """The trades of one instrument in one interval. Prices in ticks, the volume in lots."""

    def __init__(self, instrument: str, start_ns: int, first: Print) -> None:
        price = first.final_ticks
        self.instrument: Final = instrument
        self.start_ns: Final = start_ns
        """When the interval begins, nanoseconds since the epoch, UTC."""
        self.open = self.high = self.low = self.close = price
        self.volume_lots = 0
        self.tick_lots = 0
        """The sum of price by quantity."""
        self.trades = 0
        self.first_seq: Final = first.seq
        self.last_seq = first.seq

    def add(self, each: Print) -> None:
        """Take in a trade, a later one than those before."""
        price, lots = each.final_ticks, each.trade.quantity_lots
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        self.volume_lots += lots
        self.tick_lots += price * lots
        self.trades += 1
        self.last_seq = each.seq


class Candles:
    """Makes candles of trades that come in order.

    Args:
        interval_ns: their length. One that divides a day begins at Moscow midnight; others are counted from that of 1970-01-01.
    """

    def __init__(self, interval_ns: int) -> None:
        assert interval_ns > 0
        self._interval_ns: Final = interval_ns
        self._open: Final[dict[str, Candle]] = {}
        """The last one of each instrument."""

    def take(self, prints: Iterable[Print]) -> Iterator[Candle]:
        """Take in trades; yields the candles that are complete with them, as they are. A busted trade counts in none."""
        for each in prints:
            if not each.final_ticks:
                continue
            start_ns = self._start_ns(each.time_ns)
            instrument = each.trade.instrument
            candle = self._open.get(instrument)
            if candle is None or candle.start_ns != start_ns:
                if candle is not None:
                    yield candle
                candle = self._open[instrument] = Candle(instrument, start_ns, each)
            candle.add(each)

    def finish(self) -> Iterator[Candle]:
        """Those that are not complete."""
        yield from self._open.values()
        self._open.clear()

    def _start_ns(self, time_ns: int) -> int:
        begin_ns = midnight_ns(moscow_day(time_ns) if NS_PER_DAY % self._interval_ns == 0 else 0)
        return time_ns - (time_ns - begin_ns) % self._interval_ns
