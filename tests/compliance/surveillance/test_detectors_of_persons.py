"""Detectors of what goes round a rule: caps, payments, the border, a freeze; and of clients who are run ahead of."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from tests.compliance.surveillance.surveilled import MIDDLE, Surveilled

ROUBLE = 100
"""Kopecks."""

# ── cap splitting ──────────────────────────────────────────────────────────────────────────────────────────────────


def spend(venue: Surveilled, account: str, roubles: int) -> None:
    """Buy for so much, at the middle of the book."""
    lots = roubles // MIDDLE
    venue.sell("seller", MIDDLE, lots)
    venue.buy(account, MIDDLE, lots, ioc=True)
    venue.wait(20)


def _shop() -> Surveilled:
    venue = Surveilled("cap_splitting")
    venue.person("seller")
    return venue


def test_a_person_and_a_firm_of_the_person_have_one_cap() -> None:
    venue = _shop()
    venue.person("anna", intermediary="north", retail=True, keys=("a",))
    venue.person("llc", intermediary="south", retail=True, owners=("a",))
    spend(venue, "anna", 160_000)
    spend(venue, "llc", 140_000)
    assert venue.found == [], "300 000 RUB is the cap"
    spend(venue, "llc", 1_000)
    assert venue.found == ["cap_splitting"]
    figures = venue.reports[0].finding.figures
    assert figures["bought_together"] == "301000.00 RUB" and figures["intermediaries"] == "2"


def test_persons_whom_nothing_links_have_each_their_own() -> None:
    venue = _shop()
    for name in ("anna", "boris"):
        venue.person(name, intermediary="north", retail=True, keys=(name,))
        spend(venue, name, 290_000)
    venue.person("vera", keys=("v",))
    venue.person("firm", owners=("v",))
    for name in ("vera", "firm"):
        spend(venue, name, 290_000)
    assert venue.found == [], "vera is no retail investor"


@pytest.mark.parametrize(("paid", "many", "expected"), [(100_000, 3, True), (49_000, 3, False), (100_000, 2, False)])
def test_accounts_that_one_purse_pays(paid: int, many: int, expected: bool) -> None:
    venue = _shop()
    venue.person("purse")
    names = [f"buyer-{number}" for number in range(many)]
    for name in names:
        venue.person(name, intermediary="north", retail=True)
        venue.transfer("purse", name, "RUB", paid * ROUBLE)
    for name in names:
        spend(venue, name, 110_000 if many == 3 else 160_000)
    assert (venue.found == ["cap_splitting"]) is expected
    if expected:
        assert venue.reports[0].finding.figures["why_together"] == "paid by purse"


@pytest.mark.parametrize(("gap_s", "expected"), [(0.5, True), (3.0, False)])
def test_accounts_that_buy_in_step(gap_s: float, expected: bool) -> None:
    venue = _shop()
    names = [f"buyer-{number}" for number in range(3)]
    for name in names:
        venue.person(name, participant="broker", intermediary="north", retail=True)
    for _ in range(4):
        venue.sell("seller", MIDDLE, 120)
        for name in names:
            venue.buy(name, MIDDLE, 40, ioc=True)
            venue.wait(gap_s)
        venue.wait(30)
    assert (venue.found == ["cap_splitting"]) is expected
    if expected:
        assert venue.reports[0].finding.figures["why_together"] == "in step through broker"


# ── payments ───────────────────────────────────────────────────────────────────────────────────────────────────────


def gift(venue: Surveilled, seller: str, buyer: str, price: int, lots: int = 1_000) -> None:
    """A sale at a price that is not the book's."""
    venue.sell(seller, price, lots)
    venue.wait(1)
    venue.buy(buyer, price, lots, ioc=True)
    venue.wait(10)


def _wide() -> Surveilled:
    venue = Surveilled("payment_in_disguise")
    venue.person("maker")
    venue.buy("maker", MIDDLE - 50, 10)
    venue.sell("maker", MIDDLE + 50, 10)
    for name in ("payer", "paid"):
        venue.person(name)
    return venue


