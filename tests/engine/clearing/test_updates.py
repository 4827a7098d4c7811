"""New terms of a listed instrument: what holds from when, what rests, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from engine.exchange import restore_exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import AmendOrder, CancelOrder, NewOrder, SetRates, UpdateInstrument
from engine.vocabulary.messages.events import CommandRejected, OrderAccepted, OrderRejected, RulesChanged, Trade
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def new_desk(**terms: Any) -> Desk:
    desk = Desk()
    list_spot(desk, reference=100, max_lots=50, **terms)
    for name in ("ann", "bob"):
        open_account(desk, name, RUB=10**9, BTC=1_000)
    return desk


def order(desk: Desk, name: str, side: int, lots: int, price: int = 100, *, order_id: str = "") -> Any:
    command = NewOrder(
        name,
        name,
        order_id or f"{name}{len(desk.history)}",
        "BTC/RUB",
        side,
        codes.LIMIT,
        codes.GTC,
        price * E8,
        lots * E8,
    )
    return desk.send(command)


def update(desk: Desk, **terms: Any) -> Any:
    (event,) = desk.send(UpdateInstrument("BTC/RUB", **terms))
    desk.exchange.check()
    return event


def fees_of(desk: Desk) -> int:
    return desk.exchange.assets["RUB"].fees


def test_what_is_not_named_stays_and_a_history_says_who_and_why():
    desk = new_desk(maker_fee_ppm=100, taker_fee_ppm=300)
    event = update(desk, max_quantity_e8=20 * E8, reason="small lots", by="otto")
    assert isinstance(event, RulesChanged)
    assert (event.what, event.key, event.reason, event.by) == ("instrument", "BTC/RUB", "small lots", "otto")
    instrument = desk.exchange.instruments["BTC/RUB"]
    assert (instrument.min_lots, instrument.max_lots, instrument.collar_ppm) == (1, 20, 50_000)
    assert (instrument.maker_fee_ppm, instrument.taker_fee_ppm) == (100, 300)


def test_bounds_hold_for_what_is_entered_or_amended_from_now_on_and_what_rests_stays():
    desk = new_desk()
    assert isinstance(order(desk, "ann", codes.BUY, 40, 90, order_id="old")[0], OrderAccepted)
    update(desk, max_quantity_e8=30 * E8, min_quantity_e8=5 * E8, max_notional=1_000_00)
    for lots, code in ((40, codes.SIZE), (4, codes.SIZE), (20, codes.NOTIONAL)):
        (refused,) = order(desk, "bob", codes.BUY, lots, 90)
        assert isinstance(refused, OrderRejected) and refused.code == code
    assert isinstance(order(desk, "bob", codes.BUY, 10, 90)[0], OrderAccepted)
    assert desk.exchange.books["BTC/RUB"].bids.levels[90].quantity_lots == 50
    # An amend that increases is a new look at it; one that decreases always passes.
    (refused,) = desk.send(AmendOrder("ann", "ann", 0, "old", 0, 55 * E8))
    assert refused.code == codes.SIZE
    desk.send(AmendOrder("ann", "ann", 0, "old", 0, 35 * E8))
    assert desk.exchange.books["BTC/RUB"].bids.levels[90].quantity_lots == 45
    desk.exchange.check()


def test_fees_are_those_of_the_time_of_the_fill():
    desk = new_desk(maker_fee_ppm=1_000, taker_fee_ppm=10_000)
    order(desk, "ann", codes.BUY, 40, 100, order_id="old")
    order(desk, "bob", codes.SELL, 10)
    assert fees_of(desk) == 10 * 100_00 * 11_000 // 10**6
    # The larger fee stays: what is set aside for the resting order is enough at any price.
    assert isinstance(update(desk, maker_fee_ppm=5_000), RulesChanged)
    order(desk, "bob", codes.SELL, 10)
    assert fees_of(desk) == 10 * 100_00 * (11_000 + 15_000) // 10**6
    assert isinstance(update(desk, maker_fee_ppm=-10_000), RulesChanged)
    order(desk, "bob", codes.SELL, 20)
    assert fees_of(desk) == 10 * 100_00 * (11_000 + 15_000 + 2 * 0) // 10**6
    desk.exchange.check()


@pytest.mark.parametrize("taker_fee_ppm", [20_000, 5_000])
def test_the_larger_fee_changes_only_while_nothing_is_open(taker_fee_ppm):
    desk = new_desk(maker_fee_ppm=1_000, taker_fee_ppm=10_000)
    order(desk, "ann", codes.BUY, 40, 100, order_id="old")
    event = update(desk, taker_fee_ppm=taker_fee_ppm)
    assert isinstance(event, CommandRejected) and "while an order in BTC/RUB is open" in event.detail
    desk.send(CancelOrder("ann", "ann", 0, "old"))
    assert isinstance(update(desk, taker_fee_ppm=taker_fee_ppm), RulesChanged)
    order(desk, "ann", codes.BUY, 40, 100)
    (*_, trade) = [event for event in order(desk, "bob", codes.SELL, 10) if isinstance(event, Trade)]
    assert trade and fees_of(desk) == 10 * 100_00 * (1_000 + taker_fee_ppm) // 10**6
    desk.exchange.check()


@pytest.mark.parametrize(
    ("terms", "template"),
    [
        ({"min_quantity_e8": 1}, "instrument.quantities"),
        ({"max_quantity_e8": 3 * E8 // 2}, "instrument.multiples"),
        ({"max_notional": 0}, "instrument.notional"),
        ({"collar_ppm": 1_000_000}, "instrument.collar"),
        ({"maker_fee_ppm": -1}, "instrument.rebate"),
        ({"taker_fee_ppm": 10**7}, "instrument.fee"),
        ({"max_position_e8": E8}, "series.not_a_future"),
        ({"quote": "BTC", "max_notional": 5}, "instrument.quote"),
    ],
)
def test_terms_that_could_not_be_listed_are_refused_and_nothing_changes(terms, template):
    desk = new_desk()
    before = desk.exchange.instruments["BTC/RUB"].listing
    event = update(desk, **terms)
    assert isinstance(event, CommandRejected)
    assert desk.results[-1][0].template == template
    assert desk.exchange.instruments["BTC/RUB"].listing is before
    (unknown,) = desk.send(UpdateInstrument("nosuch"))
    assert unknown.code == codes.UNKNOWN_INSTRUMENT


def test_a_restored_venue_has_the_terms_of_now():
    desk = new_desk()
    update(desk, maker_fee_ppm=7, taker_fee_ppm=9, collar_ppm=12_345, max_quantity_e8=9 * E8)
    found = restore_exchange(desk.exchange.snapshot(), PreTradeHook()).instruments["BTC/RUB"]
    assert (found.maker_fee_ppm, found.taker_fee_ppm, found.highest_fee_ppm) == (7, 9, 9)
    assert (found.collar_ppm, found.max_lots) == (12_345, 9)


def test_rates_are_state_and_go_back_to_the_file():
    desk = new_desk()
    for scope, name, rate in ((0, "ann", (500, 1_000)), (0, "", (300, 400)), (1, "", (700, 700))):
        (event,) = desk.send(SetRates(scope, name, *rate, "why", "otto"))
        assert isinstance(event, RulesChanged) and event.key == f"{codes.RATE_SCOPES[scope]}:{name}"
    expected = {"participant:ann": (500, 1_000), "participant:": (300, 400), "address:": (700, 700)}
    assert desk.exchange.rates == expected
    assert restore_exchange(desk.exchange.snapshot(), PreTradeHook()).rates == expected
    desk.send(SetRates(0, "ann"))
    assert "participant:ann" not in desk.exchange.rates


@pytest.mark.parametrize(
    ("command", "template"),
    [
        (SetRates(2), "rates.scope"),
        (SetRates(0, "ann", 500), "rates.both"),
        (SetRates(1, "ann", 500, 500), "rates.address"),
        (SetRates(0, "nosuch", 500, 500), "participant.no_account"),
        (SetRates(0, "ann", 99, 500), "rates.range"),
        (SetRates(0, "ann", 500, 10**9), "rates.range"),
    ],
)
def test_rates_that_make_no_sense_are_refused(command, template):
    desk = new_desk()
    desk.send(command)
    assert desk.results[-1][0].template == template and not desk.exchange.rates
