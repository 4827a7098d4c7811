"""One message of a kind as it goes over the wire: those of docs/PROTOCOL.md, whole. A test holds the two together."""

from __future__ import annotations

from typing import Any, Final

from engine.vocabulary.codes import CORE_VERSION
from gateway.protocol import messages as m
from gateway.published.operations import MessageKind

Example = dict[str, Any]

_NOON: Final = 1767214800000000000
_DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LIMITS: Final = [
    {"scope": "connection", "units_per_second": 1000, "burst": 5000, "left": 4987},
    {"scope": "participant", "units_per_second": 2000, "burst": 10000, "left": 9712},
]

_BITCOIN: Final = {"instrument": "BTC/RUB", "quantity": "0.01"}
_CANDLE: Final = {
    "open": "101.0",
    "high": "101.0",
    "low": "101.0",
    "close": "101.0",
    "volume": "1.0",
    "turnover": "101.00",
    "trades": 1,
}

EXAMPLES: Final[dict[MessageKind, tuple[Example, ...]]] = {
    m.Hello: (
        {
            "venue": "sandbox",
            "protocol": "sbx.v1",
            "core_version": CORE_VERSION,
            "nonce": "3a1f0c5de2b94786a1d20f5c7b8e9a643a1f0c5de2b94786a1d20f5c7b8e9a64",
            "durability": "fsync",
            "rulebook": "elr-2025",
            "time": _NOON,
            "heartbeat_interval": 5000000000,
            "heartbeat_timeout": 15000000000,
        },
    ),
    m.Login: (
        {"id": 1, "participant": "anna", "signature": "0a1b2c3d" * 16},
        {
            "id": 1,
            "participant": "anna",
            "signature": "0a1b2c3d" * 16,
            "cancel_on_disconnect": {"grace": 5000000000, "accounts": ["anna.main"]},
        },
    ),
    m.NewBracket: (
        {
            "id": 3,
            "account": "anna.main",
            "entry": {"client_order_id": "b-1", "side": "buy", "price": "7900000", **_BITCOIN},
            "take_profit": {"client_order_id": "b-2", "side": "sell", "price": "8300000", **_BITCOIN},
            "stop": {
                "client_order_id": "b-3",
                "side": "sell",
                "order_type": "stop",
                "stop_price": "7700000",
                **_BITCOIN,
            },
        },
    ),
    m.Logout: ({"id": 9},),
    m.LoggedOut: ({"id": 9},),
    m.Welcome: (
        {
            "id": 1,
            "participant": "anna",
            "role": "participant",
            "accounts": {"anna.main": 11},
            "seq": 812,
            "link": "5b1c" + _DIGEST[4:],
            "key": "main",
            "scopes": ["read", "trade", "drop_copy"],
            "rates": _LIMITS,
        },
        {
            "id": 1,
            "participant": "anna",
            "role": "participant",
            "accounts": {"anna.main": 11},
            "seq": 812,
            "link": "5b1c" + _DIGEST[4:],
            "key": "main",
            "scopes": ["read", "trade", "drop_copy"],
            "rates": _LIMITS,
            "cancel_on_disconnect": {"connection": 17, "grace": 5000000000, "accounts": ["anna.main"]},
        },
    ),
    m.RecordingEnded: ({"seq": 9120, "time": 1767218400000000000},),
    m.Goodbye: ({"seq": 4711, "link": _DIGEST, "time": _NOON},),
    m.JournalTip: ({"seq": 4711, "link": _DIGEST, "time": _NOON},),
    m.Error: (
        {
            "id": 9,
            "code": "rate_limited",
            "detail": "too much was asked at once; `rates` in the welcome says how much may be",
            "retry_after": 640000000,
        },
        {"id": 7, "code": "malformed", "detail": "price: more than 8 decimals"},
    ),
    m.Rates: ({"id": 2},),
    m.RatesReply: ({"id": 2, "rates": _LIMITS},),
    m.NewOrder: (
        {
            "id": 2,
            "account": "anna.main",
            "client_order_id": "my-first-order",
            "instrument": "BTC/RUB",
            "side": "buy",
            "price": "7900000",
            "quantity": "0.01",
        },
    ),
    m.CancelOrder: ({"id": 3, "account": "anna.main", "client_order_id": "my-first-order"},),
    m.ExecutionReport: (
        {
            "id": 2,
            "exec_type": "new",
            "account": "anna.main",
            "seq": 12,
            "order_id": 4711,
            "client_order_id": "a-1",
            "instrument": "BTC/RUB",
            "order_status": "new",
            "exec_id": "4711-0",
            "transact_time": _NOON,
            "side": "buy",
            "order_type": "limit",
            "time_in_force": "gtc",
            "price": "7900000",
            "quantity": "0.0100",
            "filled_quantity": "0.0000",
            "leaves_quantity": "0.0100",
        },
    ),
    m.Positions: ({"id": 4, "account": "anna.main"},),
    m.PositionsReply: (
        {
            "id": 4,
            "account": "anna.main",
            "seq": 17,
            "positions": [
                {
                    "instrument": "BTC-FUT-2026-12",
                    "quantity": "-0.250",
                    "carried": "-2000000.00",
                    "mark": "8100000",
                    "unsettled": "-25000.00",
                }
            ],
            "cover": [
                {
                    "asset": "RUB",
                    "needed": "2200000.00",
                    "held": "2180000.00",
                    "missing": "20000.00",
                    "call_until": _NOON,
                }
            ],
        },
    ),
    m.Transfer: (
        {
            "id": 5,
            "account": "anna.main",
            "client_order_id": "t-1",
            "to_account": "boris.main",
            "asset": "USDT",
            "amount": "100",
            "purpose": "cross_border",
            "contract_reference": "contract 7",
        },
    ),
    m.RequestWithdrawal: (
        {
            "id": 6,
            "account": "anna.main",
            "client_order_id": "w-1",
            "asset": "BTC",
            "amount": "0.5",
            "destination": "bc1qexample",
        },
    ),
    m.CancelAllAfter: ({"id": 7, "account": "anna.main", "timeout": 10000000000},),
    m.DeadMan: ({"id": 7, "account": "anna.main", "seq": 12, "until": 1767225610000000000},),
    m.CancelWithdrawal: ({"id": 7, "account": "anna.main", "movement": 4720},),
    m.Movements: ({"id": 8, "account": "anna.main"},),
    m.RiskWarning: ({"id": 6, "account": "anna.main"},),
    m.Contracts: ({"id": 8, "account": "anna.main"},),
    m.Fills: (
        {"id": 9, "account": "anna.main", "instrument": "BTC/RUB", "from_time": _NOON, "sort": "oldest"},
        {"id": 10, "account": "anna.main", "sort": "oldest", "cursor": "4711-31"},
    ),
    m.OrderHistory: ({"id": 11, "account": "anna.main", "limit": 20},),
    m.Settlements: ({"id": 12, "account": "anna.main", "kinds": ["final_settlement", "close_out"]},),
    m.Me: ({"id": 13},),
    m.Limits: ({"id": 14},),
    m.Fees: ({"id": 15, "account": "anna.main"},),
    m.Assets: ({"id": 16},),
    m.Time: ({"id": 17},),
    m.TimeReply: ({"id": 17, "time": _NOON},),
    m.Resumed: ({"id": 9, "account": "anna.main", "seq": 42, "snapshot": False},),
    m.Subscribe: (
        {"id": 5, "channel": "book", "instrument": "BTC/RUB"},
        {"id": 5, "channel": "book", "instrument": "BTC/RUB", "depth": 10, "interval": "100ms"},
        {"id": 6, "channel": "candles", "instrument": "BTC/RUB", "interval": "1m"},
        {"id": 4, "channel": "drop_copy"},
        {"id": 5, "channel": "changes"},
    ),
    m.CandleHistory: (
        {
            "id": 7,
            "instrument": "BTC/RUB",
            "interval": "1h",
            "from_time": _NOON,
            "sort": "oldest",
        },
    ),
    m.CandleSnapshot: (
        {
            "instrument": "BTC/RUB",
            "interval": "1m",
            "seq": 46,
            "time": _NOON + 59000000000,
            "candles": [
                {
                    "start": _NOON - 60000000000,
                    "open": "100.5",
                    "high": "101.0",
                    "low": "100.5",
                    "close": "101.0",
                    "volume": "2.0",
                    "turnover": "201.50",
                    "trades": 2,
                    "closed": True,
                },
                {"start": _NOON, **_CANDLE},
            ],
        },
    ),
    m.Candle: (
        {
            "instrument": "BTC/RUB",
            "interval": "1m",
            "seq": 47,
            "prev_seq": 46,
            "time": _NOON + 60000000000,
            "start": _NOON,
            **_CANDLE,
            "closed": True,
        },
    ),
    m.BookSnapshot: (
        {
            "instrument": "BTC/RUB",
            "seq": 118,
            "time": _NOON,
            "bids": [["100.5", "2.0"], ["100.0", "0.5"]],
            "asks": [["101.0", "1.0"]],
            "checksum": 2472045119,
        },
    ),
    m.BookUpdate: (
        {
            "instrument": "BTC/RUB",
            "seq": 121,
            "prev_seq": 118,
            "time": 1767214800000100000,
            "bids": [["100.5", "0"]],
            "asks": [],
            "checksum": 168084743,
        },
    ),
    m.OrdersSnapshot: (
        {
            "instrument": "BTC/RUB",
            "seq": 118,
            "time": _NOON,
            "bids": [[41, "100.5", "2.0"], [44, "100.5", "0.5"]],
            "asks": [[37, "101.0", "1.0"]],
            "checksum": 3795636997,
        },
    ),
    m.OrdersUpdate: (
        {
            "instrument": "BTC/RUB",
            "seq": 121,
            "prev_seq": 118,
            "time": 1767214800000100000,
            "changes": [["execute", "buy", 41, "100.5", "0"], ["add", "buy", 45, "100.5", "2.0"]],
            "checksum": 1540945832,
        },
    ),
    m.Records: ({"id": 3, "kind": "investor", "name": "daria"},),
    m.Admin: (
        {
            "id": 6,
            "command": "set_phase",
            "arguments": {"instrument": "BTC/RUB", "phase": "halted", "reason": "test"},
        },
        {"id": 7, "command": "record_acknowledgement", "arguments": {"investor": "anna", "digest": _DIGEST}},
        {"id": 10, "command": "faucet", "arguments": {"account": "anna.main", "asset": "RUB", "amount": "100000"}},
        {
            "id": 7,
            "command": "register_investor",
            "arguments": {
                "investor": "new-llc",
                "kind": "firm",
                "documents": {"tax_number": "0090000010"},
                "owners": [{"tax_number": "009000000102"}],
            },
        },
        {
            "id": 8,
            "command": "effective_from",
            "arguments": {
                "effective_ns": 1798750800000000000,
                "command": "set_parameter",
                "arguments": {"rule": "RET-1", "key": "retail_cap_rub", "value": "500000.00"},
                "reason": "from next year on",
            },
        },
        {"id": 9, "command": "approve", "arguments": {"proposal": 812, "reason": "read, and right"}},
    ),
    m.Done: ({"id": 6, "seq": 812},),
}
"""By message, without its `type`."""
