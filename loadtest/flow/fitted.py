"""What real order flow looks like: distributions fitted to a recording, and samplers that draw from them.

The numbers in `BITSTAMP_2015_05_01` were fitted by this module to Philip Stubbings' order-by-order recording of Bitstamp's
BTC/USD book of 2015-05-01, 00:00 to 05:04 UTC, published with the R package obAnalytics. The recording is fed through the
engine (`loadtest.flow.run`), so that each new order is seen against the touch it met; orders that rested before are left out.
Shares are counted; continuous quantities are kept as empirical quantiles (inverse distribution functions), which are drawn
from with linear interpolation: sizes and lifetimes are far from any textbook shape. `python -m loadtest.flow.fitted FILE`
fits again and prints the numbers.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.printable import paragraph
from loadtest.flow import run as flow
from loadtest.flow.engine import EngineFeed
from loadtest.flow.format import BookSeen, Enter, FlowError, Recording, TradeSeen, Withdraw

LEVELS: Final = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""The probabilities at which quantiles are kept: finer in the tails, where the shape matters most."""
BASIS_POINTS: Final = 10_000


@dataclass(frozen=True)
class Fit:
    """What one recording showed. Quantiles belong to `LEVELS`."""

    origin: str
    orders: int
    rate_per_second: float
    """New orders a second."""
    interarrival_cv: float
    """Standard deviation of the time between new orders, in means; 1 for a Poisson process, more if they come in bursts."""
    buy_share: float
    aggressive_share: float
    """Of new orders, those that met the other side at once."""
    cancelled_share: float
    """Of passive orders that ended, those cancelled with nothing filled."""
    size: tuple[float, ...]
    """Quantity, in multiples of the median quantity."""
    distance_bp: tuple[float, ...]
    """Passive orders: distance behind the touch of the own side, in basis points of it; negative improves on it."""
    through_bp: tuple[float, ...]
    """Aggressive orders: how far the limit reaches beyond the other side's touch, in basis points of it."""
    lifetime_s: tuple[float, ...]
    """Seconds from entry to cancel of passive orders that were cancelled with nothing filled."""


BITSTAMP_2015_05_01: Final = Fit(
    origin="Bitstamp BTC/USD, 2015-05-01 00:00 to 05:04 UTC, recorded by Philip Stubbings (obAnalytics)",
    orders=24894,
    rate_per_second=1.362,
    interarrival_cv=1.175,
    buy_share=0.6904,
    aggressive_share=0.01406,
    cancelled_share=0.9842,
    size=(
        0.002437,
        0.005803,
        0.02669,
        0.06377,
        0.2456,
        0.4386,
        0.8411,
        1.0,
        1.004,
        1.007,
        1.78,
        2.853,
        4.341,
        7.751,
        23.21,
    ),
    distance_bp=(
        -32.6,
        -0.847,
        0.4224,
        5.48,
        16.04,
        29.22,
        67.23,
        79.19,
        89.3,
        100.8,
        112.2,
        205.3,
        766.8,
        1014.0,
        4894.0,
    ),
    through_bp=(0.0, 0.0, 0.0, 0.0, 0.0, 0.847, 4.229, 10.55, 18.69, 125.7, 999.8, 1000.0, 1000.0, 1002.0, 1527.0),
    lifetime_s=(0.0, 0.03, 0.08, 0.137, 0.969, 3.282, 5.663, 8.959, 13.06, 33.15, 51.8, 75.53, 163.4, 1055.0, 15700.0),
)


class FlowSampler:
    """Draws orders like those of a fit, from a seeded source: the same seed draws the same orders."""

    def __init__(self, source: random.Random, fit: Fit = BITSTAMP_2015_05_01) -> None:
        self.source = source
        self.fit = fit

    def arrival_seconds(self, rate_per_second: float) -> float:
        """Draw the time to the next arrival of a Poisson process."""
        return self.source.expovariate(rate_per_second)

    def buys(self) -> bool:
        """Draw the side."""
        return self.source.random() < self.fit.buy_share

    def aggressive(self) -> bool:
        """Draw whether the order is meant to trade at once."""
        return self.source.random() < self.fit.aggressive_share

    def size(self) -> float:
        """Draw a quantity in multiples of the median."""
        return self._draw(self.fit.size)

    def distance_bp(self) -> float:
        """Draw how far behind the own touch a passive order is placed, in basis points."""
        return self._draw(self.fit.distance_bp)

    def through_bp(self) -> float:
        """Draw how far beyond the other touch an aggressive limit reaches, in basis points."""
        return self._draw(self.fit.through_bp)

    def lifetime_s(self) -> float:
        """Draw the seconds after which an order is cancelled if nothing of it has filled."""
        return self._draw(self.fit.lifetime_s)

    def _draw(self, quantiles: tuple[float, ...]) -> float:
        return interpolate(quantiles, self.source.random())


