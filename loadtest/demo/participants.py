"""Simulated participants: market makers, and investors of every class.

Each acts at the moments of a Poisson process, drawn ahead and never put off: if the venue is slow, requests overlap, and
the wait counts as latency from the moment the request was meant to be sent (an open loop, without coordinated omission).
Sizes, distances from the touch and lifetimes come from `loadtest.flow.fitted`. The share of aggressive orders does not: the
recording's 1.4 % would show few trades in twenty seconds, so each kind of investor has its own.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import math
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, ParamSpec

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client import Client, Order, OrderRejected, RequestFailed
from gateway.protocol.messages import TimeInForce
from loadtest.demo.market import BASIS_POINTS, Market
from loadtest.demo.tally import Tally
from loadtest.flow.fitted import FlowSampler

P = ParamSpec("P")

# A fitted distance may lie far outside what a demonstration shows.
MAX_DISTANCE_BP: Final = 300.0
MAX_THROUGH_BP: Final = 50.0
MAX_SIZE: Final = 8.0
"""The largest single order of an investor, in medians: a demonstration's books are shallow."""
HALF_SPREAD_BP: Final = 3.0
QUOTED_LEVELS: Final = 3
FIRST_QUOTE_NS: Final = 8_000_000
"""Between the first quotes of a maker, which would otherwise all be sent at once."""
MARKET_MAKER_VALUE_RUB: Final = 2_000_000.0
# Of the orders meant to trade at once: how many are market orders, and how many limits that never rest.
MARKET_ORDER_SHARE: Final = 0.3
IMMEDIATE_SHARE: Final = 0.5
REPLACE_SHARE: Final = 0.3
"""Of a maker's refreshes, those that enter a new quote instead of amending the old one."""
ROUBLES_PER_USDT: Final = 80.0
TIMER_ROUNDING_NS: Final = 1_000_000
ORDERS: Final = "sim-"
"""How all their client order ids begin: by that those of an earlier run are known, and those of others let alone."""


async def sleep_until(moment_ns: int) -> None:
    """Wait for a moment of `time.perf_counter_ns`, more exactly than the event loop's timers, which round up to 1 ms."""
    wait_ns = moment_ns - TIMER_ROUNDING_NS - time.perf_counter_ns()
    if wait_ns > 0:
        await asyncio.sleep(wait_ns / NS_PER_SECOND)
    while time.perf_counter_ns() < moment_ns:  # noqa: ASYNC110 - there is nothing but the clock to wait for
        await asyncio.sleep(0)


