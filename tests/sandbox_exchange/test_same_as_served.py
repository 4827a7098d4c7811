"""The venue in the program says what a served one says: the same requests to both, through both faces."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import sandbox_exchange as sbx
from tests.support.gateway.processes.live_venue import live_venue

Said = tuple[str, str, str, str, tuple[str, ...], tuple[Decimal, int]]
"""Status, code, detail, rule and all rules of a refusal; what was filled, in how many trades."""

# Who buys or sells what, how much, at which price, and further terms.
REQUESTS: list[tuple[str, str, str, str, str | None, dict[str, Any]]] = [
    ("mm-alpha", "sell", "BTC/RUB", "0.5", "8000000", {}),
    ("mm-alpha", "buy", "BTC/RUB", "0.5", "7990000", {"post_only": True}),
    ("anna", "buy", "BTC/RUB", "0.1", "8000000", {}),
    ("anna", "buy", "BTC/RUB", "0.2", None, {}),
    ("anna", "buy", "BTC/RUB", "9", "8000000", {"time_in_force": "fok"}),
    ("anna", "buy", "BTC/RUB", "0.00001", "8000000", {}),
    ("anna", "buy", "BTC/RUB", "0.1", "8000050", {}),
    ("anna", "buy", "BTC/RUB", "0.1", "12000000", {}),
    ("anna", "buy", "XMR/RUB", "1", "28000", {}),
    ("anna", "buy", "NO/RUB", "1", "1", {}),
    ("broker-north", "buy", "BTC/RUB", "0.02", "8000000", {}),
    ("broker-north", "buy", "BTC/RUB", "0.02", "8000000", {}),
    ("mm-alpha", "sell", "BTC/RUB", "0.1", "7990000", {}),
    ("mm-alpha", "buy", "BTC/RUB", "900", "7000000", {}),
]
OWNERS = {"mm-alpha": "alpha-trading", "anna": "anna", "broker-north": "lev"}
ACCOUNTS = {"mm-alpha": "mm-alpha.main", "anna": "anna.main", "broker-north": "lev.north"}


def served(directory: Path) -> list[Said]:
    found: list[Said] = []
    with live_venue(directory) as venue:
        clients = {name: sbx.connect_sync(venue.url, name, venue.key(name), account=ACCOUNTS[name]) for name in OWNERS}
        for name, side, instrument, quantity, price, terms in REQUESTS:
            trade = clients[name].buy if side == "buy" else clients[name].sell
            price_terms = {} if price is None else {"price": price}
            try:
                order = trade(instrument, quantity=quantity, **price_terms, **terms)
            except sbx.OrderRejected as error:
                found.append(("rejected", error.code, error.detail, error.rule, tuple(error.rules), (Decimal(0), 0)))
                continue
            if order.status == "partially_filled" or (price is None and not order.fills):
                order.ended(timeout=5)
            found.append((order.status, "", "", "", (), (Decimal(order.filled_quantity), len(order.fills))))
        for client in clients.values():
            client.close()
    return found


def in_the_program() -> list[Said]:
    found: list[Said] = []
    with sbx.Venue(rulebook="general-2026") as venue:
        for name, side, instrument, quantity, price, terms in REQUESTS:
            investor = venue.investor(OWNERS[name], ACCOUNTS[name])
            trade = investor.buy if side == "buy" else investor.sell
            order = trade(instrument, quantity, price, **terms)
            no = order.refusal or sbx.Refusal("", "")
            filled = order.filled_quantity, len(order.fills)
            found.append((order.status, no.code, no.detail, no.rule, no.rules, filled))
    return found


def test_both_decide_and_word_everything_alike(tmp_path: Path) -> None:
    said = in_the_program()
    assert {each[0] for each in said} == {"new", "filled", "cancelled", "rejected"}
    assert {"RET-1", "ANON-1", "OPS-1"} <= {each[3] for each in said}
    assert len({each[1] for each in said}) >= 6
    for request, here, there in zip(REQUESTS, said, served(tmp_path / "venue"), strict=True):
        assert here == there, request


def test_amounts_are_decimals_here() -> None:
    with sbx.Venue() as venue:
        anna = venue.investor("anna")
        assert type(anna.account.balance("RUB").available) is Decimal
        with pytest.raises(TypeError):
            anna.buy("BTC/RUB", 0.1)  # type: ignore[arg-type]
