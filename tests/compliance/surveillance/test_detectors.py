"""Each detector on a small market: what it reports, what at the edge it does not, and what it says."""

from __future__ import annotations

import pytest

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from tests.compliance.surveillance.surveilled import MARKET, MIDDLE, Surveilled


def cross(
    venue: Surveilled, seller: str, buyer: str, *, lots: int = 10, price: int = MIDDLE, gap_s: float = 1.0
) -> None:
    """One sells to the other, in orders that were entered to meet."""
    venue.sell(seller, price, lots)
    venue.wait(gap_s)
    venue.buy(buyer, price, lots, ioc=True)
    venue.wait(5)


# ── wash trades ────────────────────────────────────────────────────────────────────────────────────────────────────


def _pair(venue: Surveilled) -> None:
    venue.person("one")
    venue.person("two")
    venue.quoted()


def test_two_who_trade_to_and_fro_are_reported_once() -> None:
    venue = Surveilled("wash_trade")
    _pair(venue)
    for number in range(8):
        cross(venue, *(("one", "two") if number % 2 else ("two", "one")))
    assert venue.found == ["wash_trade"]
    report = venue.reports[0]
    assert report.finding.investors in (("one", "two"), ("two", "one"))
    assert report.finding.figures["trades"] == "4" and report.finding.figures["given_back"] == "100.00 %"
    assert report.seen == 5, "four trades were enough, four more made it no other thing"
    assert len(report.finding.seqs) == 4 and report.term == "wash_trade"


@pytest.mark.parametrize(
    ("what", "gap_s", "lots", "one_way"),
    [("too far apart", 10.1, 10, False), ("of other quantities", 1.0, 8, False), ("one way alone", 1.0, 10, True)],
)
def test_two_who_only_meet_are_not(what: str, gap_s: float, lots: int, one_way: bool) -> None:
    venue = Surveilled("wash_trade")
    _pair(venue)
    for number in range(8):
        first, second = ("one", "two") if number % 2 and not one_way else ("two", "one")
        venue.sell(first, MIDDLE, 10)
        venue.wait(gap_s)
        venue.buy(second, MIDDLE, lots, ioc=True)
        if lots != 10:
            venue.send(commands.MassCancel(first, first))
        venue.wait(5)
    assert venue.found == [], what


def test_three_matched_trades_are_too_few_and_a_quarter_of_an_hour_too_long() -> None:
    venue = Surveilled("wash_trade")
    _pair(venue)
    for number in range(3):
        cross(venue, *(("one", "two") if number % 2 else ("two", "one")))
    venue.wait(900)
    for number in range(3):
        cross(venue, *(("one", "two") if number % 2 else ("two", "one")))
    assert venue.found == []


def test_trades_with_each_other_that_are_mostly_chance_are_not() -> None:
    venue = Surveilled("wash_trade")
    _pair(venue)
    for number in range(8):
        first, second = ("one", "two") if number % 2 else ("two", "one")
        cross(venue, first, second)
        # Four times as much in orders that stood for long.
        venue.sell(first, MIDDLE, 40)
        venue.wait(20)
        venue.buy(second, MIDDLE, 40, ioc=True)
    assert venue.found == []


def test_two_whom_a_document_links_need_no_more_than_two_trades() -> None:
    venue = Surveilled("wash_trade")
    venue.person("owner", keys=("a",))
    venue.person("firm", owners=("a",))
    venue.quoted()
    cross(venue, "owner", "firm", gap_s=100)
    assert venue.found == []
    cross(venue, "owner", "firm", gap_s=100)
    assert venue.found == ["wash_trade"] and venue.reports[0].finding.figures["linked"] == "yes"


# ── rings ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amount_that_comes_back_through_three_is_a_ring() -> None:
    venue = Surveilled("circular_trading")
    for name in ("a", "b", "c"):
        venue.person(name)
    for seller, buyer in (("a", "b"), ("b", "c"), ("c", "a")):
        cross(venue, seller, buyer)
    assert venue.found == ["circular_trading"]
    finding = venue.reports[0].finding
    assert finding.note == "BTC went round: a to b to c to a" and finding.figures["parties"] == "3"


