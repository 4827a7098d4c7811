"""Futures under random orders, index moves, marks, band changes and corrections by people with little money.

After every command the whole state is checked: positions and carried values add up to nothing, cover made anew is what is
held, money is conserved, no reduce-only order is larger than its position, no book is crossed.
"""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import pytest

from engine.exchange import Exchange
from engine.snapshot.encoding import state_digest
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND, ONE_E8, PIECE_EVENTS
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import Event
from tests.support.engine.checks.futures_session import FUTURES, START_NS, STEPS, Session, setup
from tests.support.engine.streams import each_of

WANTED = (
    "FutureMarked",
    "VariationMargin",
    "MarginCalled",
    "MarginRestored",
    "CloseOutStarted",
    "DefaultDeclared",
    "LossShared",
    "TradeCorrected",
    "StopTriggered",
    "Uncrossed",
    "position_limit",
    "reduce_only",
    "funds",
    "cancelled: settled",
    "cancelled: reduce_only",
    "cancelled: margin_call",
    "cancelled: band",
    "cancelled: funds",
)


@pytest.mark.parametrize("seed", each_of(range(12), range(2)))
def test_whatever_happens_the_state_stays_sound(seed: int) -> None:
    session = Session(seed)
    for _ in range(STEPS):
        session.step()
    session.time_ns = START_NS + NS_PER_DAY
    while session.exchange.next_due_ns() <= session.time_ns:
        session.send(commands.Tick())
    for name in FUTURES:
        book = session.exchange.books[name]
        assert book.instrument.future is not None and book.instrument.future.expired
        assert all(not position.lots and not position.carried for position in book.instrument.future.positions.values())
    for account in session.exchange.accounts.values():
        for balance in account.balances.values():
            assert balance.margin is None or balance.margin.needed == balance.margin.held == 0
    again = Exchange(PreTradeHook())
    for sequenced in session.history:
        again.apply(sequenced)
    assert state_digest(again) == state_digest(session.exchange)


def test_every_kind_of_event_occurs() -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        session = Session(100 + seed)
        for _ in range(STEPS):
            session.step()
        session.time_ns = START_NS + NS_PER_DAY
        session.send(commands.Tick())
        seen.update(session.seen)
        if all(seen[name] for name in WANTED):
            break
    assert [name for name in WANTED if not seen[name]] == []


def test_close_outs_are_done_in_pieces_and_numbered_in_each() -> None:
    shorts = 1_500
    exchange = Exchange(PreTradeHook())
    start = [command for command in setup(random.Random(0)) if not isinstance(command, commands.SetMarginRules)]

    def send(command: AnyCommand, time_ns: int = START_NS) -> list[Event]:
        return exchange.apply(Sequenced(exchange.seq + 1, time_ns, command))

    def order(account: str, side: int, lots: int) -> commands.NewOrder:
        price_e8 = 100 * ONE_E8
        return commands.NewOrder(account, account, "x", "Y-FUT", side, codes.LIMIT, codes.GTC, price_e8, lots * ONE_E8)

    for command in start:
        send(command)
    send(commands.OpenAccount("long", "long", "long"))
    send(commands.Deposit("long", "RUB", 10**12))
    for lots in (1000, shorts - 1000):
        send(msgspec.structs.replace(order("long", codes.BUY, lots), client_order_id=f"x{lots}"))
    for number in range(shorts):
        send(commands.OpenAccount(f"s{number}", f"s{number}", f"s{number}"))
        send(commands.Deposit(f"s{number}", "RUB", 11_500))
        send(order(f"s{number}", codes.SELL, 1))
    send(commands.SetIndexPrice("X", 110 * ONE_E8))
    send(commands.MarkFuture("Y-FUT"))
    later_ns = START_NS + 3_600 * NS_PER_SECOND
    exchange.check()

    def closed_out(happened: list[Event]) -> list[str]:
        return [event.account for event in happened if isinstance(event, events.CloseOutStarted)]

    done: list[str] = []
    while exchange.next_due_ns() <= later_ns:
        piece = send(commands.Tick(), later_ns)
        # The last close-out of a piece may pass its end: by what a close-out and a call have.
        assert len(piece) < PIECE_EVENTS + 4
        accepted = [event.order_id for event in piece if isinstance(event, events.OrderAccepted)]
        assert accepted == [exchange.seq + (4096 + number) * 2**40 for number in range(len(accepted))]
        done += closed_out(piece)
    assert done == [f"s{number}" for number in range(shorts)]
    exchange.check()
