"""A session of thirty commands in which another rule refuses one order: all that follows was worked out by hand."""

from __future__ import annotations

import msgspec
import pytest

from compliance.worlds.messages.results import Result, Skipped
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    BustTrade,
    CancelOrder,
    MassCancel,
    MassQuote,
    NewOrder,
    RepriceTrade,
    SetParameter,
    Tick,
)
from tests.support.compliance.venue import PARTICIPANT, e8
from tests.support.compliance.worlds import Compared, RecordingVenue, change_of

BTC, ETH = "BTC/RUB", "ETH/RUB"
SECOND_NS = 10**9


def order(account: str, number: int, side: int, quantity: str, price: str) -> NewOrder:
    """A limit order: of ether, if it costs less than 10 000."""
    instrument = ETH if e8(price) < e8("10000") else BTC
    return NewOrder(PARTICIPANT, account, f"o{number}", instrument, side, LIMIT, GTC, e8(price), e8(quantity))


def cancel(account: str, number: int) -> CancelOrder:
    return CancelOrder(PARTICIPANT, account, 0, f"o{number}")


# Beside each command: what it does in the recording, | and what it does where the cap is 9 000 RUB.
SESSION: tuple[AnyCommand, ...] = (
    order("firm", 1, SELL, "0.05", "100000"),  # rests | rests
    order("dealer", 2, SELL, "0.1", "100100"),  # rests | rests
    order("super", 3, BUY, "0.02", "99900"),  # rests | rests
    order("earner", 4, BUY, "0.1", "99800"),  # rests | rests
    order("retail", 5, BUY, "0.1", "100000"),  # fills 1 whole, 0.05 rest | refused: 10 000 RUB are above the cap
    order("qualified", 6, SELL, "0.03", "100000"),  # fills 5 | rests behind 1
    AmendOrder(PARTICIPANT, "retail", 0, "o5", 0, e8("0.09")),  # 0.01 of 5 are left | skipped
    order("super", 8, BUY, "0.04", "100000"),  # rests behind 5 | fills 1, of which 0.01 are left
    order("importer", 9, SELL, "0.02", "100000"),  # fills what is left of 5, then 8: 0.01 each | rests behind 6
    cancel("retail", 5),  # refused: it is filled | refused: there never was one
    order("retail", 11, BUY, "0.01", "100100"),  # fills 2 at 100100 | fills what is left of 1 at 100000
    cancel("super", 8),  # cancels 0.03 | skipped: it is filled
    Tick(),
    order("earner", 14, BUY, "0.02", "100000"),  # rests | fills 6, of which 0.01 are left
    order("firm", 15, SELL, "0.02", "99900"),  # fills 14 at 100000 | fills 3 at 99900
    cancel("super", 3),  # cancels 0.02 | skipped: it is filled
    MassQuote(PARTICIPANT, "dealer", "q", BTC, ((e8("99700"), e8("0.05")),), ((e8("100300"), e8("0.05")),)),  # rest
    cancel("qualified", 6),  # refused: it is filled | cancels 0.01
    cancel("importer", 9),  # refused: it is filled | cancels 0.02
    BustTrade(1, "mistake"),  # of 5 with 1 | skipped
    RepriceTrade(5, e8("100000"), "mistake"),  # of 11 with 2 | skipped: 11 traded with 1
    order("firm", 22, SELL, "1", "3000"),  # rests | rests
    order("earner", 23, BUY, "1", "3000"),  # fills 22: trade 7 | trade 5
    BustTrade(7, "mistake"),  # of 23 with 22 | trade 5
    order("retail", 25, BUY, "0.01", "100000"),  # rests | rests
    cancel("retail", 25),  # cancels | cancels
    SetParameter("RET-1", "retail_cap_rub", "200000.00", "eased", "ann"),  # set | skipped
    order("retail", 28, BUY, "0.05", "99000"),  # rests | rests
    MassCancel(PARTICIPANT, "retail"),  # cancels 28 | cancels 28
    Tick(),
)
# Order: outcome, what was filled, for how much; in the recording, and in the other world; how that is called, and why it is so.
CHANGED = {
    2: (("open", "0.01", "1001.00"), ("open", "0", "0.00"), "filled less", False, "other trades"),
    3: (("cancelled", "0", "0.00"), ("filled", "0.02", "1998.00"), "filled more", False, "other trades"),
    5: (("filled", "0.09", "9000.00"), ("refused", "0", "0.00"), "kept out", True, "RET-1"),
    6: (("filled", "0.03", "3000.00"), ("cancelled", "0.02", "2000.00"), "filled less", False, "other trades"),
    8: (("cancelled", "0.01", "1000.00"), ("filled", "0.04", "4000.00"), "filled more", False, "other trades"),
    9: (("filled", "0.02", "2000.00"), ("cancelled", "0", "0.00"), "filled less", False, "other trades"),
    11: (("filled", "0.01", "1001.00"), ("filled", "0.01", "1000.00"), "other price", False, "other trades"),
    15: (("filled", "0.02", "2000.00"), ("filled", "0.02", "1998.00"), "other price", False, "other trades"),
}
AFFECTED = (5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 18, 19, 20, 21, 27)


