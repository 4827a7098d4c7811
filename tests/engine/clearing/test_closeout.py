"""Close-outs when grace ends: one book a step, and in the order of what is due however they are cut; marks and bands by positions."""

from __future__ import annotations

import itertools

import pytest

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import Sequenced, Tick
from engine.vocabulary.messages.events import Event
from tests.support.engine.checks.numbered import numbered
from tests.support.engine.desks.desk import START_NS, Desk, list_spot, open_account

WHOLE = 2**62
NUMBERS = itertools.count()


def list_futures(desk: Desk, count: int) -> None:
    """List futures F0, F1 ... whose tick and lot are 1, at a reference of 1 000."""
    desk.send(commands.AddAsset("RUB", codes.FIAT, 2))
    desk.send(commands.AddAsset("X", codes.CRYPTO, 0))
    one = ONE_E8
    terms = (one, one, one, 10**6 * one, 10**15, 50_000, 1_000 * one, 0, 0, "X", START_NS + 30 * NS_PER_DAY)
    for number in range(count):
        desk.send(commands.ListInstrument(f"F{number}", codes.FUTURE, "X", "RUB", *terms))
        desk.send(commands.SetTradingRules(f"F{number}", 900_000, 0))
        desk.send(commands.SetPhase(f"F{number}", codes.CONTINUOUS))


def order_in(number: int, account: str, side: int, price: int, lots: int) -> commands.NewOrder:
    """A limit order in a future."""
    terms = (side, codes.LIMIT, codes.GTC, price * ONE_E8, lots * ONE_E8)
    return commands.NewOrder(account, account, f"o{next(NUMBERS)}", f"F{number}", *terms)


def empty(desk: Desk, account: str) -> None:
    """Withdraw what is available."""
    for balance in list(desk.exchange.accounts[account].balances.values()):
        desk.send(commands.Withdraw(account, "RUB", balance.available))


def test_an_account_that_is_closed_out_in_many_books_sweeps_one_a_step() -> None:
    """Else one command would sweep as many books as there are futures."""
    series, depth = 6, 40
    desk = Desk()
    list_futures(desk, series)
    for name in ("victim", "buyer"):
        open_account(desk, name, RUB=10**12)
    for number in range(series):
        desk.send(order_in(number, "buyer", codes.BUY, 1_000, depth))
        desk.send(order_in(number, "victim", codes.SELL, 1_000, depth))
        seller = f"seller{number}"
        open_account(desk, seller, RUB=10**12)
        for _ in range(depth):
            desk.send(order_in(number, seller, codes.SELL, 1_500, 1))
    empty(desk, "victim")
    desk.send(commands.SetMarginRules(NS_PER_SECOND))
    # Its loss takes all that it has, so that each position needs cover which is missing.
    desk.send(commands.MarkFuture("F0", 1_000 * (series + 1) * ONE_E8))
    desk.exchange.piece_events = 1
    pieces = [desk.send(Tick(), NS_PER_SECOND)]
    while desk.exchange.is_unfinished:
        pieces.append(desk.send(Tick(), 0))
    trades = [sum(isinstance(event, events.Trade) for event in piece) for piece in pieces]
    assert sum(trades) > 3 * depth and max(trades) == depth
    desk.exchange.check()


def many_calls(accounts: int) -> Desk:
    """A venue with accounts that are short in two futures, and books in which nobody sells."""
    desk = Desk()
    list_futures(desk, 2)
    list_spot(desk, "Y/RUB", reference=100)
    for name in ("long", "patient"):
        open_account(desk, name, RUB=10**15)
    for number in range(2):
        desk.send(order_in(number, "long", codes.BUY, 1_000, accounts))
    for each in range(accounts):
        open_account(desk, f"s{each}", RUB=400_000)
        for number in range(2):
            desk.send(order_in(number, f"s{each}", codes.SELL, 1_000, 1))
    # Longer than what is waited for: nobody is called twice.
    desk.send(commands.SetMarginRules(10 * NS_PER_SECOND))
    desk.send(commands.MarkFuture("F0", 3_000 * ONE_E8))
    while desk.exchange.is_unfinished:
        desk.send(Tick(), 0)
    # It expires after their grace.
    terms = (codes.BUY, codes.LIMIT, codes.GTD, 100 * ONE_E8, ONE_E8)
    until_ns = desk.time_ns + 12 * NS_PER_SECOND
    desk.send(commands.NewOrder("patient", "patient", "gtd", "Y/RUB", *terms, expire_ns=until_ns))
    return desk


def slept_through(desk: Desk, piece_events: int) -> list[Event]:
    """What the same commands and then ticks bring in pieces of so many events, from the end of grace on."""
    exchange = Exchange(PreTradeHook())
    for sequenced in desk.history:
        exchange.apply(sequenced)
    exchange.piece_events = piece_events
    happened: list[Event] = []
    time_ns = desk.time_ns + 15 * NS_PER_SECOND
    while exchange.next_due_ns() <= time_ns:
        happened += exchange.apply(Sequenced(exchange.seq + 1, time_ns, Tick()))
    exchange.check()
    return happened


def test_many_close_outs_come_before_what_is_due_later_however_they_are_cut() -> None:
    accounts = 600
    desk = many_calls(accounts)
    whole = slept_through(desk, WHOLE)
    started = [place for place, event in enumerate(whole) if isinstance(event, events.CloseOutStarted)]
    expired = [
        place for place, event in enumerate(whole) if isinstance(event, events.OrderCancelled) and event.client_order_id
    ]
    assert len(started) == 2 * accounts and len(expired) == 1 and started[-1] < expired[0]
    for piece_events in (1, 50, 4_096):
        assert numbered(slept_through(desk, piece_events)) == numbered(whole)


@pytest.mark.parametrize(
    ("command", "walks"),
    [
        # Gains and losses, carried values, cover, reports, positions that are left.
        (commands.MarkFuture("F0", 1_001 * ONE_E8), 5),
        (commands.SetTradingRules("F0", 800_000, 0), 1),
    ],
)
def test_each_walk_over_the_positions_of_a_future_is_counted(command: commands.AnyCommand, walks: int) -> None:
    accounts = 40
    desk = Desk()
    list_futures(desk, 1)
    open_account(desk, "long", RUB=10**15)
    desk.send(order_in(0, "long", codes.BUY, 1_000, accounts))
    for each in range(accounts):
        open_account(desk, f"s{each}", RUB=10**9)
        desk.send(order_in(0, f"s{each}", codes.SELL, 1_000, 1))
    desk.exchange.piece_steps = 10
    desk.send(command)
    pieces = 1
    while desk.exchange.is_unfinished:
        desk.send(Tick(), 0)
        pieces += 1
    assert pieces >= walks * accounts // 10
    desk.exchange.check()