def test_one_who_loses_to_another_by_prices_pays() -> None:
    venue = _wide()
    gift(venue, "payer", "paid", MIDDLE - 20)
    assert venue.found == []
    gift(venue, "paid", "payer", MIDDLE + 20)
    assert venue.found == ["payment_in_disguise"]
    figures = venue.reports[0].finding.figures
    assert figures["paid_by_prices"] == "40000.00 RUB" and figures["one_way"] == "100.00 %"


@pytest.mark.parametrize("what", ["at the middle", "to and fro", "small"])
def test_trades_that_pay_nobody_are_not(what: str) -> None:
    venue = _wide()
    for number in range(4):
        first, second = ("payer", "paid") if number % 2 else ("paid", "payer")
        if what == "to and fro":
            gift(venue, "payer", "paid", MIDDLE - 20 if number % 2 else MIDDLE + 20)
        elif what == "small":
            gift(venue, first, second, MIDDLE + 20 if number % 2 else MIDDLE - 20, lots=100)
        else:
            gift(venue, first, second, MIDDLE + 1 if number % 2 else MIDDLE - 1)
    assert venue.found == []


@pytest.mark.parametrize(
    ("roubles", "after_s", "expected"),
    [(95_000, 10, True), (100_000, 899, True), (100_000, 901, False), (89_000, 10, False)],
)
def test_an_asset_one_way_and_money_the_other(roubles: int, after_s: int, expected: bool) -> None:
    venue = _wide()
    venue.transfer("payer", "paid", "BTC", 100)
    venue.wait(after_s)
    venue.transfer("paid", "payer", "RUB", roubles * ROUBLE)
    assert (venue.found == ["payment_in_disguise"]) is expected


@pytest.mark.parametrize(("each", "many", "expected"), [(900_000, 3, True), (900_000, 2, False), (1_000_000, 3, False)])
def test_transfers_in_pieces_below_what_is_reported(each: int, many: int, expected: bool) -> None:
    venue = _wide()
    for _ in range(many):
        venue.transfer("payer", "paid", "RUB", each * ROUBLE)
        venue.wait(60)
    assert (venue.found == ["payment_in_disguise"]) is expected


# ── pass-through ───────────────────────────────────────────────────────────────────────────────────────────────────


def _border() -> Surveilled:
    venue = Surveilled("pass_through")
    for name in ("sender-1", "sender-2", "conduit"):
        venue.person(name)
    venue.person("abroad", resident=False)
    return venue


@pytest.mark.parametrize(
    ("handed_on", "after_s", "expected"), [(400, 60, True), (279, 60, False), (300, 60, True), (400, 86_500, False)]
)
def test_what_comes_in_and_goes_abroad(handed_on: int, after_s: int, expected: bool) -> None:
    venue = _border()
    for sender in ("sender-1", "sender-2"):
        venue.transfer(sender, "conduit", "RUB", 200_000 * ROUBLE)
    venue.wait(after_s)
    venue.transfer("conduit", "abroad", "BTC", handed_on, purpose=codes.CROSS_BORDER, contract="7")
    assert (venue.found == ["pass_through"]) is expected
    if expected:
        assert venue.reports[0].finding.figures["senders"] == "2"
        assert venue.reports[0].finding.investors[:2] == ("conduit", "abroad")


def test_who_pays_abroad_out_of_own_funds_hands_nothing_on() -> None:
    venue = _border()
    venue.transfer("conduit", "abroad", "BTC", 5_000, purpose=codes.CROSS_BORDER, contract="7")
    venue.transfer("sender-1", "conduit", "RUB", 400_000 * ROUBLE)
    venue.transfer("conduit", "abroad", "BTC", 400, purpose=codes.CROSS_BORDER, contract="7")
    assert venue.found == [], "of all that went abroad, others' money is little"


