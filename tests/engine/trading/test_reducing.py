"""Reduce-only orders: both exchanges with many of them, and what one command may cost that changes a position."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from engine.record.rows import encode_events
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_REDUCE_ONLY_PER_POSITION, NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Trade,
    Uncrossed,
)
from tests.support.engine.checks.comparison import SideBySide
from tests.support.engine.desks.desk import E8, Desk, open_account
from tests.support.engine.draws.generator import FEATURES
from tests.support.engine.draws.reducing_generator import DrawsReducing
from tests.support.engine.streams import blocks_of

STEPS = 250
BLOCKS = [range(10), range(10, 20), range(20, 30)]
FEW_SEEDS = range(3)
# How often each must have happened in all blocks together: no block goes without.
WANTED = ("cancelled: reduce_only", "StopTriggered", "Uncrossed", "TradeCorrected", "CloseOutStarted", "fillability")


@pytest.mark.parametrize("seeds", blocks_of(BLOCKS, FEW_SEEDS))
def test_both_exchanges_hold_reduce_only_orders_alike(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen += run_seed(seed)
    assert seeds is FEW_SEEDS or all(seen[name] > 2 for name in WANTED), {name: seen[name] for name in WANTED}


def run_seed(seed: int) -> Counter[str]:
    """Send a seed's commands to both; what was seen."""
    session = SideBySide(random.Random(seed).randrange, FEATURES, draws=DrawsReducing)
    for step in range(STEPS):
        try:
            session.step()
            session.exchange.check()
            check_fillability(session)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {step}: {error}\nlast commands:\n{session.story()}") from error
    return session.seen


def check_fillability(session: SideBySide) -> None:
    """Assert that what was to be filled at once, all or in part, was filled if it was accepted."""
    command, events = session.history[-1].command, session.exchange.events
    if not isinstance(command, commands.NewOrder) or not any(type(event) is OrderAccepted for event in events):
        return
    least = command.quantity_e8 if command.time_in_force == codes.FOK else command.min_quantity_e8
    order_id = session.exchange.seq
    got = sum(event.quantity_lots for event in events if type(event) is Trade and event.taker_order_id == order_id)
    assert got >= least // E8, f"{got} lots of at least {least // E8}"


def long(name: str) -> str:
    """A name as long as there may be."""
    return name + "x" * (MAX_NAME_CHARS - len(name))


SERIES = long("F")
ANN, BOB, CAT = long("ann"), long("bob"), long("cat")


def venue() -> Desk:
    desk = Desk()
    for asset in ("BTC", "RUB"):
        desk.send(commands.AddAsset(asset, codes.CRYPTO, 0))
    desk.send(
        commands.ListInstrument(
            SERIES, codes.FUTURE, "BTC", "RUB", E8, E8, E8, 10**6 * E8, 10**15, 50_000, 1_000 * E8, underlying="BTC",
            expiry_ns=desk.time_ns + 10 * NS_PER_DAY,
        )
    )  # fmt: skip
    desk.send(commands.SetTradingRules(SERIES, 500_000))
    desk.send(commands.SetPhase(SERIES, codes.CONTINUOUS))
    for name in (ANN, BOB, CAT):
        open_account(desk, name, RUB=10**15)
    return desk


def order(account: str, name: str, side: int, price: int, lots: int = 1, **fields: Any) -> commands.NewOrder:
    return commands.NewOrder(
        account, account, long(name), SERIES, side, codes.LIMIT, codes.GTC, price * E8, lots * E8, **fields
    )


def position(desk: Desk, buyer: str, seller: str, lots: int) -> None:
    """Give two accounts positions of so many lots."""
    desk.send(order(buyer, f"open{desk.exchange.seq}", codes.BUY, 1_000, lots))
    assert any(
        type(event) is Trade for event in desk.send(order(seller, f"o{desk.exchange.seq}", codes.SELL, 1_000, lots))
    )


def full_of_reducing(lots: int) -> Desk:
    """Ann is long and Bob is short, and each has as many reduce-only orders of the whole position as there may be."""
    desk = venue()
    position(desk, ANN, BOB, lots)
    for number in range(MAX_REDUCE_ONLY_PER_POSITION):
        desk.send(order(ANN, f"a{number}", codes.SELL, 1_200 + number, lots, reduce_only=True))
        desk.send(order(BOB, f"b{number}", codes.BUY, 800 - number, lots, reduce_only=True))
    assert all(len(desk.exchange.accounts[name].open_orders) == MAX_REDUCE_ONLY_PER_POSITION for name in (ANN, BOB))
    return desk


