"""A candle: open, high, low, close and volume of the trades of one instrument in one interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mypy_extensions import mypyc_attr

from gateway.candles.intervals import start_of

PACKED: Final = 12
"""Numbers that a candle is kept as."""
_WORD: Final = 62
"""Bits of the low part of a sum, which may pass the 64 that MessagePack carries: money is any whole number."""
_LOW: Final = (1 << _WORD) - 1


@mypyc_attr(acyclic=True)
class Candle:
    """The trades of one instrument in one interval. Prices in ticks, the volume in lots."""

    __slots__ = (
        "close",
        "first_seq",
        "high",
        "instrument",
        "last_seq",
        "low",
        "open",
        "start_ns",
        "tick_lots",
        "trades",
        "volume_lots",
    )

    def __init__(self, instrument: str, start_ns: int, price_ticks: int, seq: int) -> None:
        """Begin one, at the price of its first trade, which `add` takes in.

        Args:
            instrument: whose.
            start_ns: when the interval begins, nanoseconds since the epoch, UTC.
            price_ticks: of the first trade.
            seq: of the command that caused it.
        """
        self.instrument = instrument
        self.start_ns = start_ns
        self.open = price_ticks
        self.high = price_ticks
        self.low = price_ticks
        self.close = price_ticks
        self.volume_lots = 0
        self.tick_lots = 0
        """The sum of price by quantity."""
        self.trades = 0
        self.first_seq = seq
        self.last_seq = seq

    def add(self, price_ticks: int, lots: int, seq: int) -> None:
        """Take in a trade, a later one than those before."""
        if price_ticks > self.high:
            self.high = price_ticks
        elif price_ticks < self.low:
            self.low = price_ticks
        self.close = price_ticks
        self.volume_lots += lots
        self.tick_lots += price_ticks * lots
        self.trades += 1
        self.last_seq = seq

    def join(self, later: Candle) -> None:
        """Take in a candle whose trades come behind those of this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume_lots += later.volume_lots
        self.tick_lots += later.tick_lots
        self.trades += later.trades
        self.last_seq = later.last_seq

    def within(self, interval_ns: int) -> Candle:
        """A candle of the interval in which this one is, with the same trades."""
        made = Candle(self.instrument, start_of(self.start_ns, interval_ns), self.open, self.first_seq)
        made.join(self)
        return made

    def packed(self) -> tuple[int, ...]:
        """As numbers of 64 bits at most."""
        return (
            self.start_ns,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume_lots >> _WORD,
            self.volume_lots & _LOW,
            self.tick_lots >> _WORD,
            self.tick_lots & _LOW,
            self.trades,
            self.first_seq,
            self.last_seq,
        )


def unpacked(instrument: str, numbers: Sequence[int]) -> Candle:
    """The candle that was `packed`."""
    made = Candle(instrument, numbers[0], numbers[1], numbers[10])
    made.high, made.low, made.close = numbers[2], numbers[3], numbers[4]
    made.volume_lots = (numbers[5] << _WORD) + numbers[6]
    made.tick_lots = (numbers[7] << _WORD) + numbers[8]
    made.trades, made.last_seq = numbers[9], numbers[11]
    return made


def longer(candles: Iterable[Candle], interval_ns: int) -> Iterator[Candle]:
    """Candles of a longer interval, made of shorter ones in order; the last one has what there is so far."""
    made: Candle | None = None
    for each in candles:
        if made is not None and made.start_ns == start_of(each.start_ns, interval_ns):
            made.join(each)
            continue
        if made is not None:
            yield made
        made = each.within(interval_ns)
    if made is not None:
        yield made
