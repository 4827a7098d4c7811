"""What simulated participants see of a market, and the price they believe in."""

from __future__ import annotations

import asyncio
import math
import random
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from gateway.client import Client, Instrument, Top
from loadtest.demo.tally import Tally

SIGMA_BP_PER_ROOT_SECOND: Final = 1.07
"""Standard deviation of a price over one second, in basis points of it: 60 % a year, as of bitcoin."""
BASIS_POINTS: Final = 10_000
RETURN_S: Final = 6 * 3600.0
"""What a price has wandered off is gone by 63 % after so long: it stays about 1 % around the venue file's reference, far inside every
band, however long it goes on."""


class Belief:
    """What all think of the value of one asset: the logarithm of what it has become since the venue file was written."""

    def __init__(self, source: random.Random) -> None:
        self.log = 0.0
        self._source = source
        self._moved_at = 0.0

    def move(self, now_s: float) -> float:
        """Let it walk on to `now_s`, seconds of any steady clock, and return it."""
        elapsed = max(now_s - self._moved_at, 0.0) if self._moved_at else 0.0
        self._moved_at = now_s
        step_bp = SIGMA_BP_PER_ROOT_SECOND * math.sqrt(elapsed) * self._source.gauss(0.0, 1.0)
        self.log = self.log * math.exp(-elapsed / RETURN_S) + step_bp / BASIS_POINTS
        return self.log


class Beliefs:
    """Of every asset but roubles: spot, futures and notes on one asset move together."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._by_asset: dict[str, Belief] = {}

    def of(self, asset: str) -> Belief:
        """What is thought of an asset."""
        if asset not in self._by_asset:
            self._by_asset[asset] = Belief(self._source)
        return self._by_asset[asset]


class Market:
    """One instrument: its grid, its touch, and the fair price that all participants would agree on."""

    def __init__(self, info: Instrument, reference: float, beliefs: Beliefs) -> None:
        self.instrument = info.instrument
        self.base = info.base
        self.quote = info.quote
        self.kind = info.kind
        self.tick = info.tick_size
        self.lot = info.lot_size
        self.min_quantity = info.min_quantity
        self.max_quantity = info.max_quantity
        self.reference = reference
        self.fair = reference
        self.bid: Decimal | None = None
        self.ask: Decimal | None = None
        self._believed = beliefs.of(info.underlying or info.base)
        self._quoted = None if info.quote == "RUB" else beliefs.of(info.quote)

    def begin_at(self, price: float) -> None:
        """Let the asset begin at a price in this market: the last one of an earlier run."""
        self._believed.log = math.log(price / self.reference)

    def see(self, top: Top) -> None:
        """Take in a message of the `top` channel."""
        self.bid, self.ask = top.bid_price, top.ask_price

    def move(self, now_s: float) -> float:
        """Let the fair price walk on to `now_s`, seconds of any steady clock, and return it."""
        quoted = 0.0 if self._quoted is None else self._quoted.move(now_s)
        self.fair = self.reference * math.exp(self._believed.move(now_s) - quoted)
        return self.fair

    def touch(self, buys: bool) -> Decimal:
        """The best price on a side of the book, else the fair price."""
        best = self.bid if buys else self.ask
        return best if best is not None else Decimal(self.fair)

    def price(self, value: Decimal, buys: bool) -> str:
        """Put a price on the grid, away from the other side: down for a buy, up for a sell. At least one tick."""
        steps = (value / self.tick).to_integral_value(ROUND_FLOOR if buys else ROUND_CEILING)
        return format((max(steps, Decimal(1)) * self.tick).normalize(), "f")

    def quantity(self, value: float) -> str:
        """Turn a value in the quote asset into a quantity on the grid, inside the instrument's bounds."""
        lots = (Decimal(value / self.fair) / self.lot).to_integral_value(ROUND_FLOOR)
        quantity = min(max(lots * self.lot, self.min_quantity), self.max_quantity)
        return format(quantity.normalize(), "f")


async def watch(client: Client, markets: dict[str, Market], tally: Tally) -> list[asyncio.Task[None]]:
    """Follow the touch and the trades of every market on one connection; returns the tasks that do."""

    async def follow_top(market: Market) -> None:
        async for top in tops[market.instrument]:
            market.see(top)

    async def follow_trades(instrument: str) -> None:
        async for trade in trades[instrument]:
            tally.trade(trade)

    tops = {name: client.top(name) for name in markets}
    trades = {name: client.trades(name) for name in markets}
    for name in markets:
        await tops[name].start()
        await trades[name].start()
    tasks = [asyncio.create_task(follow_top(market)) for market in markets.values()]
    return tasks + [asyncio.create_task(follow_trades(name)) for name in markets]
