"""Candles, as Deribit has them: those of the venue, or several of them joined to one where it has none so long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.deribit.callers.asker import Asker
from gateway.deribit.dialect.numbers import e8, milliseconds, number
from gateway.protocol import messages as m
from gateway.protocol.channel_messages import Candle, CandleBar
from gateway.protocol.past_requests import MAX_LISTED_PAST
from gateway.protocol.request import Interval

MAX_CANDLES: Final = 5_000
"""In one answer, as on Deribit."""
MAX_PAGES: Final = 50
"""Of the venue's candles that one call asks for: each costs what a question does."""
MINUTE_NS: Final = 60 * NS_PER_SECOND
_ID: Final = 0


class Resolution(NamedTuple):
    """A length of candles."""

    interval: Interval
    """Of the venue's, of which they are made."""
    length_ns: int
    """0: they are the venue's own, days of Moscow among them."""


RESOLUTIONS: Final[dict[str, Resolution]] = {
    "1": Resolution("1m", 0),
    "3": Resolution("1m", 3 * MINUTE_NS),
    "5": Resolution("5m", 0),
    "10": Resolution("5m", 10 * MINUTE_NS),
    "15": Resolution("15m", 0),
    "30": Resolution("15m", 30 * MINUTE_NS),
    "60": Resolution("1h", 0),
    "120": Resolution("1h", 120 * MINUTE_NS),
    "180": Resolution("1h", 180 * MINUTE_NS),
    "360": Resolution("1h", 360 * MINUTE_NS),
    "720": Resolution("1h", 720 * MINUTE_NS),
    "1D": Resolution("1d", 0),
}
"""By the words of Deribit: minutes, and a day."""


class Bar:
    """One candle: prices and sums."""

    __slots__ = ("close", "high", "low", "opened", "start_ns", "turnover_e8", "volume_e8")

    def __init__(self, start_ns: int, first: CandleBar | Candle) -> None:
        self.start_ns: Final = start_ns
        self.opened: Final = first.open
        self.high, self.low, self.close = first.high, first.low, first.close
        self.volume_e8, self.turnover_e8 = e8(first.volume), e8(first.turnover)

    def join(self, later: CandleBar | Candle) -> None:
        """Take in the next one."""
        self.high = max(self.high, later.high, key=e8)
        self.low = min(self.low, later.low, key=e8)
        self.close = later.close
        self.volume_e8 += e8(later.volume)
        self.turnover_e8 += e8(later.turnover)

    def document(self) -> dict[str, Any]:
        """As channel `chart.trades` has it."""
        return {
            "tick": milliseconds(self.start_ns),
            "open": number(self.opened),
            "high": number(self.high),
            "low": number(self.low),
            "close": number(self.close),
            "volume": number(decimal_e8(self.volume_e8)),
            "cost": number(decimal_e8(self.turnover_e8)),
        }


def joined(candles: Iterable[CandleBar | Candle], resolution: Resolution) -> list[Bar]:
    """Candles of the venue, the oldest first, as those of a resolution. An interval without trades has none."""
    bars: list[Bar] = []
    for candle in candles:
        length_ns = resolution.length_ns
        start_ns = candle.start // length_ns * length_ns if length_ns else candle.start
        if bars and bars[-1].start_ns == start_ns:
            bars[-1].join(candle)
        else:
            bars.append(Bar(start_ns, candle))
    return bars


async def past_bars(asker: Asker, instrument: str, resolution: Resolution, from_ns: int, to_ns: int) -> list[Bar]:
    """Those that begin within a time, the newest that one call may ask for. Raises `Failure`."""
    length_ns = resolution.length_ns
    first_ns = -(-from_ns // length_ns) * length_ns if length_ns else from_ns
    # All of the last one, of which the venue's later candles are part.
    last_ns = to_ns // length_ns * length_ns + length_ns - 1 if length_ns else to_ns
    found: list[CandleBar] = []
    for _ in range(MAX_PAGES):
        if last_ns < first_ns:
            break
        reply = await asker.ask(
            m.CandleHistory(
                id=_ID,
                instrument=instrument,
                interval=resolution.interval,
                from_time=first_ns,
                to_time=last_ns,
                limit=MAX_LISTED_PAST,
            ),
            m.CandleHistoryReply,
        )
        found += reply.candles
        if not reply.more or not reply.candles:
            break
        last_ns = reply.candles[-1].start - 1
    return joined(reversed(found), resolution)[-MAX_CANDLES:]


def chart_document(bars: list[Bar]) -> dict[str, Any]:
    """Candles as `public/get_tradingview_chart_data` has them: a list of each of their figures."""
    documents = [bar.document() for bar in bars]
    keys = {"ticks": "tick"} | {key: key for key in ("open", "high", "low", "close", "volume", "cost")}
    return {"status": "ok" if bars else "no_data"} | {
        name: [document[key] for document in documents] for name, key in keys.items()
    }
