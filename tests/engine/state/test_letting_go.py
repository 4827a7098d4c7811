"""A venue's core that is no longer used is freed, whatever rests in it: the collector alone would not see compiled orders."""

from __future__ import annotations

import gc
import sys

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.everything import Everything

RESTING = 200
ROUNDS = 4
# What a round may leave: caches of the interpreter. An order alone is more than ten blocks.
SPARE_BLOCKS = 300


def busy_venue() -> int:
    """Trade everything there is in every way, and drop it with all that is open; returns how much that is."""
    exchange = Exchange(PreTradeHook())
    drawn = Everything(1, exchange, "")
    for command in drawn.setup():
        drawn.send(command)
    for _ in range(250):
        drawn.send(drawn.step())
    kinds = {order.order_type for account in exchange.account_list for order in account.open_orders.values()}
    assert {codes.LIMIT, codes.ICEBERG, codes.PEGGED} <= kinds and kinds & {codes.STOP, codes.TRAILING_STOP}
    return exchange.open_parts


def quiet_venue() -> int:
    """Let orders rest in one queue, and drop it in the middle of a mass cancel."""
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**9)
    for number in range(RESTING):
        desk.send(commands.NewOrder("ann", "ann", str(number), "BTC/RUB", codes.BUY, codes.LIMIT, 0, 90 * E8, E8))
    desk.exchange.piece_steps = RESTING // 2
    desk.send(commands.MassCancel("ann", "ann"))
    assert desk.exchange.is_unfinished
    return desk.exchange.open_parts


def test_a_venue_that_is_dropped_leaves_nothing() -> None:
    for venue in (busy_venue, quiet_venue):
        after: list[int] = []
        for _ in range(ROUNDS):
            assert venue() > 20
            gc.collect()
            after.append(sys.getallocatedblocks())
        assert after[-1] - after[1] < SPARE_BLOCKS, after


def test_orders_are_parted_when_the_last_name_of_their_venue_goes() -> None:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**6)
    for name in ("first", "second"):
        desk.send(commands.NewOrder("ann", "ann", name, "BTC/RUB", codes.BUY, codes.LIMIT, 0, 90 * E8, E8))
    account = desk.exchange.accounts["ann"]
    first, second = account.open_orders.values()
    assert first.next is second and first.level is second.level is not None
    del desk
    assert not account.open_orders and not account.used_ids.current
    assert first.next is None and second.previous is None and first.level is None and first.beside is None
