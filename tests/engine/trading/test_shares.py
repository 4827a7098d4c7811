"""Shares of a crowded price, among few orders at a time: the engine against the reference, with much at two prices."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_SHARED_ORDERS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderCancelled, OrderRejected, Trade
from tests.support.engine.checks.comparison import Bounds, SideBySide, names_of
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.drawing import ACCOUNTS, MID
from tests.support.engine.streams import blocks_of

BOOK = "BTC/RUB"
BLOCKS = [range(15), range(15, 30), range(30, 45), range(45, 60)]
FEW_SEEDS = range(4)
WANTED = ("fillability", "self_trade", "cancelled: self_trade", "Trade", "BookAdded", "OrderAmended")


class Crowd:
    """One book in which all meet at two prices, and half of the orders must trade at once."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.draw = chance.randrange
        self.venue = SideBySide(chance.randrange, (), bounds=Bounds(shared=1 + chance.randrange(4)))
        self.number = 0
        allocation = (codes.PRO_RATA, codes.PRICE_SIZE_TIME)[chance.randrange(2)]
        self.send(commands.SetTradingRules(BOOK, allocation=allocation, dynamic_ppm=(0, 15_000)[chance.randrange(2)]))
        for account, _, _ in ACCOUNTS:
            self.send(commands.Deposit(account, "RUB", 10**12))
            self.send(commands.Deposit(account, "BTC", 10**9))

    def send(self, command: commands.AnyCommand) -> None:
        self.venue.send(command)

    def step(self) -> None:
        self.number += 1
        if self.venue.exchange.books[BOOK].phase != codes.CONTINUOUS:
            self.send(commands.SetPhase(BOOK, codes.CONTINUOUS))
        account, participant, _ = ACCOUNTS[self.draw(len(ACCOUNTS))]
        names = (participant, account, f"s{self.number}", BOOK)
        lots, mode = (1 + self.draw(6)) * E8, self.draw(6) - 1
        if self.draw(3):
            price = (MID + self.draw(2)) * E8
            display = (0, 0, E8)[self.draw(3)]
            kind = codes.ICEBERG if display else codes.LIMIT
            self.send(
                commands.NewOrder(
                    *names, codes.SELL, kind, codes.GTC, price, lots, self_trade=mode, display_e8=display
                )
            )  # fmt: skip
            return
        price, life, least, funds = (MID + self.draw(3)) * E8, (codes.GTC, codes.IOC, codes.FOK)[self.draw(3)], 0, 0
        kind, lots = codes.LIMIT, lots * (1 + self.draw(6))
        if life == codes.IOC:
            least = self.draw(lots // E8 + 1) * E8
        elif life == codes.GTC and self.draw(2):
            kind, price, funds, lots = codes.MARKET, 0, (1 + self.draw(4_000)) * 100, 0
        self.send(
            commands.NewOrder(
                *names, codes.BUY, kind, life, price, lots, self_trade=mode, min_quantity_e8=least, funds=funds
            )
        )  # fmt: skip


@pytest.mark.parametrize("seeds", blocks_of(BLOCKS, FEW_SEEDS))
def test_the_engine_shares_as_the_reference_does(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen += run_seed(seed)
    assert seeds is FEW_SEEDS or all(seen[name] >= 20 for name in WANTED), seen


def run_seed(seed: int) -> Counter[str]:
    """Send a seed's commands to both; what was seen."""
    seen: Counter[str] = Counter()
    crowd = Crowd(seed)
    for _ in range(120):
        crowd.step()
        for event in crowd.venue.exchange.events:
            seen.update(names_of(event))
            if isinstance(event, OrderCancelled):
                order = crowd.venue.exchange.accounts[event.account].order(event.client_order_id)
                # What was counted as fillable was filled.
                assert order is None or order.time_in_force != codes.FOK
    return seen


def test_an_order_looks_at_so_many_however_long_the_queue_is() -> None:
    desk = Desk()
    list_spot(desk)
    desk.send(commands.SetTradingRules("BTC/RUB", allocation=codes.PRO_RATA))
    for name in ("one", "two", "taker"):
        open_account(desk, name, RUB=10**14, BTC=10**9)
    for number in range(MAX_SHARED_ORDERS + 1):
        account = "one" if number < MAX_SHARED_ORDERS else "two"
        order = (account, account, f"o{number}", "BTC/RUB", codes.SELL, codes.LIMIT, codes.GTC, 100 * E8, 10 * E8)
        desk.send(commands.NewOrder(*order))
    buy = ("taker", "taker", "b", "BTC/RUB", codes.BUY, codes.LIMIT, codes.IOC, 100 * E8, MAX_SHARED_ORDERS * E8)
    trades = [event for event in desk.send(commands.NewOrder(*buy)) if isinstance(event, Trade)]
    assert [trade.quantity_lots for trade in trades] == [1] * MAX_SHARED_ORDERS
    assert all(trade.maker_account == "one" for trade in trades)
    # The last of the queue is the owner's own, and no share reaches it.
    mine = ("two", "two", "m", "BTC/RUB", codes.BUY, codes.LIMIT, codes.IOC, 100 * E8, E8)
    assert isinstance(desk.send(commands.NewOrder(*mine))[1], Trade)
    ahead = 9 * MAX_SHARED_ORDERS - 1
    more = ("two", "two", "n", "BTC/RUB", codes.BUY, codes.LIMIT, codes.FOK, 100 * E8, (ahead + 1) * E8)
    assert isinstance(desk.send(commands.NewOrder(*more))[0], OrderRejected)