def changes(events: list[Event]) -> list[Event]:
    return [event for event in events if type(event) in (OrderAmended, OrderCancelled)]


def test_no_command_leaves_an_account_with_more_than_there_may_be() -> None:
    desk = full_of_reducing(100)
    refused = desk.send(order(ANN, "one more", codes.SELL, 1_100, reduce_only=True))[-1]
    assert isinstance(refused, OrderRejected) and refused.code == codes.ORDER_LIMITS
    assert refused.detail == "no more than 100 open reduce-only orders of an account in an instrument"
    # The orders of one command don't count for each other: the worst is one below, and a bracket that reduces in all three.
    desk.send(commands.CancelOrder(ANN, ANN, 0, long("a0")))
    desk.send(
        commands.NewBracket(
            ANN, ANN,
            order(ANN, "entry", codes.SELL, 1_300, reduce_only=True),
            order(ANN, "profit", codes.BUY, 900, reduce_only=True),
            commands.NewOrder(
                ANN, ANN, long("stop"), SERIES, codes.BUY, codes.STOP, codes.GTC, 0, E8, stop_price_e8=1_400 * E8,
                reduce_only=True,
            ),
        )
    )  # fmt: skip
    assert len(desk.exchange.accounts[ANN].open_orders) == MAX_REDUCE_ONLY_PER_POSITION + 2
    desk.exchange.check()
    assert isinstance(desk.send(order(ANN, "another", codes.SELL, 1_100, reduce_only=True))[-1], OrderRejected)
    # What can't stay open passes, so that a position can always be closed.
    closes = commands.NewOrder(
        ANN, ANN, "now", SERIES, codes.SELL, codes.MARKET, codes.GTC, 0, 100 * E8, reduce_only=True
    )
    assert not isinstance(desk.send(closes)[-1], OrderRejected)
    desk.exchange.check()


def test_a_trade_of_one_lot_cuts_all_reduce_only_orders_of_two_accounts_once() -> None:
    desk = full_of_reducing(100)
    desk.send(order(BOB, "bid", codes.BUY, 1_000))
    events = desk.send(order(ANN, "ask", codes.SELL, 1_000))
    assert len(changes(events)) == 2 * MAX_REDUCE_ONLY_PER_POSITION
    assert len(events) == 2 + 4 * MAX_REDUCE_ONLY_PER_POSITION
    assert 50_000 < len(encode_events(events)) < 60_000, "limits.py says what it takes"
    desk.exchange.check()


@pytest.mark.parametrize("fills", [1, 30, 64])
def test_a_sweep_cuts_each_reduce_only_order_once_however_many_fills_it_has(fills: int) -> None:
    desk = full_of_reducing(100)
    for number in range(fills):
        desk.send(order(ANN, f"s{number}", codes.SELL, 1_000 + number))
    events = desk.send(order(CAT, "sweep", codes.BUY, 1_100, fills))
    assert sum(type(event) is Trade for event in events) == fills
    # Accepted, the trades, and of each of Ann's orders one cut with what it shows then; Bob's position is as it was.
    assert len(events) == 1 + fills + 2 * MAX_REDUCE_ONLY_PER_POSITION
    assert all(event.leaves_lots == 100 - fills for event in events if type(event) is OrderAmended)
    desk.exchange.check()


def test_an_order_that_trades_is_cut_once_for_each_trade_at_most() -> None:
    """Icebergs that show a lot at a time, and orders between them that take the position away as well."""
    desk = venue()
    position(desk, ANN, BOB, 90)
    for number in range(MAX_REDUCE_ONLY_PER_POSITION):
        command = order(ANN, f"a{number}", codes.SELL, 1_200, 90, reduce_only=True)
        desk.send(msgspec.structs.replace(command, order_type=codes.ICEBERG, display_e8=E8))
        desk.send(order(ANN, f"s{number}", codes.SELL, 1_200))
    events = desk.send(order(CAT, "sweep", codes.BUY, 1_400, 10**4))
    trades = sum(type(event) is Trade for event in events)
    assert trades == 45 + MAX_REDUCE_ONLY_PER_POSITION
    assert desk.exchange.accounts[ANN].positions[0].lots == -55
    cut = sum(type(event) is OrderAmended for event in events)
    ended = sum(type(event) is OrderCancelled for event in events)
    assert (cut, ended) == (44, MAX_REDUCE_ONLY_PER_POSITION)
    desk.exchange.check()