@pytest.fixture(scope="module")
def session() -> tuple[int, Compared, Result]:
    """The number of the command before the session, both worlds, and what came of the change."""
    venue = RecordingVenue()
    first = venue.exchange.seq
    assert len(SESSION) == 30
    for command in SESSION:
        venue.time_ns += SECOND_NS
        venue.apply(command)
    worlds = Compared(venue.history, change_of("RET-1.retail_cap_rub=9000"))
    assert worlds.recorded == venue.recorded
    return first, worlds, worlds.result()


def test_exactly_these_orders_have_another_fate(session: tuple[int, Compared, Result]) -> None:
    first, _, result = session
    found = {
        each.seq - first: (
            *[(fate.outcome, fate.filled, fate.value) for fate in (each.recorded, each.other)],
            each.change,
            each.directly,
            each.by,
        )
        for each in result.first_changed
    }
    assert found == CHANGED
    assert (result.orders, result.orders_directly, result.orders_followed) == (17, 1, 7)
    assert sum(each.orders for each in result.changed) == 8
    assert sum(each.directly for each in result.slices) == 1
    assert sum(each.followed for each in result.slices) == 7
    assert sum(each.orders for each in result.slices) == 17


def test_exactly_these_commands_are_affected_and_these_skipped(session: tuple[int, Compared, Result]) -> None:
    first, worlds, result = session
    differing = [
        place - first + 1
        for place, (one, two) in enumerate(zip(worlds.recorded, worlds.other, strict=True))
        if [type(each) for each in one] != [type(each) for each in two]
    ]
    # 11 and 15 trade in both worlds, at another price.
    assert differing == [seq for seq in AFFECTED if seq not in (11, 15)]
    assert (result.commands, result.commands_affected) == (first + 30, len(AFFECTED))
    assert [msgspec.structs.replace(each, first_seq=each.first_seq - first) for each in result.skipped] == [
        Skipped("amend_order", "its order is not open here", 1, 7),
        Skipped("bust_trade", "there was no such trade here", 1, 20),
        Skipped("cancel_order", "its order is not open here", 2, 12),
        Skipped("reprice_trade", "there was no such trade here", 1, 21),
        Skipped("set_parameter", "the change sets this", 1, 27),
    ]


def test_trades_and_access(session: tuple[int, Compared, Result]) -> None:
    result = session[2]
    markets = [
        {
            each.instrument: (each.trades, each.volume, each.value, each.first_price, each.last_price, each.low_price)
            for each in world.markets
            if each.trades
        }
        for world in (result.recorded, result.other)
    ]
    ether = (1, "1", "3000.00", "3000", "3000", "3000")
    assert markets[0] == {BTC: (6, "0.13", "13001.00", "100000", "100000", "100000"), ETH: ether}
    assert markets[1] == {BTC: (4, "0.09", "8998.00", "100000", "99900", "99900"), ETH: ether}
    assert [(each.investor_class, each.gained, each.lost, each.both) for each in result.access] == [("retail", 0, 1, 0)]
    assert [(each.investor, each.orders_let_in, each.orders_kept_out) for each in result.parties] == [("retail", 0, 1)]
    assert result.rules_changed == ["RET-1"]
    assert result.put_in == {}


def test_prices_against_the_mid_before(session: tuple[int, Compared, Result]) -> None:
    """By class: what buys cost less than mid and sales brought more, summed by hand; the ether trade had no bid before it."""
    result = session[2]
    found = [
        {each.investor_class: (each.trades, each.against_mid, each.without_mid) for each in world.welfare}
        for world in (result.recorded, result.other)
    ]
    # Mid 99 950 before 5; 100 050 before 6, 9, 11 and 15.
    assert found[0] == {
        "retail": (4, "-1.000", "0.00"),  # -2.5 + 1.5 + 0.5 - 0.5
        "qualified": (4, "0.000", "3000.00"),  # 6: -1.5, 8: 0.5, 14: 1
        "qualified_firm": (6, "1.000", "3000.00"),  # 1: 2.5, 9: -0.5 - 0.5, 11: 0.5, 15: -1
    }
    # Mid 99 950 before 8, 11, 14 and 15.
    assert found[1] == {
        "retail": (1, "-0.500", "0.00"),
        "qualified": (5, "-1.000", "3000.00"),  # 8: -2, 14: -1 and 6: +1, 3: +1
        "qualified_firm": (4, "1.500", "3000.00"),  # 1: 2 + 0.5, 15: -1
    }


def test_no_change_gives_no_difference(session: tuple[int, Compared, Result]) -> None:
    venue = RecordingVenue()
    for command in SESSION:
        venue.time_ns += SECOND_NS
        # The recording itself sets the cap later on.
        if not isinstance(command, SetParameter):
            venue.apply(command)
    worlds = Compared(venue.history, change_of("RET-1.retail_cap_rub=300000"))
    result = worlds.result()
    assert worlds.other == worlds.recorded == venue.recorded
    assert result.recorded == result.other
    assert (result.changed, result.skipped, result.rules_changed, result.put_in) == ([], [], [], {})
    assert (result.commands_affected, result.orders_directly, result.orders_followed) == (0, 0, 0)
