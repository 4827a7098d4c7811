"""Simulated participants who abuse the market, so that surveillance has something to find: what `sbx surveil` says of a demonstration."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Final

from gateway.client import Client, Order, OrderRejected, RequestFailed
from loadtest.demo.market import Market
from loadtest.demo.participants import Ends
from loadtest.demo.tally import Tally

MARKET: Final = "BTC/RUB"
PAIR: Final = (("anna", "anna.main"), ("boris", "boris.main"))
LAYERER: Final = ("delta-fund", "delta-fund.main")
ON_SPOT: Final = ("wash_trade", "layering")
FOUND: Final = {
    "elr-2025": (*ON_SPOT, "payment_in_disguise"),
    "derivatives-2025": ("payment_in_disguise",),
    "general-2026": (*ON_SPOT, "payment_in_disguise"),
}
"""What surveillance reports of it once they have had the time, by rulebook: no spot market is open under derivatives-2025."""
TAKES_S: Final = 12.0
ROUNDS: Final = 4
LAYERS: Final = 4
LAYER_RUB: Final = 8_000_000.0
PIECES: Final = 4
PIECE_RUB: Final = "950000"
"""Below what is reported, four times."""
BEGIN_S: Final = 1.5
"""Books fill first."""


class Colluders:
    """Two who trade to and fro, one who layers, and one who pays in pieces; each a few times."""

    def __init__(self, clients: dict[str, Client], markets: dict[str, Market], tally: Tally) -> None:
        self.clients: Final = clients
        self.market: Final = markets.get(MARKET)
        self.tally: Final = tally

    async def run(self, ends: Ends) -> None:
        """Act until all is done, or the end."""
        market = self.market
        names = [name for name, _ in (*PAIR, LAYERER)]
        if market is None or any(name not in self.clients for name in names) or await ends.is_over_within(BEGIN_S):
            return
        await asyncio.gather(self._to_and_fro(market, ends), self._layers(market, ends), self._pays(ends))

    async def _to_and_fro(self, market: Market, ends: Ends) -> None:
        """The same amount back and forth, inside the spread."""
        quantity = market.quantity(300_000.0)
        for number in range(2 * ROUNDS):
            seller, buyer = PAIR[number % 2], PAIR[1 - number % 2]
            bid, ask = market.touch(True), market.touch(False)
            price = market.price((bid + ask) / 2, True)
            offer = await self._enter(seller, market, False, quantity, price=price)
            await self._enter(buyer, market, True, quantity, price=price, at_once=True)
            await self._take_back(offer)
            if await ends.is_over_within(0.3):
                return

    async def _layers(self, market: Market, ends: Ends) -> None:
        """Buys at four prices behind the touch, a sale, and the buys are gone."""
        quantity = market.quantity(LAYER_RUB)
        for _ in range(ROUNDS):
            bid = market.touch(True)
            orders = [
                await self._enter(
                    LAYERER, market, True, quantity, price=market.price(bid * (1 - Decimal(level) / 2_000), True)
                )
                for level in range(1, LAYERS + 1)
            ]
            is_over = await ends.is_over_within(0.2)
            below = market.price(market.touch(True) * Decimal("0.999"), True)
            await self._enter(LAYERER, market, False, market.quantity(100_000.0), price=below, at_once=True)
            for order in orders:
                await self._take_back(order)
            if is_over or await ends.is_over_within(2.5):
                return

    async def _pays(self, ends: Ends) -> None:
        """Roubles in pieces that nobody has to report."""
        payer, account = LAYERER
        for _ in range(PIECES):
            try:
                await self.clients[payer].transfer(PAIR[0][1], "RUB", PIECE_RUB, "domestic_payment", account=account)
            except OrderRejected as error:
                self.tally.refuse_move(f"{account} moves {PIECE_RUB} RUB to {PAIR[0][1]}", error)
            except RequestFailed as error:
                self.tally.fail(error)
            if await ends.is_over_within(0.5):
                return

    async def _enter(
        self, who: tuple[str, str], market: Market, buys: bool, quantity: str, *, price: str, at_once: bool = False
    ) -> Order | None:
        """Enter an order; None: a rule refused it."""
        client, account = self.clients[who[0]], who[1]
        trade = client.buy if buys else client.sell
        self.tally.entered += 1
        try:
            order = await trade(
                market.instrument,
                quantity=quantity,
                price=price,
                account=account,
                time_in_force="ioc" if at_once else "gtc",
            )
        except OrderRejected as error:
            self.tally.reject(
                f"{account} {'buys' if buys else 'sells'} {quantity} {market.instrument} at {price}", error
            )
            return None
        except RequestFailed as error:
            self.tally.fail(error)
            return None
        self.tally.accepted += 1
        return order

    async def _take_back(self, order: Order | None) -> None:
        if order is None or not order.is_open:
            return
        try:
            await order.cancel()
        except OrderRejected:
            self.tally.too_late += 1
        else:
            self.tally.cancelled += 1