@pytest.mark.parametrize("accounts", [2, 8])
def test_an_uncross_whose_positions_run_out_is_linear_in_its_orders(accounts: int) -> None:
    """Each account has orders for many times its position, so that each uncross leaves something over."""
    desk = venue()
    names = [long(f"m{number}") for number in range(accounts)]
    for name in names:
        open_account(desk, name, RUB=10**15)
        position(desk, name, BOB, 4)
    desk.send(commands.SetPhase(SERIES, codes.PRE_OPEN))
    for place, name in enumerate(names):
        for number in range(20):
            desk.send(order(name, f"r{number}", codes.SELL, 900 + 20 * place + number, 4, reduce_only=True))
    desk.send(order(CAT, "bid", codes.BUY, 1_200, 4 * accounts + 4))
    events = desk.send(commands.SetPhase(SERIES, codes.CONTINUOUS))
    assert sum(type(event) is Trade for event in events) == accounts
    assert sum(type(event) is Uncrossed for event in events) == 2
    assert len(changes(events)) == 19 * accounts
    desk.exchange.check()


def test_an_uncross_is_done_again_only_as_often_as_its_volume_can_be_halved() -> None:
    """The worst there is: of what each account has in the volume one half takes away the position that the other would reduce."""
    desk = venue()
    accounts = 14
    desk.send(commands.SetVenueRules(codes.CANCEL_OLDEST, ""))
    for number in range(accounts):
        open_account(desk, long(f"m{number}"), RUB=10**15)
        position(desk, long(f"m{number}"), BOB, 2**number)
    desk.send(commands.SetPhase(SERIES, codes.PRE_OPEN))
    for number in range(accounts):
        price = 1_000 - 2 * number
        desk.send(order(long(f"m{number}"), "plain", codes.SELL, price, 2**number))
        desk.send(order(long(f"m{number}"), "reduces", codes.SELL, price + 1, 2**number, reduce_only=True))
    volume = 2**accounts
    desk.send(order(CAT, "bid", codes.BUY, 1_200, volume))
    events = desk.send(commands.SetPhase(SERIES, codes.CONTINUOUS))
    volumes = [event.volume_lots for event in events if type(event) is Uncrossed]
    assert volumes[0] == volume
    assert all(later <= earlier // 2 for earlier, later in pairwise(volumes))
    assert len(volumes) == accounts
    desk.exchange.check()


def test_pairs_that_begin_one_after_the_other_cut_the_orders_of_who_trades_with_all_of_them_once() -> None:
    """Each bracket whose entry has nothing left to reduce lets a pair begin that closes the next one's position, and trades with Ann."""
    desk = venue()
    links = 25
    position(desk, BOB, ANN, 200)
    for number in range(MAX_REDUCE_ONLY_PER_POSITION):
        desk.send(order(ANN, f"a{number}", codes.BUY, 800 - number, 200, reduce_only=True))
    for number in range(links):
        name = long(f"m{number}")
        open_account(desk, name, RUB=10**15)
        position(desk, BOB, name, 3)
        profit = order(name, "profit", codes.SELL, 850, 3)
        stop = commands.NewOrder(
            name, name, long("stop"), SERIES, codes.SELL, codes.STOP, codes.GTC, 0, 3 * E8, stop_price_e8=600 * E8
        )
        entry = order(name, "entry", codes.BUY, 900 + number, 3, reduce_only=True)
        desk.send(commands.NewBracket(name, name, entry, profit, stop))
        desk.send(order(BOB, f"part{number}", codes.SELL, 900 + number, 2))
    for number in range(links):
        desk.send(order(long(f"m{number}"), "bid", codes.BUY, 998 - 2 * number))
        desk.send(order(ANN, f"bid{number}", codes.BUY, 997 - 2 * number))
    events = desk.send(order(CAT, "first", codes.SELL, 998))
    assert sum(type(event) is Trade for event in events) == 2 * links
    amended = [event for event in events if type(event) is OrderAmended and event.account == ANN]
    assert len(amended) == MAX_REDUCE_ONLY_PER_POSITION
    desk.exchange.check()
