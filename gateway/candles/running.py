"""A candle that somebody follows while it grows."""

from __future__ import annotations

from typing import Final

from gateway.candles.candle import Candle
from gateway.candles.intervals import start_of

TradeFacts = tuple[int, int, int, int, str]
"""Time, price in ticks, lots, the command that caused it, and the instrument."""


class Running:
    """The candle of an interval that grows, and those that are over and were not told yet; kept while somebody follows it."""

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns: Final = interval_ns
        self.is_awaited = False
        """Whether `KeptCandles` has its end among those that will come."""
        self.candle: Candle | None = None
        """None: nothing has traded since the last one was over."""
        self.over: Final[list[tuple[Candle, int]]] = []
        """Each with how many trades of the instrument there were to its end."""

    def is_over(self, time_ns: int) -> bool:
        """Whether there is a candle, and it is over at a time."""
        return self.candle is not None and self.candle.start_ns + self.interval_ns <= time_ns

    def add(self, trade: TradeFacts, trades: int) -> None:
        """Take in a trade, and how many there were with it. Times never decrease."""
        time_ns, price_ticks, lots, seq, instrument = trade
        if self.is_over(time_ns):
            self.close(trades - 1)
        candle = self.candle
        if candle is None:
            candle = self.candle = Candle(instrument, start_of(time_ns, self.interval_ns), price_ticks, seq)
        candle.add(price_ticks, lots, seq)

    def close(self, trades: int) -> None:
        """The candle is over; so many trades of the instrument there were."""
        assert self.candle is not None
        self.over.append((self.candle, trades))
        self.candle = None
