"""A client order id that ended on one day stands for another order on the next, and for that alone."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import OrderAccepted, OrderStatus
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


@pytest.mark.parametrize("others", [0, 1_000])
def test_a_request_sent_again_is_answered_with_the_order_of_its_own_day(others: int) -> None:
    desk = Desk()
    list_spot(desk)
    open_account(desk, "a", RUB=10**12, BTC=10**9)
    request = commands.NewOrder("a", "a", "same", "BTC/RUB", codes.BUY, codes.LIMIT, codes.DAY, 90 * E8, E8)
    first = desk.send(request)[0]
    assert isinstance(first, OrderAccepted)
    for number in range(others):
        # Behind it, and so many that what the day has left is not swept before the second order ends.
        desk.send(commands.NewOrder("a", "a", f"o{number}", "BTC/RUB", codes.BUY, codes.LIMIT, codes.IOC, 90 * E8, E8))
    desk.send(commands.Tick(), NS_PER_DAY)
    second = desk.send(request)[0]
    assert isinstance(second, OrderAccepted) and second.order_id != first.order_id
    desk.send(commands.CancelOrder("a", "a", second.order_id, ""))
    (again,) = desk.send(request)
    assert isinstance(again, OrderStatus) and again.order_id == second.order_id
    desk.exchange.check()
