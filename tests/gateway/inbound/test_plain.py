"""A plain request read at once is what decoding and translating it gives; and what that refuses is never read at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.build import is_compiled
from engine.vocabulary.codes import ORDER_TYPES, POST_ONLY_MODES, SIDES, TIMES_IN_FORCE
from engine.vocabulary.messages.commands import AnyCommand
from gateway.inbound.plain import PLAIN, SCANS
from gateway.inbound.translate import TRANSLATE, Known, to_command
from gateway.protocol.wire import JSON, MSGPACK, UNDECODABLE, Codec, Malformed

CODECS = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
KNOWN = Known({}, {})
NEW = {
    "type": "new_order",
    "id": 7,
    "account": "alice",
    "client_order_id": "c-1",
    "instrument": "BTC/RUB",
    "side": "sell",
    "quantity": "0.5",
    "price": "100.25",
}
CANCEL = {"type": "cancel_order", "id": 8, "account": "alice", "order_id": 77}
AMEND = {"type": "amend_order", "id": 9, "account": "alice", "client_order_id": "c-1", "price": "101"}

needs_scan = pytest.mark.skipif(not SCANS, reason="read by no C here")


def the_long_way(codec: Codec, payload: bytes) -> tuple[int, AnyCommand] | None:
    """What a request asks for, by the two steps that read every request; None: it is refused, or no request to trade."""
    try:
        request = codec.decode(payload)
        return (request.id, to_command(request, "alice", KNOWN)) if type(request) in TRANSLATE else None
    except (*UNDECODABLE, Malformed):
        return None


def holds(codec: Codec, payload: bytes) -> bool:
    """Whether a payload was read at once, and is the same by the long way."""
    scan = SCANS.get(codec.name)
    read = None if scan is None else scan(payload, "alice")
    if read is None:
        return False
    # Field by field and type by type: True is not 1.
    slow = the_long_way(codec, payload)
    assert slow is not None, payload
    assert read[0] == slow[0] and type(read[1]) is type(slow[1])
    mine, theirs = msgspec.structs.astuple(read[1]), msgspec.structs.astuple(slow[1])
    assert mine == theirs and [*map(type, mine)] == [*map(type, theirs)], payload
    return True


def test_the_compiled_build_reads_plain_requests_at_once():
    assert bool(SCANS) == is_compiled()


@needs_scan
@CODECS
@pytest.mark.parametrize("request_", [NEW, CANCEL, AMEND], ids=lambda request: request["type"])
def test_what_bots_send_most_is_read_at_once(codec: Codec, request_: dict[str, Any]):
    plain = msgspec.json.encode if codec is JSON else msgspec.msgpack.encode
    assert holds(codec, plain(request_))
    assert holds(codec, codec.encode(codec.decode(plain(request_))))
    assert holds(codec, plain(dict(reversed(request_.items()))))
    if codec is JSON:
        # As Python's own encoder writes it, and as a person does.
        assert holds(codec, json.dumps(request_).encode())
        assert holds(codec, json.dumps(request_, indent=2).encode() + b"\r\n")


@needs_scan
@CODECS
@pytest.mark.parametrize("change", [
    *[{"side": side} for side in SIDES],
    *[{"time_in_force": life} for life in TIMES_IN_FORCE],
    *[{"post_only": flag} for flag in (True, False)],
    *[{"order_type": "market", "price": None}, {"order_type": "limit"}],
    *[{"quantity": text} for text in ("1", "0.00000001", "9999999999.99999999", "007", "0000000001.10")],
    *[{"id": number} for number in (0, 127, 128, 65_536, 2**32, 2**53 - 1)],
    *[{"account": "a" * 64}, {"account": "a"}, {"client_order_id": "#~ {}[]:,"}],
], ids=str)  # fmt: skip
def test_terms_that_are_plain_are_read_at_once(codec: Codec, change: dict[str, Any]):
    changed = {key: value for key, value in {**NEW, **change}.items() if value is not None}
    assert holds(codec, codec.encode(changed))  # type: ignore[arg-type]


@CODECS
@pytest.mark.parametrize("change", [
    *[{"side": text} for text in ("", "BUY", "bu", "buyy", 0, None)],
    *[{"price": text} for text in ("", ".5", "5.", "0", "0.0", "-1", "+1", "1e5", "1.123456789", " 1", "1 ", "1_0", 100, 1.5, None)],
    *[{"price": text} for text in ("92233720368.54775808", "10000000000", "1" * 33, "9" * 20, "٣")],
    *[{"id": number} for number in (-1, 2**53, 2**64 - 1, 1.0, "7", None, True)],
    *[{"account": text} for text in ("", "a" * 65, "имя", "a\n", "\x7f", 5, None)],
    *[{"order_type": text} for text in ("market", "stop", "iceberg", "Limit", None)],
    *[{"post_only": value} for value in ("reject", "reprice", "off", 1, None)],
    *[{"self_trade": "reject"}, {"reduce_only": True}, {"funds": "5"}, {"order_id": 5}, {"unknown": 1}, {"": ""}],
    *[{"type": text} for text in ("new_orde", "new_order_pair", "login", "", None, 1)],
], ids=str)  # fmt: skip
def test_what_is_not_plain_is_left_to_be_refused_or_read_by_others(codec: Codec, change: dict[str, Any]):
    assert not holds(codec, codec.encode({**NEW, **change}))  # type: ignore[arg-type]


@CODECS
@pytest.mark.parametrize("request_", [
    {**CANCEL, "order_id": 0}, {**CANCEL, "client_order_id": "c-1"}, {**CANCEL, "order_id": 2**63}, {**CANCEL, "price": "1"},
    {"type": "cancel_order", "id": 8, "account": "alice"}, {**AMEND, "order_id": 5}, {**AMEND, "stop_price": "5"},
    {"type": "amend_order", "id": 9, "account": "alice", "client_order_id": "c-1"}, {**AMEND, "price": "0"}, {},
], ids=str)  # fmt: skip
def test_other_requests_that_are_not_plain(codec: Codec, request_: dict[str, Any]):
    assert not holds(codec, codec.encode(request_))  # type: ignore[arg-type]


@pytest.mark.parametrize("payload", [
    b"", b" ", b"{", b"{}", b"[]", b"null", b'"', b'{"', b'{"type"', b'{"type":', b'{"type":"', b'{"type":"new_order"', b"{,}", b"{}{}",
    b'{"type":"cancel_order","id":8,"account":"a","order_id":7,}', b'{"type":"cancel_order","id":8,"account":"a","order_id":7}x',
    b'{"type":"cancel_order","id":08,"account":"a","order_id":7}', b'{"type":"cancel_order","id":8.0,"account":"a","order_id":7}',
    b'{"type":"cancel_order","id":8,"account":"a","order_id":7e0}', b'{"type":"cancel_order","id":8,"account":"a","order_id":"7"}',
    b'{"type":"cancel_order","id":8,"id":8,"account":"a","order_id":7}', b'{"type":"cancel_order","id":8,"account":"\\u0061","order_id":7}',
    b'{"type":"cancel_order","id":8,"account":"a" "order_id":7}', b'{"type":"cancel_order" "id":8}', b'{"type":truex}', b'{"type":fals}',
    b'\xef\xbb\xbf{"type":"cancel_order","id":8,"account":"a","order_id":7}', b'{"type":"cancel_order","id":8,"account":"\xff","order_id":7}',
    b'{"type":"cancel_order","id":8,"account":"a","order_id":7}\x00', b'\x0b{"type":"cancel_order","id":8,"account":"a","order_id":7}',
])  # fmt: skip
def test_json_that_is_broken_or_odd(payload: bytes):
    assert not holds(JSON, payload)


@pytest.mark.parametrize("payload", [
    b"", b"\x80", b"\x81", b"\x81\xa4type", b"\x81\xa4typ", b"\xde", b"\xde\x00", b"\xde\x00\x00", b"\xde\xff\xff\xa4type", b"\xdf\x00\x00\x00\x00",
    msgspec.msgpack.encode(CANCEL) + b"\xc0", msgspec.msgpack.encode(CANCEL)[:-1], b"\x85" + msgspec.msgpack.encode(CANCEL)[1:],
    msgspec.msgpack.encode(CANCEL).replace(b"\x08", b"\xd0\x08"), msgspec.msgpack.encode(CANCEL).replace(b"\xa5alice", b"\xc4\x05alice"),
    msgspec.msgpack.encode({**CANCEL, "a": 1}).replace(b"\xa1a", b"\xa2id"),
])  # fmt: skip
def test_messagepack_that_is_broken_or_odd(payload: bytes):
    assert not holds(MSGPACK, payload)


@needs_scan
def test_messagepack_of_longer_forms_is_read_at_once():
    packed = msgspec.msgpack.encode(CANCEL)
    assert holds(MSGPACK, b"\xde\x00\x04" + packed[1:])
    assert holds(MSGPACK, packed.replace(b"\xa5alice", b"\xd9\x05alice").replace(b"\x08", b"\xcf" + bytes(7) + b"\x08"))


# ── drawn ──────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = st.sampled_from(["alice", "BTC/RUB", "a" * 64, "a" * 65, "", "я", 'q"', "b\\s", "\x1f"]) | st.text(max_size=70)
DECIMALS = st.from_regex(r"\A[0-9]{1,11}(\.[0-9]{1,9})?\Z") | st.sampled_from(
    ["0", "0.00", "1.", ".1", "-1", "1e3", "", "9" * 30]
)
NUMBERS = st.integers(-1, 300) | st.integers(0, 2**64 - 1) | st.sampled_from([2**53 - 1, 2**53, 2**63 - 1, 2**63])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from([*(str(kind.__struct_config__.tag) for kind in PLAIN), "mass_cancel"]),
    "id": NUMBERS,
    "account": NAMES,
    "client_order_id": NAMES,
    "order_id": NUMBERS,
    "instrument": NAMES,
    "side": st.sampled_from(SIDES),
    "quantity": DECIMALS,
    "price": DECIMALS,
    "order_type": st.sampled_from(ORDER_TYPES),
    "time_in_force": st.sampled_from(TIMES_IN_FORCE),
    "post_only": st.booleans() | st.sampled_from(POST_ONLY_MODES),
    "display_quantity": DECIMALS,
    "reduce_only": st.booleans(),
}
OTHER = st.none() | st.booleans() | NUMBERS | NAMES | st.floats(allow_nan=False) | st.lists(NUMBERS, max_size=2)


@st.composite
def requests(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """The keys and values of a request that is almost a plain one: some are left out, put in, of another kind, or there twice."""
    base = draw(st.sampled_from([NEW, CANCEL, AMEND]))
    pairs = [(key, draw(VALUES[key]) if draw(st.integers(0, 2)) == 0 else value) for key, value in base.items()]
    for _ in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from([*VALUES]))
        pairs.append((key, draw(VALUES[key] | OTHER)))
    if draw(st.integers(0, 4)) == 0:
        pairs.pop(draw(st.integers(0, len(pairs) - 1)))
    return draw(st.permutations(pairs))


def as_json(pairs: list[tuple[str, Any]], space: str) -> bytes:
    inside = f",{space}".join(
        f"{space}{json.dumps(key)}{space}:{space}{json.dumps(value, ensure_ascii=False)}" for key, value in pairs
    )
    return f"{space}{{{inside}{space}}}{space}".encode("utf-8", "surrogatepass")


def as_msgpack(pairs: list[tuple[str, Any]], _: str) -> bytes:
    pieces = [msgspec.msgpack.encode(part) for pair in pairs for part in pair]
    return bytes((0x80 | len(pairs),)) + b"".join(pieces)


@needs_scan
@pytest.mark.parametrize(("codec", "encode"), [(JSON, as_json), (MSGPACK, as_msgpack)], ids=["json", "msgpack"])
@settings(max_examples=600)
@given(data=st.data())
def test_any_request_read_at_once_is_the_same_by_the_long_way(
    codec: Codec, encode: Callable[[list[tuple[str, Any]], str], bytes], data: st.DataObject
):
    pairs = data.draw(requests())
    try:
        payload = encode(pairs, data.draw(st.sampled_from(["", " ", "\t\r\n "])))
    except (UnicodeEncodeError, OverflowError):
        return
    holds(codec, payload)
    # One byte more, less or another: whatever it is then, the two ways agree on it.
    place = data.draw(st.integers(0, len(payload) - 1))
    byte = bytes((data.draw(st.integers(0, 255) | st.sampled_from(b'"{},:\\0.\x00')),))
    holds(codec, payload[:place] + payload[place + 1 :])
    holds(codec, payload[:place] + byte + payload[place:])
    holds(codec, payload[:place] + byte + payload[place + 1 :])
    holds(codec, payload[:place])