def test_two_are_no_ring_nor_is_a_way_that_does_not_come_back_or_changes() -> None:
    venue = Surveilled("circular_trading")
    for name in ("a", "b", "c", "d"):
        venue.person(name)
    cross(venue, "a", "b")
    cross(venue, "b", "a")
    cross(venue, "b", "c", lots=7)
    cross(venue, "c", "d", lots=7)
    cross(venue, "d", "b", lots=14)
    assert venue.found == []


def test_a_transfer_is_a_step_of_a_ring() -> None:
    venue = Surveilled("circular_trading")
    for name in ("a", "b", "c"):
        venue.person(name)
    cross(venue, "a", "b")
    cross(venue, "b", "c")
    venue.transfer("c", "a", "BTC", 10)
    assert venue.found == ["circular_trading"] and venue.reports[0].finding.figures["transfers"] == "1"


# ── layering and spoofing ──────────────────────────────────────────────────────────────────────────────────────────


def bait(
    venue: Surveilled, levels: int, lots: int, *, keeps: int = 0, after_s: float = 1.0, again: bool = False
) -> None:
    """Show buys, sell a little, take the buys away."""
    orders = [venue.buy("trader", MIDDLE - 11 - level, lots) for level in range(levels)]
    venue.wait(1)
    venue.sell("trader", MIDDLE - 10, 5, ioc=True)
    venue.wait(after_s)
    for order in orders[keeps:]:
        venue.cancel("trader", order)
    if again:
        for level in range(levels):
            venue.buy("trader", MIDDLE - 12 - level, lots)
    venue.wait(30)
    venue.send(commands.MassCancel("trader", "trader"))


def _trader(*only: str) -> Surveilled:
    venue = Surveilled(*only)
    venue.quoted()
    venue.person("trader")
    return venue


def test_layers_that_go_when_the_other_side_has_traded_are_reported_at_the_second_time() -> None:
    venue = _trader("layering", "spoofing")
    bait(venue, 4, 200)
    assert venue.found == []
    bait(venue, 4, 200)
    assert venue.found == ["layering"]
    figures = venue.reports[0].finding.figures
    assert figures["levels"] == "4" and figures["times"] == "2" and figures["side_shown"] == "buy"


def test_one_large_order_is_spoofing() -> None:
    venue = _trader("layering", "spoofing")
    bait(venue, 1, 700)
    bait(venue, 1, 700)
    assert venue.found == ["spoofing"]


@pytest.mark.parametrize(
    ("what", "lots", "keeps", "after_s", "again"),
    [
        ("small beside the book", 50, 0, 1.0, False),
        ("half of it stays", 200, 2, 1.0, False),
        ("they stand for long after", 200, 0, 16.0, False),
        ("they are quoted again at once", 200, 0, 1.0, True),
    ],
)
def test_orders_that_are_meant_are_no_bait(what: str, lots: int, keeps: int, after_s: float, again: bool) -> None:
    venue = _trader("layering", "spoofing")
    for _ in range(3):
        bait(venue, 4, lots, keeps=keeps, after_s=after_s, again=again)
    assert venue.found == [], what


def test_a_maker_who_is_hit_and_moves_quotes_is_none() -> None:
    venue = _trader("layering", "spoofing")
    for _ in range(4):
        buys = [venue.buy("trader", MIDDLE - 5 - level, 300) for level in range(3)]
        sells = [venue.sell("trader", MIDDLE + 5 + level, 300) for level in range(3)]
        venue.wait(1)
        venue.buy("maker-1", MIDDLE + 5, 5, ioc=True)
        for order in (*buys, *sells):
            venue.cancel("trader", order)
        venue.wait(5)
    assert venue.found == []


# ── quote stuffing ─────────────────────────────────────────────────────────────────────────────────────────────────


