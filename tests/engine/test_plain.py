"""Which orders are plain: whatever else is asked for, an order is not."""

from __future__ import annotations

import msgspec
import pytest

from engine.vocabulary import codes
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.plain import is_plain

PLAIN = NewOrder("ann", "ann", "1", "BTC/RUB", codes.SELL, codes.LIMIT, codes.GTC, 100, 5)
FURTHER = [field for field in msgspec.structs.fields(NewOrder) if not field.required]


def changed(**fields: object) -> bool:
    return is_plain(fields_of(msgspec.structs.replace(PLAIN, **fields)))


def test_a_limit_order_is_plain_whatever_its_price_quantity_and_life() -> None:
    for life in (codes.GTC, codes.IOC, codes.FOK):
        for price_e8, quantity_e8 in ((100, 5), (0, -5), (10**30, 2**70)):
            for side in (codes.BUY, codes.SELL):
                assert changed(side=side, time_in_force=life, price_e8=price_e8, quantity_e8=quantity_e8)


@pytest.mark.parametrize("field", FURTHER, ids=lambda field: field.name)
def test_an_order_with_any_further_term_is_not(field: msgspec.structs.FieldInfo) -> None:
    assert len(FURTHER) == 12
    assert changed(**{field.name: field.default})
    for value in (True,) if field.type is bool else (field.default + 1, 2**70, -5):
        assert not changed(**{field.name: value})


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": codes.MARKET},
        {"order_type": -1},
        {"time_in_force": codes.DAY},
        {"time_in_force": -1},
        {"side": 2},
        {"side": -1},
    ],
)
def test_an_order_of_another_kind_life_or_no_side_is_not(fields: dict[str, int]) -> None:
    assert not changed(**fields)
