"""Numbers at their edges: products beyond 64 bits, the largest supply, fees that never depend on how an order is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.money.reservations import notional, round_up
from engine.record.rows import decode_events, encode_events
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, MAX_SUPPLY, NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    CommandRejected,
    DefaultDeclared,
    FundsMoved,
    LossShared,
    MarginCalled,
    OrderAccepted,
    OrderRejected,
    Trade,
    VariationMargin,
)
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

INSTRUMENT = "BTC/RUB"


def limit(account: str, client_order_id: str, side: int, price_e8: int, quantity_e8: int) -> commands.NewOrder:
    return commands.NewOrder(
        account, account, client_order_id, INSTRUMENT, side, codes.LIMIT, codes.GTC, price_e8, quantity_e8
    )


@pytest.mark.parametrize("side", [codes.BUY, codes.SELL])
def test_a_value_beyond_64_bits_is_refused_and_never_wraps(side: int) -> None:
    desk = Desk()
    # Tick and lot 1e-8: a notional unit is 1e-16 of a rouble of scale 16, so products get as large as they can.
    list_spot(
        desk,
        INSTRUMENT,
        tick_e8=1,
        lot_e8=1,
        max_lots=MAX_E8,
        max_notional=MAX_SUPPLY,
        quote_scale=16,
        base_scale=8,
    )
    open_account(desk, "a", RUB=MAX_SUPPLY, BTC=MAX_SUPPLY)
    for price in (2**62, 2**63 - 1, 2**32, 2**33 + 1):
        for quantity in (2**62, 2**63 - 1, 2**32, 2**31 + 1):
            # Products such as 2**62 * 2**62 or 2**32 * 2**32 are 0 or small when they wrap at 2**64.
            events = desk.send(limit("a", f"{price}x{quantity}", side, price, quantity))
            rejected = price * quantity > MAX_SUPPLY
            assert isinstance(events[0], OrderRejected if rejected else OrderAccepted)
            if isinstance(events[0], OrderRejected):
                assert events[0].code == codes.NOTIONAL
    desk.exchange.check()


def test_notional_is_exact_beyond_64_bits() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT)
    instrument = desk.exchange.instruments[INSTRUMENT]
    assert notional(instrument, 2**63 - 1, 2**63 - 1) == (2**63 - 1) ** 2 * instrument.unit


def test_the_supply_of_an_asset_is_bounded_over_all_accounts() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT)
    open_account(desk, "a", RUB=MAX_SUPPLY - 5)
    open_account(desk, "b", RUB=5)
    assert isinstance(desk.send(commands.Deposit("b", "RUB", 1))[0], CommandRejected)
    assert isinstance(desk.send(commands.Withdraw("a", "RUB", 1))[0], FundsMoved)
    assert isinstance(desk.send(commands.Deposit("b", "RUB", 1))[0], FundsMoved)
    desk.exchange.check()


def test_the_largest_balances_trade() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT, max_lots=2**36, max_notional=MAX_SUPPLY, taker_fee_ppm=1_000)
    half = MAX_SUPPLY // 2
    open_account(desk, "a", RUB=half, BTC=half)
    open_account(desk, "b", RUB=half, BTC=half)
    lots, price = 2**31, 2**24
    desk.send(limit("a", "1", codes.SELL, price * E8, lots * E8))
    events = desk.send(limit("b", "1", codes.BUY, price * E8, lots * E8))
    trade = events[1]
    assert isinstance(trade, Trade)
    assert trade.taker_fee == round_up(lots * price * 100 * 1_000)
    desk.exchange.check()


@given(
    maker_ppm=st.integers(-999, 3_000),
    taker_ppm=st.integers(999, 5_000),
    parts=st.lists(st.integers(1, 50), min_size=1, max_size=12),
)
def test_splitting_an_order_into_fills_does_not_change_its_fee(
    maker_ppm: int, taker_ppm: int, parts: list[int]
) -> None:
    fees = []
    for makers in (parts, [sum(parts)]):
        desk = Desk()
        list_spot(desk, INSTRUMENT, quote_scale=0, maker_fee_ppm=maker_ppm, taker_fee_ppm=taker_ppm)
        open_account(desk, "a", BTC=1_000)
        open_account(desk, "b", RUB=10_000_000)
        for number, lots in enumerate(makers):
            desk.send(limit("a", str(number), codes.SELL, 777 * E8, lots * E8))
        events = desk.send(limit("b", "x", codes.BUY, 777 * E8, sum(parts) * E8))
        desk.exchange.check()
        fees.append(sum(event.taker_fee for event in events if isinstance(event, Trade)))
    assert fees[0] == fees[1] == round_up(777 * sum(parts) * taker_ppm)


@pytest.mark.parametrize("by_index", [False, True])
def test_a_loss_beyond_64_bits_is_settled_exactly_and_reported_as_far_as_it_can_be(by_index: bool) -> None:
    desk = Desk()
    desk.send(commands.AddAsset("RUB", codes.FIAT, 2))
    desk.send(commands.AddAsset("BTC", codes.CRYPTO, 0))
    most = 10**9
    desk.send(
        commands.ListInstrument(
            INSTRUMENT, codes.FUTURE, "BTC", "RUB", E8, E8, E8, most * E8, MAX_SUPPLY, 50_000, 100 * E8,
            underlying="BTC", expiry_ns=desk.time_ns + NS_PER_DAY,
        )
    )  # fmt: skip
    desk.send(commands.SetTradingRules(INSTRUMENT, 100_000))
    desk.send(commands.SetPhase(INSTRUMENT, codes.CONTINUOUS))
    open_account(desk, "long", RUB=MAX_SUPPLY // 2)
    open_account(desk, "short", RUB=MAX_SUPPLY // 2)
    desk.send(limit("long", "l", codes.BUY, 100 * E8, most * E8))
    desk.send(limit("short", "s", codes.SELL, 100 * E8, most * E8))
    # 10**9 lots at 9 * 10**10, 100 kopecks each: a loss near 10**22 kopecks, and 2**64 is below 2 * 10**19.
    price_e8 = MAX_E8 // E8 * E8
    if by_index:
        desk.send(commands.SetIndexPrice("BTC", price_e8))
    events = desk.send(commands.MarkFuture(INSTRUMENT, 0 if by_index else price_e8))
    assert decode_events(encode_events(events)) == events
    assert [event.shortfall for event in events if isinstance(event, DefaultDeclared)] == [MAX_SUPPLY]
    assert [event.amount for event in events if isinstance(event, LossShared)] == [MAX_SUPPLY]
    assert [event.missing for event in events if isinstance(event, MarginCalled)] == [MAX_SUPPLY, MAX_SUPPLY]
    paid = MAX_SUPPLY // 2
    assert [event.amount for event in events if isinstance(event, VariationMargin)] == [paid, -paid]
    desk.exchange.check()


def test_the_band_is_said_alike_to_a_new_order_and_an_amend() -> None:
    desk = Desk()
    list_spot(desk, INSTRUMENT, reference=100)
    desk.send(commands.SetTradingRules(INSTRUMENT, static_ppm=100_000))
    open_account(desk, "a", RUB=10**12)
    entered = desk.send(limit("a", "b1", codes.BUY, 111 * E8, E8))
    accepted = desk.send(limit("a", "b2", codes.BUY, 100 * E8, E8))
    assert isinstance(accepted[0], OrderAccepted)
    amended = desk.send(commands.AmendOrder("a", "a", accepted[0].order_id, "", 111 * E8, E8))
    details = [getattr(event, "detail", None) for event in (entered[0], amended[0])]
    assert details == ["the price must be from 90 to 110 RUB"] * 2