def _flicker(venue: Surveilled, account: str, messages: int) -> None:
    for _ in range(messages // 2):
        venue.cancel(account, venue.buy(account, MIDDLE - 300, 1))


def test_150_messages_in_ten_seconds_are_reported_and_149_are_not() -> None:
    venue = _trader("quote_stuffing")
    venue.wait(30)
    _flicker(venue, "trader", 148)
    venue.buy("trader", MIDDLE - 300, 1)
    assert venue.found == []
    venue.buy("trader", MIDDLE - 300, 1)
    assert venue.found == ["quote_stuffing"]
    assert venue.reports[0].finding.figures["messages"] == "150"


def test_messages_that_trade_or_are_slow_or_few_among_many_are_none() -> None:
    venue = _trader("quote_stuffing")
    venue.person("other")
    venue.wait(30)
    for _ in range(120):
        # Every other one trades.
        venue.buy("trader", MIDDLE + 10, 1, ioc=True)
        _flicker(venue, "trader", 2)
    venue.wait(30)
    for _ in range(150):
        _flicker(venue, "trader", 2)
        venue.wait(0.2)
    venue.wait(30)
    for _ in range(150):
        _flicker(venue, "trader", 2)
        _flicker(venue, "other", 4)
    assert [each.finding.investors for each in venue.reports] == [("other",)]


# ── momentum ignition ──────────────────────────────────────────────────────────────────────────────────────────────


def _thin(venue: Surveilled) -> None:
    """Offers at every rouble, so that whoever takes moves the price; bids behind, that come after."""
    venue.person("maker")
    venue.person("trader")
    venue.person("crowd")
    for step in range(20):
        venue.sell("maker", MIDDLE + step, 10)
    venue.buy("maker", MIDDLE - 10, 500)


def test_a_move_that_its_maker_leaves_is_reported() -> None:
    venue = Surveilled("momentum_ignition")
    _thin(venue)
    for _ in range(3):
        venue.buy("trader", MIDDLE + 30, 30, ioc=True)
        venue.wait(5)
    venue.buy("crowd", MIDDLE + 9, 90)
    venue.sell("trader", MIDDLE + 9, 31, ioc=True)
    assert venue.found == [], "less than 35 % went back"
    venue.sell("trader", MIDDLE + 9, 1, ioc=True)
    assert venue.found == ["momentum_ignition"]
    figures = venue.reports[0].finding.figures
    assert figures["side"] == "buy" and figures["moved"] == "0.80 %" and figures["orders"] == "3"


@pytest.mark.parametrize("what", ["stays in", "too late", "at a loss", "in two orders"])
def test_a_buyer_who_does_not_profit_by_a_move_is_not(what: str) -> None:
    venue = Surveilled("momentum_ignition")
    _thin(venue)
    for _ in range(2 if what == "in two orders" else 3):
        venue.buy("trader", MIDDLE + 30, 30, ioc=True)
        venue.wait(5)
    if what == "too late":
        venue.wait(181)
    price = MIDDLE - 1 if what == "at a loss" else MIDDLE + 8
    venue.buy("crowd", price, 90)
    if what != "stays in":
        venue.sell("trader", price, 80, ioc=True)
    assert venue.found == []


# ── marking the close ──────────────────────────────────────────────────────────────────────────────────────────────


def _traded_before(venue: Surveilled) -> None:
    venue.quoted(spread=1)
    venue.person("trader")
    for _ in range(30):
        venue.sell("maker-1", MIDDLE + 1, 1)
        venue.buy("maker-2", MIDDLE + 1, 1, ioc=True)
        venue.wait(10)


def test_the_last_trades_of_a_session_that_move_its_price_are_reported() -> None:
    venue = Surveilled("marking_the_close")
    _traded_before(venue)
    venue.wait(60)
    venue.buy("trader", MIDDLE + 3, 600, ioc=True)
    venue.wait(1)
    venue.sell("maker-1", MIDDLE + 9, 50)
    venue.buy("trader", MIDDLE + 9, 50, ioc=True)
    venue.send(commands.SetPhase(MARKET, codes.CLOSED))
    assert venue.found == ["marking_the_close"]
    figures = venue.reports[0].finding.figures
    assert (figures["end_of"], figures["side"], figures["moved"]) == ("session", "buy", "0.79 %")


@pytest.mark.parametrize("what", ["before the last minute", "to a price that was there", "halted"])
def test_trades_that_do_not_make_a_close_are_not(what: str) -> None:
    venue = Surveilled("marking_the_close")
    _traded_before(venue)
    venue.sell("maker-1", MIDDLE + 9, 50)
    venue.wait(60)
    reach = MIDDLE + 1 if what == "to a price that was there" else MIDDLE + 9
    venue.buy("trader", reach, 150, ioc=True)
    venue.buy("trader", reach, 480, ioc=True)
    if what == "before the last minute":
        venue.wait(61)
        venue.sell("maker-1", MIDDLE + 9, 5)
        venue.buy("maker-2", MIDDLE + 9, 5, ioc=True)
    venue.send(commands.SetPhase(MARKET, codes.HALTED if what == "halted" else codes.CLOSED))
    assert venue.found == []


@pytest.mark.parametrize(("what", "expected"), [("", True), ("one order", False), ("both sides", False)])
def test_who_quotes_both_sides_or_enters_one_order_marks_no_close(what: str, expected: bool) -> None:
    venue = Surveilled("marking_the_close")
    _traded_before(venue)
    venue.sell("maker-1", MIDDLE + 9, 50)
    venue.wait(60)
    if what == "both sides":
        venue.buy("trader", MIDDLE - 50, 1)
        venue.sell("trader", MIDDLE + 50, 1)
    if what != "one order":
        venue.buy("trader", MIDDLE + 9, 150, ioc=True)
    venue.buy("trader", MIDDLE + 9, 640 - 150 * (what != "one order"), ioc=True)
    assert venue.surveillance.view.markets[MARKET].last_ticks == MIDDLE + 9
    venue.send(commands.SetPhase(MARKET, codes.CLOSED))
    assert (venue.found == ["marking_the_close"]) is expected


def _call(venue: Surveilled) -> None:
    _traded_before(venue)
    venue.send(commands.SetPhase(MARKET, codes.CLOSING_AUCTION))
    venue.person("crowd")
    venue.wait(60)
    venue.buy("crowd", MIDDLE + 2, 40)
    venue.wait(20)


def test_who_comes_late_to_a_call_and_makes_its_price_is_reported() -> None:
    venue = Surveilled("marking_the_close")
    _call(venue)
    for _ in range(2):
        venue.buy("trader", MIDDLE + 30, 500)
        venue.wait(2)
    venue.send(commands.SetPhase(MARKET, codes.CLOSED))
    assert venue.found == ["marking_the_close"]
    assert venue.reports[0].finding.figures["end_of"] == "call"
    assert venue.reports[0].finding.investors == ("trader",)


def test_who_holds_a_call_up_and_goes_before_its_end_is_reported() -> None:
    venue = Surveilled("marking_the_close")
    _call(venue)
    orders = [venue.buy("trader", MIDDLE + 30, 500) for _ in range(2)]
    venue.wait(5)
    for order in orders:
        venue.cancel("trader", order)
    venue.wait(2)
    venue.send(commands.SetPhase(MARKET, codes.CLOSED))
    assert venue.found == ["marking_the_close"]
    assert venue.reports[0].finding.figures["end_of"] == "pulled"


def test_who_goes_long_before_the_end_of_a_call_is_not() -> None:
    venue = Surveilled("marking_the_close")
    _call(venue)
    orders = [venue.buy("trader", MIDDLE + 30, 500) for _ in range(2)]
    for order in orders:
        venue.cancel("trader", order)
    venue.wait(16)
    venue.send(commands.SetPhase(MARKET, codes.CLOSED))
    assert venue.found == []
