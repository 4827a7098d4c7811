"""SUIT-1: which product an order brings in, whose test counts, and what an explanation says of it."""

from __future__ import annotations

import pytest

from compliance.explain import DECIDED, FAILED, PASSED
from compliance.rules.case import DEPOSIT, ISSUE, SETTLEMENT, TRANSFER, Arrival
from compliance.rules.suit_1 import PRODUCTS, product_of
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.commands import RecordTest
from tests.support.compliance.venue import Venue, moscow_ns, rules_of
from tests.support.compliance.watched_venue import WatchedVenue, by_rule

ON = (("SUIT-1", "enabled", "true"), ("SUIT-1", "classes", '["retail", "qualified"]'))


@pytest.mark.parametrize(
    ("instrument", "bought", "sold"),
    [
        ("BTC/RUB", "crypto", ""),
        ("USDT/RUB", "foreign_stablecoin", ""),
        ("A7A5/RUB", "domestic_stablecoin", ""),
        ("METAL/RUB", "security", ""),
        ("BTC-NOTE", "security", ""),
        ("BTC/USDT", "crypto", "foreign_stablecoin"),
        ("ETH/BTC", "crypto", "crypto"),
        ("BTC-FUT", "future", "future"),
    ],
)
def test_the_product_is_what_comes_in(instrument: str, bought: str, sold: str) -> None:
    listing = Venue("").hook.intake.registry.listings[instrument]
    assert (product_of(listing, BUY), product_of(listing, SELL)) == (bought, sold)
    assert {bought, sold} <= {"", *PRODUCTS}


@pytest.mark.parametrize(
    ("score", "taken", "outcome", "arithmetic"),
    [
        (-1, "2026-06-01 12:00:00", DECIDED, "no crypto test on record"),
        (69, "2026-06-01 12:00:00", DECIDED, "69 < 70 %; 2026-06-01 <= 2027-06-01"),
        (70, "2026-06-01 12:00:00", PASSED, "70 >= 70 %; 2026-06-01 <= 2027-06-01"),
        (100, "2025-06-01 00:00:00", PASSED, "100 >= 70 %; 2026-06-01 <= 2026-06-01"),
        (100, "2025-05-31 23:59:59", DECIDED, "100 >= 70 %; 2026-06-01 > 2026-05-31"),
    ],
)
def test_the_score_and_the_day(score: int, taken: str, outcome: str, arithmetic: str) -> None:
    venue = WatchedVenue("general-2026", ON)
    if score >= 0:
        venue.do(RecordTest("firm", "crypto", score, moscow_ns(taken)))
    venue.buy("firm", "0.01", "BTC/RUB", "8000000")
    found = by_rule(venue.last())["SUIT-1"]
    assert (found.outcome, found.arithmetic) == (outcome, arithmetic)


def test_each_product_has_a_test_of_its_own_and_a_holder_gets_out() -> None:
    venue = WatchedVenue("general-2026", ON)
    for product in PRODUCTS:
        if product != "foreign_stablecoin":
            venue.do(RecordTest("firm", product, 70, venue.time_ns))
    assert rules_of(venue.buy("firm", "0.01", "BTC/RUB", "8000000")) == ()
    assert rules_of(venue.buy("firm", "1", "USDT/RUB", "100")) == ("SUIT-1",)
    assert by_rule(venue.last())["SUIT-1"].outcome in (DECIDED, FAILED)
    # Bitcoin sold for USDT buys USDT.
    assert rules_of(venue.sell("firm", "0.01", "BTC/USDT", "80000")) == ("SUIT-1",)
    assert rules_of(venue.sell("firm", "1", "USDT/RUB", "200")) == ()


def test_who_passed_one_day_and_fails_the_next_is_asked_at_the_doors_too() -> None:
    venue = Venue("general-2026", ON)
    intake = venue.hook.intake
    assert intake.table is not None
    (rule,) = [each for each in intake.table.rules if each.rule == "SUIT-1"]
    client, asset = intake.registry.clients["firm"], intake.registry.assets["USDT"]
    found = {door: rule.at_door(Arrival(client, asset, door, venue.time_ns)) for door in (TRANSFER, ISSUE)}
    assert all(finding is not None and not finding.passed for finding in found.values())
    for door in (SETTLEMENT, DEPOSIT):
        assert rule.at_door(Arrival(client, asset, door, venue.time_ns)) is None
    venue.do(RecordTest("firm", "foreign_stablecoin", 70, venue.time_ns))
    finding = rule.at_door(Arrival(client, asset, TRANSFER, venue.time_ns))
    assert finding is not None and finding.passed


def test_a_pass_that_ends_cancels_what_rests_the_day_after() -> None:
    venue = Venue("general-2026", (*ON, ("SUIT-1", "validity_days", "1")))
    venue.do(RecordTest("firm", "crypto", 70, venue.time_ns))
    registry, table = venue.hook.intake.registry, venue.hook.intake.table
    assert table is not None
    (rule,) = [each for each in table.rules if each.rule == "SUIT-1"]
    today = moscow_ns("2026-06-01 12:00:00") // (86_400 * 10**9)
    assert [rule.lapses(registry, today + days) for days in range(4)] == [False, False, True, False]
