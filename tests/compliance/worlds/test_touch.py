"""Spread and depth over time, added up by hand; and how something is shared."""

from __future__ import annotations

from compliance.worlds.messages.results import Concentration, Point
from compliance.worlds.shares import concentration
from compliance.worlds.slices import SLICES, Slices
from compliance.worlds.touch import Quotes
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import AnyCommand, CancelOrder, NewOrder, SetPhase
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

SECOND_NS = 10**9


def test_quotes_are_weighted_by_the_time_for_which_they_stood() -> None:
    desk = Desk()
    list_spot(desk, reference=100)
    for name in ("ann", "bob"):
        open_account(desk, name, BTC=1_000, RUB=10**9)
    quotes = Quotes(desk.exchange.books["BTC/RUB"], desk.time_ns)

    def then(seconds: int, command: AnyCommand) -> None:
        desk.send(command, seconds * SECOND_NS)
        quotes.look(desk.time_ns)

    def order(name: str, number: int, side: int, price: int, lots: int) -> NewOrder:
        return NewOrder(name, name, f"o{number}", "BTC/RUB", side, codes.LIMIT, codes.GTC, price * E8, lots * E8)

    then(1, order("ann", 1, codes.BUY, 99, 4))  # a second without anything
    then(2, order("bob", 2, codes.SELL, 101, 6))  # 2 s: bid 99, 4 lots
    assert quotes.mid_twice == 200
    then(3, order("bob", 3, codes.SELL, 100, 2))  # 3 s: 99 to 101, 20 000 ppm, 4 and 6
    then(5, CancelOrder("ann", "ann", 0, "o1"))  # 5 s: 99 to 100, 10 050 ppm, 4 and 2
    assert quotes.mid_twice == 0
    then(4, SetPhase("BTC/RUB", codes.HALTED))  # 4 s: no bid, 2
    quotes.note_point()
    market = quotes.market(desk.time_ns + 100 * SECOND_NS)
    assert (market.open_ns, market.quoted_ns) == (15 * SECOND_NS, 8 * SECOND_NS)
    assert market.mean_spread_ppm == (3 * 20_000 + 5 * 10_050) // 8
    # 4 lots for 10 of 15 s; 6, 2 and 2 for 3, 5 and 4 of them.
    assert (market.mean_bid_depth, market.mean_ask_depth) == ("2.66666666", "2.4")
    # Halted, it quotes nothing, and its book is as deep as ever.
    assert market.path == [Point("", "", "", "0", "0", "8")]


def test_shares_are_those_of_all_that_have_something() -> None:
    amounts = {"a": 500, "b": 300, "c": 200, "nobody": 0}
    assert concentration("held by investor", "RUB", 2, amounts) == Concentration(
        "held by investor", "RUB", 3, "10.00", "a", 500_000, 1_000_000, 1_000_000, 380_000
    )
    assert concentration("held by investor", "RUB", 2, {}).herfindahl_ppm == 0


def test_slices_part_a_span_and_hold_what_is_outside_too() -> None:
    slices = Slices(1_000, 2_000)
    assert [slices.until_ns(place) for place in (0, 1, SLICES - 1)] == [1_010, 1_020, 2_000]
    assert [slices.place(time_ns) for time_ns in (0, 1_000, 1_010, 1_011, 1_020, 1_999, 2_000, 9_999)] == [
        0, 0, 0, 1, 1, 99, 99, 99
    ]  # fmt: skip
    for place in range(SLICES):
        assert slices.place(slices.until_ns(place)) == place
    assert Slices(5, 5).place(5) == 0
