"""What programs write: amounts, and the terms of each type of order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args

import pytest

from gateway.client import Client, Iceberg, Limit, Market, Pegged, Stop, StopLimit, Terms, TrailingStop
from gateway.client.values.amounts import decimal_text
from gateway.client.values.terms import wire_fields
from gateway.protocol import messages as m

BASE: dict[str, Any] = {"instrument": "A/B", "side": "sell"}
EACH: list[tuple[Terms, dict[str, Any]]] = [
    (Limit(quantity="1", price="2", min_quantity=1, time_in_force="ioc", **BASE), {"min_quantity": "1"}),
    (Limit(quantity="1", price="2", post_only="reprice", self_trade="decrement", **BASE), {"post_only": "reprice"}),
    (Market(quantity=Decimal("1E+2"), time_in_force="fok", **BASE), {"quantity": "100"}),
    (Market(funds="100.50", **BASE), {"funds": "100.50", "quantity": None}),
    (Stop(quantity="1", stop_price="2", reduce_only=True, **BASE), {"stop_price": "2", "reduce_only": True}),
    (StopLimit(quantity="1", stop_price="2", price="3", time_in_force="day", **BASE), {"price": "3"}),
    (TrailingStop(quantity="1", trail="0.5", **BASE), {"trail": "0.5", "trail_bps": None}),
    (TrailingStop(quantity="1", trail_bps=25, **BASE), {"trail": None, "trail_bps": 25}),
    (Iceberg(quantity="9", price="2", display_quantity="1", **BASE), {"display_quantity": "1"}),
    (Pegged(quantity="9", peg="mid", peg_offset=Decimal("-0.5"), **BASE), {"peg": "mid", "peg_offset": "-0.5"}),
]


@pytest.mark.parametrize(("terms", "further"), EACH, ids=lambda each: type(each).__name__)
def test_each_type_is_written_as_the_protocol_has_it(terms: Terms, further: dict[str, Any]) -> None:
    request = m.OrderTerms(**wire_fields(terms, "c-1"))
    assert (request.instrument, request.side, request.client_order_id) == ("A/B", "sell", "c-1")
    assert {name: getattr(request, name) for name in further} == further


def test_there_is_a_type_for_each_type_of_order_and_a_field_for_each_of_its_terms() -> None:
    kinds = get_args(Terms)
    assert sorted(each.order_type for each in kinds) == sorted(get_args(m.OrderType))
    fields = {name for each in kinds for name in each.__struct_fields__}
    assert fields == {*m.OrderTerms.__struct_fields__} - {"client_order_id", "order_type"}


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"quantity": 0.1, "price": "1"}, "quantity: 0.1 is a float"),
        ({"quantity": "1", "price": 1e6}, "price: 1000000.0 is a float"),
        ({"quantity": True, "price": "1"}, "quantity: True is no number"),
        ({"quantity": "1", "price": "1", "display": "1"}, "display"),
    ],
)
def test_a_float_and_a_typo_are_errors_before_anything_is_sent(wrong: dict[str, Any], names: str) -> None:
    with pytest.raises(TypeError, match=names):
        Limit(**BASE, **wrong)


@pytest.mark.parametrize("text", ["", "one", "1,5", "NaN", "Infinity", "0x10", "1 2"])
def test_what_is_no_decimal_is_an_error_that_shows_how(text: str) -> None:
    with pytest.raises(ValueError, match="is no decimal number: write it as in"):
        decimal_text(text, "price")


@pytest.mark.parametrize(
    ("value", "text"),
    [("1e-3", "0.001"), (" 2.50 ", "2.50"), (Decimal("1E+3"), "1000"), (Decimal("0E-8"), "0.00000000"), (7, "7")],
)
def test_numbers_are_written_plainly(value: Any, text: str) -> None:
    assert decimal_text(value) == text


def test_a_market_order_and_a_trailing_stop_have_one_of_two_measures() -> None:
    for wrong in ({}, {"quantity": "1", "funds": "1"}):
        with pytest.raises(ValueError, match="either a quantity or funds"):
            Market(**BASE, **wrong)
    for wrong in ({}, {"trail": "1", "trail_bps": 1}):
        with pytest.raises(ValueError, match="either a trail or trail_bps"):
            TrailingStop(quantity="1", **BASE, **wrong)


async def test_an_option_that_an_order_can_not_have_is_named() -> None:
    async def nothing(*_: object) -> None:
        raise AssertionError("nothing is to be sent")

    client = Client("ws://127.0.0.1:9", None, None, account="a", encoding="json", reconnect=False)
    client._enter = nothing  # type: ignore[assignment]
    with pytest.raises(TypeError, match="without a price it is a market order, which has no post_only"):
        await client.buy("A/B", quantity="1", post_only=True)
    with pytest.raises(TypeError, match="an order has no funds"):
        await client.buy("A/B", quantity="1", price="1", funds="5")  # type: ignore[call-arg]


def test_an_expiry_is_a_moment_with_a_zone() -> None:
    moscow = timezone(timedelta(hours=3))
    for moment, nanoseconds in [
        (datetime(2026, 1, 1, 3, 0, 0, 1, tzinfo=moscow), 1_767_225_600_000_001_000),
        (datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600_000_000_000),
        (1_767_225_600_000_000_007, 1_767_225_600_000_000_007),
    ]:
        terms = Limit(quantity="1", price="1", time_in_force="gtd", expire_time=moment, **BASE)
        assert wire_fields(terms, "c")["expire_time"] == nanoseconds
    with pytest.raises(ValueError, match="no time zone"):
        wire_fields(Limit(quantity="1", price="1", expire_time=datetime(2026, 1, 1), **BASE), "c")  # noqa: DTZ001
