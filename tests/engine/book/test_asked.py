"""What was asked for is known of every order, whether it is kept or follows from the order: random sessions of everything."""

from __future__ import annotations

import msgspec
import pytest

from engine.book.entities import Order, OrderRecord
from engine.book.kept import keep_order, read
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.plain import is_plain
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.everything import Everything

STEPS = 400


def asked_in(command: object) -> list[NewOrder]:
    """The orders that a command asks for as it states them."""
    if isinstance(command, NewOrder):
        return [command]
    if isinstance(command, commands.NewOrderPair):
        return [command.limit, command.stop]
    if isinstance(command, commands.NewBracket):
        return [command.entry, command.take_profit, command.stop]
    return []


@pytest.mark.parametrize("seed", range(1, 7))
def test_what_was_asked_for_is_known(seed: int) -> None:
    exchange = Exchange(PreTradeHook())
    drawn = Everything(seed, exchange, "")
    for command in drawn.setup():
        drawn.send(command)
    asked: dict[tuple[str, str], list[NewOrder]] = {}
    compared = followed = changed = 0
    for _ in range(STEPS):
        command = drawn.step()
        for each in asked_in(command):
            asked.setdefault((each.account, each.client_order_id), []).append(each)
        drawn.send(command)
        for account in exchange.account_list:
            for name, used in list(account.used_ids.current.items()):
                record = read(account, name, used)
                wanted = asked.get((account.account, name))
                if not isinstance(record, OrderRecord) or wanted is None:
                    continue
                compared += 1
                # An id may be used on another day, or again and be refused.
                assert record.command in wanted
                assert read(account, name, keep_order(record)).command == record.command  # type: ignore[attr-defined]
                if isinstance(record, Order):
                    followed += record.asked is None
                    changed += record.asked is not None and record.is_plain
                    assert not record.is_plain or is_plain(msgspec.structs.astuple(record.command))
    assert compared > STEPS and followed > 20 and changed > 0


def test_an_amended_order_is_still_known_by_what_was_asked_for() -> None:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**9)
    first = NewOrder("ann", "ann", "a", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 90 * E8, 5 * E8)
    desk.send(first)
    order = desk.exchange.accounts["ann"].order("a")
    assert order is not None and order.asked is None and order.command == first
    desk.send(commands.AmendOrder("ann", "ann", order.order_id, "", 91 * E8, 7 * E8))
    assert (order.price_ticks, order.quantity_lots) != (90, 5) and order.command == first
    assert desk.send(first)[-1].price_ticks == order.price_ticks  # type: ignore[union-attr]
