"""Orders expire by deadline, then entry, and leave nothing behind when they end before."""

from __future__ import annotations

import random

import pytest

from engine.book.expiries import NEVER
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, NS_PER_SECOND
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderCancelled
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def desk_with() -> Desk:
    desk = Desk()
    list_spot(desk)
    open_account(desk, "a", RUB=10**12)
    return desk


def send(desk: Desk, name: str, expire_ns: int = 0) -> None:
    force = codes.GTD if expire_ns else codes.DAY
    desk.send(commands.NewOrder("a", "a", name, "BTC/RUB", codes.BUY, codes.LIMIT, force, E8, E8, expire_ns=expire_ns))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_due_is_the_earliest_of_those_that_are_open(seed: int) -> None:
    chance = random.Random(seed)
    desk = desk_with()
    exchange = desk.exchange
    first_ns = desk.time_ns + 10 * NS_PER_SECOND
    midnight_ns = exchange.next_due_ns()
    deadlines: dict[str, int] = {}
    for number in range(300):
        if deadlines and chance.random() < 0.45:
            name = chance.choice(list(deadlines))
            desk.send(commands.CancelOrder("a", "a", 0, name))
            del deadlines[name]
        else:
            name = f"o{number}"
            deadlines[name] = chance.choice((midnight_ns, first_ns + chance.randrange(8), midnight_ns + 1, MAX_E8))
            send(desk, name, 0 if deadlines[name] == midnight_ns else deadlines[name])
        kept = sum(len(orders) for _, orders in exchange.expiries.entries())
        assert kept == len(deadlines)
        assert exchange.next_due_ns() == min([midnight_ns, *deadlines.values()])
    by_entry = {name: place for place, name in enumerate(deadlines)}
    due = sorted(
        (name for name in deadlines if deadlines[name] <= midnight_ns), key=lambda n: (deadlines[n], by_entry[n])
    )
    ended = desk.send_at(midnight_ns, commands.Tick())
    assert [event.client_order_id for event in ended if isinstance(event, OrderCancelled)] == due
    exchange.check()


def test_who_expires_when_nobody_lives_any_more_leaves_nothing_behind_either() -> None:
    desk = desk_with()
    send(desk, "far", MAX_E8)
    assert desk.exchange.expiries.next_ns == NEVER - 1
    desk.send(commands.CancelOrder("a", "a", 0, "far"))
    assert not desk.exchange.expiries.entries() and desk.exchange.expiries.next_ns == NEVER
