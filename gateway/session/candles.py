"""Candles of a recorded session: of the trades of each interval, at the prices that stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.candles.candle import Candle
from gateway.candles.intervals import start_of
from gateway.session.tape import Print


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
            start_ns = start_of(each.time_ns, self._interval_ns)
            instrument = each.trade.instrument
            candle = self._open.get(instrument)
            if candle is None or candle.start_ns != start_ns:
                if candle is not None:
                    yield candle
                candle = self._open[instrument] = Candle(instrument, start_ns, each.final_ticks, each.seq)
            candle.add(each.final_ticks, each.trade.quantity_lots, each.seq)

    def finish(self) -> Iterator[Candle]:
        """Those that are not complete."""
        yield from self._open.values()
        self._open.clear()
