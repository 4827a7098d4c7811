"""Limits of exposure: close-outs, what refusals say, and shorts at the worst price they can get."""

from __future__ import annotations

from engine.book.entities import Order
from engine.vocabulary.codes import (
    AT_CLOSE,
    BUY,
    CONTINUOUS,
    FUNDS,
    FUTURE,
    GTC,
    IOC,
    LIMIT,
    PEG_OWN,
    PEGGED,
    SELL,
)
from engine.vocabulary.messages.commands import (
    Deposit,
    ListInstrument,
    MarkFuture,
    NewOrder,
    OpenAccount,
    RegisterIntermediary,
    SetBlocked,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import (
    BookAdded,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
)
from tests.support.compliance.answers import order_id
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of


def test_an_order_of_the_venue_that_closes_a_position_is_noted_and_never_refused() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_firm_rub", '"0.00"'),))
    venue.do(SetBlocked("firm", True))
    ledger = venue.hook.intake.ledger
    for side, orders in ((BUY, ledger.open_orders), (SELL, ledger.open_sells)):
        request = NewOrder(PARTICIPANT, "firm", "", "BTC-FUT", side, LIMIT, IOC, 0, 0)
        order = Order(10**9 + side, venue.exchange.accounts["firm"], request, venue.exchange.books["BTC-FUT"])
        order.price_ticks = order.reserve_ticks = 1_000
        order.leaves_lots = order.quantity_lots = 5
        verdict = venue.hook.check(order, 1_000, 5, venue.time_ns)
        assert verdict is not None
        assert verdict.rules == ("SAN-1", "DER-4")
        assert order.order_id not in orders
        order.close_out = True
        assert venue.hook.check(order, 1_000, 5, venue.time_ns) is None
        venue.hook.reserve(order, 1_000, 5)
        assert venue.hook.recheck(order, venue.time_ns) is None
        assert list(orders) == [order.order_id]
        venue.hook.observe(OrderCancelled(order.order_id, "firm", 0, "", "BTC-FUT", side, 0, 0, 5, 0, 2), 0)
        assert not orders
    assert ledger.exposures.by_investor == {"firm": 0}


def test_refusals_for_exposure_say_what_is_limited() -> None:
    counts = '["spot", "notes", "issued", "futures", "as_intermediary"]'
    changes = (("DER-4", "qualified_firm_rub", '"20000000.00"'), ("DER-3", "counts", counts))
    venue = Venue("general-2026", changes)
    venue.buy("bank", "900", "BTC-NOTE", "10000")
    venue.buy("firm@credit", "500", "BTC-NOTE", "10000")
    answers = [
        venue.buy("bank", "100.0001", "BTC-NOTE", "10000"),
        venue.buy("firm@credit", "500.0001", "BTC-NOTE", "10000"),
        venue.buy("firm", "1500.0001", "BTC-NOTE", "10000"),
    ]
    venue.do(RegisterIntermediary("alfa", capital_rub=1_000))
    answers.append(venue.buy("firm@alfa", "1", "BTC-NOTE", "1000.00"))
    answers.append(venue.buy("firm@alfa", "1", "BTC-NOTE", "1100.00"))
    assert [rules_of(answer) for answer in answers] == [("DER-3",), ("DER-3",), ("DER-4",), (), ("DER-2",)]
    assert [answer.detail for answer in answers if isinstance(answer, OrderRejected)] == [
        (
            "bank bank may have 10000000.00 RUB, 1.00 % of its capital of 1000000000.00 RUB; it has 9000000.00 (open purchases "
            "9000000.00), remaining 1000000.00; this order adds 1000001.00"
        ),
        (
            "as intermediary, bank credit may have 10000000.00 RUB, 1.00 % of its capital of 1000000000.00 RUB; it has 5000000.00 "
            "(clients 5000000.00), remaining 5000000.00; this order adds 5000001.00"
        ),
        "exposure limit 20000000.00 RUB, exposure 5000000.00, remaining 15000000.00; this order adds 15000001.00",
        (
            "clients of alfa have a nominal of 1000.00 RUB, this order adds 1100.00; 100.00 % of it is to be covered by the "
            "capital of 1000.00 RUB"
        ),
    ]


def banded_future(venue: Venue) -> None:
    """List a future in which a lot at 10 000 RUB is a rouble, and the band is 10 % around that."""
    venue.do(
        ListInstrument(
            "BTC-SHORT",
            FUTURE,
            "BTC-FUT",
            "RUB",
            100 * ROUBLE,
            10**4,
            10**4,
            10**16,
            10**15,
            100_000,
            e8("10000"),
            underlying="BTC",
            expiry_ns=4_102_444_800 * 10**9,
        )
    )
    venue.do(SetTradingRules("BTC-SHORT", static_ppm=100_000))
    venue.do(SetPhase("BTC-SHORT", CONTINUOUS))


def test_a_buy_that_waits_for_an_auction_counts_as_if_a_cheaper_one_closed_the_short() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"11.00"'),))
    banded_future(venue)
    exposures = venue.hook.intake.ledger.exposures
    venue.buy("firm", "0.001", "BTC-SHORT", "10000")
    assert rules_of(venue.sell("qualified", "0.001", "BTC-SHORT", "10000")) == ()
    # Ten lots for 11.00 RUB wait. Of the cheaper ones ten close the short; the eleventh would open on top of those that wait.
    venue.enter("qualified", BUY, "0.001", "BTC-SHORT", "11000", tif=AT_CLOSE)
    assert rules_of(venue.buy("qualified", "0.0011", "BTC-SHORT", "9000")) == ("DER-4",)
    assert rules_of(venue.buy("qualified", "0.001", "BTC-SHORT", "9000")) == ()
    assert exposures.by_investor["qualified"] == 11_00
    venue.sell("firm", "0.001", "BTC-SHORT", "9000")
    assert exposures.by_investor["qualified"] == 11_00


def test_a_pegged_short_is_asked_about_once_at_the_upper_band_and_follows_no_higher() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"11.00"'),))
    banded_future(venue)
    exposures = venue.hook.intake.ledger.exposures
    low = venue.sell("firm", "0.001", "BTC-SHORT", "9500")

    def peg(name: str, quantity: str) -> list[Event]:
        offset = e8("5000")
        return venue.apply(
            NewOrder(
                PARTICIPANT, "qualified", name, "BTC-SHORT", SELL, PEGGED, GTC, 0, e8(quantity), peg=PEG_OWN,
                peg_offset_e8=offset,
            )
        )  # fmt: skip

    assert rules_of(peg("more", "0.0011")[0]) == ("DER-4",)
    accepted = peg("p", "0.001")[0]
    assert isinstance(accepted, OrderAccepted)
    book = venue.exchange.books["BTC-SHORT"]
    upper = accepted.price_ticks
    assert upper * book.instrument.tick_e8 == e8("11000") and exposures.by_investor["qualified"] == 11_00
    # It goes where its touch goes, and nobody is asked again.
    venue.cancel("firm", order_id(low))
    moved = venue.enter("firm", SELL, "0.001", "BTC-SHORT", "10500")
    assert [type(event) for event in moved[-1:]] == [BookAdded]
    assert moved[-1].price_ticks == upper  # type: ignore[attr-defined]
    assert exposures.by_investor["qualified"] == 11_00
    venue.exchange.check()


def test_no_limit_however_low_sells_more_short_than_the_exposure_limit() -> None:
    # 1.10 RUB is one lot at the upper band; at the lower one, a limit would make it 0.90.
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"11.00"'),))
    banded_future(venue)
    exposures = venue.hook.intake.ledger.exposures
    venue.buy("firm", "0.01", "BTC-SHORT", "11000")
    assert rules_of(venue.sell("qualified", "0.0011", "BTC-SHORT", "9000")) == ("DER-4",)
    assert exposures.by_investor.get("qualified", 0) == 0
    assert rules_of(venue.sell("qualified", "0.001", "BTC-SHORT", "9000")) == ()
    # It was filled at 11 000, and is worth exactly the limit.
    assert exposures.by_investor["qualified"] == 11_00
    # To close, or to turn by no more than the limit, is still possible.
    assert rules_of(venue.buy("qualified", "0.001", "BTC-SHORT", "11000")) == ()


def test_an_amended_short_keeps_the_worth_of_the_band() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"11.00"'),))
    banded_future(venue)
    exposures = venue.hook.intake.ledger.exposures
    first = order_id(venue.sell("qualified", "0.0005", "BTC-SHORT", "9000"))
    assert exposures.by_investor["qualified"] == 5_50
    for quantity, worth in (("0.0011", 5_50), ("0.001", 11_00), ("0.0002", 2_20)):
        venue.amend("qualified", first, quantity, "9500")
        assert exposures.by_investor["qualified"] == worth
    venue.cancel("qualified", first)
    assert exposures.by_investor["qualified"] == 0


def test_a_financial_firm_sells_no_more_futures_than_it_may_buy() -> None:
    venue = Venue("elr-2025", (("ELR-2", "financial_firm_percent_of_capital", '"0.01"'),))
    banded_future(venue)
    # 0.01 % of 1 000 000 000 RUB is 100 000: 9.0909 futures at the upper band.
    assert rules_of(venue.sell("bank", "9.091", "BTC-SHORT", "10000")) == ("ELR-2",)
    assert rules_of(venue.sell("bank", "9.0909", "BTC-SHORT", "10000")) == ()


def test_a_short_counts_at_the_band_of_now_after_an_amend_of_it_was_refused() -> None:
    venue = Venue("derivatives-2025", (("DER-4", "qualified_rub", '"10000.00"'),))
    one = e8("1")
    future = ListInstrument(
        "F",
        FUTURE,
        "BTC",
        "RUB",
        one,
        one,
        one,
        10**6 * one,
        10**12,
        100_000,
        100 * one,
        underlying="F",
        expiry_ns=4 * 10**18,
    )
    for command in (
        future,
        SetTradingRules("F", 100_000),
        SetPhase("F", CONTINUOUS),
        OpenAccount("short", PARTICIPANT, "qualified"),
        Deposit("short", "RUB", 1_200_00),
    ):
        venue.do(command)
    # At the upper band of 110: 1100.00 of the 10000.00.
    short = venue.sell("short", "10", "F", "105")
    assert rules_of(short) == ()
    venue.do(MarkFuture("F", 104 * one, "up"))
    refused = venue.amend("short", order_id(short), "40", "105")[0]
    assert isinstance(refused, RequestRejected)
    assert refused.code == FUNDS
    # At the band of 114 since then: 1140.00. Another 78 at 114 are 8892.00, of which 8860.00 remain.
    venue.do(Deposit("short", "RUB", 10**8))
    answer = venue.sell("short", "78", "F", "105")
    assert isinstance(answer, OrderRejected)
    assert rules_of(answer) == ("DER-4",)
    assert "this order adds 8892.00" in answer.detail
