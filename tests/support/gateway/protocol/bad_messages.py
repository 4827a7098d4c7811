"""Messages that are wrong in one way each, and what the venue must say to them."""

from __future__ import annotations

from typing import Any

ORDER = {
    "type": "new_order",
    "id": 7,
    "account": "alice",
    "client_order_id": "x",
    "instrument": "BTC/RUB",
    "side": "buy",
    "quantity": "1",
    "price": "100",
}


def order(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ORDER, **changes}.items() if value is not ...}


TRANSFER = {
    "type": "transfer",
    "id": 7,
    "account": "alice",
    "client_order_id": "t",
    "to_account": "bob",
    "asset": "RUB",
    "amount": "1",
    "purpose": "own_account",
}


def transfer(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**TRANSFER, **changes}.items() if value is not ...}


MESSAGES: list[tuple[Any, int | None, str]] = [
    # What is sent (bytes as they are), the id in the answer, the beginning of what it says.
    (b"", None, "Input data was truncated"),
    (b"hello", None, "JSON is malformed"),
    (b'{"type":"new_order","id":7', None, "Input data was truncated"),
    (b"\xff\xfe\x00", None, "JSON is malformed"),
    (b'{"type":"balances","id":7,"account":"\xff"}', 7, "'utf-8' codec"),
    (b"[" * 60_000, None, "Expected `object`"),
    (b'{"type":"instruments","id":' + b"9" * 60_000 + b"}", None, "Integer value out of range"),
    (b'{"type":"instruments","id":1e999}', None, "Number out of range"),
    (b'{"type":"instruments","id":7} {"type":"instruments","id":8}', None, "JSON is malformed"),
    (None, None, "Expected `object`"),
    ([], None, "Expected `object`"),
    ("login", None, "Expected `object`"),
    ({}, None, "Object missing required field `type`"),
    ({"id": 7}, 7, "Object missing required field `type`"),
    ({"type": "instruments"}, None, "Object missing required field `id`"),
    ({"type": "instruments", "id": "7"}, None, "Expected `int`"),
    ({"type": "instruments", "id": -1}, None, "Expected `int` >= 0"),
    ({"type": "instruments", "id": 2**53}, None, "Expected `int` <= 9007199254740991"),
    ({"type": "instruments", "id": 7, "extra": 1}, 7, "Object contains unknown field `extra`"),
    (
        {"type": "sell_everything", "id": 7},
        7,
        "Invalid value 'sell_everything' - at `$.type`; known types: login, logout, subscribe, unsubscribe, candle_history,",
    ),
    (b'{"type":"balances","id":7,"account":"alice","account":"bob"}', 7, "the key 'account' stands twice"),
    (b'{"type": "balances", "id": 7, "account": "a\\u003ab", "id": 7}', 7, "the key 'id' stands twice"),
    ({"type": "x" * 60_000, "id": 7}, 7, "Invalid value 'xxxxx"),
    ({"type": 5, "id": 7}, 7, "Expected `str"),
    ({"type": "execution_report", "id": 7}, 7, "Invalid value"),
    (order(side="hold"), 7, "Invalid enum value 'hold' - at `$.side`; expected one of buy, sell"),
    (order(side="b" * 60_000), 7, "Invalid enum value 'bbbb"),
    (order(side=0), 7, "Expected `str"),
    (order(account=...), 7, "Object missing required field `account`"),
    (order(account=""), 7, "Expected `str` of length >= 1"),
    (order(account="a" * 65), 7, "Expected `str` of length <= 64"),
    (order(client_order_id=5), 7, "Expected `str"),
    (order(quantity=1), 7, "Expected `str | null`, got `int` - at `$.quantity`; write it in quotes"),
    (order(quantity=1.5), 7, "Expected `str | null`, got `float` - at `$.quantity`; write it in quotes"),
    (
        order(post_only="yes"),
        7,
        "Invalid enum value 'yes' - at `$.post_only`; expected one of false, reject, reprice, true",
    ),
    (order(order_type="iceburg"), 7, "Invalid enum value 'iceburg'"),
    (order(time_in_force="GTC"), 7, "Invalid enum value 'GTC'"),
    (order(quantity="1" * 33), 7, "Expected `str` of length <= 32"),
    *[
        (order(**{field: text}), 7, f"{field}: {problem}")
        for field in ("price", "quantity")
        for text, problem in [
            ("-1", "not a decimal"),
            ("+1", "not a decimal"),
            ("1e3", "not a decimal"),
            ("1_000", "not a decimal"),
            (" 1", "not a decimal"),
            ("1,5", "not a decimal"),
            ("0x10", "not a decimal"),
            ("NaN", "not a decimal"),
            (".5", "not a decimal"),
            ("5.", "not a decimal"),
            (".", "not a decimal"),
            ("1.2.3", 'not a decimal: write digits and at most one point, as in "250.50"'),
            ("١٢", "not a decimal"),
            ("²", "not a decimal"),
            ("0.000000001", "more than 8 decimals"),
            ("92233720369", "larger than 92233720368"),
            ("9" * 32, "larger than 92233720368"),
            ("0", "must be above zero"),
            ("0.00", "must be above zero"),
        ]
    ],
    (order(price=...), 7, "price: a limit order needs one"),
    (order(order_type="market"), 7, "price: a market order must not have one"),
    ({"type": "cancel_order", "id": 7, "account": "alice"}, 7, "name the order by"),
    ({"type": "cancel_order", "id": 7, "account": "alice", "order_id": 0}, 7, "order_id: must be above zero"),
    ({"type": "cancel_order", "id": 7, "account": "alice", "order_id": 2**63}, 7, "Expected `int` <="),
    (
        {"type": "cancel_order", "id": 7, "account": "alice", "order_id": 1, "client_order_id": "x"},
        7,
        "name the order by",
    ),
    ({"type": "amend_order", "id": 7, "account": "alice", "order_id": 1}, 7, "an amend must give"),
    ({"type": "amend_order", "id": 7, "account": "alice", "order_id": 1, "price": "0"}, 7, "price: must be above zero"),
    *[
        (
            {"type": kind, "id": 7, **more, field: moment},
            7,
            f"{field} looks like {unit}: times are nanoseconds since 1970",
        )
        for kind, more in (
            ("fills", {"account": "alice"}),
            ("order_history", {"account": "alice"}),
            ("settlements", {"account": "alice"}),
            ("candle_history", {"instrument": "BTC/RUB", "interval": "1m"}),
        )
        for field, moment, unit in (
            ("from_time", 1_767_214_800, "s"),
            ("to_time", 1_767_214_800_000, "ms"),
            ("from_time", 1_767_214_800_000_000, "us"),
        )
    ],
    (
        {"type": "fills", "id": 7, "account": "alice", "cursor": "x"},
        7,
        "cursor: give that of the page before, as it came",
    ),
    ({"type": "login", "id": 7, "participant": "alice", "signature": "zz"}, 7, "Expected `str` matching regex"),
    (
        {"type": "login", "id": 7, "participant": "alice", "signature": "a" * 128 + "\n"},
        7,
        "Expected `str` of length <= 128",
    ),
    (
        {"type": "subscribe", "id": 7, "channel": "gossip"},
        7,
        "Invalid enum value 'gossip' - at `$.channel`; expected one of auction, book,",
    ),
    ({"type": "subscribe", "id": 7, "channel": "book"}, 7, "instrument: missing"),
    (
        {"type": "subscribe", "id": 7, "channel": "drop_copy", "instrument": "BTC/RUB"},
        7,
        "instrument: drop_copy has none",
    ),
    ({"type": "resume", "id": 7, "account": "alice", "after_seq": -1}, 7, "Expected `int` >= 0"),
    ({"type": "admin", "id": 7, "command": "x", "arguments": {"a": [1.5]}}, 7, "Expected `int | str | object`"),
    (
        {"type": "admin", "id": 7, "command": "x", "arguments": {"a": {"b": [1.5]}}},
        7,
        "Expected `int | str | object`, got `float`",
    ),
    (transfer(purpose="salary"), 7, "Invalid enum value 'salary'"),
    (transfer(purpose=...), 7, "Object missing required field `purpose`"),
    (transfer(client_order_id=""), 7, "Expected `str` of length >= 1"),
    (transfer(amount=5), 7, "Expected `str"),
    (transfer(amount="-5"), 7, "amount: not a decimal"),
    (transfer(amount="0.00"), 7, "amount: must be above zero"),
    (transfer(amount="0.001"), 7, "amount: more than 2 decimals"),
    (transfer(amount="92233720368547758.08"), 7, "amount: larger than 92233720368547758"),
    (transfer(asset="EUR"), 7, "asset: unknown asset EUR"),
    (transfer(contract_reference="c" * 513), 7, "Expected `str` of length <= 512"),
    (
        {"type": "request_delivery", "id": 7, "account": "alice", "instrument": "F", "quantity": "0"},
        7,
        "quantity: must",
    ),
    ({"type": "positions", "id": 7}, 7, "Object missing required field `account`"),
    ({"type": "subscribe", "id": 7, "channel": "index"}, 7, "instrument: the name of the index is missing"),
    ({"type": "subscribe", "id": 7, "channel": "marks"}, 7, "instrument: missing"),
]
