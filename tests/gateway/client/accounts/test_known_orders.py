"""What a client knows of its orders, without a venue."""

from __future__ import annotations

from typing import Any

from gateway.client.accounts.known_orders import KnownOrders
from gateway.client.accounts.orders import Order
from gateway.client.values.errors import ConnectionLost
from gateway.protocol.messages import ExecutionReport


async def _never(*given: Any, **named: Any) -> Any:
    raise AssertionError("nothing is sent here")


def order(quantity: str) -> Order:
    terms = {"account": "bob", "client_order_id": "one", "instrument": "BTC/RUB", "side": "buy", "price": "100"}
    return Order(amend=_never, cancel=_never, quantity=quantity, **terms)  # type: ignore[arg-type]


def report(exec_type: str, order_id: int, seq: int | None) -> ExecutionReport:
    return ExecutionReport(exec_type, "bob", order_id, "one", "BTC/RUB", "rejected", f"{order_id}-0", order_id, seq=seq)


def test_two_orders_of_one_id_that_wait_both_get_their_answers() -> None:
    known, first, second = KnownOrders(), order("1"), order("2")
    # The answer to the first is lost, not its report.
    known.entering(first)
    known.apply(report("rejected", 37, 10))
    known.failed(first, ConnectionLost("cut"))
    # It is asked for again while another of that id waits.
    kept = known.entering(second)
    assert (kept, known.entering(first)) == (second, second)
    assert known.answered(second, report("status", 37, None)) is first
    known.apply(report("rejected", 84, 11))
    assert known.answered(second, report("rejected", 84, 11)) is second
    assert (second.order_id, second.status) == (84, "rejected")
    assert (first.order_id, first.status) == (37, "rejected")
