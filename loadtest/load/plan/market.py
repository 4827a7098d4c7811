"""What those who send believe of a market: its grid, its price now, and how much an order is.

No reply is waited for, so nobody sees the book. All seats believe in the same price instead: a slow walk around the reference
price, the same for all on every machine, to which a mix may add a drift. What is near it is near the touch.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from loadtest.flow.fitted import BITSTAMP_2015_05_01, interpolate
from loadtest.load.plan.seats import Listed

BASIS_POINTS: Final = 10_000
SAMPLES: Final = 2_048
"""Of a distribution, evenly over its probabilities; one is drawn by 11 bits."""
MAX_SIZE: Final = 8.0
"""The largest order, in medians; the fitted tail would empty accounts and books."""
MIN_SIZE: Final = 0.1
ROUBLES: Final = {"USDT": 80.0}
"""What other quote assets are worth, about."""
# The walk: two waves of different length, so that it hardly repeats; together 15 basis points either way, at most half a
# basis point a second, which is slow against the time that orders rest.
_WAVES: Final = ((10.0, 293.0), (5.0, 71.0))
# It moves so often: a price is computed once for the requests of a tenth of a second.
_STEPS_PER_SECOND: Final = 10

Drift = tuple[tuple[float, float], ...]
"""(seconds from the start, basis points) of the corners of a line that is added to the walk; empty: none."""


class Market:
    """One instrument as those who send see it. Prices are ticks and quantities lots."""

    def __init__(self, listed: Listed, drift: Drift = ()) -> None:
        self.listed: Final = listed
        self.reference_ticks: Final = float(listed.reference_price / listed.tick)
        self.terms: Final = tuple(f'"instrument":"{listed.instrument}","side":"{side}",' for side in ("sell", "buy"))
        """What every order says of instrument and side, as JSON; of a sell, of a buy."""
        self.lot_value: Final = float(listed.reference_price * listed.lot)
        """Of one lot at the reference price, in the quote asset."""
        self.least_lots: Final = max(math.ceil(listed.min_quantity / listed.lot), 1)
        self.most_lots: Final = int(listed.max_quantity / listed.lot)
        self._tick, self._tick_unit, self._tick_decimals = _units(listed.tick)
        self._lot, self._lot_unit, self._lot_decimals = _units(listed.lot)
        self._drift: Final = drift
        self._phase: Final = zlib.crc32(listed.instrument.encode()) / 2**32 * 2 * math.pi
        self._step = -1
        self._fair_ticks = 0.0

    def fair_ticks(self, at_s: float) -> float:
        """The price that all believe in at a time; it depends on nothing else."""
        step = int(at_s * _STEPS_PER_SECOND)
        if step != self._step:
            self._step = step
            now_s = step / _STEPS_PER_SECOND
            away_bp = _on_line(self._drift, now_s)
            for height_bp, length_s in _WAVES:
                away_bp += height_bp * math.sin(2 * math.pi * now_s / length_s + self._phase)
            self._fair_ticks = self.reference_ticks * (1 + away_bp / BASIS_POINTS)
        return self._fair_ticks

    def price(self, ticks: int) -> str:
        """A price as the wire wants it; at least one tick."""
        units = max(ticks, 1) * self._tick
        if not self._tick_decimals:
            return str(units)
        return f"{units // self._tick_unit}.{units % self._tick_unit:0{self._tick_decimals}}"

    def quantity(self, lots: int) -> str:
        """A quantity as the wire wants it."""
        units = lots * self._lot
        if not self._lot_decimals:
            return str(units)
        return f"{units // self._lot_unit}.{units % self._lot_unit:0{self._lot_decimals}}"

    def lots(self, value_rub: float) -> int:
        """About how many lots are worth so many roubles, inside the bounds of one order."""
        one_rub = self.lot_value * ROUBLES.get(self.listed.quote, 1.0)
        return min(max(round(value_rub / one_rub), self.least_lots), self.most_lots)

    def sizes(self, value_rub: float) -> list[int]:
        """Quantities in lots, distributed as recorded, with a median worth so many roubles; `SAMPLES` of them."""
        return _sizes(self.listed, value_rub)


@cache
def market_of(listed: Listed, drift: Drift) -> Market:
    """The one market of an instrument in this process: what it knows depends on the time alone, so seats share it."""
    return Market(listed, drift)


@cache
def _sizes(listed: Listed, value_rub: float) -> list[int]:
    market = Market(listed)
    sizes = samples(BITSTAMP_2015_05_01.size)
    return [market.lots(value_rub * min(max(size, MIN_SIZE), MAX_SIZE)) for size in sizes]


@cache
def behind(half_spread_bp: float, most_bp: float) -> tuple[list[float], list[float]]:
    """How passive orders are priced: factors of the fair price, of sells and of buys; `SAMPLES` of each.

    The distance from the own touch is as recorded; what is further than `most_bp` is drawn in to it, and nobody improves
    on the touch, half a spread from the fair price: the books of different makers would cross.
    """
    distances = [half_spread_bp + min(max(each, 0.0), most_bp) for each in samples(BITSTAMP_2015_05_01.distance_bp)]
    return tuple([1 + sign * each / BASIS_POINTS for each in distances] for sign in (1, -1))  # type: ignore[return-value]


@cache
def through(half_spread_bp: float, most_bp: float) -> tuple[list[float], list[float]]:
    """How aggressive limits are priced: factors of the fair price, of sells and of buys, beyond the other touch as recorded."""
    distances = [half_spread_bp + min(each, most_bp) for each in samples(BITSTAMP_2015_05_01.through_bp)]
    return tuple([1 + sign * each / BASIS_POINTS for each in distances] for sign in (-1, 1))  # type: ignore[return-value]


def samples(quantiles: tuple[float, ...]) -> list[float]:
    """A distribution at `SAMPLES` probabilities, evenly spaced: to draw one of them is to draw from it."""
    return [interpolate(quantiles, (place + 0.5) / SAMPLES) for place in range(SAMPLES)]


def activity(markets: Sequence[Market], places: int) -> list[int]:
    """Which market each of `places` draws falls on: the k-th is traded as much as the first one divided by k.

    Activity over instruments falls off like this on most venues; and the hottest book is what a venue must bear.
    """
    weights = [1 / rank for rank in range(1, len(markets) + 1)]
    total = sum(weights)
    dealt: list[int] = []
    upto = 0.0
    for market, weight in enumerate(weights):
        upto += weight
        # Each has at least one, if there are places enough.
        count = max(round(upto / total * places) - len(dealt), 1)
        dealt += [market] * count
    return dealt[:places]


def _units(step: Decimal) -> tuple[int, int, int]:
    """A step as an integer of its last decimal, what a whole is in those, and how many decimals."""
    exponent = step.normalize().as_tuple().exponent
    decimals = max(-exponent, 0) if isinstance(exponent, int) else 0
    return int(step.scaleb(decimals)), 10**decimals, decimals


def _on_line(corners: Drift, at_s: float) -> float:
    """The height of a line at a place; before its first corner and after its last as there."""
    if not corners:
        return 0.0
    before_s, before_bp = corners[0]
    for after_s, after_bp in corners:
        if at_s <= after_s:
            share = (at_s - before_s) / (after_s - before_s) if after_s > before_s else 1.0
            return before_bp + (after_bp - before_bp) * min(max(share, 0.0), 1.0)
        before_s, before_bp = after_s, after_bp
    return before_bp
