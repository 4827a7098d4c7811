"""A sound request of every type, with all its fields; and what may be left out."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from gateway.protocol import messages as m

_ORDER: Final[dict[str, Any]] = {
    "client_order_id": "c1",
    "instrument": "BTC/RUB",
    "side": "buy",
    "quantity": "1.5",
    "order_type": "limit",
    "time_in_force": "gtc",
    "price": "100.5",
    "post_only": False,
    "self_trade": "reject",
    "stop_price": "99",
    "trail": "1",
    "trail_bps": 100,
    "display_quantity": "0.5",
    "peg": "mid",
    "peg_offset": "-0.5",
    "min_quantity": "0.1",
    "expire_time": 2**62,
    "reduce_only": True,
    "funds": "1000",
}

_PAGE: Final[dict[str, Any]] = {
    "instrument": "BTC/RUB",
    "from_time": 0,
    "to_time": 2**62,
    "after_seq": 70_000,
    "sort": "oldest",
    "limit": 200,
    "cursor": "70000-300",
}
FULL: Final[list[dict[str, Any]]] = [
    {
        "type": "login",
        "id": 1,
        "participant": "alice",
        "signature": "0a" * 64,
        "cancel_on_disconnect": {"grace": 10**9, "accounts": ["alice"]},
        "lang": "ru",
        "key": "second",
    },
    {"type": "logout", "id": 15},
    {"type": "subscribe", "id": 2, "channel": "book", "instrument": "BTC/RUB", "depth": 10, "interval": "100ms"},
    {"type": "unsubscribe", "id": 3, "channel": "candles", "instrument": "BTC/RUB", "depth": 25, "interval": "1m"},
    {
        "type": "candle_history",
        "id": 3,
        "instrument": "BTC/RUB",
        "interval": "4h",
        "from_time": 0,
        "to_time": 2**62,
        "sort": "oldest",
        "limit": 200,
    },
    {"type": "instruments", "id": 4},
    {"type": "rates", "id": 4},
    {"type": "resume", "id": 5, "account": "alice", "after_seq": 0},
    {"type": "new_order", "id": 6, "account": "alice", **_ORDER},
    {
        "type": "new_order_pair",
        "id": 7,
        "account": "alice",
        "limit": _ORDER,
        "stop": {**_ORDER, "client_order_id": "c2"},
    },
    {"type": "new_bracket", "id": 8, "account": "alice", "entry": _ORDER, "take_profit": _ORDER, "stop": _ORDER},
    {
        "type": "mass_quote",
        "id": 9,
        "account": "alice",
        "quote_id": "q",
        "instrument": "BTC/RUB",
        "bids": [["99", "1"], ["98.5", "2"]],
        "asks": [["101", "0.1"]],
        "post_only": "reprice",
        "self_trade": "decrement",
    },
    {
        "type": "amend_order",
        "id": 10,
        "account": "alice",
        "order_id": 300,
        "client_order_id": "c1",
        "price": "100",
        "quantity": "2",
        "stop_price": "99.5",
        "display_quantity": "1",
    },
    {"type": "cancel_order", "id": 11, "account": "alice", "order_id": 70_000, "client_order_id": "c:1"},
    {"type": "mass_cancel", "id": 12, "account": "alice", "instrument": "BTC/RUB", "side": "sell"},
    {"type": "cancel_all_after", "id": 14, "account": "alice", "timeout": 10**9},
    {
        "type": "transfer",
        "id": 13,
        "account": "alice",
        "client_order_id": "t1",
        "to_account": "bob",
        "asset": "RUB",
        "amount": "12.5",
        "purpose": "cross_border",
        "contract_reference": "contract: 7",
    },
    {
        "type": "request_withdrawal",
        "id": 13,
        "account": "alice",
        "client_order_id": "w1",
        "asset": "RUB",
        "amount": "12.5",
        "destination": "account 7, of a bank",
    },
    {"type": "cancel_withdrawal", "id": 14, "account": "alice", "movement": 2**40},
    {"type": "request_delivery", "id": 14, "account": "alice", "instrument": "BTC/RUB", "quantity": "1"},
    {"type": "open_orders", "id": 15, "account": "alice", "after_order_id": 2**40},
    {"type": "balances", "id": 16, "account": "alice"},
    {"type": "positions", "id": 17, "account": "alice"},
    {"type": "movements", "id": 17, "account": "alice", "after": 2**40},
    {"type": "risk_warning", "id": 18, "account": "alice", "digest": "0" * 64},
    {"type": "contracts", "id": 19, "account": "alice", "after": 100},
    {
        "type": "fills",
        "id": 19,
        "account": "alice",
        **_PAGE,
        "order_id": 70_000,
    },
    {"type": "order_history", "id": 19, "account": "alice", **_PAGE, "which": "all"},
    {
        "type": "order_status",
        "id": 19,
        "account": "alice",
        "order_id": 300,
        "client_order_id": "c1",
        "trading_day": "2026-03-31",
    },
    {"type": "settlements", "id": 19, "account": "alice", **_PAGE, "kinds": ["close_out", "default"]},
    {"type": "fees", "id": 19, "account": "alice", "after": 100},
    {"type": "limits", "id": 19, "account": "alice", "after": 100},
    {"type": "me", "id": 19, "account": "alice", "after": 100},
    {"type": "assets", "id": 19, "after": 100},
    {"type": "time", "id": 19},
    {"type": "records", "id": 19, "kind": "investor", "name": "alice", "after": 100},
    {
        "type": "admin",
        "id": 2**53 - 1,
        "command": "effective_from",
        "arguments": {
            "effective_ns": 2**62,
            "command": "set_parameter",
            "arguments": {"rule": "RET-1", "key": "cap", "value": "1", "tables": {"a": "b", "c": ""}, "on": True},
            "reason": "a trial",
            "names": ["a", "b"],
        },
    },
]
"""One of every type, in the order of `AnyRequest`."""

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in m.AnyRequest.__args__}


@cache
def optional(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a request or of the terms of an order that may be left out, with their defaults."""
    return {
        field.name: field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        for field in msgspec.structs.fields(kind)
        if not field.required
    }