class Ends:
    """When everybody stops. Somebody may bring it forward."""

    def __init__(self, after_s: float = math.inf) -> None:
        self.at_ns: float = time.perf_counter_ns() + after_s * NS_PER_SECOND
        """Of `time.perf_counter_ns`."""
        self.event = asyncio.Event()
        """Set once somebody has ended it."""

    def now(self) -> None:
        """Let it be over."""
        self.at_ns = min(self.at_ns, time.perf_counter_ns())
        self.event.set()

    async def comes_within(self, seconds: float) -> bool:
        """Wait so long; whether somebody has ended it meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.event.wait()
        except TimeoutError:
            return False
        return True

    async def is_over_within(self, seconds: float) -> bool:
        """Wait so long, and not beyond the end; whether it has come, by the clock or because somebody has ended it."""
        left_s = max(self.at_ns - time.perf_counter_ns(), 0) / NS_PER_SECOND
        return await self.comes_within(min(seconds, left_s)) or left_s <= seconds


class Participant:
    """Whoever sends requests at the moments of a Poisson process, over one WebSocket connection."""

    def __init__(
        self, client: Client, account: str, rate_per_second: float, tally: Tally, sampler: FlowSampler
    ) -> None:
        self.client = client
        self.account = account
        self.rate_per_second = rate_per_second
        self.tally = tally
        self.sampler = sampler
        self.source: random.Random = sampler.source
        self.pace = 1.0
        """How fast it lives; its rate is in it already."""
        self.ends = Ends()
        self._running: set[asyncio.Task[None]] = set()
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def run(self, ends: Ends) -> None:
        """Act until the end, then wait for the replies that are still out.

        Raises `ConnectionLost` if the venue goes away.
        """
        self.ends = ends
        intended_ns = time.perf_counter_ns()
        while True:
            intended_ns += int(self.sampler.arrival_seconds(self.rate_per_second) * NS_PER_SECOND)
            if intended_ns >= ends.at_ns:
                break
            await sleep_until(intended_ns)
            self._raise_what_failed()
            self.spawn(self.act, intended_ns)
        if self._running:
            await asyncio.gather(*self._running)

    def spawn(self, work: Callable[P, Awaitable[None]], *arguments: P.args, **named: P.kwargs) -> None:
        """Run beside the others; `run` waits for it. What is dropped before it began was never made."""
        task = asyncio.get_running_loop().create_task(self._counted(functools.partial(work, *arguments, **named)))
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def _counted(self, work: Callable[[], Awaitable[None]]) -> None:
        """Nobody goes home because of one request that the venue did not take."""
        try:
            await work()
        except RequestFailed as error:
            self.tally.fail(error)

    def drop(self) -> None:
        """Wait for nothing any more."""
        for task in self._running:
            task.cancel()

    def _raise_what_failed(self) -> None:
        for task in self._running:
            if task.done():
                task.result()

    def _finished(self, task: asyncio.Task[None]) -> None:
        # A failed one stays, so that `run` raises what went wrong.
        if not task.cancelled() and task.exception() is None:
            self._running.discard(task)

    async def act(self, intended_ns: int) -> None:
        """Do what this participant does at one arrival."""
        raise NotImplementedError

    async def enter(
        self,
        intended_ns: int,
        market: Market,
        buys: bool,
        quantity: str,
        price: str | None,
        *,
        time_in_force: TimeInForce = "gtc",
        account: str = "",
    ) -> Order | None:
        """Enter one order and count what became of it; None if it was refused."""
        self.tally.entered += 1
        account = account or self.account
        try:
            trade = self.client.buy if buys else self.client.sell
            order = await trade(
                market.instrument,
                quantity=quantity,
                price=price,
                account=account,
                time_in_force=time_in_force,
                client_order_id=f"{ORDERS}{self._prefix}-{next(self._numbers)}",
            )
        except OrderRejected as error:
            self.tally.replied(intended_ns, time.perf_counter_ns())
            self.tally.reject(words(account, market, buys, quantity, price), error)
            return None
        except RequestFailed as error:
            self.tally.fail(error)
            return None
        self.tally.replied(intended_ns, time.perf_counter_ns())
        self.tally.accepted += 1
        return order

    async def cancel(self, intended_ns: int, order: Order) -> None:
        """Cancel an order, if it still rests."""
        if not order.is_open:
            return
        try:
            await order.cancel()
        except OrderRejected:
            self.tally.too_late += 1
        else:
            self.tally.cancelled += 1
        self.tally.replied(intended_ns, time.perf_counter_ns())


@dataclass
class Quote:
    """One level that a market maker keeps on one side of one market."""

    market: Market
    buys: bool
    level: int
    order: Order | None = None
    price: Decimal = Decimal(0)
    busy: bool = False


class MarketMaker(Participant):
    """Quotes several levels on both sides of every market it may trade, and refreshes them around the fair price."""

    def __init__(
        self,
        client: Client,
        account: str,
        rate_per_second: float,
        tally: Tally,
        sampler: FlowSampler,
        *,
        markets: list[Market],
    ) -> None:
        super().__init__(client, account, rate_per_second, tally, sampler)
        self.quotes = [
            Quote(market, buys, level) for level in range(QUOTED_LEVELS) for market in markets for buys in (True, False)
        ]

    async def run(self, ends: Ends) -> None:
        """Quote every level once, the best ones first, then refresh until the end."""
        intended_ns = time.perf_counter_ns()
        for quote in self.quotes:
            intended_ns += FIRST_QUOTE_NS
            await sleep_until(intended_ns)
            self.spawn(self.refresh, intended_ns, quote)
        await super().run(ends)

    async def act(self, intended_ns: int) -> None:
        """Refresh one quote, picked at random."""
        free = [quote for quote in self.quotes if not quote.busy]
        if free:
            await self.refresh(intended_ns, self.source.choice(free))

    async def refresh(self, intended_ns: int, quote: Quote) -> None:
        """Move a quote to where it should be now, or enter it again if it has traded away."""
        quote.busy = True
        try:
            price = self._price(quote)
            order = quote.order
            if order is not None and order.is_open and self.source.random() < REPLACE_SHARE:
                await self.cancel(intended_ns, order)
                order = None
            text = quote.market.price(price, quote.buys)
            quote.price = Decimal(text)
            if order is None or not order.is_open:
                value = value_in_quote(quote.market, MARKET_MAKER_VALUE_RUB) * max(self.sampler.size(), 0.1)
                quantity = quote.market.quantity(value)
                quote.order = await self.enter(intended_ns, quote.market, quote.buys, quantity, text)
            else:
                await self._amend(intended_ns, order, text)
        finally:
            quote.busy = False

    async def _amend(self, intended_ns: int, order: Order, price: str) -> None:
        try:
            await order.amend(price=price)
        except OrderRejected:
            self.tally.too_late += 1
        else:
            self.tally.amended += 1
        self.tally.replied(intended_ns, time.perf_counter_ns())

    def _price(self, quote: Quote) -> Decimal:
        """Behind the fair price by half the spread, deeper levels by a fitted distance more; never into the own other side."""
        market = quote.market
        fair = market.move(time.perf_counter())
        behind_bp = HALF_SPREAD_BP
        if quote.level:
            behind_bp += min(max(self.sampler.distance_bp(), 0.0), MAX_DISTANCE_BP)
        sign = 1 if quote.buys else -1
        price = Decimal(fair * (1 - sign * behind_bp / BASIS_POINTS))
        others = [
            other.price
            for other in self.quotes
            if other.market is market and other.buys != quote.buys and other.order is not None and other.order.is_open
        ]
        if not others:
            return price
        return min(price, min(others) - market.tick) if quote.buys else max(price, max(others) + market.tick)


@dataclass(frozen=True)
class Style:
    """How a kind of investor trades."""

    value_rub: float
    """Median value of an order."""
    aggressive_share: float
    buy_share: float
    """Retail mostly buys; who holds much also sells."""


STYLES: Final = {
    "institution": Style(400_000.0, 0.5, 0.5),
    "super_qualified": Style(120_000.0, 0.6, 0.55),
    "qualified": Style(60_000.0, 0.6, 0.6),
    # The recording's side balance.
    "retail": Style(12_000.0, 0.7, 0.6904),
}


class Investor(Participant):
    """Trades the markets it may: some orders at once, some resting until they fill or their time is up."""

    def __init__(
        self,
        client: Client,
        account: str,
        rate_per_second: float,
        tally: Tally,
        sampler: FlowSampler,
        *,
        markets: list[Market],
        style: Style,
    ) -> None:
        super().__init__(client, account, rate_per_second, tally, sampler)
        self.markets = markets
        self.style = style

    async def act(self, intended_ns: int) -> None:
        """Enter one order; cancel it when its drawn lifetime is over."""
        market = self.source.choice(self.markets)
        buys = self.source.random() < self.style.buy_share
        value = value_in_quote(market, self.style.value_rub) * min(self.sampler.size(), MAX_SIZE)
        quantity = market.quantity(value)
        if self.source.random() < self.style.aggressive_share:
            await self._take(intended_ns, market, buys, quantity)
            return
        sign = 1 if buys else -1
        behind = max(self.sampler.distance_bp(), 0.0)
        price = market.touch(buys) * Decimal(1 - sign * min(behind, MAX_DISTANCE_BP) / BASIS_POINTS)
        order = await self.enter(intended_ns, market, buys, quantity, market.price(price, buys))
        if order is not None and order.is_open:
            lifetime = self.sampler.lifetime_s() / self.pace
            ends_ns = time.perf_counter_ns() + int(lifetime * NS_PER_SECOND)
            if ends_ns < self.ends.at_ns and not await self.ends.comes_within(lifetime):
                await self.cancel(ends_ns, order)

    async def _take(self, intended_ns: int, market: Market, buys: bool, quantity: str) -> None:
        if self.source.random() < MARKET_ORDER_SHARE:
            await self.enter(intended_ns, market, buys, quantity, None)
            return
        sign = 1 if buys else -1
        through = min(self.sampler.through_bp(), MAX_THROUGH_BP)
        price = market.touch(not buys) * Decimal(1 + sign * through / BASIS_POINTS)
        time_in_force: TimeInForce = "ioc" if self.source.random() < IMMEDIATE_SHARE else "gtc"
        # Rounded towards the other side, or a price on the touch would miss it.
        await self.enter(
            intended_ns, market, buys, quantity, market.price(price, not buys), time_in_force=time_in_force
        )


def words(account: str, market: Market, buys: bool, quantity: str, price: str | None) -> str:
    """An order in words."""
    return f"{account} {'buys' if buys else 'sells'} {quantity} {market.instrument} at {price or 'market'}"


def value_in_quote(market: Market, value_rub: float) -> float:
    """A value in roubles in the market's quote asset."""
    return value_rub / ROUBLES_PER_USDT if market.quote == "USDT" else value_rub
