"""Two clients trade through a link that is cut again and again, at a venue that is killed and loses the end of its journal.

In the end what they believe of their orders, fills, balances and positions is what the journal says, and each order acted once.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.client import Client, ConnectionLost, Limit, Order, OrderRejected, Portfolio, connect
from tests.support.gateway.journal.journal_view import JournalView
from tests.support.gateway.links.unruly_link import UnrulyLink, unruly_link
from tests.support.gateway.processes.mortal_venue import MortalVenue
from tests.support.gateway.venues.clearing_desk import FUTURE
from tests.support.gateway.venues.small_venue import KEYS, venue_text

INSTRUMENTS = ("BTC/RUB", "BTC-FUT")
SCALES = {"RUB": 2, "BTC": 8}
HANDS = 3
"""How many orders a trader has under way."""


class Trader:
    """Enters and cancels orders as long as it may, sending again what was not answered; knows what it has been told."""

    def __init__(self, client: Client, chance: random.Random) -> None:
        self.client = client
        self.account = client.accounts[0]
        self.orders: dict[str, Order] = {}
        self.refused: set[str] = set()
        self.sent_again = 0
        self.is_done = False
        self._chance = chance
        self._number = 0

    async def trade(self) -> None:
        await asyncio.gather(*(self._hand() for _ in range(HANDS)))

    async def _hand(self) -> None:
        while not self.is_done:
            resting = [order for order in self.orders.values() if order.is_open]
            if len(resting) > 20 or (resting and self._chance.random() < 0.3):
                await self._cancel(self._chance.choice(resting))
            else:
                self._number += 1
                await self.enter(f"{self.account}-{self._number}", self._terms())
            await asyncio.sleep(self._chance.random() * 0.004)

    def _terms(self) -> dict[str, Any]:
        chance = self._chance
        return {
            "instrument": chance.choice(INSTRUMENTS),
            "side": chance.choice(("buy", "sell")),
            "quantity": f"{chance.randint(1, 30) / 10}",
            "price": str(chance.randint(96, 104)),
            "time_in_force": chance.choice(("gtc", "gtc", "ioc")),
        }

    async def enter(self, name: str, terms: dict[str, Any]) -> None:
        while True:
            try:
                self.orders[name] = await self.client.submit(Limit(**terms), client_order_id=name)
            except ConnectionLost:
                self.sent_again += 1
                continue
            except OrderRejected:
                self.refused.add(name)
                # Entered anew after it was lost, it may be refused now.
                self.orders.pop(name, None)
            return

    async def _cancel(self, order: Order) -> None:
        try:
            await order.cancel()
        except (ConnectionLost, OrderRejected):
            # It may be cancelled or not; reports say.
            return


async def trouble(link: UnrulyLink, chance: random.Random) -> None:
    """Break the link in one of its ways."""
    link.delay_seconds = chance.choice((0.0, 0.0, 0.002))
    match chance.randrange(3):
        case 0:
            link.cut()
        case 1:
            link.tear()
            await asyncio.sleep(0.02)
            link.cut()
        case _:
            link.freeze()
            await asyncio.sleep(chance.random() * 0.03)
            link.cut()


class Field:
    """The venue, the link to it, and who trades there."""

    def __init__(self, venue: MortalVenue, link: UnrulyLink, traders: list[Trader], chance: random.Random) -> None:
        self.venue = venue
        self.link = link
        self.traders = traders
        self.chance = chance
        self.lost_frames = 0

    async def fight(self, cuts: int, kills: int) -> None:
        """Break the link so many times; some of them by killing the venue, the last time with a lost tail."""
        kill_at = [cuts * number // (kills + 1) for number in range(1, kills + 1)]
        for cut in range(1, cuts + 1):
            await asyncio.sleep(self.chance.random() * 0.06)
            lost = [asyncio.create_task(trader.client.lost()) for trader in self.traders]
            if cut in kill_at:
                await self._kill(loses_tail=cut == kill_at[-1])
            else:
                await trouble(self.link, self.chance)
            await asyncio.wait_for(asyncio.gather(*lost), 30)
            # Now and then it is broken again before all is there.
            for trader in self.traders:
                await asyncio.wait_for(trader.client.connected(), 30)
                if self.chance.random() < 0.8:
                    await asyncio.wait_for(trader.client.resumed(), 30)

    async def _kill(self, loses_tail: bool) -> None:
        await self.venue.kill()
        if loses_tail:
            self.lost_frames = self.chance.randint(5, 25)
            self.venue.lose_tail(self.lost_frames)
        await self.venue.start()
        self.link.venue_url = self.venue.url

    async def enter_anew(self) -> int:
        """Send every second lost order again; returns how many."""
        count = 0
        for trader in self.traders:
            await asyncio.wait_for(trader.client.resumed(), 30)
            for name, order in list(trader.orders.items()):
                if order.status == "lost" and self.chance.random() < 0.5:
                    count += 1
                    terms = {"instrument": order.instrument, "side": order.side, "quantity": order.quantity}
                    await trader.enter(name, {**terms, "price": order.price})
        return count


async def campaign(directory: Path, cuts: int, kills: int, seed: int) -> str:
    """Run it; returns figures to read."""
    chance = random.Random(seed)
    (directory / "venue.toml").write_text(venue_text(FUTURE))
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(MortalVenue(directory))
        link = await stack.enter_async_context(unruly_link(venue.url))
        traders = []
        portfolios = []
        for name in ("alice", "bob"):
            client = await stack.enter_async_context(connect(link.url, name, KEYS[name]))
            traders.append(Trader(client, random.Random(f"{seed} {name}")))
            portfolios.append(await client.portfolio())
        field = Field(venue, link, traders, chance)
        trading = [asyncio.create_task(trader.trade()) for trader in traders]
        await field.fight(cuts, kills)
        for trader in traders:
            trader.is_done = True
        await asyncio.wait_for(asyncio.gather(*trading), 60)
        anew = await field.enter_anew()
        # The fills of what was just entered come in the same breath, to the other side as well.
        held = [(await each.client.balances(), await each.client.positions()) for each in traders]
    view = JournalView(directory / "journal")
    for portfolio in portfolios:
        compare_profit(portfolio, view, f"seed {seed}")
    for trader, (balances, positions) in zip(traders, held, strict=True):
        compare_orders(trader, view)
        told = {
            asset: (
                int(Decimal(each.available).scaleb(SCALES[asset])),
                int(Decimal(each.reserved).scaleb(SCALES[asset])),
            )
            for asset, each in balances.items()
        }
        assert told == view.balances(trader.account), f"seed {seed}"
        # One that was closed is listed until the next mark settles what it carries; the view has no such.
        lots = {each.instrument: int(Decimal(each.quantity) * 10) for each in positions.positions}
        lots = {instrument: count for instrument, count in lots.items() if count}
        assert lots == view.positions(trader.account), f"seed {seed}"
    orders = sum(len(each.orders) for each in traders)
    fills = sum(len(order.fills) for each in traders for order in each.orders.values())
    void = sum(order.status == "lost" for each in traders for order in each.orders.values())
    again = sum(each.sent_again for each in traders)
    returns = sum(each.client.reconnects for each in traders)
    return (
        f"{returns} returns, {orders} orders, {fills} fills, {again} sent again; {field.lost_frames} frames lost, "
        f"with them {void + anew} orders, {anew} entered anew"
    )


def compare_profit(portfolio: Portfolio, view: JournalView, about: str) -> None:
    """Positions, and profit at a price, are those of the journal's fills."""
    assert portfolio.is_complete, about
    for instrument in INSTRUMENTS:
        quantity = worth = fees = Decimal(0)
        for (account, _), reports in view.orders.items():
            for each in reports:
                if account == portfolio.account and each.instrument == instrument and each.exec_type == "trade":
                    signed = Decimal(each.last_quantity or 0) * (1 if each.side == "buy" else -1)
                    quantity += signed
                    worth += signed * (101 - Decimal(each.last_price or 0))
                    fees += Decimal(each.fee or 0)
        portfolio.mark(instrument, 101)
        found = portfolio[instrument]
        assert (found.quantity, found.profit, found.fees) == (quantity, worth - fees, fees), about


