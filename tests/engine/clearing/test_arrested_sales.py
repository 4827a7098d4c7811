"""Sales of what papers have arrested, where they allow them: what may be sold, and what is arrested in its place."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    BustTrade,
    CancelOrder,
    Deposit,
    LiftArrest,
    MassQuote,
    NewOrder,
    RepriceTrade,
)
from engine.vocabulary.messages.events import (
    MassQuoted,
    OrderCancelled,
    OrderRejected,
    Trade,
)
from tests.support.engine.desks.desk import E8
from tests.support.engine.desks.holding_desk import desk_with, order, refused
from tests.support.engine.desks.papers import paper, parts, send


def test_sales_that_a_paper_allows_have_their_proceeds_arrested() -> None:
    desk = desk_with()
    send(desk, paper(share_ppm=600_000, asset="BTC", sales_allowed=True))
    assert isinstance(send(desk, order("s0", codes.SELL, 101, 100))[0], OrderRejected)
    send(desk, order("s1", codes.SELL, 70, 100))
    assert parts(desk) == (0, 70, 0, 30)
    # What is arrested is sold first: 25 of 25, so all of the 2500.00 RUB are.
    events = send(desk, order("b1", codes.BUY, 25, 100, "bob"))
    assert any(isinstance(event, Trade) for event in events)
    assert parts(desk) == (0, 45, 0, 30)
    assert parts(desk, asset="RUB") == (100_000_00, 0, 0, 2_500_00)
    # 5 of the other 45 are left of what was arrested: they come back when the order ends.
    send(desk, CancelOrder("ann", "ann", 0, "s1"))
    assert parts(desk) == (40, 0, 0, 35)
    assert isinstance(send(desk, order("b2", codes.BUY, 1_001, 100))[0], OrderRejected)
    send(desk, LiftArrest("1-7/2026"))
    assert parts(desk) == (75, 0, 0, 0) and parts(desk, asset="RUB") == (102_500_00, 0, 0, 0)


def test_proceeds_are_arrested_in_proportion_and_rounded_up() -> None:
    desk = desk_with()
    send(desk, Deposit("ann", "GOLD", 3))
    send(desk, paper(amount=1, asset="GOLD", sales_allowed=True))
    for who, side in (("ann", codes.SELL), ("bob", codes.BUY)):
        gold = NewOrder(who, who, "g1", "GOLD/RUB", side, codes.LIMIT, codes.GTC, 101 * E8, 3 * E8 // 100)
        send(desk, gold)
    # 3.03 RUB for three units, of which one was arrested.
    assert parts(desk, asset="RUB") == (100_000_00 + 202, 0, 0, 101)


def test_a_paper_that_forbids_sales_keeps_its_part_beside_one_that_allows_them() -> None:
    desk = desk_with()
    send(desk, paper("free", 600_000, asset="BTC", sales_allowed=True))
    send(desk, paper("firm", 300_000, asset="BTC"))
    send(desk, order("s1", codes.SELL, 70, 110))
    assert parts(desk) == (0, 70, 0, 30)
    assert isinstance(send(desk, order("s2", codes.SELL, 1, 110))[0], OrderRejected)
    # Another one that forbids them takes the sale: not enough would be left.
    events = send(desk, paper("more", amount=10, asset="BTC"))
    assert [event.client_order_id for event in events if isinstance(event, OrderCancelled)] == ["s1"]
    assert parts(desk) == (0, 0, 0, 100)


def test_open_sales_that_a_paper_allows_stay() -> None:
    desk = desk_with()
    send(desk, order("s1", codes.SELL, 80, 100))
    events = send(desk, paper(asset="BTC", sales_allowed=True))
    assert not any(isinstance(event, OrderCancelled) for event in events)
    assert parts(desk) == (0, 80, 0, 20)
    send(desk, order("b1", codes.BUY, 80, 100, "bob"))
    assert parts(desk, asset="RUB") == (100_000_00, 0, 0, 8_000_00)


def test_quotes_that_are_replaced_may_offer_what_is_arrested_if_sales_are_allowed() -> None:
    desk = desk_with()
    send(desk, paper(asset="BTC", sales_allowed=True))
    for number, lots in enumerate((60, 100)):
        quote = MassQuote("ann", "ann", f"q{number}", "BTC/RUB", (), ((110 * E8, lots * E8),))
        events = send(desk, quote)
        assert isinstance(events[-1], MassQuoted), events
        assert parts(desk) == (0, lots, 0, 100 - lots)
    assert refused(desk, MassQuote("ann", "ann", "q9", "BTC/RUB", (), ((110 * E8, 101 * E8),)))[0] == "funds"


def test_a_correction_changes_no_claim() -> None:
    desk = desk_with()
    send(desk, paper(amount=60, asset="BTC", sales_allowed=True))
    send(desk, order("s1", codes.SELL, 50, 100))
    send(desk, order("b1", codes.BUY, 50, 100, "bob"))
    # 40 were free, so 10 of the 60 were lent; what is arrested is sold first.
    assert parts(desk) == (0, 0, 0, 50) and parts(desk, asset="RUB") == (104_000_00, 0, 0, 1_000_00)
    send(desk, RepriceTrade(1, 110 * E8, "mistyped"))
    assert parts(desk, asset="RUB") == (104_500_00, 0, 0, 1_000_00)
    send(desk, BustTrade(1, "mistyped"))
    assert parts(desk) == (50, 0, 0, 50) and parts(desk, asset="RUB") == (99_000_00, 0, 0, 1_000_00)
    # Of one that claims all that comes, what comes back is claimed too; and what a bust would take must be there.
    send(desk, paper("2", asset="BTC", sales_allowed=True))
    send(desk, order("s2", codes.SELL, 100, 100))
    send(desk, order("b2", codes.BUY, 100, 100, "bob"))
    assert parts(desk)[3] == 0 and parts(desk, asset="RUB")[3] == 1_000_00 + 10_000_00
    send(desk, BustTrade(2, "mistyped"))
    assert parts(desk) == (0, 0, 0, 100)
