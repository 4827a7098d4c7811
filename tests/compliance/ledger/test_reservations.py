"""What orders of every kind reserve, windows to the day, rates, close-outs, and what refusals for amounts say."""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook
from compliance.ledger.ledger import InvestorLedger
from compliance.ledger.purchases import Purchases
from compliance.registry.calendar import civil_from_days, days_from_civil
from engine.book.entities import Order
from engine.vocabulary.codes import (
    AT_CLOSE,
    BUY,
    BY_RULE,
    CONTINUOUS,
    FIAT,
    FOREIGN_STABLECOIN,
    FUTURE,
    GTC,
    ICEBERG,
    IOC,
    LIMIT,
    MARKET,
    NOTE,
    PEG_OWN,
    PEGGED,
    SELL,
    SPOT,
    STOP,
    STOP_LIMIT,
)
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    ListInstrument,
    MarkFuture,
    NewOrder,
    RegisterIntermediary,
    SetBlocked,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
)
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of


def order_id(event: Event) -> int:
    assert isinstance(event, OrderAccepted), event
    return event.order_id


def sums(venue: Venue, account: str) -> InvestorLedger:
    return venue.hook.intake.ledger.look(venue.hook.intake.registry.clients[account])


@pytest.mark.parametrize(
    ("order_type", "terms", "reserved"),
    [
        (LIMIT, {"price_e8": e8("8000000")}, 80_000_00),
        # The static band is 5 % around the reference of 8 000 000.
        (STOP, {"stop_price_e8": e8("8100000")}, 84_000_00),
        (STOP_LIMIT, {"stop_price_e8": e8("8100000"), "price_e8": e8("8200000")}, 82_000_00),
        (ICEBERG, {"price_e8": e8("8000000"), "display_e8": e8("0.001")}, 80_000_00),
    ],
)
def test_an_open_buy_is_reserved_at_the_worst_price_it_can_get(
    order_type: int, terms: dict[str, int], reserved: int
) -> None:
    venue = Venue()
    venue.do(
        ListInstrument(
            "ETH/RUB2", SPOT, "ETH", "RUB", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000, e8("8000000")
        )
    )
    venue.do(SetTradingRules("ETH/RUB2", static_ppm=50_000))
    venue.do(SetPhase("ETH/RUB2", CONTINUOUS))
    price_e8 = terms.pop("price_e8", 0)
    accepted = venue.apply(
        NewOrder(PARTICIPANT, "retail", "c", "ETH/RUB2", BUY, order_type, GTC, price_e8, e8("0.01"), **terms)
    )[0]
    assert sums(venue, "retail").reserved(False) == reserved
    venue.cancel("retail", order_id(accepted))
    assert sums(venue, "retail").reserved(False) == 0


def test_an_order_by_funds_is_worth_its_budget_and_uses_what_it_bought() -> None:
    venue = Venue()
    venue.sell("dealer", "0.01", "BTC/RUB", "8000000")

    def by_funds(kopecks: int) -> Event:
        request = NewOrder(PARTICIPANT, "retail", f"c{kopecks}", "BTC/RUB", BUY, MARKET, IOC, 0, 0, funds=kopecks)
        return venue.apply(request)[0]

    # The first trade gives the collar something to stand on.
    venue.buy("firm", "0.001", "BTC/RUB", "8000000")
    assert rules_of(by_funds(300_000_01)) == ("RET-1",)
    assert rules_of(by_funds(300_000_00)) == ()
    line = sums(venue, "retail").through("alfa")
    assert [each.bought for each in line.days.values()] == [72_000_00]
    assert (line.reserved, line.open_buys) == (0, 0)


def test_the_windows_to_the_day_in_a_leap_year() -> None:
    """2028 has 366 days: its calendar year reaches a day further back than a rolling one."""
    line = Purchases()
    first = days_from_civil(2028, 1, 1)
    for day in range(first - 400, first + 366):
        first_day = first if day >= first else days_from_civil(civil_from_days(day)[0], 1, 1)
        line.add(day, day, first_day, BUY, for_crypto=False, kopecks=1)
        assert len(line.days) <= 366
        # The sums of yesterday, kept, and those made anew agree.
        for rolling in (False, True):
            kept = line.turnover(day, first_day, rolling).bought
            fresh = Purchases()
            fresh.days.update(line.days)
            assert kept == fresh.turnover(day, first_day, rolling).bought
    last = first + 365
    assert line.turnover(last, first, False).bought == 366
    assert line.turnover(last, first, True).bought == 365
    assert line.turnover(last + 1, last + 1, False).bought == 0
    assert line.turnover(last + 1, last + 1, True).bought == 364
    assert list(line.days) == list(range(first, last + 1))


