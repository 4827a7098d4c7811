"""Questions about the past in a program's own venue, over days of its own clock."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.limits import NS_PER_DAY
from gateway.inprocess.running import RequestRefused, Running
from gateway.protocol import messages as m
from tests.support.gateway.venues.small_venue import small_venue

BEGIN_NS = midnight_ns(moscow_day(1_790_000_000 * 10**9)) + NS_PER_DAY // 2


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Of which few reports are kept."""
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 6)
    found = Running(small_venue(), tmp_path, BEGIN_NS, lambda _, __: None)
    yield found
    found.finish()


def ask(running: Running, name: str, request: Any) -> Any:
    return running.ask(name, "participant", request)


def order(running: Running, name: str, side: m.Side, own_id: str, quantity: str = "1") -> int:
    """Enter an order at 100; returns its id."""
    terms: dict[str, Any] = {"instrument": "BTC/RUB", "side": side, "quantity": quantity, "price": "100"}
    reply = ask(running, name, m.NewOrder(id=0, account=name, client_order_id=own_id, **terms))
    return int(reply.order_id)


def day_of(time_ns: int) -> str:
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=moscow_day(time_ns))).isoformat()


def test_an_id_that_was_used_on_several_days_stands_for_an_order_of_each(running: Running) -> None:
    ids = []
    days = [day_of(BEGIN_NS + number * NS_PER_DAY) for number in range(3)]
    for number in range(3):
        order(running, "alice", "sell", f"s{number}", "5")
        ids.append(order(running, "bob", "buy", "again"))
        assert ask(running, "bob", m.Fees(id=0, account="bob")).paid == {"RUB": "0.10"}
        # The same once more is answered, another under the id refused: neither is an order.
        assert order(running, "bob", "buy", "again") == ids[-1]
        order(running, "bob", "buy", "again", "2")
        running.advance(BEGIN_NS + (number + 1) * NS_PER_DAY)
        fees = ask(running, "bob", m.Fees(id=0, account="bob"))
        assert (fees.paid, fees.trading_day) == ({}, day_of(BEGIN_NS + (number + 1) * NS_PER_DAY))
    for number, (day, order_id) in enumerate(zip(days, ids, strict=True)):
        query = m.OrderStatus(id=0, account="bob", client_order_id="again", trading_day=day)
        found = ask(running, "bob", query).order
        assert (found.order_id, found.order_status) == (order_id, "filled")
        assert day_of(found.entered) == days[number]
    assert ask(running, "bob", m.OrderStatus(id=0, account="bob", client_order_id="again")).order.order_id == ids[-1]
    query = m.OrderStatus(id=0, account="bob", client_order_id="again", trading_day=day_of(BEGIN_NS - NS_PER_DAY))
    with pytest.raises(RequestRefused, match="unknown: the account has had no such order"):
        ask(running, "bob", query)
    first, last = midnight_ns(moscow_day(BEGIN_NS) + 1), midnight_ns(moscow_day(BEGIN_NS) + 2) - 1
    fills = ask(running, "bob", m.Fills(id=0, account="bob", from_time=first, to_time=last)).fills
    assert [fill.order_id for fill in fills] == [ids[1]]


def test_the_time_is_that_of_its_clock(running: Running) -> None:
    assert ask(running, "bob", m.Time(id=0)).time >= BEGIN_NS
    running.advance(BEGIN_NS + 5)
    assert ask(running, "bob", m.Time(id=0)).time == BEGIN_NS + 5
    assert ask(running, "bob", m.Me(id=0)).participant == "bob"
