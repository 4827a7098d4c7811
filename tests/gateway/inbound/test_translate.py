"""Requests are read by the places of their fields: those stand as the translation takes them, and every one arrives."""

from __future__ import annotations

import msgspec
import pytest

from engine.vocabulary.codes import GTD, ICEBERG, PEGGED, SELL
from engine.vocabulary.messages import commands
from gateway.inbound.translate import _COMMON_TERMS, _NO_RARE, Known, to_command
from gateway.protocol import messages as m

KNOWN = Known({}, {})


def test_the_fields_of_an_order_stand_where_they_are_looked_for() -> None:
    fields = m.OrderTerms.__struct_fields__
    assert fields[:_COMMON_TERMS] == (
        "client_order_id",
        "instrument",
        "side",
        "quantity",
        "order_type",
        "time_in_force",
        "price",
        "post_only",
    )
    assert m.NewOrder.__struct_fields__ == (*fields, "id", "account")
    plain = m.OrderTerms(client_order_id="c", instrument="i", side="buy")
    assert msgspec.structs.astuple(plain)[_COMMON_TERMS:] == _NO_RARE


@pytest.mark.parametrize(
    ("terms", "changed"),
    [
        ({}, {}),
        ({"self_trade": "cancel_oldest"}, {"self_trade": 1}),
        ({"display_quantity": "0.5", "order_type": "iceberg"}, {"display_e8": 5 * 10**7, "order_type": ICEBERG}),
        ({"min_quantity": "2"}, {"min_quantity_e8": 2 * 10**8}),
        ({"stop_price": "3"}, {"stop_price_e8": 3 * 10**8}),
        ({"trail": "4"}, {"trail_e8": 4 * 10**8}),
        ({"trail_bps": 5}, {"trail_bps": 5}),
        (
            {"order_type": "pegged", "peg": "opposite", "peg_offset": "-6"},
            {"peg": 1, "peg_offset_e8": -6 * 10**8, "order_type": PEGGED},
        ),
        ({"expire_time": 7, "time_in_force": "gtd"}, {"expire_ns": 7, "time_in_force": GTD}),
        ({"reduce_only": True}, {"reduce_only": True}),
        ({"post_only": "reprice"}, {"post_only": 2}),
    ],
)
def test_every_term_of_an_order_arrives(terms: dict[str, object], changed: dict[str, object]) -> None:
    request = m.NewOrder(
        **{
            "id": 1,
            "account": "a",
            "client_order_id": "c",
            "instrument": "i",
            "side": "sell",
            "quantity": "1",
            "price": "2",
            **terms,
        }  # type: ignore[arg-type]
    )
    found = to_command(request, "p", KNOWN)
    plain = commands.NewOrder("p", "a", "c", "i", SELL, 0, 0, 2 * 10**8, 10**8)
    assert found == msgspec.structs.replace(plain, **changed)


def test_amends_and_cancels_arrive() -> None:
    amend = m.AmendOrder(id=1, account="a", order_id=9, price="1", quantity="2", stop_price="3", display_quantity="4")
    amounts = [number * 10**8 for number in (1, 2, 3, 4)]
    assert to_command(amend, "p", KNOWN) == commands.AmendOrder("p", "a", 9, "", *amounts)
    assert to_command(m.CancelOrder(id=1, account="a", client_order_id="c"), "p", KNOWN) == commands.CancelOrder(
        "p", "a", 0, "c"
    )
    assert to_command(m.CancelOrder(id=1, account="a", order_id=5), "p", KNOWN) == commands.CancelOrder("p", "a", 5, "")