def test_a_supervisor_may_switch_basis_and_window_and_finds_the_past() -> None:
    off = (("RET-4", "enabled", "false"), ("RET-3", "validity_days", "1000000"), ("RET-2", "crypto_for_crypto", "true"))
    venue = Venue("general-2026", off)
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.sell("dealer", "1", "USDT/RUB", "100")
    venue.buy("firm", "1", "USDT/RUB", "100")
    venue.sell("dealer", "1", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/RUB", "8000000")
    venue.buy("retail@beta", "0.02", "BTC/USDT", "100000")
    venue.at("2027-02-01 12:00:00")
    venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    venue.buy("dealer", "1", "BTC/RUB", "7000000")
    venue.sell("retail@beta", "0.005", "BTC/RUB", "7000000")
    used = {
        ("gross_purchases", "calendar_year", "false"): "80000.00",
        ("gross_purchases", "rolling_year", "false"): "240000.00",
        ("gross_purchases", "rolling_year", "true"): "440000.00",
        ("net_of_sales", "calendar_year", "false"): "45000.00 net of sales",
        ("net_of_sales", "rolling_year", "false"): "205000.00 net of sales",
        ("net_of_sales", "rolling_year", "true"): "405000.00 net of sales",
    }
    for (basis, window, crypto), expected in used.items():
        venue.load(
            "general-2026",
            (
                *off,
                ("RET-1", "cap_basis", f'"{basis}"'),
                ("RET-1", "cap_window", f'"{window}"'),
                ("RET-1", "crypto_for_crypto_counted", crypto),
            ),
        )
        answer = venue.buy("retail", "3.0001", "BTC/RUB", "100000")
        assert rules_of(answer) == ("RET-1",)
        year = "in 365 days" if window == "rolling_year" else "a year"
        assert f"cap 300000.00 RUB {year}, used {expected}, reserved 0.00, remaining" in answer.detail  # type: ignore[attr-defined]


CRYPTO_COUNTS = (("RET-2", "crypto_for_crypto", "true"), ("RET-1", "crypto_for_crypto_counted", "true"))


def trade_usdt(venue: Venue, price: str) -> None:
    """Let USDT trade for roubles, which sets its rate."""
    venue.sell("dealer", "1", "USDT/RUB", price)
    venue.buy("firm", "1", "USDT/RUB", price)


def test_a_reference_price_is_the_rate_until_the_first_trade() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS)
    venue.do(AddAsset("USDC", FOREIGN_STABLECOIN, 6))
    for name, base, quote, reference in (("USDC/RUB", "USDC", "RUB", "80"), ("ETH/USDC", "ETH", "USDC", "0")):
        tick = ROUBLE if quote == "RUB" else 10**4
        venue.do(ListInstrument(name, SPOT, base, quote, tick, 10**6, 10**6, 10**16, 10**15, 100_000, e8(reference)))
        venue.do(SetPhase(name, CONTINUOUS))
    venue.do(Deposit("retail", "USDC", 10**12))
    # 0.01 ETH at 0.0001 USDC is a millionth of a USDC, and 0.00008 roubles: a kopeck, rounded up.
    venue.buy("retail", "0.01", "ETH/USDC", "0.0001")
    assert sums(venue, "retail").reserved(True) == 1
    venue.buy("retail", "1", "ETH/USDC", "2000")
    assert sums(venue, "retail").reserved(True) == 1 + 160_000_00
    assert sums(venue, "retail").reserved(False) == 0
    for side, account in ((venue.sell, "dealer"), (venue.buy, "firm")):
        venue.do(Deposit(account, "USDC", 10**12))
        side(account, "1", "USDC/RUB", "90")
    venue.buy("retail", "0.01", "ETH/USDC", "2000")
    assert sums(venue, "retail").reserved(True) == 1 + 160_000_00 + 1_800_00


def test_what_was_bought_before_there_was_a_rate_counts_as_nothing_and_open_orders_get_one() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    assert sums(venue, "retail").reserved(True) == 0
    trade_usdt(venue, "100")
    assert sums(venue, "retail").reserved(True) == 0
    venue.load("general-2026", CRYPTO_COUNTS)
    assert sums(venue, "retail").reserved(True) == 100_000_00
    # Where there is no rate even then, the order can't stay.
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    events = venue.load("general-2026", CRYPTO_COUNTS)
    cancelled = [event for event in events if isinstance(event, OrderCancelled)]
    assert [event.rule for event in cancelled] == ["RET-1"]
    assert cancelled[0].detail == (
        "BTC/USDT is priced in USDT, for which there is neither a trade for roubles here nor a reference price: "
        "the rouble value that counts for the cap is not known"
    )


