"""Positions and profit, by figures worked out by hand, and against a plain count of random fills."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.client import Opening, Portfolio, connect
from gateway.client.accounts import portfolio as kept
from gateway.protocol import messages as m
from tests.support.gateway.venues.clearing_desk import at_desk
from tests.support.gateway.venues.small_venue import KEYS

D = Decimal


def fill(seq: int, side: str, quantity: str, price: str, fee: str = "0", **fields: Any) -> m.ExecutionReport:
    return m.ExecutionReport(
        exec_type="trade",
        account="a",
        order_id=seq,
        client_order_id="c",
        order_status="filled",
        exec_id=f"{seq}-0",
        transact_time=1_000 + seq,
        seq=seq,
        side=side,
        last_quantity=quantity,
        last_price=price,
        liquidity="taker",
        trade_id=seq,
        fee=fee,
        **{"instrument": "A/B", **fields},
    )


def corrected(seq: int, of: m.ExecutionReport, new_price: str | None, fee: str) -> m.TradeCorrected:
    return m.TradeCorrected(
        account="a",
        seq=seq,
        trade_id=of.trade_id or 0,
        order_id=of.order_id,
        side=of.side or "",
        instrument=of.instrument,
        price=of.last_price or "",
        quantity=of.last_quantity or "",
        fee=fee,
        reason="",
        new_price=new_price,
    )


def of(fills: list[tuple[str, str, str]], mark: str) -> Portfolio:
    portfolio = Portfolio("a")
    for seq, (side, quantity, price) in enumerate(fills, start=1):
        portfolio.take(fill(seq, side, quantity, price))
    portfolio.mark("A/B", mark)
    return portfolio


# Fills, then a mark; what comes of it: position, average price, realised, unrealised.
TABLE: list[tuple[list[tuple[str, str, str]], str, tuple[str, str | None, str, str]]] = [
    # 2 at 100 and 1 at 130: 330 / 3 = 110. Worth 120: 3 x 10.
    ([("buy", "2", "100"), ("buy", "1", "130")], "120", ("3", "110", "0", "30")),
    # Of 3 at 110, 1 is sold at 125: 15. Left are 2 at 110, worth 100: -20.
    ([("buy", "2", "100"), ("buy", "1", "130"), ("sell", "1", "125")], "100", ("2", "110", "15", "-20")),
    # Sold short at 100, bought back half at 90: 5 x 10. Left -5 at 100, worth 95: 25.
    ([("sell", "10", "100"), ("buy", "5", "90")], "95", ("-5", "100", "50", "25")),
    # Short 4 at 50 and 4 at 60: average 55; a rise to 57 costs 8 x 2.
    ([("sell", "4", "50"), ("sell", "4", "60")], "57", ("-8", "55", "0", "-16")),
    # Through zero: 1 long at 100, sold 3 at 110: 10 realised, 2 short at 110. Worth 115: -10.
    ([("buy", "1", "100"), ("sell", "3", "110")], "115", ("-2", "110", "10", "-10")),
    # Short 2 at 80, bought 5 at 70: 20 realised, 3 long at 70. Worth 71: 3.
    ([("sell", "2", "80"), ("buy", "5", "70")], "71", ("3", "70", "20", "3")),
    # Flat: no average price, nothing unrealised, whatever it is worth now. 0.01 x 100 = 1.
    ([("buy", "0.01", "100"), ("sell", "0.01", "200")], "9999", ("0", None, "1", "0")),
    # Flat, then anew: the second position knows nothing of the first one's price. 1 x 50 realised; 2 at 10, worth 9.
    ([("buy", "1", "100"), ("sell", "1", "150"), ("buy", "2", "10")], "9", ("2", "10", "50", "-2")),
    # 1 at 1 and 2 at 2: 5 / 3. Sold 1 at 2: 1/3 realised, rounded; what is left makes the sum exact: -5 + 2 + 2 x 2 = 1.
    (
        [("buy", "1", "1"), ("buy", "2", "2"), ("sell", "1", "2")],
        "2",
        ("2", "1.66666667", "0.33333333", "0.66666667"),
    ),
    # Beyond what a double holds: 123456789.12345678 x 0.00000001 = 1.2345678912345678; at 2 a profit of as much.
    (
        [("buy", "0.00000001", "123456789.12345678")],
        "246913578.24691356",
        ("1E-8", "123456789.12345678", "0", "1.2345678912345678"),
    ),
]


def test_a_trade_from_before_it_began_is_not_undone_in_it() -> None:
    portfolio = Portfolio("a")
    portfolio.take(corrected(2, fill(1, "buy", "1", "100"), None, "0"))
    assert portfolio["A/B"].quantity == 0 and repr(portfolio) == "<Portfolio of a: nothing held>"
    portfolio.take(fill(3, "sell", "1.50", "90"))
    assert repr(portfolio) == "<Portfolio of a: -1.50 A/B>"


@pytest.mark.parametrize(("fills", "mark", "expected"), TABLE)
def test_positions_worked_out_by_hand(
    fills: list[tuple[str, str, str]], mark: str, expected: tuple[str, str | None, str, str]
) -> None:
    found = of(fills, mark)["A/B"]
    quantity, average, realised, unrealised = expected
    assert found.quantity == D(quantity)
    assert found.average_price == (None if average is None else D(average))
    assert (found.realised, found.unrealised) == (D(realised), D(unrealised))


def test_fees_are_taken_off_and_rebates_added() -> None:
    portfolio = Portfolio("a")
    portfolio.take(fill(1, "buy", "2", "100", fee="0.60"))
    portfolio.take(fill(2, "sell", "1", "110", fee="-0.11"))
    portfolio.mark("A/B", 105)
    found = portfolio["A/B"]
    # 10 realised, 5 unrealised, 0.49 paid.
    assert (found.fees, found.profit) == (D("0.49"), D("14.51"))


def test_a_position_is_worth_its_last_fill_until_the_venue_or_the_program_says_more() -> None:
    portfolio = Portfolio("a")
    assert (portfolio["A/B"].quantity, portfolio["A/B"].profit, list(portfolio)) == (0, 0, [])
    portfolio.take(fill(1, "buy", "1", "100"))
    assert portfolio["A/B"].unrealised == 0
    portfolio.see_mark("A/B", D(103))
    assert portfolio["A/B"].unrealised == 3
    portfolio.mark("A/B", "101.5")
    portfolio.see_mark("A/B", D(104))
    assert (portfolio["A/B"].mark, portfolio["A/B"].unrealised) == (D("101.5"), D("1.5"))


def test_a_position_that_was_there_before() -> None:
    met: list[str] = []
    portfolio = Portfolio("a", met=met.append)
    portfolio.open("A/B", Opening("-4", "50"))
    portfolio.open("C/D", Opening(1, D("2.5")))
    portfolio.take(fill(1, "buy", "1", "45"))
    portfolio.mark("A/B", "40")
    found = portfolio["A/B"]
    # Short 4 at 50; 1 bought at 45: 5. Left 3 short, worth 40: 30.
    assert (found.quantity, found.average_price, found.realised, found.unrealised) == (-3, 50, 5, 30)
    unvalued = portfolio["C/D"]
    assert (unvalued.mark, unvalued.unrealised, unvalued.profit) == (None, None, None)
    assert met == portfolio.instruments == ["A/B", "C/D"]
    with pytest.raises(TypeError, match=r"average_price: 0\.5 is a float"):
        portfolio.open("E/F", Opening(1, 0.5))  # type: ignore[arg-type]


def test_a_position_that_the_venue_carries_has_exact_sums_though_its_average_price_has_not() -> None:
    portfolio = Portfolio("a")
    portfolio.take(fill(1, "buy", "1", "5"))
    # Of the fill, the venue says the same: 3 carried for 10, as of report 1.
    portfolio.carry("A/B", D(3), D(10), 1)
    portfolio.take(fill(2, "sell", "1", "4"))
    portfolio.mark("A/B", 4)
    found = portfolio["A/B"]
    assert (found.quantity, found.average_price, found.realised) == (2, D("3.33333333"), D("0.66666667"))
    # -10 + 4 + 2 x 4.
    assert found.profit == 2


def test_a_trade_that_is_corrected_counts_as_if_it_had_been_so() -> None:
    first, second, third = (
        fill(1, "buy", "2", "100", "0.2"),
        fill(2, "buy", "2", "120", "0.2"),
        fill(3, "sell", "1", "130"),
    )
    portfolio = Portfolio("a")
    for each in (first, second, third):
        portfolio.take(each)
    portfolio.mark("A/B", 130)
    assert (portfolio["A/B"].average_price, portfolio["A/B"].realised) == (110, 20)
    # The second one at 110 instead: 105 on average, 25 realised, and 3 x 25 unrealised; its fee is 0.1 now.
    portfolio.take(corrected(4, second, "110", "0.1"))
    found = portfolio["A/B"]
    assert (found.average_price, found.realised, found.unrealised, found.fees) == (105, 25, 75, D("0.3"))
    # Undone: 2 at 100, of which 1 was sold at 130.
    portfolio.take(corrected(5, second, None, "0"))
    found = portfolio["A/B"]
    assert (found.quantity, found.average_price, found.realised, found.unrealised) == (1, 100, 30, 30)
    assert found.fees == D("0.2")


def test_an_expired_future_is_closed_at_its_final_price() -> None:
    portfolio = Portfolio("a")
    portfolio.take(fill(1, "sell", "3", "100"))
    portfolio.see_mark("A/B", D(90))
    assert (portfolio["A/B"].quantity, portfolio["A/B"].unrealised) == (-3, 30)
    portfolio.see_mark("A/B", D(95), final=True)
    found = portfolio["A/B"]
    assert (found.quantity, found.average_price, found.realised, found.unrealised) == (0, None, 15, 0)


def test_what_is_void_does_not_count_and_what_is_so_instead_does() -> None:
    portfolio = Portfolio("a")
    for seq in range(1, 6):
        portfolio.take(fill(seq, "buy", "1", str(100 * seq)))
    # The venue lost what came after the third report, and something else has come since.
    portfolio.rebuild(2, [fill(3, "buy", "1", "300"), fill(4, "sell", "2", "400")], 4)
    portfolio.mark("A/B", 400)
    found = portfolio["A/B"]
    # 100, 200 and 300 bought, 200 on average; 2 sold at 400, 1 left.
    assert (found.quantity, found.realised, found.unrealised) == (1, 400, 200)
    assert portfolio.is_complete


fills = st.lists(
    st.tuples(st.booleans(), st.integers(1, 10**10), st.integers(1, 10**16), st.integers(-100, 10**6)), max_size=40
)


def text(units: int) -> str:
    return format(D(units).scaleb(-8), "f")


@given(fills, st.integers(1, 10**16), st.integers(2, 50))
def test_the_sum_is_exact_whatever_was_traded(drawn: list[tuple[bool, int, int, int]], mark: int, at_most: int) -> None:
    """Against fractions: position, profit and fees to the last digit, average price and realised to the eighth decimal."""
    with pytest.MonkeyPatch.context() as patched:
        # Most are kept as sums alone.
        patched.setattr(kept, "MAX_KEPT", at_most)
        portfolio = Portfolio("a")
        position = average = realised = cash = fees = Fraction(0)
        for seq, (buys, lots, price_units, fee) in enumerate(drawn, start=1):
            portfolio.take(fill(seq, "buy" if buys else "sell", text(lots), text(price_units), str(D(fee).scaleb(-2))))
            signed, price = Fraction(lots if buys else -lots, 10**8), Fraction(price_units, 10**8)
            cash -= signed * price
            fees += Fraction(fee, 100)
            if position * signed >= 0:
                average = (position * average + signed * price) / (position + signed)
            else:
                closed = min(abs(position), abs(signed))
                realised += closed * (price - average) * (1 if position > 0 else -1)
                if abs(signed) > abs(position):
                    average = price
            position += signed
        portfolio.mark("A/B", text(mark))
        found = portfolio["A/B"]
    assert Fraction(found.quantity) == position
    assert found.unrealised is not None
    assert found.profit is not None
    assert Fraction(found.realised) + Fraction(found.unrealised) == cash + position * Fraction(mark, 10**8)
    assert Fraction(found.fees) == fees
    assert abs(Fraction(found.realised) - realised) <= Fraction(1, 2 * 10**8)
    if position:
        assert found.average_price is not None
        assert abs(Fraction(found.average_price) - average) <= Fraction(1, 2 * 10**8)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 99)), min_size=1, max_size=20), st.data())
def test_corrections_come_to_what_the_right_trades_would_have(
    drawn: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    trades = [
        fill(seq, "buy" if buys else "sell", str(lots), str(price)) for seq, (buys, lots, price) in enumerate(drawn, 1)
    ]
    portfolio, right = Portfolio("a"), Portfolio("a")
    seqs = itertools.count(len(trades) + 1)
    for each in trades:
        portfolio.take(each)
    for each in trades:
        became = data.draw(st.sampled_from(["as it was", "undone", "other price"]))
        if became == "as it was":
            right.take(each)
        else:
            price = None if became == "undone" else str(data.draw(st.integers(1, 99)))
            portfolio.take(corrected(next(seqs), each, price, "0"))
            if price is not None:
                right.take(fill(each.seq or 0, each.side or "", each.last_quantity or "", price))
    for each in (portfolio, right):
        each.mark("A/B", 50)
    assert portfolio["A/B"] == right["A/B"]


async def test_a_future_from_its_first_fill_to_a_close_out_and_a_trade_undone(tmp_path) -> None:
    async with at_desk(tmp_path) as desk, connect(desk.url, "bob", KEYS["bob"]) as bob:
        await desk.leave_bob("1200")
        portfolio = await bob.portfolio()
        await bob.sell("BTC-FUT", quantity="10", price="100")
        await desk.alice.order("buy", "10", "100", "a", account="alice", instrument="BTC-FUT")
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT", price="150")
        await bob.balances()
        found = portfolio["BTC-FUT"]
        # Sold 10 at 100, marked at 150: what is lost has changed hands, and counts all the same.
        assert (found.quantity, found.average_price, found.mark, found.unrealised) == (-10, 100, 150, -500)
        later = await bob.portfolio()
        # The venue carries it at the mark: from there on it is another's gain or loss.
        assert (later["BTC-FUT"].quantity, later["BTC-FUT"].average_price) == (-10, 150)
        await desk.alice.order("sell", "10", "150", "a2", account="alice", instrument="BTC-FUT")
        await desk.done(desk.sue, "close_out", account="bob", instrument="BTC-FUT")
        await bob.balances()
        # The venue's own order bought them back at 150.
        assert (portfolio["BTC-FUT"].quantity, portfolio["BTC-FUT"].realised) == (0, -500)
        assert (later["BTC-FUT"].quantity, later["BTC-FUT"].realised) == (0, 0)
        order = await bob.buy("BTC/RUB", quantity="1", price="90")
        await desk.alice.order("sell", "1", "90", "a3", account="alice")
        await order.filled()
        assert portfolio["BTC/RUB"].quantity == 1
        await desk.done(desk.sue, "bust_trade", trade_id=order.fills[0].trade_id, reason="a test")
        await bob.balances()
        assert (portfolio["BTC/RUB"].quantity, portfolio["BTC/RUB"].fees, portfolio["BTC/RUB"].profit) == (0, 0, 0)
        assert portfolio.is_complete
        # Closed, it stays as it is, and its prices are not asked for any more.
        channels = bob._protocol.subscriptions._all
        assert {about for _, about, *_ in channels} == {"BTC-FUT", "BTC/RUB"}
        later.close()
        portfolio.close()
        portfolio.close()
        assert not channels
        await bob.buy("BTC/RUB", quantity="1", price="90")
        await desk.alice.order("sell", "1", "90", "a4", account="alice")
        await bob.balances()
        assert portfolio["BTC/RUB"].quantity == 0
