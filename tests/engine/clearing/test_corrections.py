"""A correction that many open orders hold back is done in pieces, like all that is too much for one command."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderCancelled, TradeCorrected
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

ORDERS = 6_000
PIECE = 4_096


def order(account: str, name: str, side: int, price: int, lots: int) -> commands.NewOrder:
    return commands.NewOrder(account, account, name, "BTC/RUB", side, codes.LIMIT, codes.GTC, price * E8, lots * E8)


def test_a_bust_ends_as_many_orders_as_it_takes_piece_by_piece() -> None:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", BTC=ORDERS)
    open_account(desk, "bob", RUB=100_00 * ORDERS)
    desk.send(order("ann", "a", codes.SELL, 100, ORDERS))
    desk.send(order("bob", "b", codes.BUY, 100, ORDERS))
    for number in range(ORDERS):
        desk.send(order("ann", f"c{number}", codes.BUY, 100, 1))
    ann = desk.exchange.accounts["ann"]
    assert ann.available(desk.exchange.assets["RUB"]) == 0 and len(ann.open_orders) == ORDERS
    pieces = [desk.send(commands.BustTrade(1, "wrong"))]
    while not isinstance(pieces[-1][-1], TradeCorrected):
        pieces.append(desk.send(commands.Tick()))
    assert [len(piece) for piece in pieces] == [PIECE, ORDERS + 1 - PIECE]
    cancels = [event for piece in pieces for event in piece if isinstance(event, OrderCancelled)]
    assert [event.client_order_id for event in cancels] == [f"c{number}" for number in reversed(range(ORDERS))]
    assert {event.reason for event in cancels} == {codes.CORRECTED}
    assert ann.available(desk.exchange.assets["BTC"]) == ORDERS
    desk.exchange.check()
