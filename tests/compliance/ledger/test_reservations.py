"""What orders of every kind reserve, and the windows that count what was bought."""

from __future__ import annotations

import pytest

from compliance.ledger.purchases import Purchases
from compliance.registry.calendar import civil_from_days, days_from_civil
from engine.vocabulary.codes import BUY, CONTINUOUS, GTC, ICEBERG, IOC, LIMIT, MARKET, SPOT, STOP, STOP_LIMIT
from engine.vocabulary.messages.commands import ListInstrument, NewOrder, SetPhase, SetTradingRules
from engine.vocabulary.messages.events import Event
from tests.support.compliance.answers import order_id, sums
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of


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
    assert (line.reserved, line.open_purchases) == (0, 0)


def test_the_windows_to_the_day_in_a_leap_year() -> None:
    """2028 has 366 days: its calendar year reaches a day further back than a rolling one."""
    line = Purchases()
    first = days_from_civil(2028, 1, 1)
    for day in range(first - 400, first + 366):
        first_day = first if day >= first else days_from_civil(civil_from_days(day)[0], 1, 1)
        line.add(day, day, first_day, for_crypto=False, bought=1, sold=0)
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
    venue = Venue("general-2026", (*off, ("RET-1", "crypto_for_crypto_counted", "false")))
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
        # BTC bought for USDT is a purchase of the one and a sale of the other.
        ("net_of_sales", "rolling_year", "true"): "205000.00 net of sales",
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