def interpolate(quantiles: tuple[float, ...], probability: float) -> float:
    """Read an inverse distribution function between its kept points; `probability` is at least 0 and below 1."""
    upper = bisect_right(LEVELS, probability)
    share = (probability - LEVELS[upper - 1]) / (LEVELS[upper] - LEVELS[upper - 1])
    return quantiles[upper - 1] + share * (quantiles[upper] - quantiles[upper - 1])


@dataclass
class _Seen:
    """One new order, and what became of it."""

    entered_ns: int
    lots: int
    buys: bool
    aggressive: bool
    distance_bp: float
    lifetime_s: float = math.nan
    ended: bool = False
    filled: bool = False


def fit(recording: Recording, origin: str) -> Fit:
    """Fit all distributions to a recording, by feeding it through the engine.

    Raises `FlowError` if it has too few orders for its quantiles.
    """
    seen = _watch(recording)
    orders = list(seen.values())
    passive = [order for order in orders if not order.aggressive]
    aggressive = [order for order in orders if order.aggressive]
    cancelled = [order for order in passive if order.ended and not order.filled]
    if min(len(passive), len(aggressive), len(cancelled)) < len(LEVELS):
        raise FlowError(f"too few orders to fit: {len(passive)} passive, {len(aggressive)} aggressive")
    times = [order.entered_ns for order in orders]
    gaps = [(after - before) / NS_PER_SECOND for before, after in pairwise(times)]
    median_lots = statistics.median(order.lots for order in orders)
    return Fit(
        origin=origin,
        orders=len(orders),
        rate_per_second=_rounded(len(gaps) / sum(gaps)),
        interarrival_cv=_rounded(statistics.pstdev(gaps) / statistics.fmean(gaps)),
        buy_share=_rounded(_share(order.buys for order in orders)),
        aggressive_share=_rounded(len(aggressive) / len(orders)),
        cancelled_share=_rounded(_share(not order.filled for order in passive if order.ended or order.filled)),
        size=_quantiles([order.lots / median_lots for order in orders]),
        distance_bp=_quantiles([order.distance_bp for order in passive if not math.isnan(order.distance_bp)]),
        through_bp=_quantiles([order.distance_bp for order in aggressive]),
        lifetime_s=_quantiles([order.lifetime_s for order in cancelled]),
    )


def _watch(recording: Recording) -> dict[str, _Seen]:
    """Feed a recording and note each new order against the book it met."""
    feed = EngineFeed(recording, PreTradeHook())
    for order in recording.opening:
        feed.feed(order)
    seen: dict[str, _Seen] = {}
    for action in recording.actions:
        if isinstance(action, TradeSeen | BookSeen):
            continue
        if isinstance(action, Enter):
            seen[action.reference] = _met(feed, action)
        trades = len(feed.trades)
        feed.feed(action)
        for trade in feed.trades[trades:]:
            if trade.maker in seen:
                seen[trade.maker].filled = True
        known = seen.get(action.reference)
        if isinstance(action, Withdraw) and known is not None and not known.ended:
            known.ended = True
            known.lifetime_s = (action.time_ns - known.entered_ns) / NS_PER_SECOND
    return seen


def _met(feed: EngineFeed, order: Enter) -> _Seen:
    """Describe a new order against the touch as it stands before it."""
    sign = 1 if order.side == BUY else -1
    other, own = feed.levels(1 - order.side, 1), feed.levels(order.side, 1)
    aggressive = bool(other) and (order.price_ticks - other[0][0]) * sign >= 0
    distance = math.nan
    if aggressive:
        distance = (order.price_ticks - other[0][0]) * sign * BASIS_POINTS / other[0][0]
    elif own:
        distance = (own[0][0] - order.price_ticks) * sign * BASIS_POINTS / own[0][0]
    return _Seen(order.time_ns, order.quantity_lots, order.side == BUY, aggressive, distance)


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values)


def _quantiles(values: list[float]) -> tuple[float, ...]:
    ordered = sorted(values)
    return tuple(_rounded(ordered[round(level * (len(ordered) - 1))]) for level in LEVELS)


def _rounded(value: float) -> float:
    """Keep four significant digits: more would only pretend."""
    return float(f"{value:.4g}")


def main(arguments: list[str]) -> int:
    """Fit the recording named on the command line and print the numbers."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m loadtest.flow.fitted FILE\n")
        return 2
    path = Path(arguments[0])
    try:
        found = fit(flow.read(path), path.name)
    except FlowError as error:
        sys.stderr.write(f"{paragraph(str(error))}\n")
        return 1
    for name, value in asdict(found).items():
        sys.stdout.write(f"{name}={value!r}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
