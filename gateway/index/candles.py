"""Candles in a run: what its rows traded, by the second and by the minute, for whoever asks for candles that are no longer in memory.

A run has those of each instrument in parts, each of a span of time, so that to read one is a millisecond's work at most. Under
the key `(instrument, base)` stand the numbers of the spans there are; under `(instrument, base and number)` the candles of one.
The first and the last candle of a run may go on in the runs beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.vocabulary.messages.events import Trade
from gateway.candles.candle import PACKED, Candle, unpacked
from gateway.candles.intervals import MINUTE_NS, SECOND_NS, start_of

CandleKey = tuple[str, str]


class Base(NamedTuple):
    """A length of the candles that a run has."""

    name: str
    interval_ns: int
    candles: int
    """Most of one part."""

    @property
    def span_ns(self) -> int:
        """How long a part is."""
        return self.interval_ns * self.candles


SECONDS: Final = Base("1s", SECOND_NS, 300)
MINUTES: Final = Base("1m", MINUTE_NS, 240)
BASES: Final = (SECONDS, MINUTES)


def base_of(interval_ns: int) -> Base:
    """Of what the candles of an interval are made."""
    return MINUTES if interval_ns >= MINUTE_NS else SECONDS


def spans_key(instrument: str, base: Base) -> CandleKey:
    """Under which the numbers of the spans stand."""
    return instrument, base.name


def part_key(instrument: str, base: Base, span: int) -> CandleKey:
    """Under which the candles of a span stand."""
    return instrument, f"{base.name} {span}"


def candles_of(instrument: str, numbers: list[int]) -> list[Candle]:
    """The candles that a part has."""
    return [unpacked(instrument, numbers[place : place + PACKED]) for place in range(0, len(numbers), PACKED)]


class CandlePostings:
    """The candles of rows that come in order."""

    def __init__(self) -> None:
        self._parts: Final[dict[CandleKey, list[Candle]]] = {}
        self._spans: Final[dict[CandleKey, list[int]]] = {}
        self._last: Final[dict[str, tuple[Candle, ...]]] = {}
        """Of each instrument, the one that grows of each base."""

    def add(self, seq: int, time_ns: int, event: Trade) -> None:
        """Take in a trade."""
        last = self._last.get(event.instrument)
        if last is None or time_ns >= last[0].start_ns + SECOND_NS:
            last = self._last[event.instrument] = self._begin(seq, time_ns, event)
        for candle in last:
            candle.add(event.price_ticks, event.quantity_lots, seq)

    def _begin(self, seq: int, time_ns: int, event: Trade) -> tuple[Candle, ...]:
        """The candles of a time, of which those of seconds begin."""
        instrument, found = event.instrument, []
        for base, last in zip(BASES, self._last.get(instrument) or (None,) * len(BASES), strict=True):
            start_ns = start_of(time_ns, base.interval_ns)
            if last is not None and last.start_ns == start_ns:
                found.append(last)
                continue
            candle = Candle(instrument, start_ns, event.price_ticks, seq)
            span = start_ns // base.span_ns
            key = part_key(instrument, base, span)
            if key not in self._parts:
                self._parts[key] = []
                self._spans.setdefault(spans_key(instrument, base), []).append(span)
            self._parts[key].append(candle)
            found.append(candle)
        return tuple(found)

    def find(self, key: int | str | CandleKey) -> list[int]:
        """The numbers under a key; none: there is nothing."""
        assert isinstance(key, tuple)
        if key in self._spans:
            return self._spans[key]
        return [number for candle in self._parts.get(key, ()) for number in candle.packed()]

    def items(self) -> Iterator[tuple[CandleKey, list[int]]]:
        """All that there is."""
        yield from self._spans.items()
        for key in self._parts:
            yield key, self.find(key)
