"""The market's index is a running sum: it always equals the mean counted anew, and a print costs the same with any number of members."""

from __future__ import annotations

import gc
import random
import sys

import pytest

from engine.build import is_compiled
from engine.trading.market_index import index_ppm
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, NS_PER_SECOND
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import MarketHalted, Trade
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.streams import each_of

NEVER_PPM = 999_999
NAMES = ("A/RUB", "B/RUB", "C/RUB", "D/RUB")


def recounted(desk: Desk) -> int:
    """The index by its definition in docs/MATCHING.md."""
    books = [desk.exchange.books[book.instrument.instrument] for book in desk.exchange.market_index]
    moves = [
        min((book.last_trade_ticks or book.reference_ticks) * 1_000_000 // book.reference_ticks, MAX_E8)
        for book in books
        if book.reference_ticks
    ]
    return sum(moves) // len(moves) if moves else 1_000_000


def desk_with(names: tuple[str, ...], reference: int = 100) -> Desk:
    desk = Desk()
    for number, name in enumerate(names):
        # The last one has no reference before its first auction.
        list_spot(desk, name, reference=0 if number == len(names) - 1 else reference)
    assets = {name.partition("/")[0]: 10**9 for name in names}
    for account in ("a", "b"):
        open_account(desk, account, RUB=10**15, **assets)
    return desk


def trade(desk: Desk, name: str, price: int, lots: int = 1) -> list[object]:
    out: list[object] = []
    for account, side in (("a", codes.SELL), ("b", codes.BUY)):
        number = len(desk.history)
        order = commands.NewOrder(
            account, account, f"t{number}", name, side, codes.LIMIT, codes.GTC, price * E8, lots * E8
        )
        out += desk.send(order)
    return out


@pytest.mark.parametrize("seed", each_of(range(8), range(2)))
def test_the_sum_is_that_of_all_members_after_whatever_changes_them(seed):
    """Prints in trading and in auctions, references by auctions and halts, members that change, are named twice, or have no reference."""
    chance = random.Random(seed)
    desk = desk_with(NAMES)
    halted = 0
    for _ in range(300):
        name = chance.choice(NAMES)
        roll = chance.random()
        if roll < 0.6:
            events = trade(desk, name, chance.randrange(60, 160))
        elif roll < 0.75:
            phase = chance.choice((codes.OPENING_AUCTION, codes.PRE_OPEN, *[codes.CONTINUOUS] * 4))
            events = desk.send(commands.SetPhase(name, phase))
        elif roll < 0.85:
            members = tuple(chance.choice(NAMES) for _ in range(chance.randrange(6)))
            threshold = chance.choice((0, NEVER_PPM, 50_000, 50_000, 100_000))
            events = desk.send(commands.SetMarketHalt(threshold, NS_PER_SECOND, members))
        elif roll < 0.9:
            batch_ns = chance.choice((0, NS_PER_SECOND))
            events = desk.send(commands.SetTradingRules(name, volatility_ns=NS_PER_SECOND, batch_ns=batch_ns))
        elif roll < 0.95:
            busted = chance.randrange(desk.exchange.trades + 1)
            events = desk.send(commands.BustTrade(busted, "drawn", "op"))
        else:
            events = desk.send(commands.Tick(), chance.choice((1, 3)) * NS_PER_SECOND)
        halted += sum(type(event) is MarketHalted for event in events)
        assert index_ppm(desk.exchange) == recounted(desk)
        desk.exchange.check()
    assert halted


def steps_of_a_sweep(members: int, levels: int) -> int:
    """Lines run by one order that trades at so many levels of one of the members."""
    names = ("A/RUB", *(f"M{number}/RUB" for number in range(members - 1)))
    desk = desk_with(names)
    desk.send(commands.SetMarketHalt(NEVER_PPM, NS_PER_SECOND, names))
    for number in range(levels):
        desk.send(
            commands.NewOrder(
                "a", "a", f"s{number}", "A/RUB", codes.SELL, codes.LIMIT, codes.GTC, (100 + number) * E8, E8
            )
        )
    order = commands.NewOrder("b", "b", "x", "A/RUB", codes.BUY, codes.LIMIT, codes.GTC, 500 * E8, levels * E8)
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    # A core of an earlier test that the collector frees meanwhile lets go of its orders, which takes lines too.
    gc.collect()
    gc.disable()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        events = desk.send(order)
    finally:
        sys.settrace(before)
        gc.enable()
    assert sum(type(event) is Trade for event in events) == levels
    return count


@pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")
def test_a_print_takes_as_many_steps_with_many_members_as_with_few():
    few, many = steps_of_a_sweep(2, 50), steps_of_a_sweep(200, 50)
    assert many == few