def test_a_restored_order_that_has_no_rate_gets_none() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    trade_usdt(venue, "100")
    packed = msgspec.msgpack.encode(venue.hook.snapshot())
    twin = ComplianceHook()
    twin.restore(msgspec.msgpack.decode(packed))
    assert msgspec.msgpack.encode(twin.snapshot()) == packed
    for hook in (venue.hook, twin):
        assert hook.intake.ledger.investors["retail"].reserved(True) == 0


def test_a_stop_that_triggers_takes_the_rate_of_then_and_keeps_it() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS)
    trade_usdt(venue, "100")
    stop = NewOrder(
        PARTICIPANT,
        "retail",
        "stop",
        "BTC/USDT",
        BUY,
        STOP_LIMIT,
        GTC,
        e8("50000"),
        e8("0.02"),
        stop_price_e8=e8("50001"),
    )
    stop_id = order_id(venue.apply(stop)[0])
    assert sums(venue, "retail").reserved(True) == 100_000_00
    trade_usdt(venue, "200")
    assert sums(venue, "retail").reserved(True) == 100_000_00
    venue.sell("dealer", "0.01", "BTC/USDT", "50001")
    venue.buy("firm", "0.01", "BTC/USDT", "50001")
    assert sums(venue, "retail").reserved(True) == 200_000_00
    venue.amend("retail", stop_id, "0.01", "50000")
    assert sums(venue, "retail").reserved(True) == 100_000_00


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
    venue = Venue("general-2026", (("DER-4", "qualified_firm_rub", '"20000000.00"'),))
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
            "exposure limit of bank bank 10000000.00 RUB, exposure 9000000.00, remaining 1000000.00; this order adds "
            "1000001.00; the limit is 1.00 % of the capital of 1000000000.00 RUB"
        ),
        (
            "exposure limit of clients of bank credit 10000000.00 RUB, exposure 5000000.00, remaining 5000000.00; this order "
            "adds 5000001.00; the limit is 1.00 % of the capital of 1000000000.00 RUB"
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


def test_a_pegged_short_that_follows_the_price_beyond_the_limit_is_cancelled() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"11.00"'),))
    banded_future(venue)
    venue.sell("firm", "0.001", "BTC-SHORT", "10000")
    peg = NewOrder(PARTICIPANT, "qualified", "p", "BTC-SHORT", SELL, PEGGED, GTC, 0, e8("0.001"), peg=PEG_OWN)
    assert rules_of(venue.apply(peg)[0]) == ()
    # The band moves up by half, and the ask that it follows with it.
    venue.do(MarkFuture("BTC-SHORT", e8("15000")))
    events = venue.enter("firm", SELL, "0.001", "BTC-SHORT", "15000")
    (gone,) = [event for event in events if isinstance(event, OrderCancelled)]
    assert (gone.account, gone.reason, gone.rule) == ("qualified", BY_RULE, "DER-4")
    assert venue.hook.intake.ledger.exposures.by_investor["qualified"] == 0


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
    venue = Venue("elr-2025", (("ELR-2", "financial_firm_order_percent_of_capital", '"0.01"'),))
    banded_future(venue)
    # 0.01 % of 1 000 000 000 RUB is 100 000: 9.0909 futures at the upper band.
    assert rules_of(venue.sell("bank", "9.091", "BTC-SHORT", "10000")) == ("ELR-2",)
    assert rules_of(venue.sell("bank", "9.0909", "BTC-SHORT", "10000")) == ()


def test_a_financial_firm_pays_no_more_in_stablecoins_than_in_roubles() -> None:
    venue = Venue("elr-2025")
    # Nothing says what a USDT is worth, so nothing says that the limit is kept.
    assert rules_of(venue.buy("bank", "0.01", "BTC/USDT", "100")) == ("ELR-2",)
    trade_usdt(venue, "100")
    # 1 % of 1 000 000 000 RUB is 10 000 000, and 100 000 USDT.
    assert rules_of(venue.buy("bank", "1.01", "BTC/USDT", "100000")) == ("ELR-2",)
    assert rules_of(venue.buy("bank", "1", "BTC/USDT", "100000")) == ()
    assert rules_of(venue.sell("bank", "2", "BTC/USDT", "110000")) == ()


def test_a_resting_purchase_of_a_financial_firm_keeps_its_rate() -> None:
    venue = Venue("elr-2025")
    trade_usdt(venue, "100")
    first = order_id(venue.buy("bank", "1", "BTC/USDT", "100000"))
    trade_usdt(venue, "200")
    # A change of anybody's record looks at all that rests.
    venue.do(RegisterIntermediary("alfa", capital_rub=1))
    assert first in venue.exchange.accounts["bank"].open_orders
    # What is asked for anew is worth what it is worth now.
    assert rules_of(venue.amend("bank", first, "1", "100001")[0]) == ("ELR-2",)
    venue.sell("dealer", "0.5", "BTC/USDT", "100000")
    venue.do(RegisterIntermediary("alfa", capital_rub=2))
    assert first in venue.exchange.accounts["bank"].open_orders
    venue.sell("dealer", "0.5", "BTC/USDT", "100000")
    assert not venue.hook.intake.ledger.rated


def list_btc(venue: Venue, quote: str) -> None:
    """List BTC priced in an asset, and a note on it; roubles buy the asset at par."""
    for name, kind, base in ((f"BTC/{quote}", SPOT, "BTC"), (f"BTC-NOTE/{quote}", NOTE, "BTC-NOTE")):
        underlying = "BTC" if kind == NOTE else ""
        listing = ListInstrument(name, kind, base, quote, 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000)
        venue.do(msgspec.structs.replace(listing, underlying=underlying))
        venue.do(SetPhase(name, CONTINUOUS))
    if quote == "CNY":
        market = ListInstrument("CNY/RUB", SPOT, "CNY", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000)
        venue.do(msgspec.structs.replace(market, reference_price_e8=e8("10")))
    else:
        venue.sell("dealer", "1", f"{quote}/RUB", "1")
        venue.buy("firm", "1", f"{quote}/RUB", "1")


@pytest.mark.parametrize(("quote", "most", "more"), [("A7A5", "10000000", "10000100"), ("CNY", "1000000", "1000100")])
def test_a_financial_firm_is_limited_whatever_it_pays_with(quote: str, most: str, more: str) -> None:
    venue = Venue("elr-2025")
    venue.do(AddAsset("CNY", FIAT, 2))
    venue.do(Deposit("bank", "CNY", 10**16))
    list_btc(venue, quote)
    # 1 % of 1 000 000 000 RUB is 10 000 000, and a million yuan at 10 RUB.
    for instrument in (f"BTC/{quote}", f"BTC-NOTE/{quote}"):
        assert rules_of(venue.buy("bank", "1", instrument, more)) == ("ELR-2",)
        assert rules_of(venue.buy("bank", "1", instrument, most)) == ()


@pytest.mark.parametrize(("quote", "most", "more"), [("A7A5", "300000", "100"), ("CNY", "30000", "100")])
def test_what_is_not_priced_in_roubles_counts_if_the_rulebook_counts_it(quote: str, most: str, more: str) -> None:
    for counts, last in (("true", ("RET-1",)), ("false", ())):
        changes = (("SET-2", "retail", "true"), ("RET-1", "crypto_for_crypto_counted", counts))
        venue = Venue("general-2026", changes)
        venue.do(AddAsset("CNY", FIAT, 2))
        venue.do(Deposit("retail", "CNY", 10**16))
        list_btc(venue, quote)
        assert rules_of(venue.buy("retail", "1", f"BTC/{quote}", most)) == ()
        assert rules_of(venue.buy("retail", "1", f"BTC/{quote}", more)) == last
        assert sums(venue, "retail").reserved(True) >= 300_000_00


def test_retail_does_not_pass_the_cap_by_paying_with_a_rouble_stablecoin() -> None:
    venue = Venue()
    venue.do(ListInstrument("BTC/A7A5", SPOT, "BTC", "A7A5", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000))
    venue.do(SetPhase("BTC/A7A5", CONTINUOUS))
    refused = venue.buy("retail", "1", "BTC/A7A5", "8000000")
    assert rules_of(refused) == ("SET-2",)
    assert isinstance(refused, OrderRejected)
    assert refused.detail == "A7A5 is for settling foreign trade: retail investors may not pay with it"
    # What is held can be sold (RET-5), and whom the cap does not bind may pay with it.
    assert rules_of(venue.sell("retail", "1", "BTC/A7A5", "9000000")) == ()
    assert rules_of(venue.buy("firm", "1", "BTC/A7A5", "8000000")) == ()