def compare_orders(trader: Trader, view: JournalView) -> None:
    """Each order is in the journal as its client knows it, and at most once."""
    journaled = {name: reports for (account, name), reports in view.orders.items() if account == trader.account}
    assert set(journaled) <= set(trader.orders) | trader.refused
    for name, reports in journaled.items():
        assert sum(each.exec_type in {"new", "rejected"} for each in reports) == 1, f"{name} acted twice"
    for name, order in trader.orders.items():
        reports = journaled.get(name)
        if reports is None:
            assert order.status == "lost", order
            continue
        last = reports[-1]
        assert (order.order_id, order.status) == (last.order_id, last.order_status), (order, last)
        assert (str(order.filled_quantity), str(order.leaves_quantity)) == (last.filled_quantity, last.leaves_quantity)
        fills = [each.exec_id for each in reports if each.exec_type == "trade"]
        assert [fill.exec_id for fill in order.fills] == fills, order


# Takes 8 s: a venue starts three times, and each of 40 returns takes what a return takes.
@pytest.mark.parametrize(("cuts", "kills"), [(20, 2), pytest.param(200, 10, marks=pytest.mark.soak)])
async def test_what_the_clients_believe_is_what_the_journal_says(tmp_path: Path, cuts: int, kills: int) -> None:
    print(await campaign(tmp_path, cuts, kills, seed=20_261_130))