# ── what is frozen ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_does_twice_what_was_refused_to_a_blocked_owner_is_reported() -> None:
    venue = Surveilled("use_of_frozen")
    venue.quoted()
    venue.person("blocked", participant="broker")
    venue.person("other", participant="broker")
    venue.block("blocked")
    for _ in range(2):
        venue.refuse("blocked", codes.BUY, 77, "SAN-1")
        venue.wait(60)
        venue.buy("other", MIDDLE - 40, 77)
        venue.wait(60)
    assert venue.found == ["use_of_frozen"]
    assert venue.reports[0].finding.investors == ("other", "blocked")


@pytest.mark.parametrize(
    ("what", "rule", "lots", "after_s", "account"),
    [
        ("another rule refused", "RET-1", 77, 60, "other"),
        ("another quantity", "SAN-1", 79, 60, "other"),
        ("much later", "SAN-1", 77, 121, "other"),
        ("through another participant", "SAN-1", 77, 60, "stranger"),
    ],
)
def test_who_does_something_else_is_not(what: str, rule: str, lots: int, after_s: int, account: str) -> None:
    venue = Surveilled("use_of_frozen")
    venue.person("blocked", participant="broker")
    venue.person("other", participant="broker")
    venue.person("stranger")
    for _ in range(3):
        venue.refuse("blocked", codes.BUY, 77, rule)
        venue.wait(after_s)
        venue.buy(account, MIDDLE - 40, lots)
        venue.wait(60)
    assert venue.found == [], what


def test_a_firm_of_a_blocked_owner_that_trades_is_reported_from_then_on() -> None:
    venue = Surveilled("use_of_frozen")
    venue.quoted()
    venue.person("owner", keys=("a",))
    venue.person("firm", owners=("a",))
    venue.buy("firm", MIDDLE + 10, 5, ioc=True)
    assert venue.found == []
    venue.block("owner")
    venue.buy("firm", MIDDLE + 10, 5, ioc=True)
    assert venue.found == ["use_of_frozen"]


# ── front-running ──────────────────────────────────────────────────────────────────────────────────────────────────


def ahead(venue: Surveilled, *, client_lots: int = 600, before_s: float = 10, out: int = MIDDLE + 8) -> None:
    """The own account buys, the client buys, the own account sells."""
    venue.sell("maker", MIDDLE, 50)
    venue.buy("own", MIDDLE, 50, ioc=True)
    venue.wait(before_s)
    venue.sell("maker", MIDDLE + 5, client_lots)
    venue.buy("client", MIDDLE + 5, client_lots, ioc=True)
    venue.wait(5)
    venue.buy("maker", out, 50)
    venue.sell("own", out, 50, ioc=True)
    venue.wait(60)


def _broker() -> Surveilled:
    venue = Surveilled("front_running")
    venue.person("maker")
    venue.person("own", participant="broker")
    venue.person("client", participant="broker", intermediary="north")
    return venue


def test_an_own_account_that_twice_gains_ahead_of_a_client_is_reported() -> None:
    venue = _broker()
    ahead(venue)
    assert venue.found == []
    ahead(venue)
    assert venue.found == ["front_running"]
    finding = venue.reports[0].finding
    assert finding.investors == ("own", "client") and finding.figures["gain"] == "800.00 RUB"


@pytest.mark.parametrize(
    ("what", "client_lots", "before_s", "out"),
    [("a small order", 490, 10, MIDDLE + 8), ("long before", 600, 61, MIDDLE + 8), ("at a loss", 600, 10, MIDDLE - 1)],
)
def test_an_own_account_that_does_not_is_not(what: str, client_lots: int, before_s: float, out: int) -> None:
    venue = _broker()
    for _ in range(3):
        ahead(venue, client_lots=client_lots, before_s=before_s, out=out)
    assert venue.found == [], what


def test_one_who_has_no_clients_runs_ahead_of_nobody() -> None:
    venue = Surveilled("front_running")
    venue.person("maker")
    venue.person("own", participant="lone")
    venue.person("client", participant="broker", intermediary="north")
    for _ in range(3):
        ahead(venue)
    assert venue.found == []
